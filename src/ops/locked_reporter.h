// LockedReporter: hands on what several threads say (builds that run side by side), one call at a time.
#pragma once

#include <mutex>

#include "pipit/ops/reporter.h"

namespace pipit::ops {

class LockedReporter final : public Reporter {
 public:
  explicit LockedReporter(Reporter& outer) : outer_(outer) {}
  void say(const Diagnostic& diagnostic) override { const std::scoped_lock lock(mutex_); outer_.say(diagnostic); }
  void data(const std::string& text) override { const std::scoped_lock lock(mutex_); outer_.data(text); }
  void transfer_planned(std::uint64_t files, std::optional<std::uint64_t> size) override { const std::scoped_lock lock(mutex_); outer_.transfer_planned(files, size); }
  void transfer_started(const std::string& key, std::optional<std::uint64_t> size) override { const std::scoped_lock lock(mutex_); outer_.transfer_started(key, size); }
  void transfer_moved(const std::string& key, std::uint64_t received) override { const std::scoped_lock lock(mutex_); outer_.transfer_moved(key, received); }
  void transfer_ended(const std::string& key) override { const std::scoped_lock lock(mutex_); outer_.transfer_ended(key); }
  void phase(const std::string& what) override { const std::scoped_lock lock(mutex_); outer_.phase(what); }
  std::optional<bool> ask(const std::string& question) override { const std::scoped_lock lock(mutex_); return outer_.ask(question); }

 private:
  Reporter& outer_;
  std::mutex mutex_;
};

}  // namespace pipit::ops
