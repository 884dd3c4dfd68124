#include "pipit/packaging/specifiers.h"

#include <algorithm>
#include <unordered_set>

#include "packaging/python_text.h"
#include "packaging/specifier_scan.h"
#include "packaging/version_parts.h"
#include "pipit/base/text.h"

namespace pipit::packaging {

// The questions that the operators ask about two versions. Packed versions are answered by masks over the key.
class SpecifierMatcher {
 public:
  // Do the first `count` release segments agree (padded with zeros), and the epochs?
  static bool same_prefix(const Version& a, const Version& b, std::size_t count) {
    if (!a.packed_ || !b.packed_) return same_prefix_of_parts(a, b, count);
    using namespace version_key;
    const std::uint64_t difference = a.high_ ^ b.high_;
    if (count == 0) return true;
    if (count == 1) return difference >> (kRelease1Bits + kRelease2Bits) == 0;
    if (count == 2) return difference >> kRelease2Bits == 0;
    return difference == 0 && (count == 3 || (a.low_ ^ b.low_) >> kRelease3Shift == 0);
  }

  static bool same_release(const Version& a, const Version& b) {
    return same_prefix(a, b, std::max<std::size_t>(a.release_count_, b.release_count_));
  }

  static bool same_pre(const Version& a, const Version& b) {
    if (!a.packed_ || !b.packed_) return a.pre() == b.pre();
    using namespace version_key;
    constexpr std::uint64_t kKind = mask(kPreKindBits) << kPreKindShift, kNumber = mask(kPreBits) << kPreShift;
    const auto kind = [](const Version& v) { return static_cast<PreKind>(field(v.low_, kPreKindShift, kPreKindBits)); };
    const bool bare = is_bare(kind(a)), other_bare = is_bare(kind(b));
    return bare || other_bare ? bare == other_bare : ((a.low_ ^ b.low_) & (kKind | kNumber)) == 0;
  }

  static std::size_t segments(const Version& version) { return version.release_count_; }

 private:
  static bool is_bare(PreKind kind) { return kind == PreKind::none || kind == PreKind::dev_only; }

  static bool same_prefix_of_parts(const Version& a, const Version& b, std::size_t count) {
    if (a.epoch() != b.epoch()) return false;
    const std::string left_text = a.parts().release, right_text = b.parts().release;
    std::string_view left = left_text, right = right_text;
    const auto next = [](std::string_view& rest) -> std::string_view {
      if (rest.empty()) return "0";
      const std::size_t dot = std::min(rest.find('.'), rest.size());
      const std::string_view segment = rest.substr(0, dot);
      rest.remove_prefix(std::min(dot + 1, rest.size()));
      return segment;
    };
    for (std::size_t i = 0; i < count && !(left.empty() && right.empty()); ++i) {
      if (next(left) != next(right)) return false;
    }
    return true;
  }
};

namespace {

using Matcher = SpecifierMatcher;

// A local part of the candidate does not count where the clause names none.
std::strong_ordering compare_public(const Version& candidate, const Version& version) {
  return candidate.has_local() ? candidate.without_local() <=> version : candidate <=> version;
}

bool equals(const Specifier& clause, const Version& candidate) {
  if (clause.wildcard) return Matcher::same_prefix(candidate, clause.version, Matcher::segments(clause.version));
  return clause.version.has_local() ? candidate == clause.version : compare_public(candidate, clause.version) == 0;
}

// Not a local of V; not a post-release of V unless V is one (for a dev release there are none).
bool is_greater(const Version& candidate, const Version& version) {
  if (compare_public(candidate, version) <= 0) return false;
  if (version.is_postrelease() || version.is_devrelease()) return true;
  return !Matcher::same_release(candidate, version) || !Matcher::same_pre(candidate, version);
}

// Not a pre-release of V unless V is one; for a post-release V that means its own dev releases.
bool is_less(const Version& candidate, const Version& version) {
  if (candidate >= version) return false;
  if (version.is_prerelease() || !Matcher::same_release(candidate, version)) return true;
  if (!version.is_postrelease()) return false;
  return !(candidate.is_devrelease() && Matcher::same_pre(candidate, version) && candidate.post() == version.post());
}

bool is_compatible(const Specifier& clause, const Version& candidate) {
  return candidate >= clause.version && Matcher::same_prefix(candidate, clause.version, Matcher::segments(clause.version) - 1);
}

// The version without trailing zeros in its release ("~=" keeps them: they say which prefix is meant).
std::string canonical_clause(const Specifier& clause) {
  if (clause.op == Operator::arbitrary || clause.wildcard) return clause.str();
  std::string text(operator_text(clause.op));
  if (clause.op == Operator::compatible) return text + clause.version.str();
  const std::string full = clause.version.str(), base = clause.version.base_str();
  std::string_view trimmed = base;
  while (trimmed.ends_with(".0")) trimmed.remove_suffix(2);
  return (text += trimmed) += full.substr(base.size());
}

// What filter() keeps of the matches: everything, finals only, or finals unless there are none. Text that is no version
// counts as neither.
enum class Kind { final_release, prerelease, not_a_version };

template <class KindOf>
std::vector<std::size_t> apply_policy(std::vector<std::size_t> matches, Prereleases policy, const KindOf& kind_of) {
  if (policy == Prereleases::allow) return matches;
  const auto is_final = [&](std::size_t i) { return kind_of(i) == Kind::final_release; };
  if (policy == Prereleases::from_specifier && std::none_of(matches.begin(), matches.end(), is_final)) return matches;
  std::erase_if(matches, [&](std::size_t i) { return kind_of(i) == Kind::prerelease; });
  return matches;
}

}  // namespace

Result<Specifier> Specifier::parse(std::string_view text) {
  const std::string_view trimmed = trim_python_space(text);
  const ScannedSpecifier scanned = scan_specifier(trimmed);
  if (scanned.length == 0 || scanned.length != trimmed.size()) {
    return fail(make_error(kInvalidSpecifier, "Invalid specifier: " + python_repr(text)));
  }
  Specifier specifier;
  specifier.op = scanned.op;
  specifier.wildcard = scanned.wildcard;
  specifier.text = scanned.version;
  const std::string_view version = scanned.wildcard ? scanned.version.substr(0, scanned.version.size() - 2) : scanned.version;
  if (auto parsed = Version::try_parse(version)) specifier.version = *std::move(parsed);
  return specifier;
}

std::string Specifier::str() const { return std::string(operator_text(op)) + text; }

bool Specifier::admits(const Version& candidate) const {
  switch (op) {
    case Operator::equal:
      return equals(*this, candidate);
    case Operator::not_equal:
      return !equals(*this, candidate);
    case Operator::greater_equal:
      return candidate >= version;
    case Operator::less_equal:
      return compare_public(candidate, version) <= 0;
    case Operator::greater:
      return is_greater(candidate, version);
    case Operator::less:
      return is_less(candidate, version);
    case Operator::compatible:
      return is_compatible(*this, candidate);
    case Operator::arbitrary:
      return ascii_iequals(candidate.str(), text);
  }
  return false;
}

bool Specifier::admits(const Version& candidate, std::string_view version_text) const {
  return op == Operator::arbitrary ? ascii_iequals(version_text, text) : admits(candidate);
}

bool Specifier::names_prerelease() const {
  if (op == Operator::not_equal || wildcard) return false;
  if (op != Operator::arbitrary) return version.is_prerelease();
  const auto parsed = Version::try_parse(text);
  return parsed && parsed->is_prerelease();
}

Result<SpecifierSet> SpecifierSet::parse(std::string_view text) {
  SpecifierSet set;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view clause = trim_python_space(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (clause.empty()) continue;
    if (set.specifiers_.size() == kClausesMax)
      return fail(make_error(kInvalidSpecifier, "Invalid specifier: there are more than " + std::to_string(kClausesMax) + " clauses"));
    PIPIT_TRY(Specifier specifier, Specifier::parse(clause));
    set.specifiers_.push_back(std::move(specifier));
  }
  return set;
}

SpecifierSet SpecifierSet::exactly(const Version& version) {
  SpecifierSet set;
  set.specifiers_.push_back(Specifier{Operator::equal, version, false, version.str()});
  return set;
}

std::vector<std::string> SpecifierSet::canonical() const {
  std::vector<std::string> clauses;
  for (const Specifier& specifier : specifiers_) clauses.push_back(canonical_clause(specifier));
  std::sort(clauses.begin(), clauses.end());
  clauses.erase(std::unique(clauses.begin(), clauses.end()), clauses.end());
  return clauses;
}

std::string SpecifierSet::str() const {
  if (specifiers_.size() == 1) return specifiers_.front().str();
  struct Clause {
    std::string text;
    const Specifier* specifier;
    std::string key;  // equal for clauses that mean the same: of these the first is printed
  };
  std::vector<Clause> clauses;
  clauses.reserve(specifiers_.size());
  for (const Specifier& specifier : specifiers_) clauses.push_back({specifier.str(), &specifier, {}});
  std::ranges::sort(clauses, {}, &Clause::text);
  clauses.erase(std::unique(clauses.begin(), clauses.end(), [](const Clause& a, const Clause& b) { return a.text == b.text; }), clauses.end());
  std::unordered_set<std::string_view> seen;
  std::string printed;
  for (Clause& clause : clauses) {
    clause.key = canonical_clause(*clause.specifier);
    if (!seen.insert(clause.key).second) continue;
    if (!printed.empty()) printed += ',';
    printed += clause.text;
  }
  return printed;
}

bool SpecifierSet::contains(const Version& version, Prereleases prereleases) const {
  if (prereleases == Prereleases::forbid && version.is_prerelease()) return false;
  return std::all_of(specifiers_.begin(), specifiers_.end(), [&](const Specifier& s) { return s.admits(version); });
}

bool SpecifierSet::contains(const Version& version, std::string_view version_text, Prereleases prereleases) const {
  if (prereleases == Prereleases::forbid && version.is_prerelease()) return false;
  return std::all_of(specifiers_.begin(), specifiers_.end(), [&](const Specifier& s) { return s.admits(version, version_text); });
}

bool SpecifierSet::contains_text(std::string_view candidate, Prereleases prereleases) const {
  if (const auto version = Version::try_parse(candidate)) return contains(*version, candidate, prereleases);
  return std::all_of(specifiers_.begin(), specifiers_.end(),
                     [&](const Specifier& s) { return s.op == Operator::arbitrary && ascii_iequals(s.text, candidate); });
}

std::vector<std::size_t> SpecifierSet::filter(std::span<const Version> versions, Prereleases prereleases) const {
  if (prereleases == Prereleases::from_specifier && names_prerelease()) prereleases = Prereleases::allow;
  std::vector<std::size_t> matches;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    if (contains(versions[i], Prereleases::allow)) matches.push_back(i);
  }
  return apply_policy(std::move(matches), prereleases,
                      [&](std::size_t i) { return versions[i].is_prerelease() ? Kind::prerelease : Kind::final_release; });
}

std::vector<std::size_t> SpecifierSet::filter_texts(std::span<const std::string> candidates, Prereleases prereleases) const {
  if (prereleases == Prereleases::from_specifier && names_prerelease()) prereleases = Prereleases::allow;
  std::vector<std::size_t> matches;
  std::vector<Kind> kinds;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto version = Version::try_parse(candidates[i]);
    kinds.push_back(!version ? Kind::not_a_version : version->is_prerelease() ? Kind::prerelease : Kind::final_release);
    if (contains_text(candidates[i], Prereleases::allow)) matches.push_back(i);
  }
  return apply_policy(std::move(matches), prereleases, [&](std::size_t i) { return kinds[i]; });
}

bool SpecifierSet::names_prerelease() const {
  return std::any_of(specifiers_.begin(), specifiers_.end(), [](const Specifier& s) { return s.names_prerelease(); });
}

const Specifier* SpecifierSet::pin() const {
  const auto pins = [](const Specifier& s) { return (s.op == Operator::equal && !s.wildcard) || s.op == Operator::arbitrary; };
  return specifiers_.size() == 1 && pins(specifiers_.front()) ? &specifiers_.front() : nullptr;
}

void SpecifierSet::add(const SpecifierSet& other) {
  specifiers_.insert(specifiers_.end(), other.specifiers_.begin(), other.specifiers_.end());
}

}  // namespace pipit::packaging
