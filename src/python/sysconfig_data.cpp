#include "python/sysconfig_data.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pipit/base/text.h"
#include "python/numbers.h"

namespace pipit::python {
namespace {

void skip_space(std::string_view& text) {
  while (!text.empty()) {
    if (text[0] == '#') {
      text.remove_prefix(std::min(text.find('\n'), text.size()));
    } else if (is_space(text[0])) {
      text.remove_prefix(1);
    } else {
      return;
    }
  }
}

// One quoted string with Python's simple escapes, added to `out`. The variables pipit asks for are ASCII.
bool take_quoted(std::string_view& text, std::string& out) {
  if (text.empty() || (text[0] != '\'' && text[0] != '"')) return false;
  const char quote = text[0];
  for (std::size_t i = 1;;) {
    std::size_t end = i;
    while (end < text.size() && text[end] != quote && text[end] != '\\') ++end;
    if (end == text.size()) return false;
    out.append(text, i, end - i);
    if (text[end] == quote) {
      text.remove_prefix(end + 1);
      return true;
    }
    if (end + 1 == text.size()) return false;
    const char escaped = text[end + 1];
    out += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
    i = end + 2;
  }
}

// Into an empty `out`: 'a' 'b' -> "ab"; 12, -1 -> their text; None -> "".
bool take_value(std::string_view& text, std::string& out) {
  if (text.empty()) return false;
  if (text[0] != '\'' && text[0] != '"') {
    const std::size_t end = text.find_first_of(",}\n");
    if (end == std::string_view::npos) return false;
    const std::string_view word = trim(text.substr(0, end));
    text.remove_prefix(end);
    if (word != "None") out = word;
    return true;
  }
  while (!text.empty() && (text[0] == '\'' || text[0] == '"')) {
    if (!take_quoted(text, out)) return false;
    skip_space(text);
  }
  return true;
}

bool is_one_of(std::string_view key, std::span<const std::string_view> keys) { return std::find(keys.begin(), keys.end(), key) != keys.end(); }

}  // namespace

std::optional<SysconfigData> parse_sysconfig_literal(std::string_view text, std::span<const std::string_view> keys) {
  const std::size_t start = text.find("build_time_vars");
  if (start == std::string_view::npos) return std::nullopt;
  text.remove_prefix(start + std::string_view("build_time_vars").size());
  skip_space(text);
  if (!take(text, "=")) return std::nullopt;
  skip_space(text);
  if (!take(text, "{")) return std::nullopt;
  SysconfigData data;
  std::string key, value;
  for (skip_space(text); !text.empty() && text[0] != '}'; skip_space(text)) {
    key.clear(), value.clear();
    if (!take_quoted(text, key)) return std::nullopt;
    skip_space(text);
    if (!take(text, ":")) return std::nullopt;
    skip_space(text);
    if (!take_value(text, value)) return std::nullopt;
    if (is_one_of(key, keys)) data.insert_or_assign(key, value);
    skip_space(text);
    if (!take(text, ",") && (text.empty() || text[0] != '}')) return std::nullopt;
  }
  if (text.empty()) return std::nullopt;
  return data;
}

std::optional<SysconfigData> parse_sysconfig_json(std::string_view text, std::span<const std::string_view> keys) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  SysconfigData data;
  for (const auto& [key, value] : json.items()) {
    if (!is_one_of(key, keys)) continue;
    if (value.is_string()) data.emplace(key, value.get<std::string>());
    else if (value.is_number_integer()) data.emplace(key, std::to_string(value.get<std::int64_t>()));
  }
  return data;
}

std::optional<std::string> abi_flags_of_sysconfig_name(std::string_view name) {
  if (!take(name, "_sysconfigdata_") && !take(name, "_sysconfig_vars_")) return std::nullopt;
  const std::size_t end = name.find('_');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view flags = name.substr(0, end);
  if (flags.find_first_not_of("tdmu") != std::string_view::npos) return std::nullopt;
  return std::string(flags);
}

}  // namespace pipit::python
