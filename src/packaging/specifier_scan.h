// The lexical form of one version specifier, shared by Specifier::parse and the requirement lexer. Private to packaging.
#pragma once

#include <cstddef>
#include <string_view>

#include "pipit/packaging/specifiers.h"

namespace pipit::packaging {

inline constexpr std::size_t kClausesMax = 100'000;  // of one set: more are refused, only a stranger writes so many

struct ScannedSpecifier {
  std::size_t length = 0;  // 0: no specifier starts here
  Operator op = Operator::equal;
  std::string_view version;  // without blanks behind the operator; ".*" included
  bool wildcard = false;
};

// The longest specifier at the front of `text`. It may stop in the middle of a word: the caller looks at what follows.
ScannedSpecifier scan_specifier(std::string_view text);
std::string_view operator_text(Operator op);

}  // namespace pipit::packaging
