// What Python's str does to text that our formats inherit: Unicode white space at the ends, repr() in messages, string
// literals in markers. Bytes are UTF-8; invalid UTF-8 is passed through untouched. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pipit::packaging {

// Length in bytes of the white-space character that `text` starts with (what str.isspace() admits), or 0.
std::size_t python_space_length(std::string_view text);
std::string_view trim_python_space(std::string_view text);
std::string_view trim_python_space_left(std::string_view text);
// repr(text): quotes and backslashes as Python prints them.
std::string python_repr(std::string_view text);
// The value of a quoted Python string literal, quotes included in `literal`; nullopt where Python would raise.
std::optional<std::string> python_string_value(std::string_view literal);
// Characters (code points) in `text`, for caret lines.
std::size_t count_characters(std::string_view text);

}  // namespace pipit::packaging
