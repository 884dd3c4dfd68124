#include "index/html_tags.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "pipit/base/text.h"

namespace pipit::index {
namespace {

constexpr std::size_t kAttributesMax = 64;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_alphanumeric(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }

struct NamedEntity {
  std::string_view name;
  std::string_view text;
};
constexpr std::array kEntities{NamedEntity{"amp", "&"},     NamedEntity{"lt", "<"},     NamedEntity{"gt", ">"},
                               NamedEntity{"quot", "\""},   NamedEntity{"apos", "'"},   NamedEntity{"plus", "+"},
                               NamedEntity{"equals", "="},  NamedEntity{"num", "#"},    NamedEntity{"sol", "/"},
                               NamedEntity{"colon", ":"},   NamedEntity{"period", "."}, NamedEntity{"comma", ","},
                               NamedEntity{"lowbar", "_"},  NamedEntity{"excl", "!"},   NamedEntity{"percnt", "%"},
                               NamedEntity{"commat", "@"},  NamedEntity{"quest", "?"},  NamedEntity{"ast", "*"},
                               NamedEntity{"lpar", "("},    NamedEntity{"rpar", ")"},   NamedEntity{"Tilde", "~"},
                               NamedEntity{"nbsp", "\u00a0"}};
// Those that old HTML allows without the semicolon.
constexpr std::size_t kBareEntities = 4;
constexpr std::size_t kEntityNameMax = 8;

void append_utf8(std::string& out, std::uint32_t code) {
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) code = 0xFFFD;
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 63));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 63));
    out += static_cast<char>(0x80 | (code & 63));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 63));
    out += static_cast<char>(0x80 | ((code >> 6) & 63));
    out += static_cast<char>(0x80 | (code & 63));
  }
}

int digit_value(char c, bool hex) {
  if (c >= '0' && c <= '9') return c - '0';
  if (hex && c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (hex && c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// "#62;" or "#x3E;" at the start of text: appends the character and returns how many bytes were used, 0 if it is none.
std::size_t decode_numeric(std::string_view text, std::string& out) {
  std::size_t i = 1;
  const bool hex = i < text.size() && (text[i] == 'x' || text[i] == 'X');
  if (hex) ++i;
  const std::size_t first = i;
  std::uint32_t code = 0;
  for (; i < text.size() && digit_value(text[i], hex) >= 0; ++i)
    code = std::min<std::uint32_t>(code * (hex ? 16u : 10u) + static_cast<std::uint32_t>(digit_value(text[i], hex)), 0x110000u);
  if (i == first) return 0;
  append_utf8(out, code);
  return i < text.size() && text[i] == ';' ? i + 1 : i;
}

std::size_t decode_named(std::string_view text, std::string& out) {
  std::size_t length = 0;
  while (length < text.size() && length < kEntityNameMax && is_alphanumeric(text[length])) ++length;
  const bool closed = length < text.size() && text[length] == ';';
  for (std::size_t i = 0; i < kEntities.size(); ++i) {
    if (kEntities[i].name != text.substr(0, length)) continue;
    const bool may_be_bare = i < kBareEntities && (length == text.size() || text[length] != '=');
    if (!closed && !may_be_bare) return 0;
    out += kEntities[i].text;
    return length + (closed ? 1 : 0);
  }
  return 0;
}

}  // namespace

std::string decode_entities(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t ampersand = std::min(text.find('&', i), text.size());
    out += text.substr(i, ampersand - i);
    if (ampersand == text.size()) break;
    const std::string_view rest = text.substr(ampersand + 1);
    const std::size_t used = rest.starts_with('#') ? decode_numeric(rest, out) : decode_named(rest, out);
    if (used == 0) out += '&';
    i = ampersand + 1 + used;
  }
  return out;
}

const std::string* HtmlTag::attribute(std::string_view attribute_name, bool* said_twice) const {
  const std::string* found = nullptr;
  for (const HtmlAttribute& candidate : attributes) {
    if (candidate.name != attribute_name) continue;
    if (found && said_twice) *said_twice = true;
    if (!found) found = &candidate.value;
  }
  return found;
}

bool HtmlTags::next(HtmlTag& tag) {
  while (!at_end()) {
    position_ = text_.find('<', position_);
    if (position_ == text_.npos) break;
    const std::string_view rest = text_.substr(position_);
    if (rest.starts_with("<!--")) {
      position_ += 4;
      // "<!-->" and "<!--->" are whole comments
      if (text_.substr(position_).starts_with('>')) ++position_;
      else if (text_.substr(position_).starts_with("->")) position_ += 2;
      else skip_past("-->");
    } else if (rest.size() > 1 && is_letter(rest[1])) {
      if (!read_start_tag(tag)) break;
      if (tag.name == "script" || tag.name == "style" || tag.name == "textarea" || tag.name == "title") skip_raw_text(tag.name);
      return true;
    } else if (rest.size() > 1 && (rest[1] == '/' || rest[1] == '!' || rest[1] == '?')) {
      skip_past(">");
    } else {
      ++position_;
    }
  }
  position_ = text_.size();
  return false;
}

bool HtmlTags::read_start_tag(HtmlTag& tag) {
  tag.attributes.clear();
  const std::size_t start = ++position_;
  while (!at_end() && !is_space(text_[position_]) && text_[position_] != '>' && text_[position_] != '/') ++position_;
  tag.name = ascii_lower(text_.substr(start, position_ - start));
  while (true) {
    while (!at_end() && (is_space(text_[position_]) || text_[position_] == '/')) ++position_;
    if (at_end()) return false;
    if (text_[position_] == '>') {
      ++position_;
      return true;
    }
    if (!read_attribute(tag)) return false;
  }
}

bool HtmlTags::read_attribute(HtmlTag& tag) {
  const std::size_t start = position_++;  // a leading '=' belongs to the name
  while (!at_end() && !is_space(text_[position_]) && text_[position_] != '=' && text_[position_] != '>' && text_[position_] != '/')
    ++position_;
  const std::string_view name = text_.substr(start, position_ - start);
  skip_space();
  std::string_view value;
  if (!at_end() && text_[position_] == '=') {
    ++position_;
    skip_space();
    value = read_value();
  }
  if (at_end()) return false;
  if (tag.attributes.size() < kAttributesMax) tag.attributes.push_back({ascii_lower(name), decode_entities(value)});
  return true;
}

std::string_view HtmlTags::read_value() {
  if (at_end()) return {};
  const char quote = text_[position_];
  if (quote == '"' || quote == '\'') {
    const std::size_t start = position_ + 1;
    const std::size_t end = text_.find(quote, start);
    position_ = end == text_.npos ? text_.size() : end + 1;
    return end == text_.npos ? std::string_view() : text_.substr(start, end - start);
  }
  const std::size_t start = position_;
  while (!at_end() && !is_space(text_[position_]) && text_[position_] != '>') ++position_;
  return text_.substr(start, position_ - start);
}

void HtmlTags::skip_past(std::string_view terminator) {
  const std::size_t found = text_.find(terminator, position_);
  position_ = found == text_.npos ? text_.size() : found + terminator.size();
}

void HtmlTags::skip_raw_text(std::string_view element) {
  while (true) {
    position_ = std::min(text_.find("</", position_), text_.size());
    if (at_end()) return;
    if (ascii_iequals(text_.substr(position_ + 2, element.size()), element)) return;
    position_ += 2;
  }
}

void HtmlTags::skip_space() {
  while (!at_end() && is_space(text_[position_])) ++position_;
}

}  // namespace pipit::index
