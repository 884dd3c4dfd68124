// PreparedWheel: an unpacked, verified wheel on disk, ready to be put into an environment. It carries the token that only
// `verify` can mint. Value; the tree belongs to the store (or to a temporary directory that outlives the transaction).
#pragma once

#include <filesystem>
#include <memory>

#include "pipit/verify/digest.h"
#include "pipit/wheel/manifest.h"

namespace pipit::wheel {

struct PreparedWheel {
  std::shared_ptr<const Manifest> manifest;
  std::filesystem::path tree;   // the unpacked files lie below, under their archive paths
  verify::Checked checked;
  bool from_store = false;      // false: freshly downloaded and unpacked in this run
  std::vector<std::string> allowances;  // "bad-record:torch": what --allow let pass, for the summary
};

}  // namespace pipit::wheel
