// EarlySync: what was unpacked so far goes to the disk while the rest is still being unpacked, so that the sync before the
// commit has little left to wait for. It promises nothing: the transaction syncs everything itself. But a disk that fails
// to write may tell only once, and here it may have told us: status() is asked before the commit.
// Threads: note() from any; one thread of its own while a sync runs. The destructor waits for it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "pipit/base/result.h"

namespace pipit::ops {

class EarlySync {
 public:
  explicit EarlySync(std::function<Status()> sync) : sync_(std::move(sync)) {}
  ~EarlySync();
  EarlySync(const EarlySync&) = delete;
  EarlySync& operator=(const EarlySync&) = delete;

  void note(std::uint64_t unpacked_bytes);
  // Waits for a sync that runs; the first failure.
  Status status();

 private:
  void run();

  std::function<Status()> sync_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t waiting_bytes_ = 0;
  bool running_ = false, ending_ = false;
  Status first_failure_ = ok();
  std::thread thread_;  // made with the first batch
};

}  // namespace pipit::ops
