#include "packaging/text_encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "packaging/utf8.h"
#include "pipit/base/text.h"
#include "pipit/packaging/requirements_file.h"

namespace pipit::packaging {
namespace {

enum class Codec { utf8, utf8_sig, utf16, utf16_le, utf16_be, utf32, utf32_le, utf32_be, ascii, latin1, latin9, cp1252 };

std::uint8_t byte_at(std::string_view bytes, std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); }

// Python's spelling rules for codec names: case, "-", "_" and blanks do not matter.
std::optional<Codec> find_codec(std::string_view name) {
  std::string plain;
  for (const char c : ascii_lower(name))
    if (c != '-' && c != '_' && c != ' ' && c != '.') plain += c;
  struct Row {
    std::string_view name;
    Codec codec;
  };
  static constexpr std::array kNames{
      Row{"utf8", Codec::utf8},         Row{"u8", Codec::utf8},           Row{"utf", Codec::utf8},         Row{"cp65001", Codec::utf8},
      Row{"utf8sig", Codec::utf8_sig},  Row{"utf16", Codec::utf16},       Row{"u16", Codec::utf16},        Row{"utf16le", Codec::utf16_le},
      Row{"utf16be", Codec::utf16_be},  Row{"utf32", Codec::utf32},       Row{"u32", Codec::utf32},        Row{"utf32le", Codec::utf32_le},
      Row{"utf32be", Codec::utf32_be},  Row{"ascii", Codec::ascii},       Row{"usascii", Codec::ascii},    Row{"646", Codec::ascii},
      Row{"ansix341968", Codec::ascii}, Row{"iso646us", Codec::ascii},    Row{"latin1", Codec::latin1},    Row{"latin", Codec::latin1},
      Row{"l1", Codec::latin1},         Row{"iso88591", Codec::latin1},   Row{"8859", Codec::latin1},      Row{"cp819", Codec::latin1},
      Row{"iso885915", Codec::latin9},  Row{"latin9", Codec::latin9},     Row{"l9", Codec::latin9},        Row{"cp1252", Codec::cp1252},
      Row{"windows1252", Codec::cp1252}, Row{"1252", Codec::cp1252}};
  for (const Row& row : kNames)
    if (row.name == plain) return row.codec;
  return std::nullopt;
}

tl::unexpected<Error> undecodable(std::string_view codec, std::size_t offset) {
  return fail(make_error(kRequirementsFileUnreadable, fmt::format("byte {} is not {} text", offset, codec)));
}

// 0x80..0x9F of windows-1252; 0 where the code page has no character.
constexpr std::array<char32_t, 32> kCp1252{0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
                                           0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                                           0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

char32_t latin9(std::uint8_t byte) {
  switch (byte) {
    case 0xA4: return 0x20AC;
    case 0xA6: return 0x160;
    case 0xA8: return 0x161;
    case 0xB4: return 0x17D;
    case 0xB8: return 0x17E;
    case 0xBC: return 0x152;
    case 0xBD: return 0x153;
    case 0xBE: return 0x178;
    default: return byte;
  }
}

Result<std::string> decode_single_bytes(std::string_view bytes, Codec codec, std::string_view name) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint8_t byte = byte_at(bytes, i);
    char32_t point = codec == Codec::latin9 ? latin9(byte) : byte;
    if (codec == Codec::cp1252 && byte >= 0x80 && byte < 0xA0) point = kCp1252[byte - 0x80u];
    if ((codec == Codec::ascii && byte >= 0x80) || (point == 0 && byte != 0)) return undecodable(name, i);
    append_utf8(out, point);
  }
  return out;
}

Result<std::string> decode_utf16(std::string_view bytes, bool big_endian, std::string_view name) {
  const auto unit = [&](std::size_t i) {
    const char32_t first = byte_at(bytes, i), second = byte_at(bytes, i + 1);
    return big_endian ? (first << 8) | second : (second << 8) | first;
  };
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    if (i + 2 > bytes.size()) return undecodable(name, i);
    char32_t point = unit(i);
    if (point >= 0xD800 && point < 0xDC00) {
      const char32_t low = i + 4 <= bytes.size() ? unit(i + 2) : 0;
      if (low < 0xDC00 || low > 0xDFFF) return undecodable(name, i);
      point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
      i += 2;
    } else if (point >= 0xDC00 && point <= 0xDFFF) {
      return undecodable(name, i);
    }
    append_utf8(out, point);
  }
  return out;
}

Result<std::string> decode_utf32(std::string_view bytes, bool big_endian, std::string_view name) {
  std::string out;
  out.reserve(bytes.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    if (i + 4 > bytes.size()) return undecodable(name, i);
    char32_t point = 0;
    for (std::size_t k = 0; k < 4; ++k) point = (point << 8) | byte_at(bytes, i + (big_endian ? k : 3 - k));
    if (point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return undecodable(name, i);
    append_utf8(out, point);
  }
  return out;
}

bool cut_prefix(std::string_view& bytes, std::string_view prefix) {
  if (!bytes.starts_with(prefix)) return false;
  bytes.remove_prefix(prefix.size());
  return true;
}

constexpr std::string_view kBom8 = "\xEF\xBB\xBF", kBom16Le = "\xFF\xFE", kBom16Be = "\xFE\xFF";
constexpr std::string_view kBom32Le{"\xFF\xFE\0\0", 4}, kBom32Be{"\0\0\xFE\xFF", 4};

Result<std::string> decode_with(std::string_view bytes, Codec codec, std::string_view name) {
  switch (codec) {
    case Codec::utf8_sig: cut_prefix(bytes, kBom8); [[fallthrough]];
    case Codec::utf8:
      if (const std::size_t bad = valid_utf8_length(bytes); bad < bytes.size()) return undecodable(name, bad);
      return std::string(bytes);
    case Codec::utf16:
      if (cut_prefix(bytes, kBom16Be)) return decode_utf16(bytes, true, name);
      cut_prefix(bytes, kBom16Le);
      return decode_utf16(bytes, false, name);
    case Codec::utf16_le: return decode_utf16(bytes, false, name);
    case Codec::utf16_be: return decode_utf16(bytes, true, name);
    case Codec::utf32:
      if (cut_prefix(bytes, kBom32Be)) return decode_utf32(bytes, true, name);
      cut_prefix(bytes, kBom32Le);
      return decode_utf32(bytes, false, name);
    case Codec::utf32_le: return decode_utf32(bytes, false, name);
    case Codec::utf32_be: return decode_utf32(bytes, true, name);
    default: return decode_single_bytes(bytes, codec, name);
  }
}

// PEP 263 as pip looks for it: "coding[:=]\s*([-\w.]+)" on the first two LF-ended lines that begin with "#".
std::optional<std::string> find_coding_mark(std::string_view bytes) {
  const auto word = [](char c) {
    return c == '-' || c == '.' || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  for (int number = 0; number < 2 && !bytes.empty(); ++number) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    if (!line.starts_with('#')) continue;
    for (std::size_t at = line.find("coding"); at != std::string_view::npos; at = line.find("coding", at + 1)) {
      std::size_t i = at + 6;
      if (i >= line.size() || (line[i] != ':' && line[i] != '=')) continue;
      for (++i; i < line.size() && is_space(line[i]);) ++i;
      std::size_t stop = i;
      while (stop < line.size() && word(line[stop])) ++stop;
      if (stop > i) return std::string(line.substr(i, stop - i));
    }
  }
  return std::nullopt;
}

}  // namespace

Result<std::string> decode_text(std::string_view bytes, std::string_view codec) {
  const auto known = find_codec(codec);
  if (!known) {
    return fail(make_error(kRequirementsFileUnreadable, fmt::format("the encoding `{}` is not known here", escape_for_terminal(codec)))
                    .hint("save the file as UTF-8"));
  }
  return decode_with(bytes, *known, codec);
}

Result<DecodedFile> decode_local_file(std::string_view bytes, std::string_view locale_encoding) {
  struct Mark {
    std::string_view bytes, codec;
  };
  // UTF-32-LE begins as UTF-16-LE does and must be tried first.
  for (const Mark& mark : {Mark{kBom8, "utf-8"}, Mark{kBom32Le, "utf-32"}, Mark{kBom32Be, "utf-32-be"}, Mark{kBom16Le, "utf-16"},
                           Mark{kBom16Be, "utf-16-be"}}) {
    if (!bytes.starts_with(mark.bytes)) continue;
    PIPIT_TRY(auto text, decode_text(bytes.substr(mark.bytes.size()), mark.codec));
    return DecodedFile{std::move(text), false};
  }
  if (const auto codec = find_coding_mark(bytes)) {
    PIPIT_TRY(auto text, decode_text(bytes, *codec));
    return DecodedFile{std::move(text), false};
  }
  if (is_valid_utf8(bytes)) return DecodedFile{std::string(bytes), false};
  PIPIT_TRY(auto text, decode_text(bytes, locale_encoding));
  return DecodedFile{std::move(text), true};
}

std::string decode_response(std::string_view bytes, const std::optional<std::string>& charset) {
  if (charset)
    if (auto text = decode_text(bytes, *charset)) return std::move(*text);
  cut_prefix(bytes, kBom8);
  return is_valid_utf8(bytes) ? std::string(bytes) : decode_text(bytes, "latin-1").value_or(std::string());
}

}  // namespace pipit::packaging
