#include "pipit/base/checksum.h"

#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>

using namespace pipit;

TEST_CASE("every byte and the length of a text count in its checksum, in both halves", "[base]") {
  std::set<std::uint64_t> highs, lows;
  std::size_t texts = 0;
  const auto take = [&](const std::string& text) {
    const Checksum sum = checksum_of(text);
    CHECK(sum == checksum_of(std::string(text)));
    highs.insert(sum.high);
    lows.insert(sum.low);
    ++texts;
  };
  for (std::size_t size = 0; size < 100; ++size) {
    const std::string plain(size, '\0');  // lengths alone tell these apart
    take(plain);
    for (std::size_t at = 0; at < size; ++at)
      for (const char byte : {'\1', '\x80'}) {
        std::string changed = plain;
        changed[at] = byte;
        take(changed);
      }
  }
  CHECK(highs.size() == texts);
  CHECK(lows.size() == texts);
  CHECK(checksum_of("abcdefghijklmnopqrstuvwxyz012345") != checksum_of("bacdefghijklmnopqrstuvwxyz012345"));
  CHECK(checksum_of(std::string(32, 'a') + std::string(32, 'b')) != checksum_of(std::string(32, 'b') + std::string(32, 'a')));
}
