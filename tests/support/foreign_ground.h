// Environments that renames do not reach everywhere, as the kernel shows them: OtherMountOs makes one directory look like
// the mount of another file system; LayeredOs refuses, as overlayfs does, to move a directory that it did not make itself.
#pragma once

#include <cerrno>
#include <filesystem>
#include <set>
#include <utility>

#include "pipit/sys/file.h"
#include "support/passing_os.h"

namespace pipit::test {

class OtherMountOs final : public PassingOs {
 public:
  explicit OtherMountOs(const std::filesystem::path& mount) : mount_(mount) {}
  int renameat2(int from_dirfd, const char* from, int to_dirfd, const char* to, unsigned flags) override {
    return is_inside(from_dirfd) != is_inside(to_dirfd) ? -EXDEV : PassingOs::renameat2(from_dirfd, from, to_dirfd, to, flags);
  }
  int linkat(int from_dirfd, const char* from, int to_dirfd, const char* to) override {
    return is_inside(from_dirfd) != is_inside(to_dirfd) ? -EXDEV : PassingOs::linkat(from_dirfd, from, to_dirfd, to);
  }

 private:
  bool is_inside(int fd) const {
    const auto path = sys::read_link("/proc/self/fd/" + std::to_string(fd));
    return path && (*path + "/").starts_with(mount_.string() + "/");
  }
  std::filesystem::path mount_;
};

class LayeredOs final : public PassingOs {
 public:
  int mkdirat(int dirfd, const char* path, mode_t mode) override {
    const int made = PassingOs::mkdirat(dirfd, path, mode);
    struct stat info {};
    if (made == 0 && fstatat(dirfd, path, &info, AT_SYMLINK_NOFOLLOW) == 0) upper_.insert(info.st_ino);
    return made;
  }
  int unlinkat(int dirfd, const char* path, int flags) override {
    struct stat info {};
    const bool known = fstatat(dirfd, path, &info, AT_SYMLINK_NOFOLLOW) == 0;
    const int result = PassingOs::unlinkat(dirfd, path, flags);
    if (result == 0 && known && S_ISDIR(info.st_mode)) upper_.erase(info.st_ino);
    return result;
  }
  int renameat2(int from_dirfd, const char* from, int to_dirfd, const char* to, unsigned flags) override {
    struct stat info {};
    const int found = fstatat(from_dirfd, from, &info, AT_SYMLINK_NOFOLLOW);
    if (found == 0 && S_ISDIR(info.st_mode) && !upper_.contains(info.st_ino)) return -EXDEV;
    return PassingOs::renameat2(from_dirfd, from, to_dirfd, to, flags);
  }

 private:
  std::set<ino_t> upper_;
};

}  // namespace pipit::test
