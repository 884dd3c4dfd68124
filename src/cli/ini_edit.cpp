#include "cli/ini_edit.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/settings.h"
#include "pipit/base/text.h"

namespace pipit::cli {

namespace {

struct Line {
  std::string text;      // with its own line end
  std::string section;   // the one it stands in; of a header, the one it opens
  std::string key;       // normalised; of a continuation, the key it continues; empty for headers, comments and blanks
  bool is_header = false;
};

std::vector<Line> read_lines(std::string_view text) {
  std::vector<Line> lines;
  std::string section, key;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view whole = text.substr(0, end == std::string_view::npos ? text.size() : end + 1);
    text.remove_prefix(whole.size());
    std::string_view content = trim(whole);
    if (lines.empty() && content.starts_with("\xef\xbb\xbf")) content.remove_prefix(3);
    Line line{std::string(whole), section, {}, false};
    if (content.empty() || content[0] == '#' || content[0] == ';') {
      lines.push_back(std::move(line));  // inside a value, too, they are skipped by the reader
      continue;
    }
    if (is_space(whole[0]) && !key.empty()) {
      line.key = key;
    } else if (content[0] == '[' && content.rfind(']') != std::string_view::npos) {
      section = std::string(content.substr(1, content.rfind(']') - 1));
      key.clear();
      line.section = section;
      line.is_header = true;
    } else {
      key = normalize_key(trim(content.substr(0, content.find_first_of("=:"))));
      line.key = key;
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string put_together(const std::vector<Line>& lines) {
  std::string text;
  for (const Line& line : lines) text += line.text;
  return text;
}

// First and one-past-last line of the last setting of this key; continuation lines belong to it, comments inside them, too.
std::optional<std::pair<std::size_t, std::size_t>> find_setting(const std::vector<Line>& lines, std::string_view section, const std::string& key) {
  std::optional<std::pair<std::size_t, std::size_t>> found;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].section != section || lines[i].key != key) continue;
    if (!found || !is_space(lines[i].text[0])) found = {i, i + 1};
    found->second = i + 1;
  }
  return found;
}

std::string setting_text(std::string_view key, std::string_view value) {
  std::string text = std::string(key) + " =";
  bool first = true;
  for (std::string_view part : split(value, '\n')) text += (std::exchange(first, false) ? " " : "\n\t") + std::string(part);
  while (text.ends_with(' ')) text.pop_back();
  return text + "\n";
}

bool reads_back(std::string_view text, std::string_view section, const std::string& key, std::string_view value) {
  auto entries = parse_ini(text, "");
  if (!entries) return false;
  const std::string name = std::string(section) + "." + key;
  auto last = std::find_if(entries->rbegin(), entries->rend(), [&](const auto& entry) { return entry.first == name; });
  return last != entries->rend() && last->second == value;
}

}  // namespace

Result<std::string> set_in_ini(std::string_view text, std::string_view section, std::string_view key, std::string_view value) {
  const std::string name = normalize_key(key);
  std::vector<Line> lines = read_lines(text);
  if (!lines.empty() && !lines.back().text.ends_with('\n')) lines.back().text += '\n';
  const Line setting{setting_text(name, value), std::string(section), name, false};
  if (auto found = find_setting(lines, section, name)) {
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(found->first), lines.begin() + static_cast<std::ptrdiff_t>(found->second));
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(found->first), setting);
  } else {
    // Behind the section's last setting (or its header), so that blank lines keep separating sections.
    auto last = std::find_if(lines.rbegin(), lines.rend(), [&](const Line& line) { return line.section == section && (line.is_header || !line.key.empty()); });
    if (last != lines.rend()) {
      lines.insert(last.base(), setting);
    } else {
      if (!lines.empty() && !trim(lines.back().text).empty()) lines.push_back({"\n", {}, {}, false});
      lines.push_back({fmt::format("[{}]\n", section), std::string(section), {}, true});
      lines.push_back(setting);
      lines.push_back({"\n", {}, {}, false});  // as configparser ends each section
    }
  }
  std::string changed = put_together(lines);
  if (!reads_back(changed, section, name, value))
    return fail(make_pip_error(kBadSetting, fmt::format("{}.{} cannot hold the value '{}': a settings file would not give it back", section, name,
                                                        escape_for_terminal(value))));
  return changed;
}

std::optional<std::string> unset_in_ini(std::string_view text, std::string_view section, std::string_view key) {
  const std::string name = normalize_key(key);
  std::vector<Line> lines = read_lines(text);
  bool any = false;
  while (auto found = find_setting(lines, section, name)) {  // an earlier one would count once the last is gone
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(found->first), lines.begin() + static_cast<std::ptrdiff_t>(found->second));
    any = true;
  }
  if (!any) return std::nullopt;
  const bool empty = std::none_of(lines.begin(), lines.end(), [&](const Line& line) {
    return line.section == section && !line.is_header && !trim(line.text).empty();
  });
  if (empty) std::erase_if(lines, [&](const Line& line) { return line.section == section; });
  return put_together(lines);
}

}  // namespace pipit::cli
