#include "pipit/packaging/name.h"

namespace pipit::packaging {
namespace {

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_separator(char c) { return c == '-' || c == '_' || c == '.'; }

}  // namespace

bool is_valid_name(std::string_view name) {
  if (name.empty() || !is_alphanumeric(name.front()) || !is_alphanumeric(name.back())) return false;
  for (const char c : name) {
    if (!is_alphanumeric(c) && !is_separator(c)) return false;
  }
  return true;
}

std::string normalize_name(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  for (const char c : name) {
    if (is_separator(c)) {
      if (out.empty() || out.back() != '-') out += '-';
    } else {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return out;
}

}  // namespace pipit::packaging
