#include "packaging/nesting.h"

#include <algorithm>

namespace pipit::packaging {
namespace {

// Position behind a JSON or TOML basic string that opens at `at`.
std::size_t skip_basic_string(std::string_view text, std::size_t at) {
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"' || text[i] == '\n')
      return i + 1;
  }
  return text.size();
}

std::size_t skip_literal_string(std::string_view text, std::size_t at) {
  const std::size_t end = text.find_first_of("'\n", at + 1);
  return end == std::string_view::npos ? text.size() : end + 1;
}

// """...""" and '''...'''. Up to two further quotes may stand before the closing three.
std::size_t skip_long_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (std::size_t i = at + 3; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text.substr(i, 3) == std::string_view(text.data() + at, 3)) {
      i += 3;
      while (i < text.size() && text[i] == quote) ++i;
      return i;
    }
  }
  return text.size();
}

std::size_t skip_toml_string(std::string_view text, std::size_t at) {
  const std::string_view three = text.substr(at, 3);
  if (three == "\"\"\"" || three == "'''") return skip_long_string(text, at);
  return text[at] == '"' ? skip_basic_string(text, at) : skip_literal_string(text, at);
}

}  // namespace

std::size_t json_nesting(std::string_view text, std::size_t depth_max) {
  std::size_t depth = 0, deepest = 0;
  for (std::size_t i = 0; i < text.size() && deepest <= depth_max;) {
    const char c = text[i];
    if (c == '"') {
      i = skip_basic_string(text, i);
      continue;
    }
    if (c == '[' || c == '{') deepest = std::max(deepest, ++depth);
    if ((c == ']' || c == '}') && depth > 0) --depth;
    ++i;
  }
  return deepest;
}

std::size_t toml_nesting(std::string_view text, std::size_t depth_max) {
  std::size_t depth = 0, dots = 0, deepest = 0;
  for (std::size_t i = 0; i < text.size() && deepest <= depth_max;) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      i = skip_toml_string(text, i);
      continue;
    }
    if (c == '#') {
      i = std::min(text.find('\n', i), text.size());
      continue;
    }
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if (c == '.') ++dots;
    if (c == '\n' || c == '=' || c == ',') dots = 0;
    deepest = std::max(deepest, depth + dots);
    ++i;
  }
  return deepest;
}

}  // namespace pipit::packaging
