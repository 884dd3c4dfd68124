#include "packaging/specifier_scan.h"

#include <array>
#include <initializer_list>

#include "packaging/python_text.h"
#include "pipit/base/text.h"

namespace pipit::packaging {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_separator(char c) { return c == '.' || c == '-' || c == '_'; }
bool is_local_letter(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Length of the longest prefix that is a version in the sense of the operator; the grammar of version-specifiers.rst,
// where every part behind the release may be missing.
class VersionScan {
 public:
  explicit VersionScan(std::string_view text) : text_(text) {}

  bool release(std::size_t segments_min) {
    if (peek() == 'v' || peek() == 'V') ++at_;
    if (!digits()) return false;
    if (peek() == '!' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])) {
      ++at_;
      digits();
    }
    std::size_t segments = 1;
    for (; peek() == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]); ++segments) {
      ++at_;
      digits();
    }
    return segments >= segments_min;
  }

  bool wildcard() {
    if (!text_.substr(at_).starts_with(".*")) return false;
    at_ += 2;
    return true;
  }

  void suffixes() {
    word({"alpha", "beta", "preview", "pre", "a", "b", "c", "rc"});
    if (peek() == '-' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])) {
      ++at_;
      digits();
    } else {
      word({"post", "rev", "r"});
    }
    word({"dev"});
  }

  void local() {
    if (peek() != '+') return;
    std::size_t end = at_ + 1;
    for (std::size_t i = end; i < text_.size(); ++i) {
      if (is_local_letter(text_[i])) {
        end = i + 1;
      } else if (!is_separator(text_[i]) || end != i || i == at_ + 1) {
        break;
      }
    }
    if (end > at_ + 1) at_ = end;
  }

  std::size_t length() const { return at_; }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool digits() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return at_ > begin;
  }

  void word(std::initializer_list<std::string_view> words) {
    const std::string_view rest = text_.substr(is_separator(peek()) ? at_ + 1 : at_);
    for (const std::string_view candidate : words) {
      if (!ascii_iequals(rest.substr(0, candidate.size()), candidate)) continue;
      at_ = text_.size() - rest.size() + candidate.size();
      if (is_separator(peek())) ++at_;
      digits();
      return;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

struct Spelling {
  std::string_view text;
  Operator op;
};
// Longer spellings first: "===" must be tried before "==".
constexpr std::array<Spelling, 8> kOperators{{{"===", Operator::arbitrary},
                                              {"==", Operator::equal},
                                              {"!=", Operator::not_equal},
                                              {"~=", Operator::compatible},
                                              {"<=", Operator::less_equal},
                                              {">=", Operator::greater_equal},
                                              {"<", Operator::less},
                                              {">", Operator::greater}}};

// "===" takes everything up to white space, ';' or ')'.
std::size_t arbitrary_length(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && text[at] != ';' && text[at] != ')' && python_space_length(text.substr(at)) == 0) ++at;
  return at;
}

}  // namespace

std::string_view operator_text(Operator op) {
  for (const Spelling& spelling : kOperators) {
    if (spelling.op == op) return spelling.text;
  }
  return {};
}

ScannedSpecifier scan_specifier(std::string_view text) {
  for (const auto& [spelling, op] : kOperators) {
    if (!text.starts_with(spelling)) continue;
    const std::string_view rest = trim_python_space_left(text.substr(spelling.size()));
    const std::size_t start = text.size() - rest.size();
    ScannedSpecifier found{0, op, {}, false};
    if (op == Operator::arbitrary) {
      found.version = rest.substr(0, arbitrary_length(rest));
    } else {
      const bool equality = op == Operator::equal || op == Operator::not_equal;
      VersionScan scan(rest);
      if (!scan.release(op == Operator::compatible ? 2 : 1)) return {};
      found.wildcard = equality && scan.wildcard();
      if (!found.wildcard) scan.suffixes();
      if (equality && !found.wildcard) scan.local();
      found.version = rest.substr(0, scan.length());
    }
    found.length = start + found.version.size();
    return found;
  }
  return {};
}

}  // namespace pipit::packaging
