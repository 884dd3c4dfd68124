// What removing an installed distribution means (pip's rules, PEP 376, 627): the files, found without touching anything.
// It does not know transactions; transaction.h carries a RemovalSet out.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "pipit/base/diagnostics.h"
#include "pipit/base/result.h"
#include "pipit/python/installed.h"
#include "pipit/wheel/install_wheel.h"

namespace pipit::install {

inline constexpr ErrorCode kNoRecord{"uninstall-no-record-file"};
inline constexpr ErrorCode kDistutilsInstalled{"uninstall-distutils-installed-package"};

// A RECORD row that is not obeyed, and why: outside the environment, a directory, another distribution's file, protected.
struct SkippedFile {
  std::string path;
  std::string reason;
  friend bool operator==(const SkippedFile&, const SkippedFile&) = default;
};

struct RemovalSet {
  std::string name;                                       // as METADATA writes it
  std::string normalized_name, version_text;
  std::filesystem::path location;
  std::vector<std::string> files;                         // absolute, sorted, existing; a link is removed as a link
  std::vector<std::pair<std::string, std::string>> rewrites;  // files that lose a line: path and the content that stays
  std::vector<SkippedFile> skipped;                       // not removed; the command ends with 1
  bool outside_environment = false;                       // then nothing is removed; a notice was given in pip's words
};

struct RemovalOptions {
  std::filesystem::path environment;                      // its root (sys.prefix)
  wheel::Scheme scheme;
};

// `staying`: the other installed distributions; a file that one of them lists as well is left to it.
Result<RemovalSet> plan_removal(const python::InstalledDist& dist, const std::vector<python::InstalledDist>& staying,
                                const RemovalOptions& options, Diagnostics& diagnostics);

}  // namespace pipit::install
