#include "packaging/paths.h"

#include <algorithm>
#include <array>
#include <vector>

#include "pipit/base/text.h"
#include "pipit/base/url.h"

namespace pipit::packaging {

std::string normalize_path(std::string_view path) {
  if (path.empty()) return ".";
  const std::size_t slashes = path.starts_with("//") && !path.starts_with("///") ? 2 : path.starts_with('/') ? 1 : 0;
  std::vector<std::string_view> kept;
  for (const std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != ".." || (slashes == 0 && (kept.empty() || kept.back() == "..")))
      kept.push_back(part);
    else if (!kept.empty())
      kept.pop_back();
  }
  std::string out(slashes, '/');
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (i > 0) out += '/';
    out += kept[i];
  }
  return out.empty() ? "." : out;
}

std::string join_path(std::string_view directory, std::string_view path) {
  if (path.starts_with('/') || directory.empty()) return std::string(path);
  std::string out(directory);
  if (!out.ends_with('/')) out += '/';
  return out.append(path);
}

std::string absolute_path(std::string_view directory, std::string_view path) { return normalize_path(join_path(directory, path)); }

std::string directory_of(std::string_view path) {
  std::string_view head = path.substr(0, path.rfind('/') + 1);
  if (head.find_first_not_of('/') == std::string_view::npos) return std::string(head);
  while (head.ends_with('/')) head.remove_suffix(1);
  return std::string(head);
}

std::string path_to_url(std::string_view path) { return "file://" + percent_encode_path(path); }

std::string url_scheme(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  };
  const std::string_view scheme = text.substr(0, colon);
  const bool letter_first = (scheme[0] >= 'a' && scheme[0] <= 'z') || (scheme[0] >= 'A' && scheme[0] <= 'Z');
  return letter_first && std::all_of(scheme.begin(), scheme.end(), allowed) ? ascii_lower(scheme) : std::string();
}

std::string url_path(std::string_view url) {
  if (const std::string scheme = url_scheme(url); !scheme.empty()) url.remove_prefix(scheme.size() + 1);
  if (url.starts_with("//")) url.remove_prefix(std::min(url.find_first_of("/?#", 2), url.size()));
  return percent_decode(url.substr(0, url.find_first_of("?#")));
}

std::string path_suffix(std::string_view path) {
  std::string_view name = path.substr(path.rfind('/') + 1);
  const std::size_t first = name.find_first_not_of('.');  // leading dots begin no suffix
  const std::size_t dot = name.rfind('.');
  if (first == std::string_view::npos || dot == std::string_view::npos || dot < first) return {};
  std::string suffix(name.substr(dot));
  name = name.substr(0, dot);
  if (name.size() >= 4 && ascii_iequals(name.substr(name.size() - 4), ".tar")) suffix = std::string(name.substr(name.size() - 4)) + suffix;
  return suffix;
}

bool has_archive_suffix(std::string_view path) {
  static constexpr std::array<std::string_view, 12> kSuffixes{".zip",    ".whl", ".tar.bz2", ".tbz", ".tar.gz", ".tgz",
                                                              ".tar",    ".tar.xz", ".txz",  ".tlz", ".tar.lz", ".tar.lzma"};
  const std::string suffix = ascii_lower(path_suffix(path));
  return std::find(kSuffixes.begin(), kSuffixes.end(), suffix) != kSuffixes.end();
}

}  // namespace pipit::packaging
