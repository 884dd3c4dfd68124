// Small decimal numbers at the front of a text. Private to the room.
#pragma once

#include <optional>
#include <string_view>

namespace pipit::python {

// Takes one to six digits off the front; nullopt (and nothing taken) if there are none or too many.
inline std::optional<int> take_number(std::string_view& text) {
  std::size_t length = 0;
  int value = 0;
  while (length < text.size() && text[length] >= '0' && text[length] <= '9') {
    if (++length > 6) return std::nullopt;
    value = value * 10 + (text[length - 1] - '0');
  }
  if (length == 0) return std::nullopt;
  text.remove_prefix(length);
  return value;
}

inline bool take(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace pipit::python
