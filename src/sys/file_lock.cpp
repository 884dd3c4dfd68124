#include "pipit/sys/file_lock.h"

#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

#include "pipit/base/text.h"
#include "sys/retry.h"

namespace pipit::sys {
namespace {

using Milliseconds = std::chrono::milliseconds;
constexpr Milliseconds kFirstPause{5}, kLongestPause{100}, kLongestWait{std::chrono::hours(24 * 365)};

Error not_ours(const Dir& dir, const std::string& name) {
  return make_error(ErrorCode{"unsafe-lock"}, "the lock file `" + (dir.path() / name).string() + "` is a link or belongs to another user");
}

// A reader of a cache it may not write still takes the shared lock.
Result<File> open_lock(const Dir& dir, const std::string& name, FileLock::Mode mode) {
  int fd = retry_eintr([&] { return dir.os().open_beneath(dir.fd(), name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0666); });
  if (mode == FileLock::Mode::shared && (fd == -EROFS || fd == -EACCES))
    fd = retry_eintr([&] { return dir.os().open_beneath(dir.fd(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0); });
  if (fd == -ELOOP) return fail(not_ours(dir, name));
  if (fd < 0) return fail(os_error(-fd, "open", (dir.path() / name).string()));
  return File(dir.os(), fd);
}

// root may use the lock of the user whose directory it is.
Status check_ours(const Dir& dir, const std::string& name, const struct stat& info) {
  struct stat holder {};
  if (const int result = dir.os().fstat(dir.fd(), &holder); result < 0) return fail(os_error(-result, "look at", dir.path().string()));
  const uid_t me = ::geteuid();
  const bool mine = info.st_uid == me || (me == 0 && info.st_uid == holder.st_uid);
  if (!S_ISREG(info.st_mode) || info.st_nlink > 1 || !mine) return fail(not_ours(dir, name));
  return ok();
}

// Whoever holds a lock may delete its file; a lock on a file without its name protects nothing.
bool still_named(const Dir& dir, const std::string& name, const struct stat& held) {
  struct stat info {};
  return dir.os().fstatat(dir.fd(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && info.st_dev == held.st_dev && info.st_ino == held.st_ino;
}

std::string holder_of(const File& file) {
  std::array<char, 200> text;
  const ssize_t size = file.os().pread(file.fd(), text.data(), text.size(), 0);
  const std::string words = size > 0 ? std::string(trim(std::string_view(text.data(), static_cast<std::size_t>(size)))) : std::string();
  return words.empty() ? "another process" : "process " + escape_for_terminal(words);
}

// Only a courtesy for the waiter: a full disk must not keep anybody from locking. The command line stays out of it, it
// may hold passwords.
void write_holder(File& file) {
  const auto name = read_file("/proc/self/comm", 64);
  const std::string words = std::to_string(::getpid()) + " " + (name ? std::string(trim(*name)) : "pipit") + "\n";
  if (file.os().ftruncate(file.fd(), 0) == 0) (void)file.write_all(as_bytes_view(words));
}

}  // namespace

Result<FileLock> FileLock::acquire(const Dir& dir, const std::string& name, Mode mode, Milliseconds timeout,
                                   const std::function<void(const std::string& holder)>& on_wait, std::stop_token stop) {
  const auto deadline = std::chrono::steady_clock::now() + std::min(timeout, kLongestWait);
  const int operation = (mode == Mode::exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB;
  bool told = false;
  for (Milliseconds pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    PIPIT_TRY(File file, open_lock(dir, name, mode));
    PIPIT_TRY(const struct stat info, file.stat());
    PIPIT_CHECK(check_ours(dir, name, info));
    const int result = retry_eintr([&] { return file.os().flock(file.fd(), operation); });
    if (result == 0) {
      if (!still_named(dir, name, info)) continue;
      if (mode == Mode::exclusive) write_holder(file);
      FileLock lock;
      lock.file_ = std::move(file);
      return lock;
    }
    if (result != -EWOULDBLOCK) return fail(os_error(-result, "lock", (dir.path() / name).string()));
    const std::string holder = holder_of(file);
    if (!std::exchange(told, true) && on_wait) on_wait(holder);
    if (stop.stop_requested()) return fail(make_error(kCancelled, "cancelled while waiting for a lock"));
    if (std::chrono::steady_clock::now() >= deadline)
      return fail(make_error(kLockTimeout, "`" + (dir.path() / name).string() + "` is still held by " + holder));
    file = File();
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace pipit::sys
