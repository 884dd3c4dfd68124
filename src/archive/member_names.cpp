#include "archive/member_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "archive/case_fold.h"
#include "pipit/base/text.h"

namespace pipit::archive {
namespace {

bool is_plain_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

// CON, NUL, COM1 ... open a device on Windows whatever follows the first dot.
bool is_device_name(std::string_view component) {
  const std::string_view stem = component.substr(0, component.find('.'));
  if (stem.size() == 3) {
    const std::string low = ascii_lower(stem);
    return low == "con" || low == "prn" || low == "aux" || low == "nul";
  }
  if (stem.size() != 4 || stem[3] < '0' || stem[3] > '9') return false;
  const std::string low = ascii_lower(stem.substr(0, 3));
  return low == "com" || low == "lpt";
}

std::optional<NameProblem> check_component(std::string_view component, const ZipLimits& limits) {
  if (component == "..") return NameProblem{kZipPathEscapes, "leads out of the archive's tree"};
  if (component.empty() || component == ".") return NameProblem{kZipPathNotNormal, "has an empty or `.` component"};
  if (component.size() > limits.component_max_bytes) return NameProblem{kZipPathTooLong, "has a component that is too long for a file name"};
  if (component.back() == '.' || component.back() == ' ')
    return NameProblem{kZipPathNotPortable, "has a component that ends in a dot or a space"};
  if (is_device_name(component)) return NameProblem{kZipPathNotPortable, "names a device on Windows"};
  return std::nullopt;
}

std::optional<NameProblem> check_bytes(std::string_view name) {
  if (name.find('\\') != std::string_view::npos) return NameProblem{kZipPathBackslash, "contains a backslash"};
  if (name.find(':') != std::string_view::npos) return NameProblem{kZipPathNotPortable, "contains a colon"};
  if (is_plain_ascii(name)) return std::nullopt;
  if (!is_valid_utf8(name)) return NameProblem{kZipPathNotUtf8, "has a name that is not valid UTF-8"};
  if (escape_for_terminal(name) != name) return NameProblem{kZipPathControl, "contains control or invisible characters"};
  return std::nullopt;
}

}  // namespace

std::optional<NameProblem> check_name(std::string_view name, bool directory, const ZipLimits& limits) {
  if (directory && !name.empty()) name.remove_suffix(1);
  if (name.empty()) return NameProblem{kZipPathNotNormal, "has no name"};
  if (name.front() == '/') return NameProblem{kZipPathAbsolute, "has an absolute name"};
  if (name.size() > limits.path_max_bytes) return NameProblem{kZipPathTooLong, "has a name that is too long"};
  if (auto problem = check_bytes(name)) return problem;
  std::size_t depth = 0;
  for (std::size_t begin = 0; begin <= name.size(); ++depth) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    if (auto problem = check_component(name.substr(begin, end - begin), limits)) return problem;
    begin = end + 1;
  }
  if (depth > limits.depth_max) return NameProblem{kZipPathTooLong, "lies too deep"};
  return std::nullopt;
}

void NameSet::add(std::string_view name, bool directory, std::uint64_t offset, Problems& problems) {
  if (directory) name.remove_suffix(1);
  add_parents(name, offset, problems);
  const auto [at, fresh] = entries_.try_emplace(collision_key(name), Entry{name, directory, true});
  if (fresh) return;
  Entry& other = at->second;
  if (other.directory != directory) {
    problems.add(kZipFileIsDirectory, name, offset, fmt::format("and {} are a file and a directory of one name", quote_name(other.name)));
  } else if (other.listed && other.name == name) {
    problems.add(kZipDuplicateMember, name, offset, "occurs twice");
  } else if (!directory) {
    problems.add(kZipNameCollision, name, offset, fmt::format("and {} are one file where case or accents do not count", quote_name(other.name)));
  } else {
    compare_spelling(other, name, offset, problems);
  }
  other.listed = true;
}

void NameSet::compare_spelling(Entry& known, std::string_view name, std::uint64_t offset, Problems& problems) {
  if (known.name == name || std::exchange(known.told, true)) return;
  problems.add(kZipNameCollision, name, offset, fmt::format("and {} are one directory where case or accents do not count", quote_name(known.name)));
}

void NameSet::add_parents(std::string_view name, std::uint64_t offset, Problems& problems) {
  std::size_t slash = name.rfind('/');
  if (slash == std::string_view::npos || name.substr(0, slash) == last_parent_) return;
  last_parent_ = name.substr(0, slash);
  for (; slash != std::string_view::npos && slash > 0; slash = name.rfind('/', slash - 1)) {
    const std::string_view parent = name.substr(0, slash);
    const auto [at, fresh] = entries_.try_emplace(collision_key(parent), Entry{parent, true, false});
    if (!fresh && at->second.directory) {
      compare_spelling(at->second, parent, offset, problems);
      if (at->second.name == parent) return;  // its own parents are known
      continue;
    }
    if (!fresh)
      problems.add(kZipFileIsDirectory, name, offset, fmt::format("lies below {}, which is a file", quote_name(at->second.name)));
  }
}

}  // namespace pipit::archive
