#include <algorithm>

#include "packaging/marker_program.h"
#include "packaging/python_text.h"
#include "pipit/packaging/name.h"

namespace pipit::packaging {
namespace {

// Parentheses deeper than this are refused; nobody writes ten.
constexpr std::size_t kNestingMax = 1000;
constexpr std::size_t kComparisonsMax = 100'000;

struct VariableSpelling {
  std::string_view text;
  Variable variable;
};
// The current names and the legacy ones with a dot. Longer names stand before their own prefixes.
constexpr std::array<VariableSpelling, 20> kSpellings{{
    {"python_version", Variable::python_version},
    {"python_full_version", Variable::python_full_version},
    {"os_name", Variable::os_name},
    {"os.name", Variable::os_name},
    {"sys_platform", Variable::sys_platform},
    {"sys.platform", Variable::sys_platform},
    {"platform_release", Variable::platform_release},
    {"platform_system", Variable::platform_system},
    {"platform_version", Variable::platform_version},
    {"platform.version", Variable::platform_version},
    {"platform_machine", Variable::platform_machine},
    {"platform.machine", Variable::platform_machine},
    {"platform_python_implementation", Variable::platform_python_implementation},
    {"platform.python_implementation", Variable::platform_python_implementation},
    {"python_implementation", Variable::platform_python_implementation},
    {"implementation_name", Variable::implementation_name},
    {"implementation_version", Variable::implementation_version},
    {"extras", Variable::extras},
    {"extra", Variable::extra},
    {"dependency_groups", Variable::dependency_groups},
}};

struct OperatorSpelling {
  std::string_view text;
  MarkerOperator op;
};
constexpr std::array<OperatorSpelling, 8> kOperators{{{"===", MarkerOperator::arbitrary},
                                                      {"==", MarkerOperator::equal},
                                                      {"~=", MarkerOperator::compatible},
                                                      {"!=", MarkerOperator::not_equal},
                                                      {"<=", MarkerOperator::less_equal},
                                                      {">=", MarkerOperator::greater_equal},
                                                      {"<", MarkerOperator::less},
                                                      {">", MarkerOperator::greater}}};

Variable variable_named(std::string_view name) {
  const auto at = std::find(kVariableNames.begin(), kVariableNames.end(), name);
  return static_cast<Variable>(at - kVariableNames.begin());
}

Result<Operand> parse_operand(Lexer& lexer) {
  for (const VariableSpelling& spelling : kSpellings) {
    if (!lexer.take_word(spelling.text)) continue;
    return Operand{true, std::string(kVariableNames[static_cast<std::size_t>(spelling.variable)])};
  }
  const std::string_view quoted = lexer.peek_quoted();
  if (quoted.empty()) return fail(lexer.error("Expected a marker variable or quoted string"));
  const std::size_t begin = lexer.position();
  lexer.take(quoted.size());
  auto value = python_string_value(quoted);
  if (!value) return fail(lexer.error("Invalid quoted string", begin, lexer.position()));
  return Operand{false, *std::move(value)};
}

Result<MarkerOperator> parse_operator(Lexer& lexer) {
  if (lexer.take_word("in")) return MarkerOperator::in;
  if (lexer.take_word("not")) {
    if (!lexer.take_blanks()) return fail(lexer.error("Expected whitespace after 'not'"));
    if (!lexer.take_word("in")) return fail(lexer.error("Expected 'in' after 'not'"));
    return MarkerOperator::not_in;
  }
  for (const OperatorSpelling& spelling : kOperators) {
    if (!lexer.rest().starts_with(spelling.text)) continue;
    lexer.take(spelling.text.size());
    return spelling.op;
  }
  return fail(lexer.error("Expected marker operator, one of <=, <, !=, ==, >=, >, ~=, ===, in, not in"));
}

// PEP 685 and 735: names of extras and groups are compared in normal form.
void normalize_names(Comparison& comparison) {
  Operand &left = comparison.left, &right = comparison.right;
  const auto is = [](const Operand& operand, std::string_view name) { return operand.is_variable && operand.text == name; };
  if (is(left, "extra") && !right.is_variable) {
    right.text = normalize_name(right.text);
  } else if (!left.is_variable && (is(right, "extra") || is(right, "extras") || is(right, "dependency_groups"))) {
    left.text = normalize_name(left.text);
  }
}

Result<Comparison> parse_comparison(Lexer& lexer) {
  Comparison comparison;
  PIPIT_TRY(comparison.left, parse_operand(lexer));
  lexer.take_blanks();
  PIPIT_TRY(comparison.op, parse_operator(lexer));
  lexer.take_blanks();
  PIPIT_TRY(comparison.right, parse_operand(lexer));
  normalize_names(comparison);
  comparison.variable_left = comparison.left.is_variable;
  comparison.variable = variable_named(comparison.variable_left ? comparison.left.text : comparison.right.text);
  if (comparison.variable_left && is_version_variable(comparison.variable)) {
    auto specifier = Specifier::parse(std::string(marker_operator_text(comparison.op)) + comparison.right.text);
    if (specifier) comparison.specifier = *std::move(specifier);
  }
  if (!comparison.variable_left && is_version_variable(comparison.variable)) {
    comparison.left_version = Version::try_parse(comparison.left.text);
  }
  return comparison;
}

// Precedence by an explicit stack: `and` binds tighter than `or`.
class ProgramParser {
 public:
  explicit ProgramParser(Lexer& lexer) : lexer_(lexer) { groups_.push_back({}); }

  Result<std::shared_ptr<const Marker::Program>> parse() {
    do {
      PIPIT_CHECK(parse_atom());
    } while (take_connective());
    if (groups_.size() > 1) return fail(unclosed());
    reduce_all();
    finish_printing();
    return std::make_shared<const Marker::Program>(std::move(program_));
  }

 private:
  using Program = Marker::Program;
  struct Group {
    std::size_t opened_at = 0;  // position in the text
    std::size_t infix_open = 0;
    std::size_t items = 0;
    std::size_t item_open = 0, item_close = 0;  // parentheses of its only item, if it has any
    bool item_in_parentheses = false;
  };

  // Any number of "(", one comparison, and the ")" that follow.
  Status parse_atom() {
    lexer_.take_blanks();
    while (lexer_.peek() == '(') PIPIT_CHECK(open_group());
    if (program_.comparisons.size() == kComparisonsMax)
      return fail(lexer_.error("Expected at most " + std::to_string(kComparisonsMax) + " comparisons"));
    PIPIT_TRY(Comparison comparison, parse_comparison(lexer_));
    program_.mentions_extra = program_.mentions_extra || comparison.variable == Variable::extra;
    emit(static_cast<std::int32_t>(program_.comparisons.size()));
    program_.infix.push_back(static_cast<std::int32_t>(program_.comparisons.size()));
    program_.comparisons.push_back(std::move(comparison));
    count_item(false, 0, 0);
    lexer_.take_blanks();
    while (groups_.size() > 1 && lexer_.peek() == ')') close_group();
    return ok();
  }

  Status open_group() {
    if (groups_.size() > kNestingMax) {
      return fail(lexer_.error("Expected fewer than " + std::to_string(kNestingMax) + " nested parentheses"));
    }
    groups_.push_back({lexer_.position(), program_.infix.size(), 0, 0, 0, false});
    lexer_.take(1);
    lexer_.take_blanks();
    program_.infix.push_back(Program::kOpen);
    operators_.push_back(Program::kOpen);
    return ok();
  }

  void close_group() {
    lexer_.take(1);
    lexer_.take_blanks();
    reduce_to_open();
    operators_.pop_back();
    const Group group = groups_.back();
    groups_.pop_back();
    const std::size_t close = program_.infix.size();
    program_.infix.push_back(Program::kClose);
    if (group.items > 1) return count_item(true, group.infix_open, close);
    // A single item keeps at most its own parentheses.
    program_.infix[group.infix_open] = program_.infix[close] = Program::kDropped;
    count_item(group.item_in_parentheses, group.item_open, group.item_close);
  }

  void count_item(bool in_parentheses, std::size_t open, std::size_t close) {
    Group& group = groups_.back();
    ++group.items;
    group.item_in_parentheses = in_parentheses;
    group.item_open = open;
    group.item_close = close;
  }

  bool take_connective() {
    const std::int32_t op = lexer_.take_word("or") ? Program::kOr : lexer_.take_word("and") ? Program::kAnd : Program::kDropped;
    if (op == Program::kDropped) return false;
    while (!operators_.empty() &&
           (operators_.back() == Program::kAnd || (op == Program::kOr && operators_.back() == Program::kOr)))
      reduce();
    operators_.push_back(op);
    program_.infix.push_back(op);
    return true;
  }

  void emit(std::int32_t step) {
    program_.postfix.push_back(step);
    depth_ = step >= 0 ? depth_ + 1 : depth_ - 1;
    program_.depth_max = std::max(program_.depth_max, depth_);
  }
  void reduce() {
    emit(operators_.back());
    operators_.pop_back();
  }
  void reduce_to_open() {
    while (operators_.back() != Program::kOpen) reduce();
  }
  void reduce_all() {
    while (!operators_.empty()) reduce();
  }

  void finish_printing() {
    const Group& top = groups_.back();
    if (top.items == 1 && top.item_in_parentheses) {
      program_.infix[top.item_open] = program_.infix[top.item_close] = Program::kDropped;
    }
    program_.single = program_.comparisons.size() == 1;
    std::erase(program_.infix, static_cast<std::int32_t>(Program::kDropped));
  }

  Error unclosed() const {
    return lexer_.error("Expected matching RIGHT_PARENTHESIS for LEFT_PARENTHESIS, after marker expression",
                        groups_.back().opened_at, lexer_.position());
  }

  Lexer& lexer_;
  Marker::Program program_;
  std::vector<Group> groups_;
  std::vector<std::int32_t> operators_;
  std::size_t depth_ = 0;
};

}  // namespace

std::string_view marker_operator_text(MarkerOperator op) {
  if (op == MarkerOperator::in) return "in";
  if (op == MarkerOperator::not_in) return "not in";
  return std::find_if(kOperators.begin(), kOperators.end(), [op](const OperatorSpelling& s) { return s.op == op; })->text;
}

bool is_version_variable(Variable variable) {
  return variable == Variable::implementation_version || variable == Variable::platform_release ||
         variable == Variable::python_full_version || variable == Variable::python_version;
}

Result<std::shared_ptr<const Marker::Program>> parse_marker_program(Lexer& lexer) { return ProgramParser(lexer).parse(); }

}  // namespace pipit::packaging
