// Names inside the wheel store. Pure.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace pipit::fetch {

inline constexpr std::string_view kStaging = "staging", kLockFile = "lock", kSizeFile = "size", kCodePrefix = "code-";
inline constexpr std::uint64_t kManifestMaxBytes = 256u << 20;

inline std::string store_name(std::uint32_t umask) {
  return umask == 0022 ? std::string("wheels-v1") : fmt::format("wheels-v1-u{:03o}", umask);
}
inline bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}
// REQUIRES: is_sha256(sha256).
inline std::string entry_path(std::string_view sha256) { return std::string(sha256.substr(0, 2)) + "/" + std::string(sha256); }

// REQUIRES: both are hex.
inline std::string code_path(std::string_view sha256, std::string_view key) { return fmt::format("{}/{}{}", entry_path(sha256), kCodePrefix, key); }
inline bool is_code_key(std::string_view text) { return !text.empty() && text.size() <= 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

}  // namespace pipit::fetch
