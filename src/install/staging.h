// Staging: putting the new files under .pipit/txn-X/new, by link, clone or copy from the trees they were unpacked to, or
// with content of their own. Two descriptors, the tree's and new/'s, and one call per file where links work.
#pragma once

#include <stop_token>
#include <vector>

#include "install/arrangement.h"

namespace pipit::install {

struct StagingInput {
  const TransactionOptions& options;
  const std::vector<Addition>& additions;
  const Arrangement& arrangement;
  std::uint32_t umask = 022;
};

// stale: additions whose tree no longer is what their manifest says (then the error is kStaleStoreFile).
Status stage_files(const StagingInput& input, const sys::Dir& new_dir, std::vector<std::size_t>& stale, std::stop_token stop);

// How much the staged files will need that links do not provide; the root is on `device`.
struct SpaceNeed {
  std::uint64_t bytes = 0, inodes = 0;
};
Result<SpaceNeed> space_needed(const StagingInput& input, std::uint64_t device, sys::Os& os);
Status check_space(const SpaceNeed& need, const sys::Dir& root);

}  // namespace pipit::install
