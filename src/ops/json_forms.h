// The JSON that pip prints: metadata (PEP 566 form), the environment's markers, direct_url. Private to ops.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "pipit/model/candidate.h"
#include "pipit/packaging/direct_url.h"
#include "pipit/packaging/markers.h"
#include "pipit/packaging/metadata.h"

namespace pipit::ops {

using Json = nlohmann::ordered_json;

// A field's value as Python's importlib.metadata hands it to pip: continuation lines lose the indentation of the header.
std::string without_header_indent(const std::string& value);
Json metadata_json(const packaging::Metadata& metadata);
Json environment_json(const packaging::MarkerEnvironment& markers);
Json direct_url_json(const packaging::DirectUrl& direct_url);
// Printed as pip prints: indented by two, no ASCII escapes, bytes that are no UTF-8 replaced.
std::string print_json(const Json& json);
// A long list that is a member of the printed object: each item is printed when it is added, so that only its text stays.
class JsonList {
 public:
  void reserve(std::size_t bytes) { text_.reserve(bytes); }
  void add(const Json& item);
  // `item` has `member` as null, where `printed` is put: what print_member said of it, in this run or an earlier one.
  void add(const Json& item, std::string_view member, std::string_view printed);
  static std::string print_member(const Json& value);

 private:
  friend std::string print_json(const Json& json, std::string_view member, JsonList list);
  std::string text_;
};
// `json` has `member` as an empty list, where `list` is printed.
std::string print_json(const Json& json, std::string_view member, JsonList list);
// One line with ", " and ": ", ASCII only, as Python's json.dumps.
std::string print_json_line(const Json& json);

}  // namespace pipit::ops
