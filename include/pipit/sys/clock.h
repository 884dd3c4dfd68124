// Clock: time as a parameter. Wall time for HTTP dates and cooldowns, monotonic time for ages, limits and progress.
#pragma once

#include <chrono>

namespace pipit::sys {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::chrono::system_clock::time_point now() const = 0;
  virtual std::chrono::steady_clock::time_point monotonic() const = 0;
};
Clock& real_clock();

class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::chrono::system_clock::time_point start = {}) : now_(start) {}
  std::chrono::system_clock::time_point now() const override { return now_; }
  std::chrono::steady_clock::time_point monotonic() const override { return monotonic_; }
  void advance(std::chrono::milliseconds by) { now_ += by; monotonic_ += by; }

 private:
  std::chrono::system_clock::time_point now_;
  std::chrono::steady_clock::time_point monotonic_{};
};

}  // namespace pipit::sys
