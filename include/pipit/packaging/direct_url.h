// direct_url.json (PEP 610; direct-url.rst). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "pipit/base/result.h"
#include "pipit/packaging/hash.h"

namespace pipit::packaging {

inline constexpr ErrorCode kInvalidDirectUrl{"invalid-direct-url"};

struct ArchiveInfo {
  Hashes hashes;
  friend bool operator==(const ArchiveInfo&, const ArchiveInfo&) = default;
};
struct DirInfo {
  bool editable = false;
  friend bool operator==(const DirInfo&, const DirInfo&) = default;
};
struct VcsInfo {
  std::string vcs, commit_id;
  std::optional<std::string> requested_revision;
  friend bool operator==(const VcsInfo&, const VcsInfo&) = default;
};

struct DirectUrl {
  std::string url;  // without credentials (except ${VAR} forms and git@) and without fragment
  std::variant<ArchiveInfo, DirInfo, VcsInfo> info;
  std::optional<std::string> subdirectory;

  static Result<DirectUrl> parse(std::string_view json);
  std::string json() const;  // pip's bytes: sorted keys, ", " and ": " separators, no trailing newline
  friend bool operator==(const DirectUrl&, const DirectUrl&) = default;
};

}  // namespace pipit::packaging
