// VersionSet: a set of the releases of one project, by rank (0 is the oldest), plus one last element that stands for
// "not chosen at all". With that element a term of PubGrub, positive or negative, is simply a set: x<2 is {the ranks below
// 2}, not x<2 is its complement, and intersection, union and complement need no case distinction.
//
// Why sets of ranks and not intervals over PEP 440: `<` and `>` leave out pre- and post-releases around their bound, `==`
// ignores locals, `===` compares text; a closed form for all of them is large and easy to get wrong. A project's releases
// are known and finite when the first term on it is made, so a bit for each of them agrees with SpecifierSet::contains by
// construction, and a set of 200 releases is four machine words. Sets of different sizes never meet.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pipit::resolve {

class VersionSet {
 public:
  VersionSet() = default;
  explicit VersionSet(std::size_t size, bool filled = false);

  std::size_t size() const { return size_; }
  std::size_t absent() const { return size_ - 1; }  // the element for "not chosen"
  bool contains(std::size_t element) const { return (words()[element / 64] >> (element % 64) & 1U) != 0; }
  void insert(std::size_t element) { words()[element / 64] |= std::uint64_t{1} << (element % 64); }
  void erase(std::size_t element) { words()[element / 64] &= ~(std::uint64_t{1} << (element % 64)); }
  void insert_range(std::size_t begin, std::size_t end);  // [begin, end)

  std::size_t count() const;
  bool empty() const;
  bool is_full() const { return count() == size_; }
  bool is_subset_of(const VersionSet& other) const;
  bool is_disjoint_from(const VersionSet& other) const;
  VersionSet complement() const;
  VersionSet& operator&=(const VersionSet& other);
  VersionSet& operator|=(const VersionSet& other);
  friend VersionSet operator&(VersionSet a, const VersionSet& b) { return a &= b; }
  friend VersionSet operator|(VersionSet a, const VersionSet& b) { return a |= b; }
  friend bool operator==(const VersionSet& a, const VersionSet& b);

 private:
  static constexpr std::size_t kNearWords = 4;  // 256 releases without an allocation
  std::size_t word_count() const { return (size_ + 63) / 64; }
  std::span<std::uint64_t> words() { return {size_ <= kNearWords * 64 ? near_.data() : far_.data(), word_count()}; }
  std::span<const std::uint64_t> words() const { return {size_ <= kNearWords * 64 ? near_.data() : far_.data(), word_count()}; }
  void clear_tail();

  std::size_t size_ = 0;
  std::array<std::uint64_t, kNearWords> near_{};
  std::vector<std::uint64_t> far_;
};

}  // namespace pipit::resolve
