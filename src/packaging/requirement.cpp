#include "pipit/packaging/requirement.h"

#include <algorithm>
#include <unordered_set>

#include "packaging/marker_program.h"
#include "packaging/specifier_scan.h"
#include "packaging/syntax.h"
#include "pipit/base/text.h"
#include "pipit/packaging/name.h"

namespace pipit::packaging {
namespace {

constexpr std::size_t kExtrasMax = 100'000;

// requirement = blanks? name blanks? extras? blanks? ("@" blanks? url (blanks marker?)? | specifiers blanks? marker?)
class RequirementParser {
 public:
  explicit RequirementParser(std::string_view text) : lexer_(text, kInvalidRequirement) {}

  Result<Requirement> parse() {
    lexer_.take_blanks();
    const std::string_view name = lexer_.peek_identifier();
    if (name.empty()) return fail(lexer_.error("Expected package name at the start of dependency specifier"));
    requirement_.name = lexer_.take(name.size());
    lexer_.take_blanks();
    PIPIT_CHECK(parse_extras());
    lexer_.take_blanks();
    PIPIT_CHECK(lexer_.take_char('@') ? parse_url() : parse_specifiers());
    if (!lexer_.at_end()) return fail(lexer_.error("Expected end of dependency specifier"));
    return std::move(requirement_);
  }

 private:
  Status parse_extras() {
    const std::size_t open = lexer_.position();
    if (!lexer_.take_char('[')) return ok();
    lexer_.take_blanks();
    PIPIT_CHECK(parse_extra_names());
    lexer_.take_blanks();
    if (lexer_.take_char(']')) return ok();
    return fail(lexer_.error("Expected matching RIGHT_BRACKET for LEFT_BRACKET, after extras", open, lexer_.position()));
  }

  Status parse_extra_names() {
    std::string_view extra = lexer_.peek_identifier();
    if (extra.empty()) return ok();
    std::unordered_set<std::string> seen;
    for (;;) {
      if (seen.size() == kExtrasMax) return fail(lexer_.error("Expected at most " + std::to_string(kExtrasMax) + " extras"));
      lexer_.take(extra.size());
      if (seen.insert(normalize_name(extra)).second) requirement_.extras.emplace_back(extra);
      lexer_.take_blanks();
      if (!lexer_.peek_identifier().empty()) return fail(lexer_.error("Expected comma between extra names"));
      if (!lexer_.take_char(',')) return ok();
      lexer_.take_blanks();
      extra = lexer_.peek_identifier();
      if (extra.empty()) return fail(lexer_.error("Expected extra name after comma"));
    }
  }

  Status parse_url() {
    lexer_.take_blanks();
    const std::size_t begin = lexer_.position();
    const std::size_t length = std::min(lexer_.rest().find_first_of(" \t"), lexer_.rest().size());
    if (length == 0) return fail(lexer_.error("Expected URL after @"));
    requirement_.url = lexer_.take(length);
    lexer_.take_blanks();
    if (lexer_.at_end()) return ok();
    return parse_marker(begin, "semicolon (after URL and whitespace)");
  }

  Status parse_specifiers() {
    const std::size_t begin = lexer_.position();
    const bool in_parentheses = lexer_.take_char('(');
    lexer_.take_blanks();
    std::string text;
    PIPIT_CHECK(parse_clauses(text));
    lexer_.take_blanks();
    if (in_parentheses && !lexer_.take_char(')')) {
      return fail(lexer_.error("Expected matching RIGHT_PARENTHESIS for LEFT_PARENTHESIS, after version specifier", begin,
                               lexer_.position()));
    }
    lexer_.take_blanks();
    if (!lexer_.at_end()) {
      PIPIT_CHECK(parse_marker(begin, text.empty() ? "semicolon (after name with no version specifier)"
                                                   : "comma (within version specifier), semicolon (after version specifier)"));
    }
    return set_specifiers(text);
  }

  // The set is parsed from the text of all clauses, since "===" takes commas along that then separate.
  Status set_specifiers(std::string_view text) {
    auto set = SpecifierSet::parse(text);
    if (!set) {
      Error error = std::move(set).error();
      error.code = kInvalidRequirement;
      return fail(std::move(error));
    }
    requirement_.specifiers = *std::move(set);
    return ok();
  }

  Status parse_clauses(std::string& text) {
    for (std::size_t count = 0;; ++count) {
      if (count > kClausesMax) return fail(lexer_.error("Expected at most " + std::to_string(kClausesMax) + " clauses"));
      const ScannedSpecifier scanned = scan_specifier(lexer_.rest());
      if (scanned.length == 0) return ok();
      const std::size_t begin = lexer_.position();
      text += lexer_.take(scanned.length);
      PIPIT_CHECK(check_trail(scanned, begin));
      lexer_.take_blanks();
      if (!lexer_.take_char(',')) return ok();
      text += ',';
      lexer_.take_blanks();
    }
  }

  // Explains the two suffixes that people put behind operators that do not take them.
  Status check_trail(const ScannedSpecifier& scanned, std::size_t begin) const {
    const std::string_view rest = lexer_.rest();
    if (rest.starts_with(".*")) {
      const bool equality = scanned.op == Operator::equal || scanned.op == Operator::not_equal;
      return fail(lexer_.error(equality ? ".* suffix cannot be used with pre-release, post-release, dev or local versions"
                                        : ".* suffix can only be used with `==` or `!=` operators",
                               begin, lexer_.position() + 1));
    }
    const auto is_local = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (rest.size() > 1 && rest[0] == '+' && is_local(rest[1])) {
      return fail(lexer_.error("Local version label can only be used with `==` or `!=` operators", begin, lexer_.position()));
    }
    return ok();
  }

  Status parse_marker(std::size_t span_begin, std::string_view expected) {
    if (!lexer_.take_char(';')) {
      return fail(lexer_.error("Expected " + std::string(expected) + " or end", span_begin, lexer_.position()));
    }
    PIPIT_TRY(auto program, parse_marker_program(lexer_));
    requirement_.marker = MarkerAccess::make(std::move(program));
    lexer_.take_blanks();
    return ok();
  }

  Lexer lexer_;
  Requirement requirement_;
};

}  // namespace

Result<Requirement> Requirement::parse(std::string_view text) { return RequirementParser(text).parse(); }

std::string Requirement::normalized_name() const { return normalize_name(name); }

std::string Requirement::str() const {
  std::string out = name;
  if (!extras.empty()) {
    std::vector<std::string> sorted = extras;
    std::sort(sorted.begin(), sorted.end());
    ((out += '[') += join(sorted, ",")) += ']';
  }
  out += specifiers.str();
  if (url) (out += " @ ") += *url;
  if (url && marker) out += ' ';
  if (marker) (out += "; ") += marker->str();
  return out;
}

}  // namespace pipit::packaging
