// The order in which the projects of a resolution are installed: dependencies before dependents, cycles broken somewhere,
// ties by name from z to a. The weights are pip's (resolution/resolvelib/resolver.py, get_topological_weights), so that its
// "Installing collected packages: ..." line reads the same. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace pipit::resolve {

struct OrderNode {
  std::string name;                   // normalised; name[extra] for an extra
  std::vector<std::size_t> children;  // what it depends on
  bool is_project = true;             // false for name[extra]: takes part in the order, is not installed
};

// Indices of the projects in installation order. `roots` are the user's.
std::vector<std::size_t> install_order(const std::vector<OrderNode>& nodes, const std::vector<std::size_t>& roots);

}  // namespace pipit::resolve
