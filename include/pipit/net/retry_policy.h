// When to ask again, and how long to wait before: pure arithmetic, no clock and no randomness of its own.
// pip's rules (5 retries, 0.25 s doubling, a list of statuses) and Retry-After (RFC 9110 section 10.2.3) as a floor,
// capped by a budget for all waits of one request together.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace pipit::net {

using std::chrono::milliseconds;

struct RetryPolicy {
  int retries = 5;
  milliseconds backoff{250};
  milliseconds backoff_max{8000};
  milliseconds wait_budget{60000};  // all waits of one request together
};

// 429, 500, 502, 503, 504, 520, 527.
bool is_retryable_status(int status);

// RFC 9110 dates: IMF-fixdate, RFC 850, asctime. Returns nullopt for anything else.
std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text);

// Seconds or a date; never negative. Returns nullopt if the value is neither. Saturates instead of overflowing.
std::optional<milliseconds> parse_retry_after(std::string_view value, std::chrono::system_clock::time_point now);

// The wait before retry number `retry` (0 is the first), or nullopt if there shall be none: also where the server asks for a
// longer wait than the budget has left, since asking earlier would be refused and waiting in silence helps nobody. `waited` is
// what earlier waits of the same request took; `jitter` lies in [0, 1) and spreads the backoff over [0.5, 1.0] of its value.
std::optional<milliseconds> delay_before_retry(const RetryPolicy& policy, int retry, std::optional<milliseconds> retry_after,
                                               milliseconds waited, double jitter);

}  // namespace pipit::net
