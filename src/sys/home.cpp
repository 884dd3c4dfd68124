#include "pipit/sys/home.h"

#include <pwd.h>
#include <unistd.h>

#include <vector>

namespace pipit::sys {

std::string home_in_user_database() {
  std::vector<char> buffer(16 << 10);
  struct passwd entry = {};
  struct passwd* found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || !found || !found->pw_dir) return "";
  return found->pw_dir;
}

}  // namespace pipit::sys
