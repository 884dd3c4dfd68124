// The bytes of a zip archive (APPNOTE.TXT 6.3.9, chapter 4.3), as offsets into its little-endian records:
//
//   archive   = member* central* [zip64-end zip64-locator] end
//   member    = "PK\3\4" 26 bytes, name, extra, data, [descriptor]
//   central   = "PK\1\2" 42 bytes, name, extra, comment
//   extra     = (id:u16 size:u16 payload)*
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "pipit/base/sink.h"

namespace pipit::archive {

inline constexpr std::uint32_t kLocalSignature = 0x04034b50, kCentralSignature = 0x02014b50, kEndSignature = 0x06054b50,
                               kZip64EndSignature = 0x06064b50, kZip64LocatorSignature = 0x07064b50, kDescriptorSignature = 0x08074b50;
inline constexpr std::size_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22, kZip64EndSize = 56, kZip64LocatorSize = 20;
inline constexpr std::uint16_t kFull16 = 0xffff;
inline constexpr std::uint32_t kFull32 = 0xffffffff;

inline constexpr std::uint16_t kFlagEncrypted = 1u << 0, kFlagDescriptor = 1u << 3, kFlagStrong = 1u << 6, kFlagUtf8 = 1u << 11,
                               kFlagMasked = 1u << 13;
inline constexpr std::uint16_t kFlagsAllowed = (1u << 1) | (1u << 2) | kFlagDescriptor | kFlagUtf8;
inline constexpr std::uint16_t kMethodStored = 0, kMethodDeflated = 8;

// REQUIRES: offset + sizeof(value) <= bytes.size(); callers check a record's whole size once.
inline std::uint16_t u16_at(Bytes bytes, std::size_t offset) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[offset]) | std::to_integer<unsigned>(bytes[offset + 1]) << 8);
}
inline std::uint32_t u32_at(Bytes bytes, std::size_t offset) {
  return u16_at(bytes, offset) | static_cast<std::uint32_t>(u16_at(bytes, offset + 2)) << 16;
}
inline std::uint64_t u64_at(Bytes bytes, std::size_t offset) {
  return u32_at(bytes, offset) | static_cast<std::uint64_t>(u32_at(bytes, offset + 4)) << 32;
}
// Does bytes[offset ...] hold `size` more bytes? Never overflows.
inline bool holds(Bytes bytes, std::uint64_t offset, std::uint64_t size) {
  return offset <= bytes.size() && size <= bytes.size() - offset;
}
inline Bytes slice(Bytes bytes, std::uint64_t offset, std::uint64_t size) {
  return bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

}  // namespace pipit::archive
