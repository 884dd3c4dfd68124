#include "pipit/packaging/markers.h"

#include <fmt/format.h>

#include <algorithm>

#include "packaging/marker_program.h"
#include "packaging/python_text.h"
#include "pipit/base/text.h"
#include "pipit/packaging/name.h"

namespace pipit::packaging {
namespace {

// What one evaluation looks variables up in. `extra` is the one extra of this round, or null where the name is undefined.
struct Scope {
  const MarkerEnvironment& environment;
  const MarkerExtras& extras;
  const std::string* extra;
  std::string full_version;  // only if it needed repair
};

const std::string* find_other(const Scope& scope, std::string_view name) {
  const auto at = scope.extras.others.find(name);
  return at == scope.extras.others.end() ? nullptr : &at->second;
}

const std::string* find_text(const Scope& scope, const Comparison& comparison) {
  const MarkerEnvironment& e = scope.environment;
  switch (comparison.variable) {
    case Variable::implementation_name:
      return &e.implementation_name;
    case Variable::implementation_version:
      return &e.implementation_version;
    case Variable::os_name:
      return &e.os_name;
    case Variable::platform_machine:
      return &e.platform_machine;
    case Variable::platform_release:
      return &e.platform_release;
    case Variable::platform_system:
      return &e.platform_system;
    case Variable::platform_version:
      return &e.platform_version;
    case Variable::python_full_version:
      return scope.full_version.empty() ? &e.python_full_version : &scope.full_version;
    case Variable::platform_python_implementation:
      return &e.platform_python_implementation;
    case Variable::python_version:
      return &e.python_version;
    case Variable::sys_platform:
      return &e.sys_platform;
    case Variable::extra:
      return scope.extra != nullptr ? scope.extra : find_other(scope, "extra");
    case Variable::extras:
    case Variable::dependency_groups:
    case Variable::unknown:
      break;
  }
  return find_other(scope, comparison.right.text);
}

Error undefined(std::string message) { return make_error(kUndefinedMarker, std::move(message)); }

Error undefined_comparison(MarkerOperator op, std::string_view left, std::string_view right) {
  return undefined("Undefined <Op('" + std::string(marker_operator_text(op)) + "')> on " + python_repr(left) + " and " +
                   python_repr(right) + ".");
}

Result<bool> compare_strings(std::string_view left, MarkerOperator op, std::string_view right) {
  switch (op) {
    case MarkerOperator::in:
      return right.find(left) != std::string_view::npos;
    case MarkerOperator::not_in:
      return right.find(left) == std::string_view::npos;
    case MarkerOperator::equal:
    case MarkerOperator::less_equal:
    case MarkerOperator::greater_equal:
      return left == right;
    case MarkerOperator::not_equal:
      return left != right;
    case MarkerOperator::less:
    case MarkerOperator::greater:
      return false;
    case MarkerOperator::compatible:
    case MarkerOperator::arbitrary:
      break;
  }
  return fail(undefined_comparison(op, left, right));
}

bool admits_text(const Specifier& specifier, std::string_view candidate) {
  if (specifier.op == Operator::arbitrary) return ascii_iequals(candidate, specifier.text);
  const auto version = Version::try_parse(candidate);
  return version && specifier.admits(*version);
}

// "name" in extras: a comparison with a set. Equality with a set is never true; an order with it is never true either.
Result<bool> compare_with_set(const Comparison& c, const Scope& scope) {
  const std::string_view name = kVariableNames[static_cast<std::size_t>(c.variable)];
  if (scope.extras.context != MarkerContext::lock_file) return fail(undefined("'" + std::string(name) + "' is not defined here"));
  if (c.variable_left) {
    return fail(undefined("Set-valued marker '" + std::string(name) +
                          "' can only be used with the membership form (e.g. \"<name>\" in " + std::string(name) +
                          "); it cannot appear on the left-hand side of '" + std::string(marker_operator_text(c.op)) + "'."));
  }
  const auto& set = c.variable == Variable::extras ? scope.extras.extras : scope.extras.dependency_groups;
  const std::string wanted = normalize_name(c.left.text);
  const bool member =
      std::any_of(set.begin(), set.end(), [&](const std::string& item) { return normalize_name(item) == wanted; });
  if (c.op == MarkerOperator::in || c.op == MarkerOperator::not_in) return member == (c.op == MarkerOperator::in);
  if (c.op == MarkerOperator::compatible || c.op == MarkerOperator::arbitrary)
    return fail(undefined_comparison(c.op, wanted, name));
  return c.op == MarkerOperator::not_equal;
}

Result<bool> evaluate_comparison(const Comparison& c, const Scope& scope) {
  if (c.variable == Variable::extras || c.variable == Variable::dependency_groups) return compare_with_set(c, scope);
  const std::string* value = find_text(scope, c);
  if (value == nullptr) {
    return fail(undefined(python_repr(c.variable_left ? c.left.text : c.right.text) + " is not defined here"));
  }
  if (c.specifier) return admits_text(*c.specifier, *value);
  if (c.variable_left) return compare_strings(*value, c.op, c.right.text);
  if (is_version_variable(c.variable)) {
    const auto specifier = Specifier::parse(std::string(marker_operator_text(c.op)) + *value);
    if (specifier && c.left_version) return specifier->admits(*c.left_version, c.left.text);
    if (specifier) return admits_text(*specifier, c.left.text);
  }
  return compare_strings(c.left.text, c.op, *value);
}

// The values of a postfix evaluation as bits; a deep marker spills to the heap.
class BitStack {
 public:
  explicit BitStack(std::size_t depth_max) : spill_(depth_max > 64 ? depth_max : 0) {}
  void push(bool value) {
    if (!spill_.empty()) {
      spill_[size_++] = value;
    } else {
      bits_ = bits_ << 1 | static_cast<std::uint64_t>(value);
    }
  }
  bool pop() {
    if (!spill_.empty()) return spill_[--size_];
    const bool value = (bits_ & 1) != 0;
    bits_ >>= 1;
    return value;
  }

 private:
  std::uint64_t bits_ = 0;
  std::vector<bool> spill_;
  std::size_t size_ = 0;
};

// Every comparison is evaluated: an undefined one makes the whole marker undefined wherever it stands.
Result<bool> run(const Marker::Program& program, const Scope& scope) {
  BitStack stack(program.depth_max);
  for (const std::int32_t step : program.postfix) {
    if (step >= 0) {
      PIPIT_TRY(const bool value, evaluate_comparison(program.comparisons[static_cast<std::size_t>(step)], scope));
      stack.push(value);
    } else {
      const bool right = stack.pop(), left = stack.pop();
      stack.push(step == Marker::Program::kAnd ? left && right : left || right);
    }
  }
  return stack.pop();
}

// platform.python_version() of a build from a checkout ends in "+", which is no version.
std::string repaired_full_version(const MarkerEnvironment& environment) {
  return environment.python_full_version.ends_with('+') ? environment.python_full_version + "local" : std::string();
}

// A value prints plainly where a plain literal means it; what would mean something else between quotes is escaped.
void append_literal(std::string& out, std::string_view value) {
  const char quote = value.find('"') == std::string_view::npos ? '"' : '\'';
  out += quote;
  for (const char c : value) {
    if (c == quote || c == '\\' || c == '\n' || c == '\r' || c == '\0') {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  out += quote;
}

void append_operand(std::string& out, const Operand& operand) {
  if (operand.is_variable) {
    out += operand.text;
  } else {
    append_literal(out, operand.text);
  }
}

void append_comparison(std::string& out, const Comparison& comparison) {
  append_operand(out, comparison.left);
  ((out += ' ') += marker_operator_text(comparison.op)) += ' ';
  append_operand(out, comparison.right);
}

// Appends b's steps to a's, with its comparisons renumbered.
void append_steps(std::vector<std::int32_t>& to, const std::vector<std::int32_t>& from, std::size_t offset) {
  for (const std::int32_t step : from) to.push_back(step >= 0 ? step + static_cast<std::int32_t>(offset) : step);
}

void append_operand_marker(Marker::Program& to, const Marker::Program& part) {
  const std::size_t offset = to.comparisons.size();
  if (!part.single) to.infix.push_back(Marker::Program::kOpen);
  append_steps(to.infix, part.infix, offset);
  if (!part.single) to.infix.push_back(Marker::Program::kClose);
  append_steps(to.postfix, part.postfix, offset);
  to.comparisons.insert(to.comparisons.end(), part.comparisons.begin(), part.comparisons.end());
  to.mentions_extra = to.mentions_extra || part.mentions_extra;
}

}  // namespace

Result<Marker> Marker::parse(std::string_view text) {
  Lexer lexer(text, kInvalidMarker);
  PIPIT_TRY(auto program, parse_marker_program(lexer));
  if (!lexer.at_end()) return fail(lexer.error("Expected end of marker expression"));
  return Marker(std::move(program));
}

// As pip: one round per extra asked for, and the marker holds if it holds in one of them; without extras, one round with
// an empty name. In a requirement's own context the name `extra` is defined only if an extra is given.
Result<bool> Marker::evaluate(const MarkerEnvironment& environment, const MarkerExtras& extras) const {
  if (!program_) return true;
  Scope scope{environment, extras, nullptr, repaired_full_version(environment)};
  const std::string none;
  if (extras.context == MarkerContext::metadata) scope.extra = &none;
  const bool once = !program_->mentions_extra || extras.extras.empty() || extras.context == MarkerContext::lock_file;
  if (once) return run(*program_, scope);
  for (const std::string& extra : extras.extras) {
    const std::string name = normalize_name(extra);
    scope.extra = &name;
    PIPIT_TRY(const bool holds, run(*program_, scope));
    if (holds) return true;
  }
  return false;
}

bool Marker::mentions_extra() const { return program_ && program_->mentions_extra; }

std::string Marker::str() const {
  std::string out;
  if (!program_) return out;
  bool blank = false;
  for (const std::int32_t step : program_->infix) {
    if (blank && step != Program::kClose) out += ' ';
    blank = step != Program::kOpen;
    switch (step) {
      case Program::kAnd:
        out += "and";
        break;
      case Program::kOr:
        out += "or";
        break;
      case Program::kOpen:
        out += '(';
        break;
      case Program::kClose:
        out += ')';
        break;
      default:
        append_comparison(out, program_->comparisons[static_cast<std::size_t>(step)]);
    }
  }
  return out;
}

Marker Marker::conjunction(const Marker& a, const Marker& b) {
  if (a.always_true()) return b;
  if (b.always_true()) return a;
  auto joined = std::make_shared<Program>();
  append_operand_marker(*joined, *a.program_);
  joined->infix.push_back(Program::kAnd);
  append_operand_marker(*joined, *b.program_);
  joined->postfix.push_back(Program::kAnd);
  joined->depth_max = std::max(a.program_->depth_max, b.program_->depth_max + 1);
  joined->single = false;
  return Marker(std::move(joined));
}

}  // namespace pipit::packaging
