#include "pipit/packaging/hash.h"

#include "pipit/base/text.h"

namespace pipit::packaging {

std::optional<Hash> parse_hash(std::string_view text, char separator) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  return Hash{ascii_lower(text.substr(0, at)), ascii_lower(text.substr(at + 1))};
}

}  // namespace pipit::packaging
