#include "ops/early_sync.h"

#include <system_error>

namespace pipit::ops {

namespace {

// Less than this is written by the last sync in no time; a sync for each wheel would cost more than it saves.
constexpr std::uint64_t kBatchBytes = 24u << 20;

}  // namespace

EarlySync::~EarlySync() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void EarlySync::note(std::uint64_t unpacked_bytes) {
  const std::scoped_lock lock(mutex_);
  waiting_bytes_ += unpacked_bytes;
  if (waiting_bytes_ < kBatchBytes || ending_ || !first_failure_) return;
  if (!thread_.joinable()) {
    try {
      thread_ = std::thread([this] { run(); });
    } catch (const std::system_error&) {
      ending_ = true;  // no thread to spare: the last sync does it all
    }
  }
  changed_.notify_all();
}

Status EarlySync::status() {
  std::unique_lock lock(mutex_);
  waiting_bytes_ = 0;
  changed_.wait(lock, [this] { return !running_; });
  return first_failure_;
}

void EarlySync::run() {
  std::unique_lock lock(mutex_);
  while (!ending_ && first_failure_) {
    if (waiting_bytes_ < kBatchBytes) {
      changed_.wait(lock);
      continue;
    }
    waiting_bytes_ = 0;
    running_ = true;
    lock.unlock();
    Status done = sync_();
    lock.lock();
    running_ = false;
    if (!done) first_failure_ = std::move(done);
    changed_.notify_all();
  }
}

}  // namespace pipit::ops
