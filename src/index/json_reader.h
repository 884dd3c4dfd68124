// JsonReader: the tokens of a JSON document (RFC 8259), one at a time, checked as they go: grammar, UTF-8, escapes, surrogate
// pairs, numbers that no machine holds. Texts without escapes are views into the document, so that whoever skips a value pays
// for looking at it once and for nothing else. No recursion, no tree; whoever reads caps the depth (kDepthMax at most).
// The document must outlive the reader; a text is good until the next token. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "pipit/index/simple_parser.h"

namespace pipit::index {

enum class JsonToken : std::uint8_t {
  object_begin, object_end, array_begin, array_end, key, text, number, negative_number, fraction, true_value, false_value, null_value,
  end,      // of the document
  invalid,  // and so is everything after it
};

class JsonReader {
 public:
  explicit JsonReader(std::string_view document);
  JsonToken next();
  std::string_view text() const { return text_; }      // of `key` and `text`, unescaped
  std::uint64_t number() const { return number_; }     // of `number`
  // How many bytes were looked at; behind an invalid token, the last of them is the first that cannot stand there.
  std::size_t position() const { return at_; }

 private:
  // What the grammar allows next.
  enum class Expected : std::uint8_t { value, value_or_end, key, key_or_end, colon, comma_or_end, document_end };
  enum class Mark : std::uint8_t { none, comma, colon };
  JsonToken stop() { return is_broken_ = true, JsonToken::invalid; }
  JsonToken fail_behind(std::size_t at);
  JsonToken lex(Mark& mark);
  JsonToken literal(std::string_view word, JsonToken token);
  JsonToken read_number();
  JsonToken read_text();
  bool skip_digits();
  bool read_escape();
  bool take(char wanted);
  int read_four_digits();
  bool skip_character();  // one of several bytes
  void skip_blanks();
  JsonToken open(bool is_object);
  JsonToken close(bool is_object);
  JsonToken after_value(JsonToken token);
  JsonToken value(JsonToken token);
  unsigned char byte() const { return static_cast<unsigned char>(document_[at_]); }

  std::string_view document_;
  std::size_t at_ = 0;
  std::string_view text_;
  std::string unescaped_;
  std::uint64_t number_ = 0;
  Expected expected_ = Expected::value;
  std::array<bool, kDepthMax + 1> is_object_{};  // of each open container
  std::size_t depth_ = 0;
  bool is_broken_ = false;
};

}  // namespace pipit::index
