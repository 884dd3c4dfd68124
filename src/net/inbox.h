// Inbox: what other threads have for the net thread. The jobs, the stop flag and the multi handle to wake lie under one
// mutex: whoever stops it or puts the first job in wakes the sleeper under that same mutex, so no wake-up falls into the gap
// between the last look and the sleep. Before libcurl is started the net thread sleeps on the condition variable instead.
#pragma once

#include <curl/curl.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace pipit::net {

class Inbox {
 public:
  using Job = std::function<void()>;
  struct Look {
    std::vector<Job> jobs;
    bool stop = false;
  };

  // False after stop(): the job will not be run.
  bool push(Job job) {
    const std::lock_guard lock(mutex_);
    if (stop_) return false;
    jobs_.push_back(std::move(job));
    if (jobs_.size() == 1) wake();  // all are taken at once
    return true;
  }
  void stop() {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    wake();
  }
  // Takes everything; never blocks.
  Look take() {
    const std::lock_guard lock(mutex_);
    return {std::exchange(jobs_, {}), stop_};
  }
  // Blocks until there is something to take.
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
  }
  // Was something put in since the last take()? Asked just before curl_multi_poll, which then must not sleep: some releases
  // of libcurl may swallow a wake-up that comes while they perform.
  bool is_empty() {
    const std::lock_guard lock(mutex_);
    return jobs_.empty() && !stop_;
  }
  // From now on sleepers sit in curl_multi_poll(multi); null again before the handle goes.
  void wake_through(CURLM* multi) {
    const std::lock_guard lock(mutex_);
    multi_ = multi;
  }

 private:
  void wake() {
    changed_.notify_one();
    if (multi_ != nullptr) curl_multi_wakeup(multi_);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Job> jobs_;
  bool stop_ = false;
  CURLM* multi_ = nullptr;
};

}  // namespace pipit::net
