// OnceMap: each question is asked once, whoever asks first, and everybody gets the same answer. The first one to begin()
// must put(); the others wait(). Answers are kept for the life of the map. Values should be cheap to copy (a shared_ptr).
// Safe from any thread; nothing runs under the lock.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

namespace pipit {

template <class Key, class Value>
class OnceMap {
 public:
  // True for the first caller, who must put() an answer later; false for everybody else.
  bool begin(const Key& key) {
    const std::lock_guard lock(mutex_);
    return answers_.try_emplace(key).second;
  }
  void put(const Key& key, Value value) {
    bool is_awaited = false;
    {
      const std::lock_guard lock(mutex_);
      answers_[key] = std::move(value);
      is_awaited = awaited_.contains(key);
    }
    if (is_awaited) changed_.notify_all();  // who waits for another key sleeps on
  }
  // Nullopt if nobody asked or the answer is not there yet.
  std::optional<Value> peek(const Key& key) const {
    const std::lock_guard lock(mutex_);
    const auto at = answers_.find(key);
    return at == answers_.end() ? std::nullopt : at->second;
  }
  // REQUIRES: somebody called begin(key).
  Value wait(const Key& key) {
    std::unique_lock lock(mutex_);
    if (!answers_[key].has_value()) {
      const auto mine = awaited_.insert(key);
      changed_.wait(lock, [&] { return answers_[key].has_value(); });
      awaited_.erase(mine);
    }
    return *answers_[key];
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Key, std::optional<Value>> answers_;
  std::multiset<Key> awaited_;
};

}  // namespace pipit
