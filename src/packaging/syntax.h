// The lexer under markers and requirements (PEP 508): looks at the front of the text, takes what it names, remembers the
// byte position. Never looks back, so parsing is linear. Private to packaging.
#pragma once

#include <cstddef>
#include <string_view>

#include "pipit/base/result.h"

namespace pipit::packaging {

class Lexer {
 public:
  Lexer(std::string_view source, ErrorCode code) : source_(source), code_(code) {}

  std::size_t position() const { return position_; }
  std::string_view rest() const { return source_.substr(position_); }
  bool at_end() const { return position_ == source_.size(); }
  char peek() const { return at_end() ? '\0' : source_[position_]; }
  std::string_view take(std::size_t length);
  bool take_char(char c);
  // Blanks are spaces and tabs only.
  bool take_blanks();
  // The word, not followed by a letter, digit or underscore.
  bool take_word(std::string_view word);
  // A name of PEP 508: letters, digits, "._-", ending where a word ends. Empty if none stands here.
  std::string_view peek_identifier() const;
  // 'text' or "text", quotes included; empty if none stands here.
  std::string_view peek_quoted() const;

  // `message` as the reference words it; the details are the text and a line of "~" up to a caret below it.
  Error error(std::string message) const { return error(std::move(message), position_, position_); }
  Error error(std::string message, std::size_t span_begin, std::size_t span_end) const;

 private:
  std::string_view source_;
  ErrorCode code_;
  std::size_t position_ = 0;
};

// Letters, digits and "_"; every byte of a non-ASCII character counts as a letter.
bool is_word_char(char c);

}  // namespace pipit::packaging
