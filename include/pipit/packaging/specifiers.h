// Specifier and SpecifierSet: PEP 440 clauses and their conjunction. Semantics are packaging 26.3's:
// pre-releases, locals, post-release exclusion of '>', and the "(d) nothing else matches" rule in filter(). Pure values.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/packaging/version.h"

namespace pipit::packaging {

inline constexpr ErrorCode kInvalidSpecifier{"invalid-specifier"};

enum class Operator { compatible, equal, not_equal, less_equal, greater_equal, less, greater, arbitrary };

struct Specifier {
  Operator op = Operator::equal;
  Version version;       // meaningless for arbitrary unless the text parses
  bool wildcard = false;  // "==1.*", "!=1.*"
  std::string text;      // version text as written (for === and for printing)

  static Result<Specifier> parse(std::string_view text);
  std::string str() const;                     // "==1.0", version text as written, no blanks
  // Pre-releases are not considered here: does the clause admit the version at all?
  bool admits(const Version& version) const;
  // For ===: compares with the version text as written in the file name.
  bool admits(const Version& version, std::string_view version_text) const;
  bool names_prerelease() const;               // rule (b): this clause mentions a pre-release
};

// Whether pre-releases are admitted by contains()/filter().
enum class Prereleases { from_specifier, allow, forbid };

class SpecifierSet {
 public:
  SpecifierSet() = default;
  static Result<SpecifierSet> parse(std::string_view text);
  static SpecifierSet exactly(const Version& version);

  const std::vector<Specifier>& specifiers() const { return specifiers_; }
  bool empty() const { return specifiers_.empty(); }
  std::string str() const;                      // pip's printing: sorted, comma-joined
  bool contains(const Version& version, Prereleases prereleases = Prereleases::from_specifier) const;
  bool contains(const Version& version, std::string_view version_text, Prereleases prereleases) const;
  // A candidate that may not be a version at all: only === and the empty set can match such text.
  bool contains_text(std::string_view candidate, Prereleases prereleases = Prereleases::from_specifier) const;
  // Indices of the versions that satisfy the set, in the order given, by packaging 26.3's filter() rules.
  std::vector<std::size_t> filter(std::span<const Version> versions, Prereleases prereleases = Prereleases::from_specifier) const;
  std::vector<std::size_t> filter_texts(std::span<const std::string> candidates,
                                        Prereleases prereleases = Prereleases::from_specifier) const;
  bool names_prerelease() const;
  // The single clause of the form ==V (no wildcard) or ===V, if the set pins exactly.
  const Specifier* pin() const;
  void add(const SpecifierSet& other);          // conjunction
  // Equal clauses in any order and spelling: ">=1.0" and ">= 1" are equal.
  friend bool operator==(const SpecifierSet& a, const SpecifierSet& b) { return a.canonical() == b.canonical(); }

 private:
  std::vector<std::string> canonical() const;
  std::vector<Specifier> specifiers_;
};

}  // namespace pipit::packaging
