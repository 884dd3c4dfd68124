#include <catch2/catch_test_macros.hpp>

#include "pipit/base/diagnostics.h"
#include "pipit/base/result.h"
#include "pipit/base/sink.h"

using namespace pipit;

namespace {
Result<int> half(int number) {
  if (number % 2 != 0) return fail(make_error(ErrorCode{"odd"}, "the number is odd"));
  return number / 2;
}
Result<int> quarter(int number) {
  PIPIT_TRY(const int once, half(number));
  return half(once);
}
}  // namespace

TEST_CASE("an error travels up unchanged and gathers context outermost first", "[base]") {
  CHECK(quarter(8) == 2);
  auto failed = quarter(6);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode{"odd"});
  const Error error = std::move(failed.error()).while_("reading").while_("installing").hint("use 8");
  CHECK(error.because == std::vector<std::string>{"installing", "reading"});
  CHECK(error.hints == std::vector<std::string>{"use 8"});
}

TEST_CASE("a string sink refuses to grow beyond its limit and keeps what it had", "[base]") {
  StringSink sink(5);
  CHECK(sink.write(as_bytes_view("abc")));
  CHECK_FALSE(sink.write(as_bytes_view("def")));
  CHECK(sink.write(as_bytes_view("de")));
  CHECK(sink.text() == "abcde");
}

TEST_CASE("diagnostics keep their order when merged", "[base]") {
  Diagnostics first, second;
  first.warn("a", "one");
  second.info("two");
  first.merge(std::move(second));
  REQUIRE(first.items().size() == 2);
  CHECK(first.items()[1].message == "two");
}
