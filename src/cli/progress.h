// TransferProgress: what is on its way, and one line of it on a terminal's standard error: bytes, share, rate, time left.
// Knows time only to pace its drawing. Not thread-safe (Console serialises).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace pipit::cli {

class TransferProgress {
 public:
  void plan(std::uint64_t files, std::optional<std::uint64_t> size_bytes);
  void start(const std::string& key, std::optional<std::uint64_t> size_bytes);
  void move(const std::string& key, std::uint64_t received_bytes);
  void end(const std::string& key);
  void phase(const std::string& what, bool color);
  void draw(bool color, bool unicode);
  void clear();  // removes the line, so that other text can be printed
  std::string raw_line(const std::string& key) const;

 private:
  struct Item {
    std::uint64_t received = 0;
    std::optional<std::uint64_t> size;
  };
  std::uint64_t received_total() const;
  std::string current_item(std::size_t room) const;
  std::map<std::string, Item> items_;
  std::uint64_t files_planned_ = 0, files_done_ = 0, bytes_done_ = 0;
  std::optional<std::uint64_t> bytes_planned_;
  std::chrono::steady_clock::time_point began_{}, drawn_{};
  bool visible_ = false;
};

}  // namespace pipit::cli
