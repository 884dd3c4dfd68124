// Linked into the static program in place of the C library's own. Looking up names, users and services there means loading
// the machine's modules, which were made for another C library; opening a shared library means the same. Libraries inside
// name these functions in parts that are never reached (names are looked up by c-ares, /etc/passwd is read by sys), and get
// "there is none" should that ever change. The last one would otherwise bring a demangler, to word how a program died.
#include <dlfcn.h>
#include <netdb.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

extern "C" {
int getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**) { return EAI_FAIL; }
void freeaddrinfo(addrinfo*) noexcept {}
int getnameinfo(const sockaddr*, socklen_t, char*, socklen_t, char*, socklen_t, int) { return EAI_FAIL; }
hostent* gethostbyname(const char*) { return nullptr; }
servent* getservbyname(const char*, const char*) { return nullptr; }
int getservbyport_r(int, const char*, servent*, char*, size_t, servent** found) {
  *found = nullptr;
  return 0;
}
int getpwuid_r(uid_t, passwd*, char*, size_t, passwd** found) {
  *found = nullptr;
  return 0;
}
void* dlopen(const char*, int) noexcept { return nullptr; }
void* dlsym(void*, const char*) noexcept { return nullptr; }
int dlclose(void*) noexcept { return -1; }
int dladdr(const void*, Dl_info*) noexcept { return 0; }
char* dlerror() noexcept {
  static char answer[] = "a static program opens no shared library";
  return answer;
}
}

namespace __gnu_cxx {
void __verbose_terminate_handler();
void __verbose_terminate_handler() {
  constexpr std::string_view last_words = "pipit: ended by an exception that nobody caught\n";
  (void)!::write(STDERR_FILENO, last_words.data(), last_words.size());
  std::abort();
}
}  // namespace __gnu_cxx
