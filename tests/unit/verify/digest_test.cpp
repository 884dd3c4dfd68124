#include "pipit/verify/digest.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

using namespace pipit;
using namespace pipit::verify;
using packaging::Hash;

namespace {
const std::string kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const std::string kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
}  // namespace

TEST_CASE("sha256 agrees with the published vectors", "[verify]") {
  CHECK(sha256_hex(as_bytes_view("abc")) == kAbc);
  CHECK(sha256_hex({}) == kEmpty);
  CHECK(record_hash(sha256(as_bytes_view("abc"))) == "sha256=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
}

TEST_CASE("a hasher computes every known algorithm in one pass, sha256 first, and ignores unknown ones", "[verify]") {
  Hasher hasher({"md5", "whirlpool9000", "sha512", "md5", "sha1", "sha224", "sha384", "blake2b", "sha256"});
  REQUIRE(hasher.write(as_bytes_view("a")));
  REQUIRE(hasher.write(as_bytes_view("bc")));
  const packaging::Hashes hashes = hasher.finish();
  REQUIRE(hashes.size() == 7);
  CHECK(hashes[0] == Hash{"sha256", kAbc});
  CHECK(hashes[1] == Hash{"md5", "900150983cd24fb0d6963f7d28e17f72"});
  CHECK(hashes[2].hex.substr(0, 16) == "ddaf35a193617aba");
  CHECK(hashes[3] == Hash{"sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"});
  CHECK(hashes[4] == Hash{"sha224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"});
  CHECK(hashes[5].hex.substr(0, 16) == "cb00753f45a35e8b");
  CHECK(hashes[6].algorithm == "blake2b");
  CHECK(hashes[6].hex.substr(0, 16) == "ba80a53f981c4d0d");
}

TEST_CASE("a hasher can be used again after reset", "[verify]") {
  Hasher hasher;
  REQUIRE(hasher.write(as_bytes_view("something else")));
  CHECK(hasher.finish()[0].hex != kAbc);
  hasher.reset();
  REQUIRE(hasher.write(as_bytes_view("abc")));
  CHECK(hasher.finish_sha256() == sha256(as_bytes_view("abc")));
}

TEST_CASE("any one of the required hashes satisfies", "[verify]") {
  const auto checked = check({{"sha256", kAbc}}, {{{"sha512", "00"}, {"sha256", kEmpty}, {"sha256", kAbc}}, {}}, "demo.whl");
  REQUIRE(checked);
  CHECK(checked->basis() == Checked::Basis::required);
  CHECK(checked->sha256_hex() == kAbc);
}

TEST_CASE("a mismatch shows what was expected and what was got", "[verify]") {
  const auto checked = check({{"sha256", kAbc}}, {{{"sha256", kEmpty}, {"sha256", "11"}}, {}}, "demo.whl");
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == kHashMismatch);
  CHECK(checked.error().message == "demo.whl is not the file that was promised");
  CHECK(checked.error().details ==
        std::vector<std::string>{"expected  sha256 " + kEmpty, "or        sha256 11", "got       sha256 " + kAbc});
}

TEST_CASE("every advertised hash that we know must match, even where a required one did", "[verify]") {
  const packaging::Hashes computed = {{"sha256", kAbc}, {"md5", "900150983cd24fb0d6963f7d28e17f72"}};
  CHECK(check(computed, {{}, {{"sha256", kAbc}, {"md5", "900150983cd24fb0d6963f7d28e17f72"}}}, "x")->basis() ==
        Checked::Basis::advertised);
  const auto lying_index = check(computed, {{{"sha256", kAbc}}, {{"sha256", kAbc}, {"md5", "00"}}}, "x");
  REQUIRE_FALSE(lying_index);
  CHECK(lying_index.error().code == kHashMismatch);
  CHECK(check(computed, {{{"sha256", kAbc}}, {{"blake2b_256", "00"}}}, "x")->basis() == Checked::Basis::required);
}

TEST_CASE("required hashes of unknown kinds are refused, not ignored", "[verify]") {
  const auto checked = check({{"sha256", kAbc}}, {{{"sha3_512", "00"}}, {}}, "demo.whl");
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == kUnsupportedHash);
}

TEST_CASE("without any promise the archive is accepted on the record", "[verify]") {
  CHECK(check({{"sha256", kAbc}}, {}, "x")->basis() == Checked::Basis::none);
  CHECK(check({{"sha256", kAbc}}, {{}, {{"blake2b_256", "00"}}}, "x")->basis() == Checked::Basis::none);
}
