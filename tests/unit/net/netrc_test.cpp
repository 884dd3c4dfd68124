#include "net/netrc.h"

#include <catch2/catch_test_macros.hpp>

namespace pipit::net {

TEST_CASE("a netrc entry serves its own host and no other", "[net][N4]") {
  const NetrcFile file = NetrcFile::parse("machine index.example login ann password one\nmachine index.example:8080 login bob password two\n");
  CHECK(file.find("index.example", 443)->login == "ann");
  CHECK(file.find("index.example", 8080)->login == "bob");
  for (const char* other : {"example", "dex.example", "evil-index.example", "index.example.evil", "www.index.example", ""})
    CHECK(file.find(other, 443) == nullptr);
}

TEST_CASE("the default entry of a netrc file is never used", "[net][N4]") {
  const NetrcFile file = NetrcFile::parse("machine a login x password y default login all password secret");
  CHECK(file.find("b", 443) == nullptr);
  CHECK(file.find("a", 443)->password == "y");
}

TEST_CASE("netrc tokens may be quoted, escaped, commented and spread over lines", "[net]") {
  const NetrcFile file = NetrcFile::parse(
      "# mine\nmachine a\n  login \"my name\"\n  password se#cret\\ x\n"
      "macdef init\nmachine trap login no password no\n\nmachine b login c account z password \"q\\\"r\"");
  CHECK(file.find("a", 1)->login == "my name");
  CHECK(file.find("a", 1)->password == "se#cret x");
  CHECK(file.find("trap", 1) == nullptr);
  CHECK(file.find("b", 1)->password == "q\"r");
}

TEST_CASE("a netrc file cut off anywhere is read without harm", "[net]") {
  const std::string whole = "machine a login \"b\\\" c\" password d macdef x\n\n\ndefault login e";
  for (std::size_t size = 0; size <= whole.size(); ++size) (void)NetrcFile::parse(whole.substr(0, size));
  CHECK(NetrcFile::parse("machine").entries().empty());
}

}  // namespace pipit::net
