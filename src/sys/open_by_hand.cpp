#include "sys/open_by_hand.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>

namespace pipit::sys {
namespace {

// O_PATH|O_NOFOLLOW opens the link itself where openat2 would refuse it, so look what we got.
int open_last(int dirfd, const std::string& name, int flags, mode_t mode) {
  const int fd = ::openat(dirfd, name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode);
  if (fd < 0) return -errno;
  if ((flags & O_PATH) == 0 || (flags & O_NOFOLLOW) != 0) return fd;
  struct stat info {};
  if (::fstat(fd, &info) == 0 && !S_ISLNK(info.st_mode)) return fd;
  ::close(fd);
  return -ELOOP;
}

// With O_DIRECTORY the kernel says ENOTDIR for a link; openat2 says ELOOP, and callers act on that.
int open_parent(int dirfd, const std::string& name) {
  const int fd = ::openat(dirfd, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd >= 0) return fd;
  const int error = errno;
  struct stat info {};
  if (error == ENOTDIR && ::fstatat(dirfd, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode)) return -ELOOP;
  return -error;
}

}  // namespace

int open_by_hand(int dirfd, const char* path, int flags, mode_t mode) {
  std::string_view rest = path;
  if (rest.empty()) return -ENOENT;
  if (rest.front() == '/') return -EXDEV;
  int at = dirfd;
  int result = 0;
  for (bool last = false; !last && result >= 0;) {
    const std::size_t slash = rest.find('/');
    last = slash == std::string_view::npos || rest.find_first_not_of('/', slash) == std::string_view::npos;
    std::string name(rest.substr(0, slash));
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : std::min(rest.size(), slash + 1));
    if (name.empty() && !last) continue;
    if (name == "..") {
      result = -EXDEV;
    } else if (name.empty()) {
      result = -ENOENT;
    } else {
      const int must_be_directory = last && slash != std::string_view::npos ? O_DIRECTORY : 0;
      result = last ? open_last(at, name, flags | must_be_directory, mode) : open_parent(at, name);
    }
    if (at != dirfd) ::close(at);
    at = last || result < 0 ? dirfd : result;
  }
  return result;
}

}  // namespace pipit::sys
