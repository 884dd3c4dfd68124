// index versions: which versions of one project the indexes offer to the target. Changes nothing. A project that no index
// knows is `no-matching-distribution`; an index that cannot be asked is that error, not this one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/ops/options.h"
#include "pipit/ops/session.h"

namespace pipit::ops {

inline constexpr ErrorCode kNoMatchingDistribution{"no-matching-distribution"};

struct AvailableVersions {
  std::string name;                       // as asked for
  std::vector<std::string> versions;      // newest first, at least one
  bool latest_is_prerelease = false;      // a, b or rc
  std::optional<std::string> installed;   // in the target
  const std::string& latest() const { return versions.front(); }
};

Result<AvailableVersions> available_versions(const std::string& name, const ResolveOptions& options, Session& session);
// One line, as pip index versions --json.
std::string versions_json(const AvailableVersions& available);

}  // namespace pipit::ops
