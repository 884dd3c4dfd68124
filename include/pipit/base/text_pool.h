// TextPool: texts that live together, for views into them. What is kept is never moved or freed while the pool lives.
// Thousands of paths cost a few allocations. Not thread-safe while something is added.
#pragma once

#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pipit {

class TextPool {
 public:
  std::string_view keep(std::string_view text) {
    if (text.size() > room_) {
      room_ = text.size() > kBlockBytes ? text.size() : kBlockBytes;
      next_ = blocks_.emplace_back(new char[room_]).get();
    }
    char* const at = next_;
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    next_ += text.size();
    room_ -= text.size();
    return {at, text.size()};
  }
  // A large text as it is, without a copy.
  std::string_view take(std::string text) { return taken_.emplace_back(std::move(text)); }
  // The texts of another pool live as long as this one's.
  void hold(std::shared_ptr<const TextPool> other) { held_.push_back(std::move(other)); }

 private:
  static constexpr std::size_t kBlockBytes = 16u << 10;
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t room_ = 0;
  std::deque<std::string> taken_;
  std::vector<std::shared_ptr<const TextPool>> held_;
};

}  // namespace pipit
