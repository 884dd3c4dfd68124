#include "packaging/syntax.h"

#include <string>

#include "packaging/python_text.h"

namespace pipit::packaging {
namespace {

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_identifier_char(char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; }

}  // namespace

bool is_word_char(char c) { return is_alphanumeric(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80; }

std::string_view Lexer::take(std::size_t length) {
  const std::string_view taken = rest().substr(0, length);
  position_ += taken.size();
  return taken;
}

bool Lexer::take_char(char c) {
  if (at_end() || source_[position_] != c) return false;
  ++position_;
  return true;
}

bool Lexer::take_blanks() {
  const std::size_t begin = position_;
  while (!at_end() && (source_[position_] == ' ' || source_[position_] == '\t')) ++position_;
  return position_ > begin;
}

bool Lexer::take_word(std::string_view word) {
  const std::string_view text = rest();
  if (!text.starts_with(word) || (text.size() > word.size() && is_word_char(text[word.size()]))) return false;
  position_ += word.size();
  return true;
}

std::string_view Lexer::peek_identifier() const {
  const std::string_view text = rest();
  if (text.empty() || !is_alphanumeric(text.front())) return {};
  std::size_t end = 1;
  while (end < text.size() && is_identifier_char(text[end])) ++end;
  // The end of a word: between a word character and something else, whichever comes first.
  const auto is_boundary = [&](std::size_t at) {
    return is_word_char(text[at - 1]) != (at < text.size() && is_word_char(text[at]));
  };
  while (end > 0 && !is_boundary(end)) --end;
  return text.substr(0, end);
}

std::string_view Lexer::peek_quoted() const {
  const std::string_view text = rest();
  if (text.empty() || (text.front() != '\'' && text.front() != '"')) return {};
  const std::size_t end = text.find(text.front(), 1);
  return end == std::string_view::npos ? std::string_view() : text.substr(0, end + 1);
}

Error Lexer::error(std::string message, std::size_t span_begin, std::size_t span_end) const {
  const std::size_t before = count_characters(source_.substr(0, span_begin));
  const std::size_t within = count_characters(source_.substr(span_begin, span_end - span_begin));
  return make_error(code_, std::move(message))
      .detail(std::string(source_))
      .detail(std::string(before, ' ') + std::string(within, '~') + '^');
}

}  // namespace pipit::packaging
