// Resolution: exactly one candidate per project, closed under dependencies, with the edges that asked for each. The order
// is stable: dependencies before dependents, ties by name. Plain value.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pipit/model/candidate.h"
#include "pipit/packaging/requirement.h"
#include "pipit/packaging/requirements_file.h"

namespace pipit::model {

// Who asked: a line of a file or the command line (parent empty), or another project of the resolution.
struct Edge {
  std::string parent;              // normalised name, empty for the user
  std::string requirement;         // as written
  packaging::Origin origin;        // where the user wrote it, if parent is empty
  std::string extra = {};          // normalised; the parent asks for it because of this extra of its own
  std::size_t position = 0;        // among the parent's requirements, in its METADATA's order
  friend bool operator==(const Edge&, const Edge&) = default;
};

struct Resolved {
  Candidate candidate;
  std::vector<std::string> extras;     // normalised, sorted
  std::vector<Edge> requested_by;      // in order; the first one names it in messages
  bool user_requested = false;         // REQUESTED is written
  packaging::Hashes allowed_hashes;    // what the user demands of the archive; any one match; empty: nothing demanded
  friend bool operator==(const Resolved&, const Resolved&) = default;
};

struct Resolution {
  std::vector<Resolved> projects;
  const Resolved* find(const std::string& normalized_name) const;
};

}  // namespace pipit::model
