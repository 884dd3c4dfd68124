// Version: PEP 440 (version-specifiers.rst). Parsing, total order, canonical printing. Numbers are unbounded (calendar
// versions overflow 64 bits). Comparison of common versions is a comparison of packed integers (<= 20 ns). Pure value.
#pragma once

#include <compare>
#include <cstdint>
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

  std::strong_ordering operator<=>(const Version& other) const;  // PEP 440 order, local part included
  bool operator==(const Version& other) const { return (*this <=> other) == 0; }
  std::size_t hash() const;             // equal versions hash alike ("1.0" and "1")

  // (private members: kept small, cheap to copy)
 private:
  friend class VersionParser;
  friend class SpecifierMatcher;
};

}  // namespace pipit::packaging

template <>
struct std::hash<pipit::packaging::Version> {
  std::size_t operator()(const pipit::packaging::Version& version) const { return version.hash(); }
};
