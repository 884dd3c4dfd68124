// Writing and reading the manifest's bytes: numbers as little-endian base-128, texts with their length in front. Reading
// never trusts a length: a text longer than what is left, or a count of more items than there are bytes, ends it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pipit::wheel {

class ByteWriter {
 public:
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(0x80 | (value & 0x7f));
    out_ += static_cast<char>(value);
  }
  void text(std::string_view value) {
    number(value.size());
    out_ += value;
  }
  template <class Item, class Write>
  void list(const std::vector<Item>& items, Write write) {
    number(items.size());
    for (const Item& item : items) write(item);
  }
  template <class Text>
  void texts(const std::vector<Text>& items) {
    list(items, [this](std::string_view item) { text(item); });
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

// After the first failure every read gives nothing; ask good() once at the end.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return give_up();
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return give_up();
  }
  std::string_view text() {
    const std::uint64_t size = number();
    if (size > rest_.size()) {
      give_up();
      return {};
    }
    const std::string_view value = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(value.size());
    return value;
  }
  template <class Item, class Read>
  void list(std::vector<Item>& items, Read read) {
    const std::uint64_t count = number();
    if (count > rest_.size()) {  // every item takes a byte at least
      give_up();
      return;
    }
    items.reserve(static_cast<std::size_t>(count));
    for (std::uint64_t i = 0; i < count && good_; ++i) items.push_back(read());
  }
  template <class Text>
  void texts(std::vector<Text>& items) {
    list(items, [this] { return Text(text()); });
  }
  bool at_end() const { return good_ && rest_.empty(); }
  bool good() const { return good_; }
  std::uint64_t give_up() {
    good_ = false;
    rest_ = {};
    return 0;
  }

 private:
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace pipit::wheel
