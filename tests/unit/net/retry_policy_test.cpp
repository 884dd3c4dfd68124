#include "pipit/net/retry_policy.h"

#include <catch2/catch_test_macros.hpp>

namespace pipit::net {

using namespace std::chrono_literals;

TEST_CASE("the wait before a retry starts at a quarter of a second and doubles", "[net]") {
  const RetryPolicy policy;
  const int expected[] = {250, 500, 1000, 2000, 4000};
  for (int retry = 0; retry < 5; ++retry)
    CHECK(delay_before_retry(policy, retry, {}, 0ms, 1.0) == milliseconds(expected[retry]));
  CHECK(!delay_before_retry(policy, 5, {}, 0ms, 1.0));
}

TEST_CASE("jitter spreads the wait over the upper half of the backoff", "[net]") {
  CHECK(delay_before_retry({}, 2, {}, 0ms, 0.0) == 500ms);
  CHECK(delay_before_retry({}, 2, {}, 0ms, 0.5) == 750ms);
}

TEST_CASE("Retry-After is a floor, and all waits of one request stay within the budget", "[net][F18]") {
  CHECK(delay_before_retry({}, 0, 7s, 0ms, 1.0) == 7s);
  CHECK(delay_before_retry({}, 3, 1s, 0ms, 1.0) == 2s);
  CHECK(delay_before_retry({}, 0, 60s, 0ms, 1.0) == 60s);
  CHECK(!delay_before_retry({}, 0, std::chrono::hours(100000), 0ms, 1.0));  // asking earlier than told would be in vain
  CHECK(!delay_before_retry({}, 1, 50s, 20s, 1.0));
  CHECK(delay_before_retry({}, 1, 40s, 20s, 1.0) == 40s);
  CHECK(!delay_before_retry({}, 1, {}, 60s, 1.0));
}

TEST_CASE("Retry-After is read as seconds or as a date, and absurd values do not overflow", "[net][F18]") {
  const auto now = parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").value();
  CHECK(parse_retry_after("120", now) == 120s);
  CHECK(parse_retry_after(" 0 ", now) == 0s);
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:50:07 GMT", now) == 30s);
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now) == 0s);
  CHECK(parse_retry_after("99999999999999999999999999", now).value() > std::chrono::hours(24 * 365));
  for (const char* bad : {"", "-1", "1.5", "soon", "1 hour", "Sun, 32 Nov 1994 08:49:37 GMT"}) CHECK(!parse_retry_after(bad, now));
}

TEST_CASE("HTTP dates are read in all three forms", "[net]") {
  const auto expected = std::chrono::system_clock::time_point(784111777s);
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == expected);
  CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == expected);
  CHECK(parse_http_date("Sun Nov  6 08:49:37 1994") == expected);
  for (const char* bad : {"", "yesterday", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT"}) CHECK(!parse_http_date(bad));
}

TEST_CASE("only statuses that may pass are asked again", "[net]") {
  for (int status : {429, 500, 502, 503, 504, 520, 527}) CHECK(is_retryable_status(status));
  for (int status : {200, 206, 301, 304, 400, 401, 403, 404, 407, 410, 416, 501, 505}) CHECK(!is_retryable_status(status));
}

}  // namespace pipit::net
