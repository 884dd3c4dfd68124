// Core metadata (METADATA, PKG-INFO; up to 2.6): the fields that choosing, installing and reporting need. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/packaging/requirement.h"

namespace pipit::packaging {

inline constexpr ErrorCode kInvalidMetadata{"invalid-metadata"};

struct Metadata {
  std::string metadata_version;
  std::string name;                               // as written
  Version version;
  std::string version_text;                       // as written
  std::optional<std::string> requires_python;     // as written; unparsable is the caller's matter
  std::vector<Requirement> requires_dist;
  std::vector<std::string> provides_extra;        // normalised
  std::vector<std::string> dynamic;               // lower case
  // Every header in file order as (name as written, value, unfolded), for `show`, `inspect` and reports; body apart.
  std::vector<std::pair<std::string, std::string>> fields;
  std::string description;                        // the body, or the Description field

  // Reads every header; fails with invalid-metadata naming the field. `strict_requires`: an unparsable Requires-Dist fails
  // (pip: such a version is skipped).
  static Result<Metadata> parse(std::string_view text);
  // First value of a field, by case-insensitive name.
  std::optional<std::string> field(std::string_view name) const;
  std::vector<std::string> field_values(std::string_view name) const;
  // True if the dependency fields of a PKG-INFO may be trusted without a build (PEP 643).
  bool dependencies_are_static() const;
};

// Does `requires_python` admit X.Y.Z? An unparsable value admits everything (pip).
bool requires_python_admits(std::string_view requires_python, const Version& python_version);

}  // namespace pipit::packaging
