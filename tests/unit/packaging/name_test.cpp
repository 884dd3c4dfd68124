#include "pipit/packaging/name.h"

#include <catch2/catch_test_macros.hpp>

#include "pipit/packaging/hash.h"

using namespace pipit::packaging;

TEST_CASE("names are valid from letter to letter", "[packaging]") {
  for (const char* name : {"a", "A1", "a.b-c_d", "0"}) CHECK(is_valid_name(name));
  for (const char* name : {"", "-a", "a-", "a.", "_a", "a b", "a\n", "a\xC3\xA9"}) {
    CAPTURE(name);
    CHECK_FALSE(is_valid_name(name));
  }
}

TEST_CASE("runs of separators become one dash, letters lower case", "[packaging]") {
  CHECK(normalize_name("Foo.-_Bar") == "foo-bar");
  CHECK(normalize_name("__x__") == "-x-");
  CHECK(normalize_name(normalize_name("A..B--C")) == normalize_name("A..B--C"));
}

TEST_CASE("a digest is split at its first separator and lowered", "[packaging]") {
  CHECK(parse_hash("SHA256:ABC", ':') == Hash{"sha256", "abc"});
  CHECK(parse_hash("sha256=ab=c", '=') == Hash{"sha256", "ab=c"});
  CHECK_FALSE(parse_hash("sha256", ':'));
  CHECK_FALSE(parse_hash(":abc", ':'));
}
