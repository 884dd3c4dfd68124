#include "pipit/net/retry_policy.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "pipit/base/text.h"

namespace pipit::net {

namespace {

constexpr std::int64_t kAbsurdSeconds = 10LL * 366 * 24 * 3600;

std::optional<int> number(std::string_view text, std::size_t digits_max) {
  if (text.empty() || text.size() > digits_max) return std::nullopt;
  int value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<unsigned> month_number(std::string_view name) {
  constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                        "jul", "aug", "sep", "oct", "nov", "dec"};
  const std::string lower = ascii_lower(name);
  for (std::size_t i = 0; i < kMonths.size(); ++i)
    if (kMonths[i] == lower) return static_cast<unsigned>(i + 1);
  return std::nullopt;
}

std::optional<std::chrono::seconds> time_of_day(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() != 3) return std::nullopt;
  const auto hour = number(parts[0], 2), minute = number(parts[1], 2), second = number(parts[2], 2);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::seconds(*hour * 3600 + *minute * 60 + *second);
}

std::optional<std::chrono::system_clock::time_point> moment(std::string_view day, std::string_view month, std::string_view year,
                                                            std::string_view time) {
  const auto d = number(day, 2), y = number(year, 4);
  const auto m = month_number(month);
  const auto t = time_of_day(time);
  if (!d || !y || !m || !t) return std::nullopt;
  // RFC 850 years have two digits; the house of HTTP is younger than 1970.
  const int full_year = year.size() == 2 ? (*y < 70 ? 2000 + *y : 1900 + *y) : *y;
  const std::chrono::year_month_day date{std::chrono::year(full_year), std::chrono::month(*m),
                                         std::chrono::day(static_cast<unsigned>(*d))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + *t;
}

}  // namespace

bool is_retryable_status(int status) {
  constexpr std::array kStatuses = {429, 500, 502, 503, 504, 520, 527};
  return std::find(kStatuses.begin(), kStatuses.end(), status) != kStatuses.end();
}

std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text) {
  if (text.size() > 64) return std::nullopt;
  const std::vector<std::string_view> words = split_words(text);
  if (words.size() == 6) return moment(words[1], words[2], words[3], words[4]);  // Sun, 06 Nov 1994 08:49:37 GMT
  if (words.size() == 5) return moment(words[2], words[1], words[4], words[3]);  // Sun Nov  6 08:49:37 1994
  if (words.size() != 4) return std::nullopt;                                    // Sunday, 06-Nov-94 08:49:37 GMT
  const auto date = split(words[1], '-');
  if (date.size() != 3) return std::nullopt;
  return moment(date[0], date[1], date[2], words[2]);
}

std::optional<milliseconds> parse_retry_after(std::string_view value, std::chrono::system_clock::time_point now) {
  value = trim(value);
  const bool digits = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits) {
    std::int64_t seconds = 0;
    for (char c : value) seconds = std::min(kAbsurdSeconds, seconds * 10 + (c - '0'));
    return std::chrono::seconds(seconds);
  }
  const auto date = parse_http_date(value);
  if (!date) return std::nullopt;
  const auto wait = std::chrono::duration_cast<std::chrono::seconds>(*date - now).count();
  return std::chrono::seconds(std::clamp<std::int64_t>(wait, 0, kAbsurdSeconds));
}

std::optional<milliseconds> delay_before_retry(const RetryPolicy& policy, int retry, std::optional<milliseconds> retry_after,
                                               milliseconds waited, double jitter) {
  if (retry >= policy.retries || waited >= policy.wait_budget) return std::nullopt;
  const milliseconds full = std::min(policy.backoff_max, policy.backoff * (std::int64_t{1} << std::min(retry, 20)));
  const auto spread = static_cast<std::int64_t>(static_cast<double>(full.count()) * (0.5 + 0.5 * jitter));
  if (retry_after && *retry_after > policy.wait_budget - waited) return std::nullopt;
  const milliseconds wanted = std::max(milliseconds(spread), retry_after.value_or(milliseconds(0)));
  return std::min(wanted, policy.wait_budget - waited);
}

}  // namespace pipit::net
