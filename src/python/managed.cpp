// EXTERNALLY-MANAGED (PEP 668): an INI file, no interpolation, UTF-8, keys in any case, indented continuation lines.
#include <fmt/format.h>

#include <map>

#include "pipit/base/text.h"
#include "python/located.h"

namespace pipit::python {
namespace {

std::string without_trailing_space(std::string text) {
  while (!text.empty() && is_space(text.back())) text.pop_back();
  return text;
}

std::size_t indent_of(std::string_view line) {
  std::size_t indent = 0;
  while (indent < line.size() && is_space(line[indent])) ++indent;
  return indent;
}

// The keys (lower case) of section [externally-managed]. Lines that are no INI are passed over.
std::map<std::string, std::string> managed_section(std::string_view file) {
  std::map<std::string, std::string> values;
  bool inside = false;
  std::string* open = nullptr;
  std::size_t open_indent = 0;
  for (std::string_view raw : split(file, '\n')) {
    const std::string_view line = trim(raw);
    const std::size_t indent = indent_of(raw);
    if (!line.empty() && (line[0] == '#' || line[0] == ';')) continue;
    if (line.empty() || (open && indent > open_indent)) {
      if (open) (*open += '\n').append(line);
      continue;
    }
    open = nullptr;
    if (line[0] == '[') {
      inside = line.substr(0, line.find(']') + 1) == "[externally-managed]";
      continue;
    }
    const std::size_t delimiter = line.find_first_of("=:");
    if (!inside || delimiter == std::string_view::npos) continue;
    open = &(values[ascii_lower(trim(line.substr(0, delimiter)))] = std::string(trim(line.substr(delimiter + 1))));
    open_indent = indent;
  }
  return values;
}

}  // namespace

std::string managed_message(std::string_view file, std::string_view locale, std::string_view prefix) {
  const auto values = managed_section(file);
  std::vector<std::string> keys;
  const std::string language(locale.substr(0, locale.find_first_of(".@")));
  if (!language.empty() && language != "C" && language != "POSIX") {
    keys.push_back("Error-" + language);
    for (char separator : {'-', '_'})
      if (const std::size_t at = language.find(separator); at != std::string::npos) keys.push_back("Error-" + language.substr(0, at));
  }
  keys.emplace_back("Error");
  for (const std::string& key : keys)
    if (const auto at = values.find(ascii_lower(key)); is_valid_utf8(file) && at != values.end()) return without_trailing_space(at->second);
  return fmt::format(
      "The Python environment under {} is managed externally, and may not be\n"
      "manipulated by the user. Please use specific tooling from the distributor of\n"
      "the Python installation to interact with this environment instead.\n",
      prefix);
}

}  // namespace pipit::python
