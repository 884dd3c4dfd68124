// What is installed: dist-info (and old egg-info) directories on the target's site directories. Names and versions come
// from directory names; METADATA is read when asked for. Values; reading touches the disk and never runs Python.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipit/base/diagnostics.h"
#include "pipit/base/result.h"
#include "pipit/packaging/direct_url.h"
#include "pipit/packaging/entry_points.h"
#include "pipit/packaging/metadata.h"
#include "pipit/packaging/record.h"

namespace pipit::python {

enum class MetadataKind { dist_info, egg_info_directory, egg_info_file, egg_link };

struct InstalledDist {
  std::string name;                    // as METADATA writes it (directory name if METADATA is unreadable)
  std::string normalized_name;
  packaging::Version version;
  std::string version_text;            // as METADATA writes it; legacy versions do not parse (version is then "0")
  bool version_is_legacy = false;
  std::filesystem::path location;      // site directory
  std::filesystem::path metadata_path; // the dist-info directory
  MetadataKind kind = MetadataKind::dist_info;
  std::filesystem::path egg_link;      // egg_link only: the file in the site directory that names the project's
  bool requested = false;
  std::string installer;               // "" if unknown
  std::optional<packaging::DirectUrl> direct_url;
  std::optional<std::string> editable_location;  // project location of an editable install

  Result<packaging::Metadata> metadata() const;
  Result<std::vector<packaging::RecordRow>> record() const;
  Result<std::vector<packaging::EntryPoint>> entry_points() const;
};

// The id of a diagnostic of severity error: a part of the environment is there and cannot be read, so the list is not whole.
inline constexpr ErrorCode kEnvironmentUnreadable{"environment-unreadable"};

// In search order; a project that is visible twice appears once, from the first directory. Leftovers ("~x", a dist-info
// without METADATA) are warned about as pip does and skipped.
std::vector<InstalledDist> installed_in(const std::vector<std::string>& directories, Diagnostics& diagnostics);

}  // namespace pipit::python
