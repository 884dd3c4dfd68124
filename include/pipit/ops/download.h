// download and wheel: resolve like install, without looking at what is installed, and leave verified archives in a
// directory: wheels and sdists as the index has them (download), or wheels alone, built where need be (wheel). Each file
// appears under its name only when its bytes were checked. Nothing is saved if anything fails before saving begins.
#pragma once

#include <string>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/ops/options.h"
#include "pipit/ops/session.h"

namespace pipit::ops {

inline constexpr ErrorCode kWheelsNotBuilt{"wheels-not-built"};
inline constexpr ErrorCode kBadFileName{"bad-file-name"};

struct DownloadOptions {
  ResolveOptions resolve;
  std::string directory = ".";
};

// The projects, spelled as asked for, in the order in which they were resolved.
Result<std::vector<std::string>> download(const DownloadOptions& options, Session& session);
// Saves a wheel of each project, built where there is none.
Status make_wheels(const DownloadOptions& options, Session& session);

// The text of a pylock.toml for this platform: the projects of the resolution with the digests of their archives, which are
// fetched and checked for it. Local archives and trees are paths relative to `directory`, where the file will lie.
Result<std::string> lock(const DownloadOptions& options, Session& session);

}  // namespace pipit::ops
