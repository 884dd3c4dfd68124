#include "pipit/base/text.h"

#include <catch2/catch_test_macros.hpp>

using namespace pipit;

TEST_CASE("strangers' bytes cannot move the cursor, hide or reorder text", "[base]") {
  struct Row {
    std::string_view raw, shown;
  };
  const Row rows[] = {
      {"plain text 1.0", "plain text 1.0"},
      {"gr\xC3\xBC\xC3\x9F""e", "gr\xC3\xBC\xC3\x9F""e"},
      {"a\x1b[2Jb", "a\\x1b[2Jb"},
      {"two\nlines\r\t", "two\\x0alines\\x0d\\x09"},
      {std::string_view("nul\0end", 7), "nul\\x00end"},
      {"bad\xFFutf", "bad\\xffutf"},
      {"cut\xE2\x82", "cut\\xe2\\x82"},
      {"overlong\xC0\xAF", "overlong\\xc0\\xaf"},
      {"surrogate\xED\xA0\x80", "surrogate\\xed\\xa0\\x80"},
      {"rtl\xE2\x80\xAEgpj", "rtl\\u{202e}gpj"},
      {"zero\xE2\x80\x8Bwidth", "zero\\u{200b}width"},
      {"c1\xC2\x9Bm", "c1\\u{009b}m"},
      {"tag\xF3\xA0\x81\x81", "tag\\u{e0041}"},
  };
  for (const Row& row : rows) CHECK(escape_for_terminal(row.raw) == row.shown);
}

TEST_CASE("UTF-8 is judged strictly", "[base]") {
  CHECK(is_valid_utf8(""));
  CHECK(is_valid_utf8("\xF0\x9F\x90\xA6 pipit"));
  CHECK_FALSE(is_valid_utf8("\xC0\x80"));
  CHECK_FALSE(is_valid_utf8("\xED\xB0\x80"));
  CHECK_FALSE(is_valid_utf8("\xF4\x90\x80\x80"));
  CHECK_FALSE(is_valid_utf8("a\x80"));
  CHECK(valid_utf8_length("a\xC3\xBC\x80z") == 3);
}

TEST_CASE("hex reads either case and refuses odd or foreign text", "[base]") {
  const std::vector<std::uint8_t> bytes{0x00, 0xAB, 0xff};
  CHECK(to_hex(bytes) == "00abff");
  CHECK(from_hex("00ABff") == bytes);
  CHECK(from_hex("") == std::vector<std::uint8_t>{});
  CHECK_FALSE(from_hex("0"));
  CHECK_FALSE(from_hex("0g"));
  CHECK_FALSE(from_hex(" 0"));
}

TEST_CASE("base64url is the RECORD spelling and has one reading per value", "[base]") {
  struct Row {
    std::string_view text;
    std::vector<std::uint8_t> bytes;
  };
  const Row rows[] = {{"", {}}, {"_w", {0xff}}, {"-_8", {0xfb, 0xff}}, {"AAEC", {0, 1, 2}}, {"AAECAw", {0, 1, 2, 3}}};
  for (const Row& row : rows) {
    CHECK(to_base64url(row.bytes) == row.text);
    CHECK(from_base64url(row.text) == row.bytes);
  }
  CHECK(from_base64url("_w==") == std::vector<std::uint8_t>{0xff});
  for (const char* bad : {"_w=", "_w===", "A", "AAAAA", "_x", "-_9", "+w", "/w", "_w==x", "AA EC", "AAEC="})
    CHECK_FALSE(from_base64url(bad));
}

TEST_CASE("words, parts and edges are ASCII matters", "[base]") {
  CHECK(ascii_lower("AbC-\xC3\x84") == "abc-\xC3\x84");
  CHECK(ascii_upper("abZ1") == "ABZ1");
  CHECK(ascii_iequals("FoO", "fOo"));
  CHECK_FALSE(ascii_iequals("foo", "fo"));
  CHECK(trim(" \t\v\f\r\nx y \n") == "x y");
  CHECK(trim(" \n ").empty());
  CHECK(split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
  CHECK(split("", ',') == std::vector<std::string_view>{""});
  CHECK(split_words("  a \t b\n") == std::vector<std::string_view>{"a", "b"});
  const std::vector<std::string> parts{"a", "b", "c"};
  CHECK(join(parts, ", ") == "a, b, c");
  CHECK(join({}, ", ").empty());
}

TEST_CASE("sizes print as pip prints them", "[base]") {
  CHECK(format_size(0) == "0 bytes");
  CHECK(format_size(1000) == "1000 bytes");
  CHECK(format_size(2150) == "2.1 kB");
  CHECK(format_size(10'000) == "10.0 kB");
  CHECK(format_size(10'001) == "10 kB");
  CHECK(format_size(999'999) == "999 kB");
  CHECK(format_size(13'000'000) == "13.0 MB");
}

TEST_CASE("a near word is suggested only within two edits", "[base]") {
  const std::vector<std::string> words{"install", "uninstall", "inspect"};
  CHECK(nearest_word("instal", words) == "install");
  CHECK(nearest_word("isntall", words) == "install");
  CHECK_FALSE(nearest_word("download", words));
  CHECK_FALSE(nearest_word(std::string(100'000, 'a'), words));
}
