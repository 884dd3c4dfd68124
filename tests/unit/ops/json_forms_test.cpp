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
