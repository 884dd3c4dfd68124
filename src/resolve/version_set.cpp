#include "resolve/version_set.h"

#include <algorithm>

namespace pipit::resolve {

VersionSet::VersionSet(std::size_t size, bool filled) : size_(size) {
  if (size > kNearWords * 64) far_.resize(word_count());
  if (!filled) return;
  for (std::uint64_t& word : words()) word = ~std::uint64_t{0};
  clear_tail();
}

void VersionSet::clear_tail() {
  if (size_ % 64 != 0) words().back() &= (std::uint64_t{1} << (size_ % 64)) - 1;
}

void VersionSet::insert_range(std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end;) {
    if (i % 64 == 0 && end - i >= 64) {
      words()[i / 64] = ~std::uint64_t{0};
      i += 64;
    } else {
      insert(i++);
    }
  }
}

std::size_t VersionSet::count() const {
  std::size_t sum = 0;
  for (const std::uint64_t word : words()) sum += static_cast<std::size_t>(std::popcount(word));
  return sum;
}

bool VersionSet::empty() const {
  return std::ranges::all_of(words(), [](std::uint64_t word) { return word == 0; });
}

bool VersionSet::is_subset_of(const VersionSet& other) const {
  const auto mine = words(), theirs = other.words();
  for (std::size_t i = 0; i < mine.size(); ++i)
    if ((mine[i] & ~theirs[i]) != 0) return false;
  return true;
}

bool VersionSet::is_disjoint_from(const VersionSet& other) const {
  const auto mine = words(), theirs = other.words();
  for (std::size_t i = 0; i < mine.size(); ++i)
    if ((mine[i] & theirs[i]) != 0) return false;
  return true;
}

VersionSet VersionSet::complement() const {
  VersionSet result = *this;
  for (std::uint64_t& word : result.words()) word = ~word;
  result.clear_tail();
  return result;
}

VersionSet& VersionSet::operator&=(const VersionSet& other) {
  const auto mine = words();
  const auto theirs = other.words();
  for (std::size_t i = 0; i < mine.size(); ++i) mine[i] &= theirs[i];
  return *this;
}

VersionSet& VersionSet::operator|=(const VersionSet& other) {
  const auto mine = words();
  const auto theirs = other.words();
  for (std::size_t i = 0; i < mine.size(); ++i) mine[i] |= theirs[i];
  return *this;
}

bool operator==(const VersionSet& a, const VersionSet& b) { return a.size_ == b.size_ && std::ranges::equal(a.words(), b.words()); }

}  // namespace pipit::resolve
