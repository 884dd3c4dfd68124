#include "net/flat_json.h"

#include <catch2/catch_test_macros.hpp>

namespace pipit::net {

TEST_CASE("the keyring's JSON gives its strings", "[net]") {
  const auto fields = parse_flat_json(" {\"username\": \"ann\", \"n\": 1, \"x\": null, \"password\":\"a\\\"b\\u00e9\\ud83d\\ude00\\/\"}\n");
  CHECK(fields.size() == 2);
  CHECK(fields.find("username")->second == "ann");
  CHECK(fields.find("password")->second == "a\"b\xC3\xA9\xF0\x9F\x98\x80/");
}

TEST_CASE("JSON that is nested, cut off or followed by more gives nothing", "[net]") {
  for (const char* bad : {"", "{", "{\"a\"", "{\"a\":", "{\"a\":\"b", "{\"a\":\"b\"", "{\"a\":\"b\",}", "{\"a\":[\"b\"]}", "{\"a\":{}}",
                          "{\"a\":\"b\"} x", "[\"a\"]", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}"}) {
    INFO(bad);
    CHECK(parse_flat_json(bad).empty());
  }
}

}  // namespace pipit::net
