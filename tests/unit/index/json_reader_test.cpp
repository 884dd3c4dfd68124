// The reader of JSON against another one, nlohmann's: the same tokens, and the same place where a document ceases to be JSON.
#include "index/json_reader.h"

#include <fmt/format.h>

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>
#include <random>

using namespace pipit::index;

namespace {

std::string tokens_of(std::string_view document) {
  JsonReader reader(document);
  std::string out;
  for (;;) {
    const JsonToken token = reader.next();
    switch (token) {
      case JsonToken::object_begin: out += "{"; break;
      case JsonToken::object_end: out += "}"; break;
      case JsonToken::array_begin: out += "["; break;
      case JsonToken::array_end: out += "]"; break;
      case JsonToken::key: out += fmt::format("key {};", reader.text()); break;
      case JsonToken::text: out += fmt::format("text {};", reader.text()); break;
      case JsonToken::number: out += fmt::format("number {};", reader.number()); break;
      case JsonToken::negative_number: out += "negative;"; break;
      case JsonToken::fraction: out += "fraction;"; break;
      case JsonToken::true_value: out += "true;"; break;
      case JsonToken::false_value: out += "false;"; break;
      case JsonToken::null_value: out += "null;"; break;
      case JsonToken::end: return out + "end";
      case JsonToken::invalid: return out + fmt::format("invalid at {}", reader.position());
    }
  }
}

struct Other {
  using Json = nlohmann::json;
  std::string out;
  bool add(const std::string& text) { return out += text, true; }
  bool null() { return add("null;"); }
  bool boolean(bool value) { return add(value ? "true;" : "false;"); }
  bool number_integer(Json::number_integer_t) { return add("negative;"); }
  bool number_unsigned(Json::number_unsigned_t value) { return add(fmt::format("number {};", value)); }
  bool number_float(Json::number_float_t, const std::string&) { return add("fraction;"); }
  bool string(std::string& value) { return add(fmt::format("text {};", value)); }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(std::size_t) { return add("{"); }
  bool start_array(std::size_t) { return add("["); }
  bool key(std::string& text) { return add(fmt::format("key {};", text)); }
  bool end_object() { return add("}"); }
  bool end_array() { return add("]"); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
    add(fmt::format("invalid at {}", position));
    return false;
  }
};

std::string other_tokens_of(std::string_view document) {
  Other other;
  return nlohmann::json::sax_parse(document.begin(), document.end(), &other) ? other.out + "end" : other.out;
}

}  // namespace

TEST_CASE("documents are read as another reader reads them, and refused at the same byte", "[index][json]") {
  const auto document = GENERATE(as<std::string>{}, "", " ", "{}", "[]", " { } ", "[[],{}]", "[1,2]", "[1,]", "[,1]", "{\"a\":1}", "{\"a\":1,}", "{,}", "{\"a\" 1}", "{\"a\":}",
                                 "{1:2}", "{\"a\":1 \"b\":2}", "[1 2]", "[1}", "{\"a\":1]", "]", "}", ":", ",", "1", "\"x\"", "true", "nul", "nulL", "falsehood", "[true,false,null]", "[1] x", "[1]]",
                                 "{\"a\":[{\"b\":[]}]", "[", "{", "{\"a\"", "{\"a\":", "[1", "[\"", "[\"a", "[\"\\", "[\"\\u", "[\"\\u12", "[\"\\x\"]", "[\"\\u00e9\\n\\t\\/\\\\\\\"\\b\\f\\r\"]",
                                 "[\"\\ud83d\\ude00\"]", "[\"\\ud83d\"]", "[\"\\ud83dx\"]", "[\"\\ud83d\\n\"]", "[\"\\ud83d\\ud83d\"]", "[\"\\ude00\"]", "[\"\\ud83d\\", "[\"\\ud83d\\u",
                                 "[\"\\u00G0\"]", "[\"tab\there\"]", "[\"\x1f\"]", "[\"\x7f\"]", "[0]", "[-0]", "[00]", "[01]", "[-]", "[-x]", "[1.]", "[.5]", "[1.5]", "[1e]", "[1e+]", "[1E-5]",
                                 "[1e400]", "[-1e400]", "[1e-400]", "[18446744073709551615]", "[18446744073709551616]", "[9223372036854775807]", "[-9223372036854775808]",
                                 "[-9223372036854775809]", "[9999999999999999999]", "[+1]", "[NaN]", "[Infinity]", "['a']", "[1] // x", "[1] /* x */", "\xEF\xBB\xBF{}", "{\"\":0}", "\v{}",
                                 "[\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\"]", "[\"\xC0\x80\"]", "[\"\xC1\xBF\"]", "[\"\xE0\x9F\xBF\"]", "[\"\xED\xA0\x80\"]", "[\"\xF0\x8F\xBF\xBF\"]",
                                 "[\"\xF4\x90\x80\x80\"]", "[\"\xF5\x80\x80\x80\"]", "[\"\x80\"]", "[\"\xC3\"]", "[\"\xE2\x82\"]", "[\"\xF0\x9F\x98", "[\"\xFF\"]", "\xFF", "[12345678\"]");
  INFO(document);
  CHECK(tokens_of(document) == other_tokens_of(document));
}

TEST_CASE("texts of every length are cut at the right byte", "[index][json]") {
  for (std::size_t length = 0; length < 40; ++length)
    for (const std::string_view last : {"", "\\n", "\xC3\xA9", "\x01", "\x80", "!", "\x7f", "#"})
      for (const char filling : {'a', '!', '#', '\x20', '[', '\x7f', '~'}) {
        const std::string document = "[\"" + std::string(length, filling) + std::string(last) + std::string(length % 11, filling) + "\"]";
        if (tokens_of(document) != other_tokens_of(document)) FAIL(document);
      }
  SUCCEED();
}

TEST_CASE("damaged documents are refused at the same byte as by another reader", "[index][json]") {
  const std::string sound =
      "{\"meta\": {\"api-version\": \"1.4\", \"n\": [0, -1, 2.5e3, 18446744073709551615, true, false, null]},\n \"files\": [{\"filename\": \"a-1.tar.gz\", \"url\": "
      "\"https://f.example/a\\u00e9\\ud83d\\ude00-1.tar.gz\", \"hashes\": {\"sha256\": \"00ff\"}, \"size\": 12, \"text\": \"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"}, {}], \"x\": []}";
  constexpr std::string_view kBytes = "{}[]:,\"\\ue0-+.1tfn/ \n\t\x01\x7f\x80\xBF\xC3\xE2\xED\xF0\xFF";
  std::mt19937 random(20261123);  // NOLINT: the same walk every time
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  for (int round = 0; round < 20'000; ++round) {
    std::string document = sound;
    for (std::size_t i = 0, count = 1 + below(3); i < count && !document.empty(); ++i) {
      const std::size_t at = below(document.size());
      const char byte = kBytes[below(kBytes.size())];
      switch (below(4)) {
        case 0: document[at] = byte; break;
        case 1: document.insert(at, 1, byte); break;
        case 2: document.erase(at, 1 + below(3)); break;
        default: document.resize(at + 1); break;
      }
    }
    if (tokens_of(document) != other_tokens_of(document)) {
      INFO(document);
      REQUIRE(tokens_of(document) == other_tokens_of(document));
    }
  }
  SUCCEED();
}

TEST_CASE("what is not JSON is never read on from", "[index][json]") {
  JsonReader reader("[1,]  [2]");
  while (reader.next() != JsonToken::invalid) continue;
  const std::size_t position = reader.position();
  CHECK(reader.next() == JsonToken::invalid);
  CHECK(reader.position() == position);
  CHECK(tokens_of(std::string("{}\0{}", 5)) == "{}invalid at 3");  // a NUL ends nothing
  const std::string deep(10'000, '[');
  CHECK(tokens_of(deep).size() < 200);
}
