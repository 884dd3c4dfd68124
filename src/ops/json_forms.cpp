#include "ops/json_forms.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "pipit/base/text.h"

namespace pipit::ops {

namespace {

struct Field {
  const char* name;
  bool multiple;
};
// PEP 566 and its successors, in pip's order.
constexpr std::array kFields = {
    Field{"Metadata-Version", false}, Field{"Name", false}, Field{"Version", false}, Field{"Dynamic", true}, Field{"Platform", true},
    Field{"Supported-Platform", true}, Field{"Summary", false}, Field{"Description", false}, Field{"Description-Content-Type", false},
    Field{"Keywords", false}, Field{"Home-page", false}, Field{"Download-URL", false}, Field{"Author", false}, Field{"Author-email", false},
    Field{"Maintainer", false}, Field{"Maintainer-email", false}, Field{"License", false}, Field{"License-Expression", false},
    Field{"License-File", true}, Field{"Classifier", true}, Field{"Requires-Dist", true}, Field{"Requires-Python", false},
    Field{"Requires-External", true}, Field{"Project-URL", true}, Field{"Provides-Extra", true}, Field{"Provides-Dist", true},
    Field{"Obsoletes-Dist", true}};

std::string json_name(const char* field) {
  std::string name = ascii_lower(field);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t") == std::string_view::npos; }

std::string_view common_prefix(std::string_view a, std::string_view b) {
  std::size_t same = 0;
  while (same < a.size() && same < b.size() && a[same] == b[same]) ++same;
  return a.substr(0, same);
}

Json keywords(const std::string& value) {
  Json words = Json::array();
  if (value.find(',') != std::string::npos) {
    for (std::string_view word : split(value, ',')) words.push_back(std::string(trim(word)));
  } else {
    for (std::string_view word : split_words(value)) words.push_back(std::string(word));
  }
  return words;
}

}  // namespace

// textwrap.dedent of eight spaces and the value.
std::string without_header_indent(const std::string& value) {
  if (value.find('\n') == std::string::npos) return value;
  const std::string indented = std::string(8, ' ') + value;
  const auto lines = split(indented, '\n');
  std::optional<std::string_view> margin;
  for (std::string_view line : lines) {
    if (is_blank(line)) continue;
    const std::string_view indent = line.substr(0, line.find_first_not_of(" \t"));
    margin = margin ? common_prefix(*margin, indent) : indent;
  }
  std::string text;
  bool first = true;
  for (std::string_view line : lines) {
    if (!std::exchange(first, false)) text += '\n';
    if (!is_blank(line)) text += line.substr(margin.value_or("").size());
  }
  return text;
}

Json metadata_json(const packaging::Metadata& metadata) {
  Json json = Json::object();
  for (const Field& field : kFields) {
    std::vector<std::string> values = metadata.field_values(field.name);
    if (values.empty()) continue;
    for (std::string& value : values) value = without_header_indent(value);
    const std::string key = json_name(field.name);
    if (field.multiple) {
      json[key] = values;
    } else {
      json[key] = key == "keywords" ? keywords(values.front()) : Json(values.front());
    }
  }
  // The body wins over a field of that name, which has been told.
  if (!metadata.description.empty() && metadata.description != metadata.field("Description").value_or("")) json["description"] = metadata.description;
  return json;
}

Json environment_json(const packaging::MarkerEnvironment& markers) {
  return Json{{"implementation_name", markers.implementation_name},
              {"implementation_version", markers.implementation_version},
              {"os_name", markers.os_name},
              {"platform_machine", markers.platform_machine},
              {"platform_release", markers.platform_release},
              {"platform_system", markers.platform_system},
              {"platform_version", markers.platform_version},
              {"python_full_version", markers.python_full_version},
              {"platform_python_implementation", markers.platform_python_implementation},
              {"python_version", markers.python_version},
              {"sys_platform", markers.sys_platform}};
}

Json direct_url_json(const packaging::DirectUrl& direct_url) { return Json::parse(direct_url.json(), nullptr, false); }

namespace {

bool needs_escape(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

// Where the next byte that needs an escape stands, from `at`: eight bytes are judged at a time. A word may be stopped at that
// holds none (a borrow runs upwards); the bytes decide.
std::size_t next_escape(std::string_view text, std::size_t at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
  const auto holds_zero = [](std::uint64_t word) { return (word - kOnes) & ~word; };
  std::uint64_t word = 0;
  for (; at + sizeof word <= text.size(); at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    const std::uint64_t low = (word - kOnes * 0x20) & ~word;
    if (((low | holds_zero(word ^ kOnes * '"') | holds_zero(word ^ kOnes * '\\')) & kHighs) == 0) continue;
    for (std::size_t i = 0; i < sizeof word; ++i)
      if (needs_escape(text[at + i])) return at + i;
  }
  while (at < text.size() && !needs_escape(text[at])) ++at;
  return at;
}

// A report is descriptions for the most part. Texts are copied in runs here; the library goes byte by byte, and is left with
// the few that hold something rare.
void print_text(const std::string& text, std::string& out) {
  const std::size_t start = out.size();
  const auto leave_to_library = [&] {
    out.resize(start);
    out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  if (!is_valid_utf8(text)) return leave_to_library();
  out += '"';
  for (std::size_t run = 0; run < text.size();) {
    const std::size_t end = next_escape(text, run);
    out.append(text, run, end - run);
    if (end == text.size()) break;
    const char c = text[end];
    const char letter = c == '\n' ? 'n' : c == '\t' ? 't' : c == '\r' ? 'r' : c;
    if (static_cast<unsigned char>(letter) < 0x20) return leave_to_library();
    out += '\\';
    out += letter;
    run = end + 1;
  }
  out += '"';
}

// A member of an object whose text is known already.
struct Printed {
  std::string_view member, text;
};

// Json::dump(2, ' ', false, replace), byte for byte.
void print_indented(const Json& json, std::size_t depth, std::string& out, const Printed* known = nullptr) {
  if (json.is_string()) return print_text(json.get_ref<const std::string&>(), out);
  if (!json.is_structured() || json.empty()) {
    out += json.dump();
    return;
  }
  const auto new_line = [&](std::size_t level) { out.append(1, '\n').append(2 * level, ' '); };
  out += json.is_object() ? '{' : '[';
  for (auto item = json.begin(); item != json.end(); ++item) {
    if (item != json.begin()) out += ',';
    new_line(depth + 1);
    if (json.is_object()) {
      print_text(item.key(), out);
      out += ": ";
    }
    if (known != nullptr && item.key() == known->member) out += known->text;
    else print_indented(*item, depth + 1, out);
  }
  new_line(depth);
  out += json.is_object() ? '}' : ']';
}

}  // namespace

std::string print_json(const Json& json) {
  std::string out;
  print_indented(json, 0, out);
  return out + "\n";
}

namespace {
constexpr std::size_t kItemDepth = 2;  // of an item of a list that is a member
}

void JsonList::add(const Json& item) { add(item, {}, {}); }

void JsonList::add(const Json& item, std::string_view member, std::string_view printed) {
  const Printed known{member, printed};
  text_ += text_.empty() ? "\n    " : ",\n    ";
  print_indented(item, kItemDepth, text_, member.empty() ? nullptr : &known);
}

std::string JsonList::print_member(const Json& value) {
  std::string text;
  print_indented(value, kItemDepth + 1, text);
  return text;
}

std::string print_json(const Json& json, std::string_view member, JsonList list) {
  if (list.text_.empty()) return print_json(json);
  std::string head = "{", tail;
  for (auto item = json.begin(); item != json.end(); ++item) {
    const bool is_list = item.key() == member;
    std::string& out = is_list || tail.empty() ? head : tail;
    out += item == json.begin() ? "\n  " : ",\n  ";
    print_text(item.key(), out);
    out += ": ";
    if (is_list) tail = "\n  ]";
    if (is_list) out += '[';
    else print_indented(*item, 1, out);
  }
  list.text_.insert(0, head);
  return std::move(list.text_) + tail + "\n}\n";
}

namespace {

void print_line(const Json& json, std::string& out) {
  if (json.is_object() || json.is_array()) {
    out += json.is_object() ? '{' : '[';
    bool first = true;
    for (auto item = json.begin(); item != json.end(); ++item) {
      if (!std::exchange(first, false)) out += ", ";
      if (json.is_object()) out += Json(item.key()).dump(-1, ' ', true, Json::error_handler_t::replace) + ": ";
      print_line(*item, out);
    }
    out += json.is_object() ? '}' : ']';
  } else {
    out += json.dump(-1, ' ', true, Json::error_handler_t::replace);
  }
}

}  // namespace

std::string print_json_line(const Json& json) {
  std::string out;
  print_line(json, out);
  return out;
}

}  // namespace pipit::ops
