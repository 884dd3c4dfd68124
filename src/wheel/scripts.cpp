#include "pipit/wheel/scripts.h"

#include <fmt/format.h>

#include <utility>

#include "pipit/base/text.h"

namespace pipit::wheel {
namespace {

// The kernel reads 127 bytes of a first line (BINPRM_BUF_SIZE of old kernels); pip counts "#!" and the newline.
constexpr std::size_t kShebangMax = 127;

bool has_any(std::string_view text, std::string_view characters) { return text.find_first_of(characters) != std::string_view::npos; }

// Python reads the line as UTF-8 and ends it at CR and LF; the kernel ends the path at a blank.
bool fits_shebang(std::string_view path) {
  return path.size() + 3 <= kShebangMax && !has_any(path, std::string_view(" \t\r\n\0", 5)) && is_valid_utf8(path);
}

// A word that sh takes as it stands, and that cannot end or escape anything in Python's string.
bool is_bare_word(std::string_view path) {
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80 ||
                       std::string_view("/._+:@%,=-").find(c) != std::string_view::npos;
    if (!plain) return false;
  }
  return is_valid_utf8(path);
}

// Between double quotes sh changes only these; in Python's string only a backslash and three quotes matter.
bool is_quotable(std::string_view path) {
  for (const char c : path)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  return !has_any(path, "\"$`\\") && path.find("'''") == std::string_view::npos && is_valid_utf8(path);
}

// Every byte that is not plain as \0ooo, which printf's %b undoes and Python's string bears.
std::string octal(std::string_view path) {
  std::string out;
  for (const char c : path) {
    const bool plain = static_cast<unsigned char>(c) < 0x80 && is_bare_word(std::string_view(&c, 1)) && c != '%';
    out += plain ? std::string(1, c) : fmt::format("\\0{:03o}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string sh_word(std::string_view path) {
  const bool blank = path.find(' ') != std::string_view::npos;
  if (!blank && is_bare_word(path)) return std::string(path);
  if (is_quotable(path)) return fmt::format("\"{}\"", path);
  return fmt::format("\"$(printf %b '{}')\"", octal(path));
}

}  // namespace

std::string shebang(std::string_view interpreter) {
  if (fits_shebang(interpreter)) return fmt::format("#!{}\n", interpreter);
  return fmt::format("#!/bin/sh\n'''exec' {} \"$0\" \"$@\"\n' '''\n", sh_word(interpreter));
}

std::string wrapper(const packaging::EntryPoint& script, std::string_view interpreter, int python_major, int python_minor) {
  const bool has_removesuffix = std::pair(python_major, python_minor) >= std::pair(3, 9);
  return shebang(interpreter) +
         fmt::format("{}import sys\nfrom {} import {}\nif __name__ == '__main__':\n    sys.argv[0] = {}\n    sys.exit({}())\n",
                     has_removesuffix ? "" : "# -*- coding: utf-8 -*-\nimport re\n", script.module, script.attribute.substr(0, script.attribute.find('.')),
                     has_removesuffix ? "sys.argv[0].removesuffix('.exe')" : "re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])", script.attribute);
}

std::string with_interpreter(std::string_view content, std::string_view interpreter) {
  const std::size_t newline = content.find('\n');
  const std::string_view rest = newline == std::string_view::npos ? std::string_view() : content.substr(newline + 1);
  return fmt::format("#!{}\n{}", interpreter, rest);
}

}  // namespace pipit::wheel
