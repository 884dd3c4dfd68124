// Wheel and sdist file names (PEP 427, 625). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/packaging/tags.h"
#include "pipit/packaging/version.h"

namespace pipit::packaging {

inline constexpr ErrorCode kInvalidWheelFilename{"invalid-wheel-filename"};
inline constexpr ErrorCode kInvalidSdistFilename{"invalid-sdist-filename"};

// Sortable: absent < any; number, then text.
struct BuildTag {
  std::string number;  // decimal without leading zeros; empty if there is no build tag
  std::string text;
  friend bool operator==(const BuildTag&, const BuildTag&) = default;
  std::strong_ordering operator<=>(const BuildTag& other) const;
};

struct WheelFilename {
  std::string name;          // as written
  std::string normalized_name;
  Version version;
  std::string version_text;  // as written
  BuildTag build;
  std::vector<Tag> tags;
  static Result<WheelFilename> parse(std::string_view filename);
};

// What listing a wheel takes of its name: nullopt exactly where WheelFilename::parse fails, without its errors and its tags
// one by one. The views are parts of `filename`.
struct WheelName {
  std::string normalized_name;
  Version version;
  std::string_view version_text;  // as written
  std::string_view tags;          // as written
  static std::optional<WheelName> read(std::string_view filename);
};

struct SdistFilename {
  std::string name;  // normalised
  Version version;
  std::string version_text;
  static Result<SdistFilename> parse(std::string_view filename);  // packaging's rules: .tar.gz and .zip
};

// pip's rule for links: the text after the dash where the part before it normalises to `normalized_name`; every archive
// suffix. Returns nullopt if the name does not fit the project.
std::optional<std::string> sdist_version_text(std::string_view filename, std::string_view normalized_name);
// ".tar.gz", ".tgz", ".zip", ".whl", ... or nullopt: the known archive suffixes of pip.
std::optional<std::string> archive_suffix(std::string_view filename);

}  // namespace pipit::packaging
