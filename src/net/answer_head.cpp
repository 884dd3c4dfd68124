#include "net/answer_head.h"

#include <fmt/format.h>

#include <charconv>

#include "pipit/base/text.h"

namespace pipit::net {

std::optional<std::uint64_t> parse_length(std::string_view value) {
  value = trim(value);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  return number;
}

std::optional<ContentRange> parse_content_range(std::string_view value) {
  value = trim(value);
  if (value.size() < 6 || !ascii_iequals(value.substr(0, 6), "bytes ")) return std::nullopt;
  value.remove_prefix(6);
  const auto dash = value.find('-'), slash = value.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash) return std::nullopt;
  const auto first = parse_length(value.substr(0, dash)), last = parse_length(value.substr(dash + 1, slash - dash - 1));
  if (!first || !last || *last < *first) return std::nullopt;
  ContentRange range{*first, *last, std::nullopt};
  const std::string_view total = trim(value.substr(slash + 1));
  if (total == "*") return range;
  range.total = parse_length(total);
  if (!range.total || *range.total <= *last) return std::nullopt;
  return range;
}

AnswerHead::Line AnswerHead::refuse(std::string why) {
  refusal_ = std::move(why);
  return Line::refused;
}

AnswerHead::Line AnswerHead::add(std::string_view line) {
  bytes_ += line.size();
  ++lines_;
  if (bytes_ > kHeadMaxBytes) return refuse(fmt::format("sends more than {} bytes of headers", kHeadMaxBytes));
  if (lines_ > kHeadMaxLines) return refuse(fmt::format("sends more than {} header lines", kHeadMaxLines));
  if (complete_) return Line::more;  // trailers are counted and dropped
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    const auto space = line.find(' ');
    const auto digits = space == std::string_view::npos ? std::string_view() : line.substr(space + 1, 3);
    status_ = static_cast<int>(parse_length(digits).value_or(0));
    headers_.clear();
    return Line::more;
  }
  if (line.empty()) {
    complete_ = status_ >= 200;
    return complete_ ? Line::complete : Line::more;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return Line::more;
  headers_.emplace_back(ascii_lower(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1))));
  return Line::more;
}

std::optional<std::string_view> AnswerHead::header(std::string_view name) const {
  for (const auto& [key, value] : headers_)
    if (key == name) return value;
  return std::nullopt;
}

std::vector<std::string> AnswerHead::list_of(std::string_view name) const {
  std::vector<std::string> items;
  for (const auto& [key, value] : headers_) {
    if (key != name) continue;
    for (std::string_view item : split(value, ','))
      if (!trim(item).empty()) items.push_back(ascii_lower(trim(item)));
  }
  return items;
}

std::vector<std::string> AnswerHead::content_codings() const {
  std::vector<std::string> codings = list_of("content-encoding");
  std::erase(codings, "identity");
  return codings;
}

bool AnswerHead::has_plain_framing() const {
  const std::vector<std::string> codings = list_of("transfer-encoding");
  return codings.empty() || (codings.size() == 1 && codings[0] == "chunked");
}

std::optional<std::uint64_t> AnswerHead::content_length() const {
  if (header("transfer-encoding")) return std::nullopt;
  const auto value = header("content-length");
  return value ? parse_length(*value) : std::nullopt;
}

}  // namespace pipit::net
