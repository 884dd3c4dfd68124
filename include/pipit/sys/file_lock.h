// FileLock: an flock on an owned regular file. It dies with the process, so there is no stale lock and no guessing by
// pid; the holder writes "pid command" into the file for the waiter's message. A link or a foreign owner is refused.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

#include "pipit/sys/dir.h"

namespace pipit::sys {

inline constexpr ErrorCode kLockTimeout{"lock-timeout"};

class FileLock {
 public:
  enum class Mode { shared, exclusive };
  FileLock() = default;
  // `on_wait` is called once, with the holder's words, if somebody else holds it.
  static Result<FileLock> acquire(const Dir& dir, const std::string& name, Mode mode, std::chrono::milliseconds timeout,
                                  const std::function<void(const std::string& holder)>& on_wait, std::stop_token stop);
  explicit operator bool() const { return static_cast<bool>(file_); }
  void unlock() { file_ = File(); }

 private:
  File file_;
};

}  // namespace pipit::sys
