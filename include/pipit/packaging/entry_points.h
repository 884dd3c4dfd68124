// entry_points.txt (entry-points.rst): INI with case-sensitive names and '=' as the only delimiter. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"

namespace pipit::packaging {

inline constexpr ErrorCode kInvalidEntryPoints{"invalid-entry-points"};

struct EntryPoint {
  std::string group, name, value;  // value as written, extras included
  std::string module, attribute;   // parsed: "pkg.mod" and "attr.sub" (attribute may be empty)
  friend bool operator==(const EntryPoint&, const EntryPoint&) = default;
};
Result<std::vector<EntryPoint>> parse_entry_points(std::string_view text);

}  // namespace pipit::packaging
