#include "pipit/sys/home.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

#include "pipit/sys/file.h"

namespace pipit::sys {

#ifdef PIPIT_STATIC

namespace {

// The field of a line of passwd(5), counted from zero.
std::string_view field(std::string_view line, int index) {
  for (; index > 0; --index) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return {};
    line.remove_prefix(colon + 1);
  }
  return line.substr(0, line.find(':'));
}

}  // namespace

// A static program must not ask the C library, which would load the machine's own modules for it, made for another C library.
std::string home_in_user_database() {
  const auto text = read_file("/etc/passwd", 1u << 20);
  if (!text) return "";
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::string_view number = field(line, 2);
    uid_t uid = 0;
    const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), uid);
    if (!number.empty() && problem == std::errc() && end == number.data() + number.size() && uid == ::getuid()) return std::string(field(line, 5));
  }
  return "";
}

#else

std::string home_in_user_database() {
  std::vector<char> buffer(16 << 10);
  struct passwd entry = {};
  struct passwd* found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || !found || !found->pw_dir) return "";
  return found->pw_dir;
}

#endif

}  // namespace pipit::sys
