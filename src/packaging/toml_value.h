// A TOML document as a plain tree with line numbers. The only place that sees the TOML library is toml_value.cpp.
// Size and nesting are checked before the library gets the bytes; the tree is never deeper than kTomlDepthMax, which is
// what bounds the recursion over it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"

namespace pipit::packaging {

inline constexpr std::size_t kTomlDepthMax = 48;

struct TomlMember;

struct TomlValue {
  enum class Kind { table, array, string, integer, floating, boolean, date_time, date, time };
  Kind kind = Kind::table;
  int line = 0;
  std::string text;                                        // string; date_time as RFC 3339
  std::int64_t integer = 0;
  double floating = 0;
  bool boolean = false;
  bool has_offset = false;                                 // date_time with a time zone
  std::vector<TomlValue> items;                            // array
  std::vector<TomlMember> members;  // table, sorted by key

  const TomlValue* find(std::string_view key) const;
  bool is(Kind wanted) const { return kind == wanted; }
  // "str", "list", "dict", ... as Python names the type.
  std::string_view python_type() const;
};

struct TomlMember {
  std::string key;
  TomlValue value;
};

// Fails with `code`, where = "FILE:LINE:COLUMN".
Result<TomlValue> parse_toml(std::string_view text, ErrorCode code, std::string_view file, std::size_t size_max_bytes);

// A basic string with its quotes; every control character escaped.
std::string toml_quoted(std::string_view text);
// A bare key, or a quoted one.
std::string toml_key(std::string_view key);

}  // namespace pipit::packaging
