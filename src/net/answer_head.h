// The head of an answer while it arrives: header lines in, a checked list of headers out. Knows the limits (number, bytes),
// forgets interim answers (1xx), and understands the few headers that decide how the body is taken. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pipit/net/http.h"

namespace pipit::net {

inline constexpr std::size_t kHeadMaxBytes = 256u << 10;  // all header lines of one attempt, interim answers and trailers included
inline constexpr std::size_t kHeadMaxLines = 512;

struct ContentRange {
  std::uint64_t first = 0, last = 0;
  std::optional<std::uint64_t> total;
};
// "bytes 0-99/1234" or "bytes 0-99/*"; nullopt for anything else, also for numbers that overflow or contradict each other.
std::optional<ContentRange> parse_content_range(std::string_view value);
// Digits only, no overflow.
std::optional<std::uint64_t> parse_length(std::string_view value);

class AnswerHead {
 public:
  enum class Line { more, complete, refused };
  // One line as it came, with or without its line end. `complete` is said once, at the empty line of a final answer.
  Line add(std::string_view line);

  int status() const { return status_; }
  bool is_complete() const { return complete_; }
  const Headers& headers() const { return headers_; }
  Headers take_headers() { return std::move(headers_); }
  std::optional<std::string_view> header(std::string_view name) const;
  const std::string& refusal() const { return refusal_; }  // why `refused`

  // Every content coding in order of application, identity left out, lower case.
  std::vector<std::string> content_codings() const;
  // True for "chunked" alone or nothing; every other transfer coding would be decoded behind our back.
  bool has_plain_framing() const;
  std::optional<std::uint64_t> content_length() const;

 private:
  Line refuse(std::string why);
  std::vector<std::string> list_of(std::string_view name) const;

  int status_ = 0;
  bool complete_ = false;
  Headers headers_;
  std::size_t bytes_ = 0, lines_ = 0;
  std::string refusal_;
};

}  // namespace pipit::net
