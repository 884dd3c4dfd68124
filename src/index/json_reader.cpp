#include "index/json_reader.h"

#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace pipit::index {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;

constexpr std::uint64_t zero_bytes(std::uint64_t word) { return (word - kOnes) & ~word & kHighs; }

// The high bits of bytes that a text cannot pass over: '"', '\\', controls, and what belongs to a character of several bytes.
// Borrows may set bits above the first true one: only the lowest counts.
constexpr std::uint64_t special_bytes(std::uint64_t word) {
  return zero_bytes(word ^ (kOnes * '"')) | zero_bytes(word ^ (kOnes * '\\')) | ((word - kOnes * 0x20) & ~word & kHighs) | (word & kHighs);
}

bool is_special(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x80; }

std::size_t next_special(std::string_view document, std::size_t at) {
  if constexpr (std::endian::native == std::endian::little) {
    for (; at + 8 <= document.size(); at += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, document.data() + at, 8);
      if (const std::uint64_t found = special_bytes(word)) return at + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    }
  }
  while (at < document.size() && !is_special(document[at])) ++at;
  return at;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&](std::uint32_t value) { out += static_cast<char>(static_cast<unsigned char>(value)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | (point >> 6)), put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | (point >> 12)), put(0x80 | ((point >> 6) & 0x3F)), put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | (point >> 18)), put(0x80 | ((point >> 12) & 0x3F)), put(0x80 | ((point >> 6) & 0x3F)), put(0x80 | (point & 0x3F));
  }
}

}  // namespace

JsonReader::JsonReader(std::string_view document) : document_(document) {
  if (document_.starts_with("\xEF\xBB\xBF")) at_ = 3;
}

// The byte at `at`, or the end of the document, cannot stand there.
JsonToken JsonReader::fail_behind(std::size_t at) {
  at_ = at + 1;
  return JsonToken::invalid;
}

void JsonReader::skip_blanks() {
  while (at_ < document_.size() && (document_[at_] == ' ' || document_[at_] == '\n' || document_[at_] == '\r' || document_[at_] == '\t')) ++at_;
}

JsonToken JsonReader::literal(std::string_view word, JsonToken token) {
  for (std::size_t i = 1; i < word.size(); ++i)
    if (at_ + i >= document_.size() || document_[at_ + i] != word[i]) return fail_behind(at_ + i);
  at_ += word.size();
  return token;
}

bool JsonReader::skip_digits() {
  const std::size_t first = at_;
  while (at_ < document_.size() && is_digit(document_[at_])) ++at_;
  return at_ > first;
}

JsonToken JsonReader::read_number() {
  const std::size_t first = at_;
  const bool is_negative = document_[at_] == '-';
  if (is_negative) ++at_;
  const std::size_t digits = at_;
  if (!skip_digits()) return fail_behind(at_);
  if (document_[digits] == '0') at_ = digits + 1;  // nothing may follow a leading zero
  bool is_whole = true;
  if (at_ < document_.size() && document_[at_] == '.') {
    is_whole = false;
    ++at_;
    if (!skip_digits()) return fail_behind(at_);
  }
  if (at_ < document_.size() && (document_[at_] | 0x20) == 'e') {
    is_whole = false;
    ++at_;
    if (at_ < document_.size() && (document_[at_] == '+' || document_[at_] == '-')) ++at_;
    if (!skip_digits()) return fail_behind(at_);
  }
  if (is_whole && !is_negative && at_ - digits <= 19) {  // always fits
    number_ = 0;
    for (std::size_t i = digits; i < at_; ++i) number_ = number_ * 10 + static_cast<std::uint64_t>(document_[i] - '0');
    return JsonToken::number;
  }
  const std::string written(document_.substr(first, at_ - first));
  if (!std::isfinite(std::strtod(written.c_str(), nullptr))) return JsonToken::invalid;
  if (!is_whole) return JsonToken::fraction;
  errno = 0;  // what does not fit is as good as a fraction
  if (is_negative) static_cast<void>(std::strtoll(written.c_str(), nullptr, 10));
  else number_ = std::strtoull(written.c_str(), nullptr, 10);
  if (errno != 0) return JsonToken::fraction;
  return is_negative ? JsonToken::negative_number : JsonToken::number;
}

int JsonReader::read_four_digits() {
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = at_ < document_.size() ? hex_value(document_[at_]) : -1;
    ++at_;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

bool JsonReader::take(char wanted) {
  const std::size_t at = at_++;
  return at < document_.size() && document_[at] == wanted;
}

// Behind the backslash.
bool JsonReader::read_escape() {
  constexpr std::string_view kEscapes = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  if (at_ >= document_.size()) return ++at_, false;
  const char c = document_[at_++];
  if (const std::size_t known = kEscapes.find(c); known != std::string_view::npos) {
    unescaped_ += kMeanings[known];
    return true;
  }
  if (c != 'u') return false;
  const int first = read_four_digits();
  if (first < 0 || (first >= 0xDC00 && first <= 0xDFFF)) return false;
  auto point = static_cast<std::uint32_t>(first);
  if (point >= 0xD800 && point <= 0xDBFF) {
    if (!take('\\') || !take('u')) return false;
    const int second = read_four_digits();
    if (second < 0xDC00 || second > 0xDFFF) return false;
    point = 0x10000 + ((point & 0x3FF) << 10) + (static_cast<std::uint32_t>(second) & 0x3FF);
  }
  append_utf8(unescaped_, point);
  return true;
}

// The ranges of RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool JsonReader::skip_character() {
  const unsigned char lead = byte();
  const int more = lead >= 0xC2 && lead <= 0xDF ? 1 : (lead & 0xF0) == 0xE0 ? 2 : lead >= 0xF0 && lead <= 0xF4 ? 3 : 0;
  ++at_;
  if (more == 0) return false;
  unsigned char lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned char highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (int i = 0; i < more; ++i) {
    const bool fits = at_ < document_.size() && byte() >= lowest && byte() <= highest;
    ++at_;
    if (!fits) return false;
    lowest = 0x80, highest = 0xBF;
  }
  return true;
}

JsonToken JsonReader::read_text() {
  std::size_t first = ++at_;
  bool has_escapes = false;
  const auto keep_run = [&] { unescaped_.append(document_.substr(first, at_ - first)); };
  for (;;) {
    at_ = next_special(document_, at_);
    if (at_ >= document_.size()) return fail_behind(document_.size());
    const unsigned char c = byte();
    if (c >= 0x80) {
      if (!skip_character()) return JsonToken::invalid;
    } else if (c == '"') {
      break;
    } else if (c == '\\') {
      if (!has_escapes) unescaped_.clear();
      has_escapes = true;
      keep_run();
      ++at_;
      if (!read_escape()) return JsonToken::invalid;
      first = at_;
    } else {
      return fail_behind(at_);
    }
  }
  if (has_escapes) keep_run();
  text_ = has_escapes ? std::string_view(unescaped_) : document_.substr(first, at_ - first);
  ++at_;
  return JsonToken::text;
}

// One token, whether or not it may stand here; the marks between values are told by `mark` and are `end` otherwise.
JsonToken JsonReader::lex(Mark& mark) {
  mark = Mark::none;
  skip_blanks();
  if (at_ >= document_.size()) {
    at_ = document_.size() + 1;
    return JsonToken::end;
  }
  switch (document_[at_]) {
    case '{': return ++at_, JsonToken::object_begin;
    case '}': return ++at_, JsonToken::object_end;
    case '[': return ++at_, JsonToken::array_begin;
    case ']': return ++at_, JsonToken::array_end;
    case ',': return ++at_, mark = Mark::comma, JsonToken::end;
    case ':': return ++at_, mark = Mark::colon, JsonToken::end;
    case '"': return read_text();
    case 't': return literal("true", JsonToken::true_value);
    case 'f': return literal("false", JsonToken::false_value);
    case 'n': return literal("null", JsonToken::null_value);
    case '-': return read_number();
    default: return is_digit(document_[at_]) ? read_number() : fail_behind(at_);
  }
}

JsonToken JsonReader::after_value(JsonToken token) {
  expected_ = depth_ == 0 ? Expected::document_end : Expected::comma_or_end;
  return token;
}

JsonToken JsonReader::open(bool is_object) {
  if (depth_ == is_object_.size()) return stop();
  is_object_[depth_++] = is_object;
  expected_ = is_object ? Expected::key_or_end : Expected::value_or_end;
  return is_object ? JsonToken::object_begin : JsonToken::array_begin;
}

JsonToken JsonReader::close(bool is_object) {
  if (depth_ == 0 || is_object_[depth_ - 1] != is_object) return stop();
  --depth_;
  return after_value(is_object ? JsonToken::object_end : JsonToken::array_end);
}

JsonToken JsonReader::next() {
  if (is_broken_) return JsonToken::invalid;
  Mark mark = Mark::none;
  JsonToken token = lex(mark);
  if (token == JsonToken::invalid) return stop();
  const bool is_end = token == JsonToken::object_end || token == JsonToken::array_end;
  if (expected_ == Expected::comma_or_end && is_end) return close(token == JsonToken::object_end);
  if (expected_ == Expected::comma_or_end || expected_ == Expected::colon) {
    if (mark != (expected_ == Expected::colon ? Mark::colon : Mark::comma)) return stop();
    expected_ = expected_ == Expected::comma_or_end && is_object_[depth_ - 1] ? Expected::key : Expected::value;
    token = lex(mark);
    if (token == JsonToken::invalid) return stop();
  }
  switch (expected_) {
    case Expected::document_end: return token == JsonToken::end && mark == Mark::none ? JsonToken::end : stop();
    case Expected::key_or_end:
      if (token == JsonToken::object_end) return close(true);
      [[fallthrough]];
    case Expected::key:
      if (token != JsonToken::text) return stop();
      expected_ = Expected::colon;
      return JsonToken::key;
    case Expected::value_or_end:
      if (token == JsonToken::array_end) return close(false);
      [[fallthrough]];
    default: return value(token);
  }
}

JsonToken JsonReader::value(JsonToken token) {
  switch (token) {
    case JsonToken::object_begin: return open(true);
    case JsonToken::array_begin: return open(false);
    case JsonToken::object_end:
    case JsonToken::array_end:
    case JsonToken::end: return stop();
    default: return after_value(token);
  }
}

}  // namespace pipit::index
