#include "support/faulty_os.h"

#include <cerrno>

namespace pipit::test {

bool FaultyOs::dies_here() { return plan_.fault == Fault::die && changes_ == plan_.at; }

int FaultyOs::before(Effect effect) {
  if (dead_) return -EIO;
  ++calls_;
  if (effect == Effect::changes) ++changes_;
  if (effect == Effect::changes && dies_here()) {
    dead_ = struck_ = true;
    throw Died{};
  }
  const bool hit = (plan_.fault == Fault::fail && calls_ == plan_.at) || (plan_.fault == Fault::fail_onward && calls_ >= plan_.at);
  struck_ = struck_ || hit;
  return hit ? -plan_.error_number : 0;
}

#define PIPIT_OR_FAULT(effect) \
  if (const int fault = before(Effect::effect); fault != 0) return fault

int FaultyOs::openat(int dirfd, const char* path, int flags, mode_t mode) {
  if (const int fault = before((flags & O_CREAT) != 0 ? Effect::changes : Effect::looks); fault != 0) return fault;
  return kernel_.openat(dirfd, path, flags, mode);
}
int FaultyOs::open_beneath(int dirfd, const char* path, int flags, mode_t mode) {
  if (const int fault = before((flags & O_CREAT) != 0 ? Effect::changes : Effect::looks); fault != 0) return fault;
  return kernel_.open_beneath(dirfd, path, flags, mode);
}
// A descriptor is closed whatever else is said.
int FaultyOs::close(int fd) {
  const int result = kernel_.close(fd);
  if (dead_) return result;
  PIPIT_OR_FAULT(looks);
  return result;
}
ssize_t FaultyOs::read(int fd, void* buffer, std::size_t size) {
  PIPIT_OR_FAULT(looks);
  if (plan_.fault == Fault::hiccup && calls_ % 2 == 0) return -EINTR;
  return kernel_.read(fd, buffer, plan_.fault == Fault::hiccup ? 1 : size);
}
ssize_t FaultyOs::pread(int fd, void* buffer, std::size_t size, off_t offset) {
  PIPIT_OR_FAULT(looks);
  return kernel_.pread(fd, buffer, size, offset);
}
ssize_t FaultyOs::write(int fd, const void* buffer, std::size_t size) {
  if (plan_.fault == Fault::die && !dead_ && changes_ + 1 == plan_.at && kernel_.write(fd, buffer, size / 2) < 0) return -EIO;
  PIPIT_OR_FAULT(changes);
  if (plan_.fault == Fault::hiccup && calls_ % 2 == 0) return -EINTR;
  return kernel_.write(fd, buffer, plan_.fault == Fault::hiccup ? 1 : size);
}
int FaultyOs::ftruncate(int fd, off_t size) {
  PIPIT_OR_FAULT(changes);
  return kernel_.ftruncate(fd, size);
}
int FaultyOs::fallocate(int fd, off_t size) {
  PIPIT_OR_FAULT(changes);
  return kernel_.fallocate(fd, size);
}
// The tests ask what happens around a sync, not whether the disk is quick.
int FaultyOs::fsync(int) {
  PIPIT_OR_FAULT(changes);
  return 0;
}
int FaultyOs::syncfs(int) {
  PIPIT_OR_FAULT(changes);
  return 0;
}
int FaultyOs::start_writeback(int) {
  PIPIT_OR_FAULT(changes);
  return 0;
}
int FaultyOs::fstat(int fd, struct stat* out) {
  PIPIT_OR_FAULT(looks);
  return kernel_.fstat(fd, out);
}
int FaultyOs::fstatat(int dirfd, const char* path, struct stat* out, int flags) {
  PIPIT_OR_FAULT(looks);
  return kernel_.fstatat(dirfd, path, out, flags);
}
int FaultyOs::fstatvfs(int fd, struct statvfs* out) {
  PIPIT_OR_FAULT(looks);
  return kernel_.fstatvfs(fd, out);
}
int FaultyOs::fchmod(int fd, mode_t mode) {
  PIPIT_OR_FAULT(changes);
  return kernel_.fchmod(fd, mode);
}
int FaultyOs::mkdirat(int dirfd, const char* path, mode_t mode) {
  PIPIT_OR_FAULT(changes);
  if (plan_.fault == Fault::hiccup && calls_ % 2 == 0) return -EINTR;
  return kernel_.mkdirat(dirfd, path, mode);
}
int FaultyOs::unlinkat(int dirfd, const char* path, int flags) {
  PIPIT_OR_FAULT(changes);
  return kernel_.unlinkat(dirfd, path, flags);
}
int FaultyOs::renameat2(int from_dirfd, const char* from, int to_dirfd, const char* to, unsigned flags) {
  PIPIT_OR_FAULT(changes);
  if (plan_.fault == Fault::hiccup && calls_ % 2 == 0) return -EINTR;
  return kernel_.renameat2(from_dirfd, from, to_dirfd, to, flags);
}
int FaultyOs::linkat(int from_dirfd, const char* from, int to_dirfd, const char* to) {
  PIPIT_OR_FAULT(changes);
  if (plan_.fault == Fault::hiccup && calls_ % 2 == 0) return -EINTR;
  return kernel_.linkat(from_dirfd, from, to_dirfd, to);
}
int FaultyOs::symlinkat(const char* target, int dirfd, const char* path) {
  PIPIT_OR_FAULT(changes);
  return kernel_.symlinkat(target, dirfd, path);
}
ssize_t FaultyOs::readlinkat(int dirfd, const char* path, char* buffer, std::size_t size) {
  PIPIT_OR_FAULT(looks);
  return kernel_.readlinkat(dirfd, path, buffer, size);
}
int FaultyOs::clone_file(int from_fd, int to_fd) {
  PIPIT_OR_FAULT(changes);
  return kernel_.clone_file(from_fd, to_fd);
}
ssize_t FaultyOs::copy_file_range(int from_fd, int to_fd, std::size_t size) {
  PIPIT_OR_FAULT(changes);
  return kernel_.copy_file_range(from_fd, to_fd, plan_.fault == Fault::hiccup ? 1 : size);
}
int FaultyOs::flock(int fd, int operation) {
  PIPIT_OR_FAULT(looks);
  return kernel_.flock(fd, operation);
}
int FaultyOs::list(int dirfd, std::vector<sys::DirEntry>* out) {
  PIPIT_OR_FAULT(looks);
  return kernel_.list(dirfd, out);
}

#undef PIPIT_OR_FAULT

}  // namespace pipit::test
