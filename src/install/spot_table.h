// SpotTable: numbers of files by their path, for as many files as an environment has: open addressing, one word each. Paths
// are not kept: who asks says how to compare with a number's.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace pipit::install {

class SpotTable {
 public:
  explicit SpotTable(std::size_t count) : slots_(std::bit_ceil(2 * count + 2), Slot{0, kEmpty}) {}

  static std::uint32_t hash(std::size_t anchor, std::string_view path) {
    const std::uint64_t mixed = (std::hash<std::string_view>()(path) + anchor) * 0x9e3779b97f4a7c15u;
    return static_cast<std::uint32_t>(mixed >> 32);
  }

  // Where the number is kept whose path `is_same`, or kEmpty if there is none; it may be put there then.
  template <class IsSame>
  std::uint32_t& find(std::uint32_t hash, IsSame is_same) {
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at].number != kEmpty && !(slots_[at].hash == hash && is_same(slots_[at].number))) at = (at + 1) & (slots_.size() - 1);
    if (slots_[at].number == kEmpty) slots_[at].hash = hash;
    return slots_[at].number;
  }

  static constexpr std::uint32_t kEmpty = static_cast<std::uint32_t>(-1);

 private:
  struct Slot {
    std::uint32_t hash, number;
  };
  std::vector<Slot> slots_;  // at most half of them used
};

}  // namespace pipit::install
