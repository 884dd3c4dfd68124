#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "pipit/base/text.h"
#include "pipit/sys/file.h"

namespace pipit::cli {

namespace {

constexpr auto kDrawEvery = std::chrono::milliseconds(100);
constexpr auto kQuietFor = std::chrono::milliseconds(400);  // what is quicker needs no bar
constexpr int kBarWidthMax = 30;

}  // namespace

void TransferProgress::plan(std::uint64_t files, std::optional<std::uint64_t> size_bytes) {
  files_planned_ = files;
  bytes_planned_ = size_bytes;
}

void TransferProgress::start(const std::string& key, std::optional<std::uint64_t> size_bytes) {
  if (began_ == std::chrono::steady_clock::time_point{}) began_ = std::chrono::steady_clock::now();
  items_[key] = {0, size_bytes};
}

void TransferProgress::move(const std::string& key, std::uint64_t received_bytes) { items_[key].received = received_bytes; }

void TransferProgress::end(const std::string& key) {
  bytes_done_ += items_[key].received;
  items_.erase(key);
  ++files_done_;
}

std::uint64_t TransferProgress::received_total() const {
  std::uint64_t total = bytes_done_;
  for (const auto& [key, item] : items_) total += item.received;
  return total;
}

std::string TransferProgress::raw_line(const std::string& key) const {
  auto found = items_.find(key);
  if (found == items_.end()) return {};
  return fmt::format("Progress {} of {}\n", found->second.received, found->second.size.value_or(0));
}

void TransferProgress::phase(const std::string& what, bool color) {
  clear();
  const std::string shown = what.substr(0, static_cast<std::size_t>(std::max(1, sys::terminal_columns(2, 80) - 5)));
  fmt::print(stderr, "{}{} ...{}\r", color ? "\x1b[2m" : "", shown, color ? "\x1b[0m" : "");
  std::fflush(stderr);
  visible_ = true;
}

// The file that has the most still to come, with its own share, cut to fit.
std::string TransferProgress::current_item(std::size_t room) const {
  const std::pair<const std::string, Item>* largest = nullptr;
  for (const auto& entry : items_)
    if (!largest || entry.second.size.value_or(0) - entry.second.received > largest->second.size.value_or(0) - largest->second.received) largest = &entry;
  if (!largest || room < 16) return {};
  std::string share;
  if (largest->second.size && *largest->second.size > 0)
    share = fmt::format(" {}%", std::min<std::uint64_t>(100, largest->second.received * 100 / *largest->second.size));
  return "  " + escape_for_terminal(largest->first).substr(0, room - 2 - share.size()) + share;
}

void TransferProgress::draw(bool color, bool unicode) {
  const auto now = std::chrono::steady_clock::now();
  if (now - drawn_ < kDrawEvery || now - began_ < kQuietFor) return;
  drawn_ = now;
  const std::uint64_t received = received_total();
  const double seconds = std::max(0.001, std::chrono::duration<double>(now - began_).count());
  const auto rate = static_cast<double>(received) / seconds;
  std::string text = fmt::format("{}/{} files  {}", files_done_, std::max<std::uint64_t>(files_planned_, files_done_ + items_.size()), format_size(received));
  if (bytes_planned_ && *bytes_planned_ >= received && rate > 0) {
    const auto left = static_cast<int>(static_cast<double>(*bytes_planned_ - received) / rate);
    text += fmt::format("/{}  {}/s  eta {}:{:02}", format_size(*bytes_planned_), format_size(static_cast<std::uint64_t>(rate)), left / 60, left % 60);
  } else {
    text += fmt::format("  {}/s", format_size(static_cast<std::uint64_t>(rate)));
  }
  const int columns = sys::terminal_columns(2, 80);
  text += current_item(static_cast<std::size_t>(std::max(0, columns - static_cast<int>(text.size()) - 12)));
  std::string bar;
  const int room = std::min(kBarWidthMax, columns - static_cast<int>(text.size()) - 4);
  if (bytes_planned_ && *bytes_planned_ > 0 && room >= 8) {
    const auto full = static_cast<int>(std::min(1.0, static_cast<double>(received) / static_cast<double>(*bytes_planned_)) * room);
    for (int i = 0; i < room; ++i) bar += i < full ? (unicode ? "━" : "#") : " ";
    bar += "  ";
  }
  if (bar.empty() && static_cast<int>(text.size()) >= columns) text.resize(static_cast<std::size_t>(std::max(1, columns - 1)));
  fmt::print(stderr, "\r{}{}{}{}\x1b[K", color ? "\x1b[32m" : "", bar, color ? "\x1b[0m" : "", text);
  std::fflush(stderr);
  visible_ = true;
}

void TransferProgress::clear() {
  if (!visible_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  visible_ = false;
}

}  // namespace pipit::cli
