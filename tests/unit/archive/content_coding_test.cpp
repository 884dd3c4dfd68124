// Content codings: what servers send, whole, damaged, and larger than it may be.
#include "pipit/archive/content_coding.h"

#include <catch2/catch_test_macros.hpp>
#include <vector>

using namespace pipit;
using namespace pipit::archive;

namespace {

const std::string kText = "hello hello hello";
const std::vector<unsigned char> kGzip = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x90, 0x00, 0x80, 0x88, 0xf9, 0xe5, 0x11, 0x00, 0x00, 0x00};
const std::vector<unsigned char> kZlib = {0x78, 0x9c, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x90, 0x00, 0x3a, 0x2e, 0x06, 0x7d};
const std::vector<unsigned char> kDeflate = {0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x90, 0x00};

std::string text_of(const std::vector<unsigned char>& bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

TEST_CASE("a body is what was packed, in every coding that is offered", "[archive]") {
  std::string out = "left over";
  for (const char* coding : {"gzip", "x-gzip"}) {
    CHECK(decode_content(coding, as_bytes_view(text_of(kGzip)), 100, out) == Decoded::fine);
    CHECK(out == kText);
  }
  CHECK(decode_content("gzip", as_bytes_view(text_of(kGzip) + text_of(kGzip)), 100, out) == Decoded::fine);
  CHECK(out == kText + kText);
  for (const auto* bytes : {&kZlib, &kDeflate}) {
    CHECK(decode_content("deflate", as_bytes_view(text_of(*bytes)), 100, out) == Decoded::fine);
    CHECK(out == kText);
  }
}

TEST_CASE("a body that is cut, changed, followed by something or too large is refused", "[archive]") {
  std::string out;
  const std::string whole = text_of(kGzip);
  CHECK(decode_content("gzip", as_bytes_view(whole), kText.size(), out) == Decoded::fine);
  CHECK(decode_content("gzip", as_bytes_view(whole), kText.size() - 1, out) == Decoded::too_large);
  CHECK(decode_content("deflate", as_bytes_view(text_of(kZlib)), kText.size() - 1, out) == Decoded::too_large);
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK(decode_content("gzip", as_bytes_view(whole.substr(0, size)), 100, out) != Decoded::fine);
  for (std::size_t i = 10; i < whole.size(); ++i) {  // behind the head, whose time and system mean nothing
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x40);
    CHECK(decode_content("gzip", as_bytes_view(changed), 100, out) != Decoded::fine);
  }
  CHECK(decode_content("gzip", as_bytes_view(whole + "x"), 100, out) == Decoded::damaged);
  CHECK(decode_content("deflate", as_bytes_view(text_of(kZlib) + "x"), 100, out) == Decoded::damaged);
  CHECK(decode_content("br", as_bytes_view(whole), 100, out) == Decoded::damaged);
}
