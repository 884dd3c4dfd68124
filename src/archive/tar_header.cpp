#include "archive/tar_header.h"

#include <algorithm>

namespace pipit::archive {
namespace {

constexpr std::int64_t kNanoseconds = 1'000'000'000;
constexpr std::uint64_t kSecondsMax = std::uint64_t{1} << 33;  // the year 2242

tl::unexpected<std::string> bad(std::string text) { return tl::unexpected<std::string>(std::move(text)); }

std::string_view field(std::string_view block, std::size_t at, std::size_t size) {
  const std::string_view whole = block.substr(at, size);
  return whole.substr(0, whole.find('\0'));
}

// Octal digits between blanks and NULs. The base-256 form (top bit set) serves sizes beyond 8 GiB and negative numbers:
// neither is wanted.
std::optional<std::uint64_t> octal(std::string_view block, std::size_t at, std::size_t size) {
  std::string_view text = block.substr(at, size);
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return 0;
  text.remove_prefix(first);
  const std::size_t digits = std::min(text.find_first_not_of("01234567"), text.size());
  if (text.substr(digits).find_first_not_of(std::string_view(" \0", 2)) != std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text.substr(0, digits)) value = value << 3 | static_cast<std::uint64_t>(c - '0');
  return value;  // at most 12 digits: 36 bits
}

// The sum of all bytes with the checksum field read as blanks.
std::uint64_t checksum(std::string_view block) {
  std::uint64_t sum = 8 * ' ';
  for (std::size_t i = 0; i < block.size(); ++i)
    if (i < 148 || i >= 156) sum += static_cast<unsigned char>(block[i]);
  return sum;
}

}  // namespace

tl::expected<std::optional<TarHeader>, std::string> read_tar_header(const TarBlock& bytes) {
  const std::string_view block = as_text(bytes);
  if (block.find_first_not_of('\0') == std::string_view::npos) return std::nullopt;
  const auto sum = octal(block, 148, 8);
  if (!sum || *sum != checksum(block)) return bad("has a wrong checksum");
  const auto size = octal(block, 124, 12), mode = octal(block, 100, 8);
  if (!size || !mode) return bad("has a number that is not octal");
  TarHeader header;
  header.type = block[156] == '\0' ? '0' : block[156];
  header.path = field(block, 0, 100);
  header.link = field(block, 157, 100);
  header.size = *size;
  header.mode = static_cast<std::uint32_t>(*mode & 07777);
  const auto seconds = octal(block, 136, 12);
  if (seconds && *seconds <= kSecondsMax) header.modified_ns = static_cast<std::int64_t>(*seconds) * kNanoseconds;
  const std::string_view prefix = field(block, 345, 155);
  // GNU's own magic is "ustar  "; there the field holds times.
  if (block.substr(257, 6) == std::string_view("ustar\0", 6) && !prefix.empty()) header.path = std::string(prefix) + "/" + header.path;
  return header;
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  const std::size_t point = std::min(text.find('.'), text.size());
  const auto seconds = parse_decimal(text.substr(0, point));
  if (!seconds || *seconds > kSecondsMax) return std::nullopt;
  std::string digits(text.substr(std::min(point + 1, text.size())));
  digits.resize(9, '0');
  const auto fraction = parse_decimal(digits);
  if (!fraction) return std::nullopt;
  return static_cast<std::int64_t>(*seconds) * kNanoseconds + static_cast<std::int64_t>(*fraction);
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

tl::expected<std::map<std::string, std::string>, std::string> read_pax_records(std::string_view text) {
  std::map<std::string, std::string> records;
  while (!text.empty()) {
    const std::size_t blank = text.find(' ');
    const auto length = blank == std::string_view::npos ? std::nullopt : parse_decimal(text.substr(0, blank));
    if (!length || *length > text.size() || *length < blank + 3 || text[static_cast<std::size_t>(*length) - 1] != '\n')
      return bad("has a malformed pax record");
    const std::string_view record = text.substr(blank + 1, static_cast<std::size_t>(*length) - blank - 2);
    text.remove_prefix(static_cast<std::size_t>(*length));
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos || equals == 0) return bad("has a malformed pax record");
    if (record.find('\0') != std::string_view::npos) return bad("has a pax record with a NUL");
    if (!records.emplace(record.substr(0, equals), record.substr(equals + 1)).second) return bad("has the same pax record twice");
  }
  return records;
}

}  // namespace pipit::archive
