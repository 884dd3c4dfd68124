// Compatibility tags (PEP 425, 600, 656, 703, 730, 738, 803): what a target supports, best first, and the rank of a wheel.
// The list for a target is computed from facts about it, never by asking the machine pipit runs on. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipit/base/result.h"

namespace pipit::packaging {

struct Tag {
  std::string interpreter, abi, platform;  // lower case
  std::string str() const { return interpreter + "-" + abi + "-" + platform; }
  friend auto operator<=>(const Tag&, const Tag&) = default;
};
inline constexpr ErrorCode kInvalidTag{"invalid-tag"};

// "py2.py3-none-any" -> the product of the sets, without duplicates. Sets whose product exceeds 1,000 tags are refused.
Result<std::vector<Tag>> parse_tag(std::string_view text);
bool is_valid_tag(std::string_view text);  // whether parse_tag takes it, at a fraction of the cost

enum class OsKind { linux_, macos, windows, android, ios, emscripten, other };
enum class Libc { none, glibc, musl };

// What tags depend on. `abis` empty: derived from implementation and version.
struct TagTarget {
  std::string implementation = "cpython";  // "cpython", "pypy", "graalpy", ...
  int python_major = 3, python_minor = 0;
  std::string abi_flags;                   // "t", "d", "td", "m", ""
  std::vector<std::string> abis;           // e.g. {"cp313t"}; overrides abi_flags
  std::string pypy_abi;                    // e.g. "pypy310_pp73", for non-CPython implementations: the SOABI-derived abi tag
  OsKind os = OsKind::linux_;
  std::string architecture;                // "x86_64", "aarch64", "arm64", "amd64", ... as the tag spells it
  Libc libc = Libc::none;
  int libc_major = 0, libc_minor = 0;
  int os_major = 0, os_minor = 0;          // macOS, iOS, Android API level
  bool arm_hard_float = true;
  // --platform: these platform tags instead of the computed ones (pip's expansion rules are applied by the caller).
  std::vector<std::string> platforms;
  // sysconfig.get_platform() of the target, for OsKind::other ("freebsd-14.0-release-amd64") and emscripten, where it comes last.
  std::string generic_platform;
};

// Ordered best first. rank() is the index of the best tag of a set: smaller is better. Copies share one list that never changes.
class SupportedTags {
 public:
  SupportedTags() : SupportedTags(std::vector<Tag>()) {}
  explicit SupportedTags(std::vector<Tag> ordered);
  SupportedTags(const SupportedTags&) = default;  // and no move: what is left behind would be no list
  SupportedTags& operator=(const SupportedTags&) = default;
  static SupportedTags for_target(const TagTarget& target);
  const std::vector<Tag>& tags() const { return table_->tags; }
  std::optional<std::size_t> rank(const std::vector<Tag>& wheel_tags) const;
  bool supports(const std::vector<Tag>& wheel_tags) const { return rank(wheel_tags).has_value(); }

 private:
  struct Table {
    std::vector<Tag> tags;
    std::vector<std::uint32_t> slots;  // open addressing over the tags: rank + 1, or 0 for empty
    std::size_t find(const Tag& tag) const;
  };
  std::shared_ptr<const Table> table_;
};

// The platform tags alone, best first (linux_* before manylinux, as packaging >= 26.3).
std::vector<std::string> platform_tags(const TagTarget& target);

}  // namespace pipit::packaging
