#include "pipit/sys/overwrite.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/retry.h"

namespace pipit::sys {

Result<bool> overwrite_if_same(const Dir& dir, const std::string& name, std::string_view expected, std::string_view replacement) {
  if (expected.size() != replacement.size()) return false;
  // O_NONBLOCK: a FIFO that somebody planted must not hang. Read and written through one descriptor: a file that is renamed
  // over the name meanwhile is another one, and stays as it is.
  const int fd = retry_eintr([&] { return dir.os().open_beneath(dir.fd(), name.c_str(), O_RDWR | O_NONBLOCK, 0); });
  if (fd < 0) return false;
  File file(dir.os(), fd);
  PIPIT_TRY(const struct stat info, file.stat());
  if (!S_ISREG(info.st_mode) || info.st_nlink != 1 || static_cast<std::uint64_t>(info.st_size) != expected.size()) return false;
  PIPIT_TRY(const std::string present, file.read_all(expected.size()));
  if (present != expected) return false;
  if (::lseek(fd, 0, SEEK_SET) != 0) return false;
  PIPIT_CHECK(file.write_all(as_bytes_view(replacement)));
  PIPIT_CHECK(file.close());
  return true;
}

}  // namespace pipit::sys
