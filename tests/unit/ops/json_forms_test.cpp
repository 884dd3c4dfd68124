#include "ops/json_forms.h"

#include <catch2/catch_all.hpp>

using namespace pipit::ops;

TEST_CASE("reports are printed as the JSON library prints them, byte for byte", "[ops]") {
  std::string all_bytes, low;
  for (int byte = 0; byte < 256; ++byte) all_bytes += static_cast<char>(byte);
  for (int byte = 1; byte < 128; ++byte) low += static_cast<char>(byte);
  const Json json = {{"empty", Json::object()},
                     {"none", Json::array()},
                     {"null", nullptr},
                     {"numbers", {0, -1, 18446744073709551615u, 2.5, true, false}},
                     {"text", "a \"quoted\" \\ line\nand\ttabs\r\n"},
                     {"empty text", ""},
                     {"only \"escapes\"", "\"\\\n"},
                     {"controls", low},
                     {"wide", "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 \x7f"},
                     {"not UTF-8", all_bytes},
                     {"cut \xE2\x82", "\xF0\x9F"},
                     {"nested", {{{"a", {1, {2, {3, Json::array()}}}}}, Json::object()}}};
  for (const Json& value : {json, Json("text"), Json(7), Json(), Json::array(), Json::object()})
    CHECK(print_json(value) == value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

TEST_CASE("texts are escaped at any place of any length as the JSON library does it", "[ops]") {
  for (std::size_t length = 1; length < 20; ++length)
    for (std::size_t place = 0; place < length; ++place)
      for (const std::string_view what : {"\"", "\\", "\n", "\t", "\r", "\x01", "\x1f", " ", "!", "\x7f", "\xC3\xA9", "\xFF", "\"\\\n"}) {
        std::string text(length, 'x');
        text.replace(place, 1, what);
        REQUIRE(print_json(Json(text)) == Json(text).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
      }
}

TEST_CASE("a list that is printed item by item reads as the whole object printed at once", "[ops]") {
  const std::vector<Json> items = {{{"a", 1}, {"b", Json::array()}, {"c", {1, 2}}}, "text\n", Json::object(), 7};
  for (std::size_t count = 0; count <= items.size(); ++count)
    for (const bool at_end : {false, true}) {
      Json frame = {{"version", "1"}, {"install", Json::array()}}, whole = frame;
      if (!at_end) frame["environment"] = whole["environment"] = {{"os_name", "posix"}};
      JsonList list;
      for (std::size_t i = 0; i < count; ++i) list.add(items[i]), whole["install"].push_back(items[i]);
      CHECK(print_json(frame, "install", std::move(list)) == print_json(whole));
    }
}

TEST_CASE("a member whose text is known is printed where it belongs", "[ops]") {
  const Json frame = {{"install", Json::array()}}, member = {{"name", "demo"}, {"classifier", {"a", "b"}}};
  Json whole = frame, item = {{"a", 1}, {"metadata", nullptr}, {"b", 2}};
  JsonList list;
  list.add(item, "metadata", JsonList::print_member(member));
  item["metadata"] = member;
  whole["install"].push_back(item);
  CHECK(print_json(frame, "install", std::move(list)) == print_json(whole));
}
