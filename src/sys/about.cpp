#include "pipit/sys/about.h"

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#include <malloc.h>
#endif
#include <sys/auxv.h>

#include "pipit/sys/file.h"

namespace pipit::sys {

std::vector<std::string> runtime_versions() {
  std::vector<std::string> lines;
#ifdef __GLIBC__
  lines.push_back(std::string("glibc ") + ::gnu_get_libc_version());
#endif
#ifdef _GLIBCXX_RELEASE
  lines.push_back("libstdc++ " + std::to_string(_GLIBCXX_RELEASE));
#endif
  return lines;
}

std::filesystem::path own_program() {
  constexpr const char* kKernelsName = "/proc/self/exe";
  if (is_regular_file(kKernelsName)) return kKernelsName;
  const auto* executed = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
  return executed == nullptr ? std::filesystem::path() : absolute(executed);
}

void share_heaps() {
#ifdef __GLIBC__
  static_cast<void>(::mallopt(M_ARENA_MAX, 2));
  static_cast<void>(::mallopt(M_MMAP_THRESHOLD, 1 << 20));
#endif
}

bool has_borrowed_rights() { return ::getauxval(AT_SECURE) != 0; }

}  // namespace pipit::sys
