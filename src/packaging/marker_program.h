// A parsed marker: its comparisons, the order to evaluate them in, and the order to print them in. Private to packaging.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "packaging/syntax.h"
#include "pipit/packaging/markers.h"
#include "pipit/packaging/specifiers.h"

namespace pipit::packaging {

enum class Variable : std::uint8_t {
  implementation_name,
  implementation_version,
  os_name,
  platform_machine,
  platform_release,
  platform_system,
  platform_version,
  python_full_version,
  platform_python_implementation,
  python_version,
  sys_platform,
  extra,
  extras,
  dependency_groups,
  unknown
};
inline constexpr std::size_t kVariableCount = static_cast<std::size_t>(Variable::unknown);
// In the order of the enumerators.
inline constexpr std::array<std::string_view, kVariableCount> kVariableNames{"implementation_name",
                                                                             "implementation_version",
                                                                             "os_name",
                                                                             "platform_machine",
                                                                             "platform_release",
                                                                             "platform_system",
                                                                             "platform_version",
                                                                             "python_full_version",
                                                                             "platform_python_implementation",
                                                                             "python_version",
                                                                             "sys_platform",
                                                                             "extra",
                                                                             "extras",
                                                                             "dependency_groups"};

enum class MarkerOperator : std::uint8_t {
  in,
  not_in,
  less,
  less_equal,
  equal,
  not_equal,
  greater_equal,
  greater,
  compatible,
  arbitrary
};

struct Operand {
  bool is_variable = false;
  std::string text;  // the variable's canonical name, or the literal's value
};

// One comparison. One side is looked up in the environment: the left one if it is a variable, else the right one, even if
// that was written as a literal (the reference looks a literal's text up as a name, and fails if there is no such name).
struct Comparison {
  Operand left, right;
  MarkerOperator op = MarkerOperator::equal;
  Variable variable = Variable::unknown;  // the looked-up side
  bool variable_left = false;
  // `<variable> <op> "<literal>"` on a version field whose literal makes a specifier.
  std::optional<Specifier> specifier;
  // `"<literal>" <op> <variable>` on such a field: the literal as a version, if it is one.
  std::optional<Version> left_version;
};

struct Marker::Program {
  // Steps: an index into comparisons, or one of these.
  enum : std::int32_t { kAnd = -1, kOr = -2, kOpen = -3, kClose = -4, kDropped = -5 };
  std::vector<Comparison> comparisons;
  std::vector<std::int32_t> postfix;
  std::vector<std::int32_t> infix;  // with the parentheses that printing needs
  std::size_t depth_max = 0;        // values on the stack at most
  bool single = true;               // one item at the top, so needs no parentheses inside another marker
  bool mentions_extra = false;
};

std::string_view marker_operator_text(MarkerOperator op);
// Fields whose comparison is by version where the literal allows it.
bool is_version_variable(Variable variable);
// Parses a marker at the lexer's position and stops behind it.
Result<std::shared_ptr<const Marker::Program>> parse_marker_program(Lexer& lexer);

// Lets the requirement parser make a Marker of a program.
struct MarkerAccess {
  static Marker make(std::shared_ptr<const Marker::Program> program) { return Marker(std::move(program)); }
};

}  // namespace pipit::packaging
