// pylock.toml (PEP 751): the values of a lock file, read and written. Which entries a target installs is not decided here.
// `tool` tables are not kept. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/packaging/hash.h"
#include "pipit/packaging/markers.h"
#include "pipit/packaging/specifiers.h"
#include "pipit/packaging/version.h"

namespace pipit::packaging {

inline constexpr ErrorCode kInvalidPylock{"invalid-pylock"};
inline constexpr ErrorCode kUnsupportedPylock{"unsupported-pylock-version"};

// A wheel, an sdist or an archive. `path` wins over `url`; it is relative to the lock file.
struct LockedFile {
  std::string name, url, path;              // empty: absent
  std::optional<std::uint64_t> size_bytes;
  std::string upload_time;                  // RFC 3339, or empty
  Hashes hashes;                            // sorted by algorithm
  std::string subdirectory;                 // archives only
  // `name`, else the last part of the path, else that of the URL (decoded once). May be empty for an archive.
  std::string filename() const;
  friend bool operator==(const LockedFile&, const LockedFile&) = default;
};
struct LockedVcs {
  std::string type, url, path, requested_revision, commit_id, subdirectory;
  friend bool operator==(const LockedVcs&, const LockedVcs&) = default;
};
struct LockedDirectory {
  std::string path, subdirectory;
  std::optional<bool> editable;
  friend bool operator==(const LockedDirectory&, const LockedDirectory&) = default;
};

struct LockedPackage {
  std::string name;  // normalised
  std::string version_text;
  std::optional<Version> version;
  std::optional<Marker> marker;
  std::optional<SpecifierSet> requires_python;
  std::string index;
  std::optional<LockedVcs> vcs;
  std::optional<LockedDirectory> directory;
  std::optional<LockedFile> archive, sdist;
  std::vector<LockedFile> wheels;
  std::vector<std::map<std::string, std::string>> dependencies;            // text-valued keys; for people, not for installing
  std::vector<std::map<std::string, std::string>> attestation_identities;  // text-valued keys, "kind" among them
};

struct Pylock {
  std::string lock_version = "1.0";
  bool minor_version_is_newer = false;  // worth a warning
  std::vector<Marker> environments;
  std::optional<SpecifierSet> requires_python;
  std::vector<std::string> extras, dependency_groups, default_groups;
  std::string created_by;
  std::vector<LockedPackage> packages;

  // Messages are those of pypa/packaging, such as "Missing required value in 'packages[0].name'".
  static Result<Pylock> parse(std::string_view text, std::string_view file = "pylock.toml");
  // Stable order, one key a line. parse(print()) gives the same value.
  std::string print() const;
  // True if some entry is a path of this machine (a lock file from the network must have none).
  bool names_local_paths() const;
};

// "pylock.toml" or "pylock.NAME.toml" without further dots.
bool is_pylock_filename(std::string_view filename);

}  // namespace pipit::packaging
