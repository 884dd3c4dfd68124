// Guards in front of the JSON and TOML readers, which recurse on nested input: depth is counted before bytes reach them.
#pragma once

#include <cstddef>
#include <string_view>

namespace pipit::packaging {

// Deepest nesting of [] and {} outside JSON strings. Linear; never more than `depth_max` + 1.
std::size_t json_nesting(std::string_view text, std::size_t depth_max);
// Deepest nesting that a TOML text can build: brackets outside strings and comments, plus dotted parts of one key.
std::size_t toml_nesting(std::string_view text, std::size_t depth_max);

}  // namespace pipit::packaging
