// PassingOs: hands every call on. Tests derive from it and change the one call they are about.
#pragma once

#include "pipit/sys/os.h"

namespace pipit::test {

class PassingOs : public sys::Os {
 public:
  explicit PassingOs(sys::Os& kernel = sys::real_os()) : kernel_(kernel) {}
  int openat(int dirfd, const char* path, int flags, mode_t mode) override { return kernel_.openat(dirfd, path, flags, mode); }
  int open_beneath(int dirfd, const char* path, int flags, mode_t mode) override { return kernel_.open_beneath(dirfd, path, flags, mode); }
  int close(int fd) override { return kernel_.close(fd); }
  ssize_t read(int fd, void* buffer, std::size_t size) override { return kernel_.read(fd, buffer, size); }
  ssize_t pread(int fd, void* buffer, std::size_t size, off_t offset) override { return kernel_.pread(fd, buffer, size, offset); }
  ssize_t write(int fd, const void* buffer, std::size_t size) override { return kernel_.write(fd, buffer, size); }
  int ftruncate(int fd, off_t size) override { return kernel_.ftruncate(fd, size); }
  int fallocate(int fd, off_t size) override { return kernel_.fallocate(fd, size); }
  int fsync(int fd) override { return kernel_.fsync(fd); }
  int syncfs(int fd) override { return kernel_.syncfs(fd); }
  int start_writeback(int fd) override { return kernel_.start_writeback(fd); }
  int fstat(int fd, struct stat* out) override { return kernel_.fstat(fd, out); }
  int fstatat(int dirfd, const char* path, struct stat* out, int flags) override { return kernel_.fstatat(dirfd, path, out, flags); }
  int fstatvfs(int fd, struct statvfs* out) override { return kernel_.fstatvfs(fd, out); }
  int fchmod(int fd, mode_t mode) override { return kernel_.fchmod(fd, mode); }
  int mkdirat(int dirfd, const char* path, mode_t mode) override { return kernel_.mkdirat(dirfd, path, mode); }
  int unlinkat(int dirfd, const char* path, int flags) override { return kernel_.unlinkat(dirfd, path, flags); }
  int renameat2(int from_dirfd, const char* from, int to_dirfd, const char* to, unsigned flags) override {
    return kernel_.renameat2(from_dirfd, from, to_dirfd, to, flags);
  }
  int linkat(int from_dirfd, const char* from, int to_dirfd, const char* to) override { return kernel_.linkat(from_dirfd, from, to_dirfd, to); }
  int symlinkat(const char* target, int dirfd, const char* path) override { return kernel_.symlinkat(target, dirfd, path); }
  ssize_t readlinkat(int dirfd, const char* path, char* buffer, std::size_t size) override { return kernel_.readlinkat(dirfd, path, buffer, size); }
  int clone_file(int from_fd, int to_fd) override { return kernel_.clone_file(from_fd, to_fd); }
  ssize_t copy_file_range(int from_fd, int to_fd, std::size_t size) override { return kernel_.copy_file_range(from_fd, to_fd, size); }
  int flock(int fd, int operation) override { return kernel_.flock(fd, operation); }
  int list(int dirfd, std::vector<sys::DirEntry>* out) override { return kernel_.list(dirfd, out); }

 protected:
  sys::Os& kernel_;
};

}  // namespace pipit::test
