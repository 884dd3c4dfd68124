#include "packaging/toml_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <toml++/toml.h>

#include "packaging/nesting.h"
#include "pipit/base/text.h"

namespace pipit::packaging {
namespace {

TomlValue convert(const toml::node& node);

void convert_table(const toml::table& table, TomlValue& out) {
  out.kind = TomlValue::Kind::table;
  for (const auto& [key, value] : table) out.members.push_back({std::string(key.str()), convert(value)});
}

void convert_array(const toml::array& array, TomlValue& out) {
  out.kind = TomlValue::Kind::array;
  for (const auto& item : array) out.items.push_back(convert(item));
}

template <class T>
std::string printed(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

// Depth is bounded by toml_nesting() before the library saw the text.
TomlValue convert(const toml::node& node) {
  TomlValue out;
  out.line = static_cast<int>(node.source().begin.line);
  switch (node.type()) {
    case toml::node_type::table: convert_table(*node.as_table(), out); break;
    case toml::node_type::array: convert_array(*node.as_array(), out); break;
    case toml::node_type::string:
      out.kind = TomlValue::Kind::string;
      out.text = node.as_string()->get();
      break;
    case toml::node_type::integer:
      out.kind = TomlValue::Kind::integer;
      out.integer = node.as_integer()->get();
      break;
    case toml::node_type::floating_point:
      out.kind = TomlValue::Kind::floating;
      out.floating = node.as_floating_point()->get();
      break;
    case toml::node_type::boolean:
      out.kind = TomlValue::Kind::boolean;
      out.boolean = node.as_boolean()->get();
      break;
    case toml::node_type::date_time:
      out.kind = TomlValue::Kind::date_time;
      out.text = printed(node.as_date_time()->get());
      out.has_offset = node.as_date_time()->get().offset.has_value();
      break;
    default:  // a date or a time alone
      out.kind = TomlValue::Kind::date_time;
      break;
  }
  return out;
}

}  // namespace

const TomlValue* TomlValue::find(std::string_view key) const {
  const auto found = std::lower_bound(members.begin(), members.end(), key, [](const TomlMember& member, std::string_view k) { return member.key < k; });
  return found != members.end() && found->key == key ? &found->value : nullptr;
}

std::string_view TomlValue::python_type() const {
  switch (kind) {
    case Kind::table: return "dict";
    case Kind::array: return "list";
    case Kind::string: return "str";
    case Kind::integer: return "int";
    case Kind::floating: return "float";
    case Kind::boolean: return "bool";
    case Kind::date_time: return "datetime";
  }
  return "";
}

Result<TomlValue> parse_toml(std::string_view text, ErrorCode code, std::string_view file, std::size_t size_max_bytes) {
  const auto refuse = [&](std::string why) { return fail(make_error(code, fmt::format("{} {}", file, why)).at(std::string(file))); };
  if (text.size() > size_max_bytes) return refuse(fmt::format("is larger than {}", format_size(size_max_bytes)));
  if (!is_valid_utf8(text)) return refuse("is not UTF-8 text");
  if (toml_nesting(text, kTomlDepthMax) > kTomlDepthMax) return refuse("is nested too deeply");
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const auto& position = parsed.error().source().begin;
    return fail(make_error(code, fmt::format("{} is not valid TOML: {}", file, escape_for_terminal(parsed.error().description())))
                    .at(fmt::format("{}:{}:{}", file, position.line, position.column)));
  }
  TomlValue root;
  convert_table(parsed.table(), root);
  return root;
}

std::string toml_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += std::string("\\") + c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (byte < 0x20 || byte == 0x7F)
      out += fmt::format("\\u{:04X}", byte);
    else
      out += c;
  }
  return out + '"';
}

std::string toml_key(std::string_view key) {
  const bool bare = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  return bare ? std::string(key) : toml_quoted(key);
}

}  // namespace pipit::packaging
