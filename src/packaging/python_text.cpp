#include "packaging/python_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "pipit/base/text.h"

namespace pipit::packaging {
namespace {

bool is_ascii_space(char c) { return (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f') || c == ' '; }

// U+0085, U+00A0, U+1680, U+2000..200A, U+2028, U+2029, U+202F, U+205F, U+3000.
std::size_t wide_space_length(std::string_view text) {
  if (text.starts_with("\xC2\x85") || text.starts_with("\xC2\xA0")) return 2;
  if (text.starts_with("\xE1\x9A\x80") || text.starts_with("\xE3\x80\x80") || text.starts_with("\xE2\x81\x9F")) return 3;
  if (text.size() < 3 || !text.starts_with("\xE2\x80")) return 0;
  const auto last = static_cast<unsigned char>(text[2]);
  return (last >= 0x80 && last <= 0x8A) || last == 0xA8 || last == 0xA9 || last == 0xAF ? 3 : 0;
}

std::size_t trailing_space_length(std::string_view text) {
  if (text.empty()) return 0;
  if (is_ascii_space(text.back())) return 1;
  for (std::size_t length = 2; length <= 3 && length <= text.size(); ++length) {
    if (wide_space_length(text.substr(text.size() - length)) == length) return length;
  }
  return 0;
}

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

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

// Reads at least `least` and at most `most` digits of `base` from the front of `text`.
std::optional<std::uint32_t> take_number(std::string_view& text, std::size_t least, std::size_t most, int base) {
  std::uint32_t value = 0;
  std::size_t count = 0;
  while (count < most && count < text.size() && digit_value(text[count]) < base) {
    value = value * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit_value(text[count++]));
  }
  if (count < least) return std::nullopt;
  text.remove_prefix(count);
  return value;
}

std::optional<char> simple_escape(char c) {
  static constexpr std::string_view kNames = "\\'\"abfnrtv", kValues = "\\'\"\a\b\f\n\r\t\v";
  const std::size_t at = kNames.find(c);
  return at == std::string_view::npos ? std::nullopt : std::optional<char>(kValues[at]);
}

// `rest` stands behind the backslash. \N{name} would need the Unicode name table: refused.
bool append_escape(std::string& out, std::string_view& rest) {
  const char kind = rest.front();
  if (kind >= '0' && kind <= '7') {
    append_utf8(out, *take_number(rest, 1, 3, 8));
    return true;
  }
  rest.remove_prefix(1);
  if (kind == '\n') return true;
  if (const auto plain = simple_escape(kind)) {
    out += *plain;
    return true;
  }
  if (kind == 'N') return false;
  const std::size_t width = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
  if (width == 0) {
    out += '\\';
    out += kind;
    return true;
  }
  const auto code = take_number(rest, width, width, 16);
  if (!code || *code > 0x10FFFF) return false;
  append_utf8(out, *code);
  return true;
}

// The escape of the wide white-space character at the front, which repr() never prints as it is.
std::string wide_space_escape(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
  if (byte(0) < 0xE0) return fmt::format("\\x{:02x}", (byte(0) & 0x1Fu) << 6 | (byte(1) & 0x3Fu));
  return fmt::format("\\u{:04x}", (byte(0) & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu));
}

std::string repr_character(char c, char quote) {
  if (c == quote || c == '\\') return {'\\', c};
  if (c == '\n') return "\\n";
  if (c == '\r') return "\\r";
  if (c == '\t') return "\\t";
  if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return {c};
}

}  // namespace

std::size_t python_space_length(std::string_view text) {
  if (text.empty()) return 0;
  return is_ascii_space(text.front()) ? 1 : wide_space_length(text);
}

std::string_view trim_python_space_left(std::string_view text) {
  while (const std::size_t length = python_space_length(text)) text.remove_prefix(length);
  return text;
}

std::string_view trim_python_space(std::string_view text) {
  text = trim_python_space_left(text);
  while (const std::size_t length = trailing_space_length(text)) text.remove_suffix(length);
  return text;
}

std::string python_repr(std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const char quote = has_single && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out(1, quote);
  while (!text.empty()) {
    const std::size_t wide = wide_space_length(text);
    out += wide != 0 ? wide_space_escape(text) : repr_character(text.front(), quote);
    text.remove_prefix(wide != 0 ? wide : 1);
  }
  return out + quote;
}

std::optional<std::string> python_string_value(std::string_view literal) {
  std::string_view rest = literal.substr(1, literal.size() - 2);
  // The closing quote must not be escaped; the lexer stopped at the first quote, so an odd backslash before it fails below.
  std::string out;
  out.reserve(rest.size());
  while (!rest.empty()) {
    const char c = rest.front();
    if (c == '\n' || c == '\r' || c == '\0') return std::nullopt;
    rest.remove_prefix(1);
    if (c != '\\') {
      out += c;
    } else if (rest.empty() || !append_escape(out, rest)) {
      return std::nullopt;
    }
  }
  return out;
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace pipit::packaging
