#include "pipit/ops/cache.h"

#include <catch2/catch_test_macros.hpp>

using namespace pipit::ops;

TEST_CASE("cache patterns are shell wildcards over the whole name", "[ops]") {
  struct Case {
    const char *pattern, *name;
    bool matches;
  };
  const Case cases[] = {
      {"", "", true},          {"", "a", false},        {"a", "a", true},        {"a", "ab", false},     {"*", "", true},
      {"*", "abc", true},      {"a*c", "abbc", true},   {"a*c", "abcd", false},  {"*b*", "abc", true},   {"a**c", "ac", true},
      {"a?c", "abc", true},    {"a?c", "ac", false},    {"[ab]c", "bc", true},   {"[!ab]c", "bc", false}, {"[a-c]x", "bx", true},
      {"[a-c]x", "dx", false}, {"[]]x", "]x", true},    {"[x", "[x", true},      {"*[0-9].whl", "a1.whl", true},
      {"*a*b*c", "aXbXbXc", true}, {"A*", "abc", false}, {"attrs-*.whl", "attrs-1-py3-none-any.whl", true},
      {"att-*.whl", "attrs-1-py3-none-any.whl", false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.pattern, c.name);
    CHECK(matches_glob(c.pattern, c.name) == c.matches);
  }
}

TEST_CASE("a pattern of many stars costs no more than its length times the name's", "[ops]") {
  std::string pattern, name(20'000, 'a');
  for (int i = 0; i < 50; ++i) pattern += "a*";
  CHECK_FALSE(matches_glob(pattern + "b", name));
}

TEST_CASE("sizes are read with their units, and nothing else is", "[ops]") {
  CHECK(parse_size("0") == 0u);
  CHECK(parse_size("500") == 500u);
  CHECK(parse_size("500k") == 500'000u);
  CHECK(parse_size("1.5 GB") == 1'500'000'000u);
  CHECK(parse_size("2g") == 2'000'000'000u);
  for (const char* text : {"", "x", "-1", "1x", "1 2", "GB", "nan", "inf", "1e30", "9999999TB"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text));
  }
}
