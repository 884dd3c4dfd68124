#include "install/private_folder.h"

#include <cerrno>

namespace pipit::install {

Status remove_tree_stubbornly(const sys::Dir& dir, const std::string& name) {
  Status removed = dir.remove_tree(name);
  return removed ? std::move(removed) : dir.remove_tree(name);
}

// Whoever leaves deletes the folder under us: then the lock cannot be opened in it, and we begin again.
Result<PrivateFolder> PrivateFolder::enter(const sys::Dir& root, const LockWait& wait, std::stop_token stop) {
  constexpr int kAttemptsMax = 1000;
  for (int attempt = 0;; ++attempt) {
    Status made = root.make_dir(kPrivateFolder);
    const bool we_made_it = made.has_value();
    if (!made && made.error().os_errno != EEXIST) return fail(std::move(made).error());
    PrivateFolder folder;
    auto dir = root.open_dir(kPrivateFolder);
    auto lock = dir ? sys::FileLock::acquire(*dir, kLockFile, sys::FileLock::Mode::exclusive, wait.timeout, wait.on_wait, stop)
                    : Result<sys::FileLock>(fail(dir.error()));
    if (lock) {
      folder.dir = std::move(*dir);
      folder.lock = std::move(*lock);
      return folder;
    }
    if (lock.error().os_errno == ENOENT && attempt < kAttemptsMax) continue;
    // A lock file that failed halfway is taken back by locking it: it may be somebody else's by now.
    if (dir && lock.error().code != sys::kLockTimeout && lock.error().code != kCancelled) {
      auto free = sys::FileLock::acquire(*dir, kLockFile, sys::FileLock::Mode::exclusive, std::chrono::milliseconds(0), {}, {});
      if (free) {
        folder.dir = std::move(*dir);
        folder.lock = std::move(*free);
        folder.leave(root);
      }
    }
    if (we_made_it) (void)root.remove_dir(kPrivateFolder);
    return fail(std::move(lock).error());
  }
}

namespace {

struct Left {
  bool lock = false, stamp = false, other = false;
};

Left sort_out(const std::vector<sys::DirEntry>& entries) {
  Left left;
  for (const sys::DirEntry& entry : entries) {
    if (entry.name == kLockFile) left.lock = true;
    else if (entry.name == kStampFile) left.stamp = true;
    else left.other = true;
  }
  return left;
}

}  // namespace

void PrivateFolder::leave(const sys::Dir& root) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto entries = dir.list();
    if (!entries) continue;
    const Left left = sort_out(*entries);
    if (left.other) break;  // somebody's unfinished business keeps it
    const bool unlocked = !left.lock || dir.remove_file(kLockFile);
    if (left.stamp ? unlocked : root.remove_dir(kPrivateFolder).has_value()) break;
  }
  dir = sys::Dir();
  lock.unlock();
}

}  // namespace pipit::install
