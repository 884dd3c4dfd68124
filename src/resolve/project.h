// Project: the releases of one project, sorted by version and numbered by rank, from three sources: the index's listing,
// what is installed, and direct URLs. Before the listing was asked for, a project has at most two ranks: the installed
// release and one that stands for "some release that nobody looked at yet"; that suffices while the installed one fits,
// and it lets the solver go on while a listing is under way. load() replaces them by the real ones.
// Value; no questions are asked here (facts.h does).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/packaging/requirement.h"
#include "pipit/resolve/provider.h"
#include "resolve/version_set.h"

namespace pipit::resolve {

using ProjectId = std::uint32_t;
using SpecId = std::uint32_t;

// One requirement of a release, with its target looked up once.
struct KnownRequirement {
  packaging::Requirement requirement;
  ProjectId target = 0;
  SpecId spec = 0;
  std::vector<std::string> extras;  // normalised
};

struct KnownDependencies {
  std::optional<Unavailable> unavailable;
  bool provides_extra = true;
  std::vector<KnownRequirement> requirements;
};

enum class Source : std::uint8_t { index, installed, direct, unseen };

// What is remembered of a release once it was looked at.
struct ReleaseState {
  std::optional<CandidateAnswer> candidate;
  std::map<std::string, std::unique_ptr<KnownDependencies>> dependencies;  // by extra
};

struct DirectRelease {
  std::string url;  // as comparable_url() gives it
  packaging::Version version;
  std::optional<Unavailable> unavailable;
  ReleaseState state;
};

class Project {
 public:
  std::string name;
  std::optional<model::Candidate> installed;
  std::vector<std::unique_ptr<DirectRelease>> directs;
  bool only_direct = false;  // the user or a constraint named a URL: the index is not asked

  bool loaded() const { return loaded_; }
  std::size_t releases() const { return ranks_.size(); }
  std::size_t set_size() const { return ranks_.size() + 1; }
  VersionSet nothing() const { return VersionSet(set_size()); }
  VersionSet everything() const { return VersionSet(set_size(), true); }
  VersionSet all_releases() const;

  Source source(std::size_t rank) const { return ranks_[rank].source; }
  const packaging::Version& version(std::size_t rank) const;
  bool is_prerelease(std::size_t rank) const;
  bool is_yanked(std::size_t rank) const;
  const std::optional<Unavailable>& unavailable(std::size_t rank) const;
  const Listed* listed(std::size_t rank) const;  // nullptr unless from the index
  const DirectRelease* direct(std::size_t rank) const;
  ReleaseState& state(std::size_t rank);
  std::optional<std::size_t> installed_rank() const { return installed_rank_; }
  const std::vector<std::uint32_t>& preference() const { return preference_; }  // ranks, most preferred first
  const std::optional<Unavailable>& missing() const { return listing_.missing; }

  // The releases that a requirement admits; never the absent element. Agrees with SpecifierSet::contains for every release.
  VersionSet admitted(const packaging::Requirement& requirement) const;

  void begin();                // before anything is known
  void load(Listing listing);  // also after directs grew (with the same listing)
  void reload() { load(std::move(listing_)); }
  // The same set after load(), given one from before it.
  VersionSet widened(const VersionSet& before, std::optional<std::size_t> installed_before) const;

 private:
  struct Rank {
    Source source = Source::index;
    std::uint32_t slot = 0;
  };
  const packaging::Version& version_of(Rank rank) const;
  std::string_view text_of(std::size_t rank) const;
  std::pair<std::size_t, std::size_t> clause_range(const packaging::Specifier& clause) const;
  VersionSet clause_set(const packaging::Specifier& clause) const;

  bool loaded_ = false;
  Listing listing_;
  std::vector<Rank> ranks_;  // ascending by version
  std::vector<std::uint32_t> preference_;
  std::optional<std::size_t> installed_rank_;
  ReleaseState installed_state_;
  std::map<std::uint32_t, ReleaseState> listed_states_;  // by slot; only those that were looked at
  mutable std::string text_scratch_;
};

// A URL without the parts of its fragment that do not change what is fetched (#egg=, hashes).
std::string comparable_url(std::string_view url);

}  // namespace pipit::resolve
