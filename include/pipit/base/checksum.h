// A checksum of 128 bits: tells damaged or other bytes from the same ones, at the speed of memory. No defence against malice:
// what strangers may choose is compared by digests (verify). Pure.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pipit {

struct Checksum {
  std::uint64_t high = 0, low = 0;
  friend bool operator==(const Checksum&, const Checksum&) = default;
};

// Four chains side by side, so that the processor need not wait for one multiplication after the other.
inline Checksum checksum_of(std::string_view bytes) {
  constexpr std::uint64_t kPrime = 0x9E3779B97F4A7C15;
  constexpr std::size_t kBlock = 32;
  std::array<std::uint64_t, 4> lanes{bytes.size() * kPrime, kPrime, ~kPrime, kPrime << 1};
  const auto take = [&](const char* block) {
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      std::uint64_t word = 0;
      std::memcpy(&word, block + 8 * i, sizeof word);
      lanes[i] = (lanes[i] ^ word) * kPrime;
      lanes[i] ^= lanes[i] >> 29;
    }
  };
  for (; bytes.size() >= kBlock; bytes.remove_prefix(kBlock)) take(bytes.data());
  std::array<char, kBlock> rest{};
  if (!bytes.empty()) std::memcpy(rest.data(), bytes.data(), bytes.size());
  take(rest.data());
  Checksum sum{kPrime, ~kPrime};
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    sum.high = (sum.high ^ lanes[i]) * kPrime;
    sum.high ^= sum.high >> 31;
    sum.low = (sum.low ^ lanes[lanes.size() - 1 - i]) * kPrime;
    sum.low ^= sum.low >> 32;
  }
  return sum;
}

}  // namespace pipit
