// The unpacked form of a Version and the widths of its packed key. Private to packaging.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pipit/packaging/version.h"

namespace pipit::packaging {

// Rank of the pre-release part in the order: a dev release of a bare release sorts before its alphas.
enum class PreKind : std::uint8_t { dev_only = 0, a = 1, b = 2, rc = 3, none = 4 };

// Numbers are decimal text without leading zeros ("0" for zero), so they are unbounded and compare by length, then text.
struct Version::Parts {
  std::string epoch = "0";
  std::string release = "0";  // "1.2.0": segments as written, in normal form
  PreKind pre_kind = PreKind::none;
  std::string pre = "0";
  std::optional<std::string> post, dev;
  std::string local;  // normal form, "" if absent
};

// Field widths of the key, chosen so that dates fit in front (2024.1.1, 20240101) and behind (.dev20240101).
namespace version_key {
inline constexpr int kRelease0Bits = 28, kRelease1Bits = 18, kRelease2Bits = 18;
inline constexpr int kRelease3Bits = 12, kPreKindBits = 3, kPreBits = 10, kPostBits = 12, kDevBits = 26;
static_assert(kRelease0Bits + kRelease1Bits + kRelease2Bits == 64);
static_assert(kRelease3Bits + kPreKindBits + kPreBits + kPostBits + kDevBits + 1 == 64);
inline constexpr int kDevShift = 1, kPostShift = kDevShift + kDevBits, kPreShift = kPostShift + kPostBits,
                     kPreKindShift = kPreShift + kPreBits, kRelease3Shift = kPreKindShift + kPreKindBits;
constexpr std::uint64_t mask(int bits) { return (std::uint64_t{1} << bits) - 1; }
constexpr std::uint64_t field(std::uint64_t word, int shift, int bits) { return (word >> shift) & mask(bits); }
inline constexpr std::uint64_t kNoDev = mask(kDevBits);  // no dev part sorts after every dev part
}  // namespace version_key

}  // namespace pipit::packaging
