#include "net/flat_json.h"

#include <cstdint>
#include <optional>

#include "pipit/base/text.h"

namespace pipit::net {

namespace {

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  void skip_space() {
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
  }
  bool take(char c) {
    skip_space();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool at(char c) {
    skip_space();
    return !rest_.empty() && rest_.front() == c;
  }
  bool at_end() {
    skip_space();
    return rest_.empty();
  }
  std::optional<std::string> string() {
    if (!take('"')) return std::nullopt;
    std::string out;
    while (!rest_.empty() && rest_.front() != '"') {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c != '\\')
        out += c;
      else if (!escape(out))
        return std::nullopt;
    }
    if (!take('"')) return std::nullopt;
    return out;
  }
  // A number or a word; false for anything else.
  bool plain_value() {
    skip_space();
    const std::size_t size = rest_.find_first_of(",} \t\r\n");
    if (size == std::string_view::npos || size == 0 || rest_.substr(0, size).find_first_of("[{\"") != std::string_view::npos) return false;
    rest_.remove_prefix(size);
    return true;
  }

 private:
  bool escape(std::string& out) {
    if (rest_.empty()) return false;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c == 'u') return unicode(out);
    constexpr std::string_view kNames = "\"\\/bfnrt", kValues = "\"\\/\b\f\n\r\t";
    const auto i = kNames.find(c);
    if (i == std::string_view::npos) return false;
    out += kValues[i];
    return true;
  }
  std::optional<std::uint32_t> four_digits() {
    const auto bytes = from_hex(rest_.substr(0, 4));
    if (!bytes || bytes->size() != 2) return std::nullopt;
    rest_.remove_prefix(4);
    return static_cast<std::uint32_t>(((*bytes)[0] << 8) | (*bytes)[1]);
  }
  bool unicode(std::string& out) {
    auto code = four_digits();
    if (!code || (*code >= 0xDC00 && *code <= 0xDFFF)) return false;
    if (*code >= 0xD800 && *code <= 0xDBFF) {
      if (!rest_.starts_with("\\u")) return false;
      rest_.remove_prefix(2);
      const auto low = four_digits();
      if (!low || *low < 0xDC00 || *low > 0xDFFF) return false;
      code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
    }
    append_utf8(out, *code);
    return true;
  }

  std::string_view rest_;
};

}  // namespace

std::map<std::string, std::string, std::less<>> parse_flat_json(std::string_view text) {
  std::map<std::string, std::string, std::less<>> fields;
  Reader reader(text);
  if (!reader.take('{')) return {};
  if (reader.take('}')) return {};
  do {
    auto key = reader.string();
    if (!key || !reader.take(':')) return {};
    if (reader.at('"')) {
      auto value = reader.string();
      if (!value) return {};
      fields.insert_or_assign(std::move(*key), std::move(*value));
    } else if (!reader.plain_value()) {
      return {};
    }
  } while (reader.take(','));
  if (!reader.take('}') || !reader.at_end()) return {};
  return fields;
}

}  // namespace pipit::net
