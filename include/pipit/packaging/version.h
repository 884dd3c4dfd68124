// Version: PEP 440 (version-specifiers.rst). Parsing, total order, canonical printing. Numbers are unbounded (calendar
// versions overflow 64 bits). Comparison of common versions is a comparison of packed integers (<= 20 ns). Pure value.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"

namespace pipit::packaging {

inline constexpr ErrorCode kInvalidVersion{"invalid-version"};

class Version {
 public:
  Version();  // "0"
  // Accepts every spelling of PEP 440 appendix B, surrounding white space included.
  static Result<Version> parse(std::string_view text);
  static std::optional<Version> try_parse(std::string_view text);

  std::string str() const;              // normal form: "1.0rc1.post2.dev3+local.4"
  std::string public_str() const;       // without the local part
  std::string base_str() const;         // epoch and release only
  // Release segments as decimal strings without leading zeros ("0" for zero); trailing zeros as written.
  std::vector<std::string> release() const;
  std::string epoch() const;
  std::optional<std::pair<std::string, std::string>> pre() const;  // {"a"|"b"|"rc", number}
  std::optional<std::string> post() const, dev() const;
  std::string local() const;            // "" if absent
  bool is_prerelease() const;           // a, b, rc or dev
  bool is_postrelease() const;
  bool is_devrelease() const;
  bool has_local() const;
  Version without_local() const;

  // PEP 440 order, local part included.
  std::strong_ordering operator<=>(const Version& other) const {
    if (packed_ && other.packed_) {
      if (high_ != other.high_) return high_ <=> other.high_;
      if (low_ != other.low_) return low_ <=> other.low_;
      if ((low_ & kHasLocal) == 0) return std::strong_ordering::equal;
    }
    return compare_parts(other);
  }
  bool operator==(const Version& other) const { return (*this <=> other) == 0; }
  std::size_t hash() const;             // equal versions hash alike ("1.0" and "1")


 private:
  friend class VersionParser;
  friend class SpecifierMatcher;
  struct Parts;

  // The order key of a version whose numbers fit, most significant field first (version_key.h has the widths):
  //   high_: release 0..2    low_: release 3, pre kind, pre number, post, dev, "has a local part"
  // Whether a version is packed depends on its value alone, never on its spelling, so equal versions agree on it.
  static constexpr std::uint64_t kHasLocal = 1;
  std::strong_ordering compare_parts(const Version& other) const;
  Parts parts() const;

  std::uint64_t high_ = 0, low_ = 0;
  std::shared_ptr<const Parts> parts_;  // only if not packed or if there is a local part
  std::uint32_t release_count_ = 1;     // segments as written: "1.0.0" has three
  bool packed_ = true;
};

}  // namespace pipit::packaging

template <>
struct std::hash<pipit::packaging::Version> {
  std::size_t operator()(const pipit::packaging::Version& version) const { return version.hash(); }
};
