#include "pipit/sys/os.h"

#include <dirent.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "sys/open_by_hand.h"

namespace pipit::sys {
namespace {

template <class Value>
Value or_errno(Value value) {
  return value < 0 ? static_cast<Value>(-errno) : value;
}

int call_openat2(int dirfd, const char* path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(static_cast<unsigned>(flags));
  how.mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? mode & 07777 : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  // EAGAIN means that something above was renamed meanwhile and the kernel could not be sure.
  for (int attempt = 0;; ++attempt) {
    const long fd = ::syscall(SYS_openat2, dirfd, path, &how, sizeof how);
    if (fd >= 0) return static_cast<int>(fd);
    if (errno != EAGAIN || attempt == 100) return -errno;
  }
}

// Old kernels answer ENOSYS; old container sandboxes answer EPERM for every call they do not know.
bool kernel_has_openat2() {
  const int fd = call_openat2(AT_FDCWD, ".", O_PATH | O_CLOEXEC, 0);
  if (fd >= 0) ::close(fd);
  return fd != -ENOSYS && fd != -EPERM;
}

class RealOs final : public Os {
 public:
  int openat(int dirfd, const char* path, int flags, mode_t mode) override {
    return or_errno(::openat(dirfd, path, flags | O_CLOEXEC, mode));
  }
  int open_beneath(int dirfd, const char* path, int flags, mode_t mode) override {
    return has_openat2_ ? call_openat2(dirfd, path, flags | O_CLOEXEC, mode) : open_by_hand(dirfd, path, flags, mode);
  }
  int close(int fd) override { return or_errno(::close(fd)); }
  ssize_t read(int fd, void* buffer, std::size_t size) override { return or_errno(::read(fd, buffer, size)); }
  ssize_t pread(int fd, void* buffer, std::size_t size, off_t offset) override { return or_errno(::pread(fd, buffer, size, offset)); }
  ssize_t write(int fd, const void* buffer, std::size_t size) override { return or_errno(::write(fd, buffer, size)); }
  int ftruncate(int fd, off_t size) override { return or_errno(::ftruncate(fd, size)); }
  int fallocate(int fd, off_t size) override { return or_errno(::fallocate(fd, 0, 0, size)); }
  int fsync(int fd) override { return or_errno(::fsync(fd)); }
  int syncfs(int fd) override { return or_errno(::syncfs(fd)); }
  int start_writeback(int fd) override { return or_errno(::sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE)); }
  int fstat(int fd, struct stat* out) override { return or_errno(::fstat(fd, out)); }
  int fstatat(int dirfd, const char* path, struct stat* out, int flags) override { return or_errno(::fstatat(dirfd, path, out, flags)); }
  int fstatvfs(int fd, struct statvfs* out) override { return or_errno(::fstatvfs(fd, out)); }
  int fchmod(int fd, mode_t mode) override { return or_errno(::fchmod(fd, mode)); }
  int mkdirat(int dirfd, const char* path, mode_t mode) override { return or_errno(::mkdirat(dirfd, path, mode)); }
  int unlinkat(int dirfd, const char* path, int flags) override { return or_errno(::unlinkat(dirfd, path, flags)); }
  int renameat2(int from_dirfd, const char* from, int to_dirfd, const char* to, unsigned flags) override {
    if (flags == 0) return or_errno(::renameat(from_dirfd, from, to_dirfd, to));
    return static_cast<int>(or_errno(::syscall(SYS_renameat2, from_dirfd, from, to_dirfd, to, flags)));
  }
  int linkat(int from_dirfd, const char* from, int to_dirfd, const char* to) override {
    return or_errno(::linkat(from_dirfd, from, to_dirfd, to, 0));
  }
  int symlinkat(const char* target, int dirfd, const char* path) override { return or_errno(::symlinkat(target, dirfd, path)); }
  ssize_t readlinkat(int dirfd, const char* path, char* buffer, std::size_t size) override {
    return or_errno(::readlinkat(dirfd, path, buffer, size));
  }
  int clone_file(int from_fd, int to_fd) override { return or_errno(::ioctl(to_fd, FICLONE, from_fd)); }
  ssize_t copy_file_range(int from_fd, int to_fd, std::size_t size) override {
    return or_errno(::copy_file_range(from_fd, nullptr, to_fd, nullptr, size, 0));
  }
  int flock(int fd, int operation) override { return or_errno(::flock(fd, operation)); }
  int list(int dirfd, std::vector<DirEntry>* out) override;

 private:
  const bool has_openat2_ = kernel_has_openat2();
};

// struct linux_dirent64 as getdents64(2) documents it; the name follows the fixed part.
constexpr std::size_t kRecordLengthAt = 16, kTypeAt = 18, kNameAt = 19;

void append_entries(const char* buffer, std::size_t size, std::vector<DirEntry>* out) {
  for (std::size_t at = 0; at < size;) {
    std::uint16_t length = 0;
    std::memcpy(&length, buffer + at + kRecordLengthAt, sizeof length);
    const std::string_view name = buffer + at + kNameAt;
    if (name != "." && name != "..") out->push_back({std::string(name), static_cast<unsigned char>(buffer[at + kTypeAt])});
    at += length;
  }
}

// A descriptor of its own: the offset of `dirfd` is shared by all who list through it, and O_PATH ones cannot list.
int RealOs::list(int dirfd, std::vector<DirEntry>* out) {
  const int fd = ::openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -errno;
  alignas(8) std::array<char, 32768> buffer;
  long got = 0;
  while ((got = ::syscall(SYS_getdents64, fd, buffer.data(), buffer.size())) > 0)
    append_entries(buffer.data(), static_cast<std::size_t>(got), out);
  const int result = got < 0 ? -errno : 0;
  ::close(fd);
  return result;
}

}  // namespace

Os& real_os() {
  static RealOs os;
  return os;
}

}  // namespace pipit::sys
