// Os: the one seam between pipit and the file system. Every file operation of an install goes through it, so that tests
// can make call N fail, write short, be interrupted, or "die here". Methods are thin: they return the call's value, or
// -errno. EINTR is retried by the callers in dir.h and file.h, not here. real_os() is the kernel; tests pass their own.
// Paths are relative to a directory descriptor wherever something is written (house rule: no followed symlinks).
// Threads: real_os() may be used from any thread. Ownership: whoever gets a descriptor closes it through the same Os.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pipit::sys {

struct DirEntry {
  std::string name;        // never "." or ".."
  unsigned char type = 0;  // DT_REG, DT_DIR, DT_LNK, ... or DT_UNKNOWN
};

class Os {
 public:
  virtual ~Os() = default;
  virtual int openat(int dirfd, const char* path, int flags, mode_t mode) = 0;
  // openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS), or the same component by component (O_NOFOLLOW)
  // on kernels without it. Implies O_CLOEXEC, as openat here does.
  virtual int open_beneath(int dirfd, const char* path, int flags, mode_t mode) = 0;
  virtual int close(int fd) = 0;
  virtual ssize_t read(int fd, void* buffer, std::size_t size) = 0;
  virtual ssize_t pread(int fd, void* buffer, std::size_t size, off_t offset) = 0;
  virtual ssize_t write(int fd, const void* buffer, std::size_t size) = 0;
  virtual int ftruncate(int fd, off_t size) = 0;
  virtual int fallocate(int fd, off_t size) = 0;
  virtual int fsync(int fd) = 0;
  virtual int syncfs(int fd) = 0;
  virtual int start_writeback(int fd) = 0;  // sync_file_range(SYNC_FILE_RANGE_WRITE): waits for nothing, promises nothing
  virtual int fstat(int fd, struct stat* out) = 0;
  virtual int fstatat(int dirfd, const char* path, struct stat* out, int flags) = 0;
  virtual int fstatvfs(int fd, struct statvfs* out) = 0;
  virtual int fchmod(int fd, mode_t mode) = 0;
  virtual int mkdirat(int dirfd, const char* path, mode_t mode) = 0;
  virtual int unlinkat(int dirfd, const char* path, int flags) = 0;
  // flags: 0, RENAME_NOREPLACE or RENAME_EXCHANGE (renameat2).
  virtual int renameat2(int from_dirfd, const char* from, int to_dirfd, const char* to, unsigned flags) = 0;
  virtual int linkat(int from_dirfd, const char* from, int to_dirfd, const char* to) = 0;
  virtual int symlinkat(const char* target, int dirfd, const char* path) = 0;
  virtual ssize_t readlinkat(int dirfd, const char* path, char* buffer, std::size_t size) = 0;
  virtual int clone_file(int from_fd, int to_fd) = 0;  // FICLONE
  virtual ssize_t copy_file_range(int from_fd, int to_fd, std::size_t size) = 0;
  virtual int flock(int fd, int operation) = 0;
  virtual int list(int dirfd, std::vector<DirEntry>* out) = 0;  // reads the whole directory; order is the kernel's
};

Os& real_os();

}  // namespace pipit::sys
