// Requirement: one dependency specifier (PEP 508): name[extras] specifier ; marker, or name @ url ; marker. The marker is
// kept unevaluated. `origin` says where it was written and travels to every message and report. Pure value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/packaging/markers.h"
#include "pipit/packaging/specifiers.h"

namespace pipit::packaging {

inline constexpr ErrorCode kInvalidRequirement{"invalid-requirement"};

struct Requirement {
  std::string name;                  // as written
  std::vector<std::string> extras;   // as written, in order, without duplicates after normalising
  SpecifierSet specifiers;
  std::optional<std::string> url;    // "name @ url"
  std::optional<Marker> marker;

  // Fails with invalid-requirement; details hold the text and a caret line as packaging prints them.
  static Result<Requirement> parse(std::string_view text);
  std::string normalized_name() const;
  std::string str() const;           // packaging's str(): "name[a,b]>=1; marker" ("name@ url ; marker" form for URLs)
};

}  // namespace pipit::packaging
