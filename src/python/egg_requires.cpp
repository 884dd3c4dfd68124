#include "python/egg_requires.h"

#include "pipit/base/text.h"

namespace pipit::python {
namespace {

std::string condition_of(std::string_view section) {
  const std::size_t colon = section.find(':');
  const std::string_view extra = section.substr(0, colon);
  const std::string_view marker = colon == std::string_view::npos ? std::string_view() : section.substr(colon + 1);
  std::string condition;
  if (!marker.empty()) condition = extra.empty() ? std::string(marker) : "(" + std::string(marker) + ")";
  if (!extra.empty()) condition += std::string(condition.empty() ? "" : " and ") + "extra == \"" + std::string(extra) + "\"";
  return condition.empty() ? "" : "; " + condition;
}

// Where the header ends: at the first blank line, or at the end.
std::size_t header_end(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (trim(text.substr(at, end - at)).empty()) return at;
    at = end + 1;
  }
  return text.size();
}

bool has_requires_dist(std::string_view header) {
  for (std::string_view line : split(header, '\n'))
    if (ascii_lower(line.substr(0, 14)) == "requires-dist:") return true;
  return false;
}

}  // namespace

std::string with_egg_requires(std::string_view pkg_info, std::string_view requires_txt) {
  const std::size_t end = header_end(pkg_info);
  if (has_requires_dist(pkg_info.substr(0, end))) return std::string(pkg_info);
  std::string out(pkg_info.substr(0, end));
  if (!out.empty() && out.back() != '\n') out += '\n';
  std::string condition;
  for (std::string_view raw : split(requires_txt, '\n')) {
    const std::string_view line = trim(raw);
    if (line.empty() || line[0] == '#') continue;
    if (line.front() == '[' && line.back() == ']') condition = condition_of(line.substr(1, line.size() - 2));
    else out += "Requires-Dist: " + std::string(line) + (line.find('@') == std::string_view::npos ? "" : " ") + condition + "\n";
  }
  return out += pkg_info.substr(end);
}

}  // namespace pipit::python
