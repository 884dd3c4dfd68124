#include "python/sysconfig_data.h"

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

// One quoted string with Python's simple escapes. The variables pipit asks for are ASCII.
std::optional<std::string> take_quoted(std::string_view& text) {
  if (text.empty() || (text[0] != '\'' && text[0] != '"')) return std::nullopt;
  const char quote = text[0];
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) {
      text.remove_prefix(i + 1);
      return out;
    }
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char escaped = text[++i];
    out += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
  }
  return std::nullopt;
}

// 'a' 'b' -> "ab"; 12, -1 -> their text; None, True -> "".
std::optional<std::string> take_value(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  if (text[0] != '\'' && text[0] != '"') {
    const std::size_t end = text.find_first_of(",}\n");
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view word = trim(text.substr(0, end));
    text.remove_prefix(end);
    return word == "None" ? std::string() : std::string(word);
  }
  std::string out;
  while (!text.empty() && (text[0] == '\'' || text[0] == '"')) {
    auto part = take_quoted(text);
    if (!part) return std::nullopt;
    out += *part;
    skip_space(text);
  }
  return out;
}

}  // namespace

std::optional<SysconfigData> parse_sysconfig_literal(std::string_view text) {
  const std::size_t start = text.find("build_time_vars");
  if (start == std::string_view::npos) return std::nullopt;
  text.remove_prefix(start + std::string_view("build_time_vars").size());
  skip_space(text);
  if (!take(text, "=")) return std::nullopt;
  skip_space(text);
  if (!take(text, "{")) return std::nullopt;
  SysconfigData data;
  for (skip_space(text); !text.empty() && text[0] != '}'; skip_space(text)) {
    auto key = take_quoted(text);
    skip_space(text);
    if (!key || !take(text, ":")) return std::nullopt;
    skip_space(text);
    auto value = take_value(text);
    if (!value) return std::nullopt;
    data.insert_or_assign(std::move(*key), std::move(*value));
    skip_space(text);
    if (!take(text, ",") && (text.empty() || text[0] != '}')) return std::nullopt;
  }
  if (text.empty()) return std::nullopt;
  return data;
}

std::optional<SysconfigData> parse_sysconfig_json(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  SysconfigData data;
  for (const auto& [key, value] : json.items()) {
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
