// --target: a flat directory in which whole top-level entries are replaced or left alone. pip's rules and words, without
// its holes (an old dist-info of another version stays; bin/ of all packages goes): here an entry is replaced only if it
// is no link, and `bin` and other shared directories are merged. Reads the directory; changes nothing.
#pragma once

#include <string>
#include <vector>

#include "pipit/base/diagnostics.h"
#include "pipit/install/uninstall.h"
#include "pipit/wheel/install_wheel.h"

namespace pipit::install {

inline constexpr ErrorCode kTargetNotADirectory{"target-not-a-directory"};

enum class Upgrade { no, yes };

// Drops from `images` what pip would leave out because it stands there already (warning "Target directory ... already
// exists. Specify --upgrade to force replacement."), and returns, with Upgrade::yes, what must go first: the replaced
// entries, and the metadata of other versions of the same projects.
Result<RemovalSet> fit_into_target(const std::filesystem::path& target, std::vector<wheel::InstallImage>& images, Upgrade upgrade,
                                   const std::vector<python::InstalledDist>& installed, Diagnostics& diagnostics);

}  // namespace pipit::install
