// FaultyOs: the kernel, except that one chosen call fails, writes short, is interrupted, or is never made because the
// process dies there. Death is the exception Died, thrown once; whatever the unwinding still calls does nothing, as if
// the process were gone (descriptors are really closed, so locks end with it). Counts calls, so that a first run without
// a fault tells how many points there are.
#pragma once

#include <cstddef>

#include "pipit/sys/os.h"

namespace pipit::test {

struct Died {};

class FaultyOs final : public sys::Os {
 public:
  enum class Fault {
    none,
    die,          // at the Nth call that changes something; a write is torn in the middle
    fail,         // the Nth call of any kind answers -error_number
    fail_onward,  // and so does every one after it
    hiccup,       // every write is one byte, every second call that can be interrupted is
  };
  struct Plan {
    Fault fault = Fault::none;
    std::size_t at = 0;
    int error_number = 0;
  };
  FaultyOs() : FaultyOs(Plan()) {}
  explicit FaultyOs(Plan plan, sys::Os& kernel = sys::real_os()) : plan_(plan), kernel_(kernel) {}

  std::size_t changes() const { return changes_; }  // calls that change something
  std::size_t calls() const { return calls_; }
  bool has_struck() const { return struck_; }

  int openat(int dirfd, const char* path, int flags, mode_t mode) override;
  int open_beneath(int dirfd, const char* path, int flags, mode_t mode) override;
  int close(int fd) override;
  ssize_t read(int fd, void* buffer, std::size_t size) override;
  ssize_t pread(int fd, void* buffer, std::size_t size, off_t offset) override;
  ssize_t write(int fd, const void* buffer, std::size_t size) override;
  int ftruncate(int fd, off_t size) override;
  int fallocate(int fd, off_t size) override;
  int fsync(int fd) override;
  int syncfs(int fd) override;
  int start_writeback(int fd) override;
  int fstat(int fd, struct stat* out) override;
  int fstatat(int dirfd, const char* path, struct stat* out, int flags) override;
  int fstatvfs(int fd, struct statvfs* out) override;
  int fchmod(int fd, mode_t mode) override;
  int mkdirat(int dirfd, const char* path, mode_t mode) override;
  int unlinkat(int dirfd, const char* path, int flags) override;
  int renameat2(int from_dirfd, const char* from, int to_dirfd, const char* to, unsigned flags) override;
  int linkat(int from_dirfd, const char* from, int to_dirfd, const char* to) override;
  int symlinkat(const char* target, int dirfd, const char* path) override;
  ssize_t readlinkat(int dirfd, const char* path, char* buffer, std::size_t size) override;
  int clone_file(int from_fd, int to_fd) override;
  ssize_t copy_file_range(int from_fd, int to_fd, std::size_t size) override;
  int flock(int fd, int operation) override;
  int list(int dirfd, std::vector<sys::DirEntry>* out) override;

 private:
  enum class Effect { looks, changes };
  // 0: make the call. Otherwise: answer this instead.
  int before(Effect effect);
  bool dies_here();

  Plan plan_;
  sys::Os& kernel_;
  std::size_t changes_ = 0, calls_ = 0;
  bool dead_ = false, struck_ = false;
};

}  // namespace pipit::test
