#include "pipit/packaging/filename.h"

#include <algorithm>
#include <array>

#include "packaging/python_text.h"
#include "packaging/syntax.h"
#include "pipit/base/text.h"
#include "pipit/packaging/name.h"

namespace pipit::packaging {
namespace {

Error invalid_wheel(const std::string& what, std::string_view filename) {
  return make_error(kInvalidWheelFilename, what + ": " + python_repr(filename));
}
Error invalid_sdist(const std::string& what, std::string_view filename) {
  return make_error(kInvalidSdistFilename, "Invalid sdist filename" + what + ": " + python_repr(filename));
}

// PEP 427: letters, digits, "_" and "." (other dashes were escaped), no escaped run left over.
bool is_wheel_name(std::string_view name) {
  return !name.empty() && name.find("__") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_word_char(c) || c == '.'; });
}

std::optional<BuildTag> parse_build_tag(std::string_view text) {
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  if (digits == 0) return std::nullopt;
  std::string_view number = text.substr(0, digits);
  while (number.size() > 1 && number.front() == '0') number.remove_prefix(1);
  const std::string_view rest = text.substr(digits);
  return BuildTag{std::string(number), std::string(rest.substr(0, rest.find('\n')))};
}

}  // namespace

std::strong_ordering BuildTag::operator<=>(const BuildTag& other) const {
  if (number.size() != other.number.size()) return number.size() <=> other.number.size();
  if (const int order = number.compare(other.number); order != 0) return order <=> 0;
  return text.compare(other.text) <=> 0;
}

Result<WheelFilename> WheelFilename::parse(std::string_view filename) {
  if (!filename.ends_with(".whl")) return fail(invalid_wheel("Invalid wheel filename (extension must be '.whl')", filename));
  const std::string_view stem = filename.substr(0, filename.size() - 4);
  const std::vector<std::string_view> parts = split(stem, '-');
  if (parts.size() != 5 && parts.size() != 6) return fail(invalid_wheel("Invalid wheel filename (wrong number of parts)", stem));
  if (!is_wheel_name(parts[0])) return fail(invalid_wheel("Invalid project name", stem));
  WheelFilename wheel;
  wheel.name = parts[0];
  wheel.normalized_name = normalize_name(parts[0]);
  wheel.version_text = parts[1];
  auto version = Version::try_parse(parts[1]);
  if (!version) return fail(invalid_wheel("Invalid wheel filename (invalid version)", stem));
  wheel.version = *std::move(version);
  if (parts.size() == 6) {
    auto build = parse_build_tag(parts[2]);
    if (!build)
      return fail(
          make_error(kInvalidWheelFilename, "Invalid build number: " + std::string(parts[2]) + " in " + python_repr(stem)));
    wheel.build = *std::move(build);
  }
  auto tags = parse_tag(stem.substr(static_cast<std::size_t>(parts[parts.size() - 3].data() - stem.data())));
  if (!tags) return fail(invalid_wheel("Invalid wheel filename (invalid tag component)", stem).detail(tags.error().message));
  wheel.tags = *std::move(tags);
  return wheel;
}

std::optional<WheelName> WheelName::read(std::string_view filename) {
  if (!filename.ends_with(".whl")) return std::nullopt;
  filename.remove_suffix(4);
  const std::size_t parts = 1 + static_cast<std::size_t>(std::count(filename.begin(), filename.end(), '-'));
  if (parts != 5 && parts != 6) return std::nullopt;
  const auto cut = [&] {
    const std::size_t dash = filename.find('-');
    const std::string_view part = filename.substr(0, dash);
    filename.remove_prefix(dash + 1);
    return part;
  };
  const std::string_view name = cut();
  if (!is_wheel_name(name)) return std::nullopt;
  const std::string_view version_text = cut();
  auto version = Version::try_parse(version_text);
  if (!version || (parts == 6 && !parse_build_tag(cut())) || !is_valid_tag(filename)) return std::nullopt;
  return WheelName{normalize_name(name), *std::move(version), version_text, filename};
}

Result<SdistFilename> SdistFilename::parse(std::string_view filename) {
  const std::size_t suffix = filename.ends_with(".tar.gz") ? 7 : filename.ends_with(".zip") ? 4 : 0;
  if (suffix == 0) return fail(invalid_sdist(" (extension must be '.tar.gz' or '.zip')", filename));
  const std::string_view stem = filename.substr(0, filename.size() - suffix);
  const std::size_t dash = stem.rfind('-');
  if (dash == std::string_view::npos) return fail(invalid_sdist("", filename));
  if (dash == 0) return fail(invalid_sdist(" (empty project name)", filename));
  auto version = Version::try_parse(stem.substr(dash + 1));
  if (!version) return fail(invalid_sdist(" (invalid version)", filename));
  return SdistFilename{normalize_name(stem.substr(0, dash)), *std::move(version), std::string(stem.substr(dash + 1))};
}

// Every dash is a candidate for the end of the name; the normal form grows along, so the search is linear.
std::optional<std::string> sdist_version_text(std::string_view filename, std::string_view normalized_name) {
  const auto suffix = archive_suffix(filename);
  if (suffix) filename.remove_suffix(suffix->size());
  std::size_t matched = 0;
  bool after_separator = false;
  for (std::size_t i = 0; i < filename.size(); ++i) {
    char c = filename[i];
    if (c == '-' && matched == normalized_name.size() && i + 1 < filename.size()) return std::string(filename.substr(i + 1));
    const bool separator = c == '-' || c == '_' || c == '.';
    if (separator && after_separator) continue;
    after_separator = separator;
    c = separator ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (matched >= normalized_name.size() || normalized_name[matched] != c) return std::nullopt;
    ++matched;
  }
  return std::nullopt;
}

// As pip splits names: the last extension, with a ".tar" before it; leading dots begin no extension. So "a.tar.zip" has the
// suffix ".tar.zip", which is unknown.
std::optional<std::string> archive_suffix(std::string_view filename) {
  static constexpr std::array<std::string_view, 12> kSuffixes{".whl", ".tar.gz", ".zip", ".tgz",    ".tar",      ".tar.bz2",
                                                              ".tbz", ".tar.xz", ".txz", ".tar.lz", ".tar.lzma", ".tlz"};
  const std::size_t stem = std::min(filename.find_first_not_of('.'), filename.size());
  std::size_t begin = filename.rfind('.');
  if (begin == std::string_view::npos || begin < stem) return std::nullopt;
  if (begin >= 4 && ascii_iequals(filename.substr(begin - 4, 4), ".tar")) begin -= 4;
  const std::string suffix = ascii_lower(filename.substr(begin));
  return std::find(kSuffixes.begin(), kSuffixes.end(), suffix) == kSuffixes.end() ? std::nullopt : std::optional(suffix);
}

}  // namespace pipit::packaging
