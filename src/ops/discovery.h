// The order in which pip comes across the projects of a resolution, and whom it names as having asked for each. pip tells
// every project when it first looks at it: the user's in the order given, then, each time it settles on one, what that one
// needs, in METADATA's order. We solve in another order and tell afterwards, so this walks pip's way through the answer.
// Private to ops. Pure; linear in the edges but for the choice of the next project.
#pragma once

#include <string>
#include <vector>

#include "pipit/model/resolution.h"
#include "pipit/packaging/requirements_file.h"

namespace pipit::ops {

struct Discovered {
  const model::Resolved* resolved = nullptr;  // points into the resolution
  packaging::Requirement wish;                // "leaf<3,>=1.5"
  std::string from;                           // "stem==2.0->-r r.txt (line 1)", or empty
};

// `requirements`: the user's lines, as they were handed to the solver.
std::vector<Discovered> discovery_order(const model::Resolution& resolution, const std::vector<packaging::RequirementLine>& requirements);

// " (from a->b)", or nothing.
std::string from_clause(const std::string& from);
// What a direct reference that a line names is asked for by; `name_and_version` of its archive ("tree==1.0").
std::string asker_of_direct(const packaging::RequirementLine& line, const std::string& name_and_version);

}  // namespace pipit::ops
