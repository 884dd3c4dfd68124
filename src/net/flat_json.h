// Reads one flat JSON object whose interesting values are strings, as the keyring program prints it. Members with other
// values are skipped if they are plain (numbers, true, null); anything nested or malformed gives an empty answer.
// Own code because this room wraps no JSON library and needs two strings.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace pipit::net {

std::map<std::string, std::string, std::less<>> parse_flat_json(std::string_view text);

}  // namespace pipit::net
