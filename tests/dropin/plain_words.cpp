#include "dropin/plain_words.h"

#include <algorithm>
#include <regex>

#include "pipit/base/text.h"

namespace pipit::test {

namespace {

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) text.replace(at, what.size(), by);
}

}  // namespace

std::string plain_words(std::string text, Replacements replacements) {
  std::sort(replacements.begin(), replacements.end(), [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  for (const auto& [what, by] : replacements)
    if (!what.empty()) replace_all(text, what, by);
  static const std::vector<std::pair<std::regex, std::string>> patterns = {
      {std::regex("<tmp>/[A-Za-z0-9._/-]*"), "<tmp>/*"},
      {std::regex("(finished with status 'done')\\r?"), "$1"},
      {std::regex("(Stored in directory: <cache>/).*"), "$1*"},
      {std::regex(" {20,}"), "   "},
      {std::regex("-{30,}"), "<rule>"},  // below a column that holds a path: as long as the place is
      {std::regex("\"platform_(release|version)\": \"[^\"]*\""), "\"platform_$1\": \"*\""},
      {std::regex("\"upload_time\": \"[^\"]*\""), "\"upload_time\": \"*\""},
  };
  for (const auto& [pattern, by] : patterns) text = std::regex_replace(text, pattern, by);
  return text;
}

std::string without_error_ids(const std::string& text) {
  static const std::regex id("error: [a-z0-9]+(-[a-z0-9]+)*");
  const auto lines = split(text, '\n');
  std::string kept;
  bool below = false;  // behind an id: its place and hints
  auto explains = [](std::string_view line) { return line.starts_with("  where: ") || line.starts_with("  while ") || line.starts_with("hint: "); };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool last = i + 1 == lines.size();
    const bool own_paragraph = !last && lines[i + 1].empty() && i + 2 < lines.size();
    const bool is_id = !own_paragraph && std::regex_match(std::string(lines[i]), id);
    below = is_id || (below && explains(lines[i]));
    if (below) continue;
    kept += std::string(lines[i]) + (last ? "" : "\n");
  }
  return kept;
}

}  // namespace pipit::test
