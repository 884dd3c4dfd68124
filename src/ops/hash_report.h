// Hash mode's report: every requirement that cannot be trusted, in one error, in pip's words and layout (its old resolver's
// order: VCS, directories, missing, unpinned, mismatches). Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipit/base/error.h"
#include "pipit/packaging/hash.h"

namespace pipit::ops {

struct HashReport {
  struct Missing {
    std::string requirement;  // "name==1.0" or a URL
    std::string sha256;       // what the archive has
  };
  struct Unmatched {
    std::string requirement;             // "name==1.0 from URL (from -r r.txt (line 1))"
    std::vector<packaging::Hash> expected;  // as typed, in order
    packaging::Hashes got;
  };
  std::vector<std::string> vcs, directories, editables, unpinned;
  std::vector<Missing> missing;
  std::vector<Unmatched> unmatched;
  bool hash_mode = true;  // false: the index's own digest does not match

  bool empty() const { return vcs.empty() && directories.empty() && editables.empty() && unpinned.empty() && missing.empty() && unmatched.empty(); }
  std::optional<Error> error() const;
};

}  // namespace pipit::ops
