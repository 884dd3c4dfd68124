#include "resolve/project.h"

#include <algorithm>
#include <utility>

namespace pipit::resolve {

using packaging::Operator;
using packaging::Specifier;
using packaging::Version;

namespace {

const std::optional<Unavailable> kUsable;
const Version kUnseenVersion;

}  // namespace

std::string comparable_url(std::string_view url) {
  const std::size_t hash = url.find('#');
  if (hash == std::string_view::npos) return std::string(url);
  const std::size_t at = url.find("subdirectory=", hash);
  std::string result(url.substr(0, hash));
  if (at != std::string_view::npos) result.append("#").append(url.substr(at, url.find('&', at) - at));
  return result;
}

VersionSet Project::all_releases() const {
  VersionSet set = everything();
  set.erase(set.absent());
  return set;
}

const Version& Project::version_of(Rank rank) const {
  switch (rank.source) {
    case Source::index: return listing_.versions[rank.slot].version;
    case Source::installed: return installed->version;
    case Source::direct: return directs[rank.slot]->version;
    case Source::unseen: break;
  }
  return kUnseenVersion;
}

const Version& Project::version(std::size_t rank) const { return version_of(ranks_[rank]); }

const Listed* Project::listed(std::size_t rank) const {
  return ranks_[rank].source == Source::index ? &listing_.versions[ranks_[rank].slot] : nullptr;
}

const DirectRelease* Project::direct(std::size_t rank) const {
  return ranks_[rank].source == Source::direct ? directs[ranks_[rank].slot].get() : nullptr;
}

bool Project::is_prerelease(std::size_t rank) const { return source(rank) == Source::index && version(rank).is_prerelease(); }

bool Project::is_yanked(std::size_t rank) const {
  const Listed* entry = listed(rank);
  return entry != nullptr && entry->yanked;
}

const std::optional<Unavailable>& Project::unavailable(std::size_t rank) const {
  if (const Listed* entry = listed(rank)) return entry->unavailable;
  if (const DirectRelease* release = direct(rank)) return release->unavailable;
  return kUsable;
}

ReleaseState& Project::state(std::size_t rank) {
  switch (ranks_[rank].source) {
    case Source::installed: return installed_state_;
    case Source::direct: return directs[ranks_[rank].slot]->state;
    default: return listed_states_[ranks_[rank].slot];
  }
}

void Project::begin() {
  ranks_.clear();
  if (installed) {
    ranks_.push_back({Source::installed, 0});
    installed_rank_ = 0;
  }
  ranks_.push_back({Source::unseen, 0});
}

void Project::load(Listing listing) {
  listing_ = std::move(listing);
  ranks_.clear();
  loaded_ = true;
  const auto& versions = listing_.versions;
  for (std::size_t i = versions.size(); i-- > 0;)
    if (!installed || versions[i].version != installed->version) ranks_.push_back({Source::index, static_cast<std::uint32_t>(i)});
  if (installed) ranks_.push_back({Source::installed, 0});
  for (std::size_t i = 0; i < directs.size(); ++i) ranks_.push_back({Source::direct, static_cast<std::uint32_t>(i)});
  const auto older = [this](Rank a, Rank b) { return version_of(a) < version_of(b); };
  // A page lists newest first as a rule, so the reversed order is already sorted.
  if (!std::ranges::is_sorted(ranks_, older)) std::ranges::stable_sort(ranks_, older);

  preference_.clear();
  installed_rank_.reset();
  std::vector<std::uint32_t> rank_of_slot(versions.size(), UINT32_MAX);
  for (std::uint32_t rank = 0; rank < ranks_.size(); ++rank) {
    if (ranks_[rank].source == Source::index) rank_of_slot[ranks_[rank].slot] = rank;
    if (ranks_[rank].source == Source::installed) installed_rank_ = rank;
  }
  for (std::uint32_t rank = 0; rank < ranks_.size(); ++rank)
    if (ranks_[rank].source == Source::direct) preference_.push_back(rank);
  // The installed release stands where the listing has its version, or before the first older one.
  bool installed_placed = !installed;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    if (!installed_placed && versions[i].version <= installed->version) {
      preference_.push_back(static_cast<std::uint32_t>(*installed_rank_));
      installed_placed = true;
    }
    if (rank_of_slot[i] != UINT32_MAX) preference_.push_back(rank_of_slot[i]);
  }
  if (!installed_placed) preference_.push_back(static_cast<std::uint32_t>(*installed_rank_));
}

VersionSet Project::widened(const VersionSet& before, std::optional<std::size_t> installed_before) const {
  const std::size_t unseen = before.size() - 2;
  VersionSet after = before.contains(unseen) ? all_releases() : nothing();
  if (installed_before && installed_rank_) {
    after.erase(*installed_rank_);
    if (before.contains(*installed_before)) after.insert(*installed_rank_);
  }
  if (before.contains(before.absent())) after.insert(after.absent());
  return after;
}

std::string_view Project::text_of(std::size_t rank) const {
  if (const Listed* entry = listed(rank); entry != nullptr && !entry->text.empty()) return entry->text;
  if (ranks_[rank].source == Source::installed && !installed->version_text.empty()) return installed->version_text;
  text_scratch_ = version(rank).str();
  return text_scratch_;
}

// Every clause but `!=` and `===` admits one unbroken run of the sorted releases: what `<`, `>` and friends leave out lies
// next to their bound. So a few binary searches replace a test of every release.
std::pair<std::size_t, std::size_t> Project::clause_range(const Specifier& clause) const {
  const auto at = [this](std::size_t rank) -> const Version& { return version_of(ranks_[rank]); };
  const std::size_t end = ranks_.size();
  const auto first_rank_where = [end](const auto& holds) {
    std::size_t low = 0, high = end;
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if (holds(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  const auto admits = [&](std::size_t rank) { return clause.admits(at(rank)); };
  switch (clause.op) {
    case Operator::greater_equal:
    case Operator::greater: return {first_rank_where(admits), end};
    case Operator::less_equal:
    case Operator::less: return {0, first_rank_where([&](std::size_t rank) { return !admits(rank); })};
    default: break;
  }
  // The run around the clause's own version. Locals and pre-releases of the prefix may lie on either side of it.
  Specifier positive = clause;
  if (clause.op == Operator::not_equal) positive.op = Operator::equal;
  const auto inside = [&](std::size_t rank) { return positive.admits(at(rank)); };
  const std::size_t middle = first_rank_where([&](std::size_t rank) { return at(rank) >= clause.version; });
  std::size_t low = middle, high = middle;
  while (low > 0 && inside(low - 1)) --low;
  while (high < end && inside(high)) ++high;
  return {low, high};
}

VersionSet Project::clause_set(const Specifier& clause) const {
  VersionSet set = nothing();
  if (clause.op == Operator::arbitrary) {
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank)
      if (clause.admits(version(rank), text_of(rank))) set.insert(rank);
    return set;
  }
  const auto [low, high] = clause_range(clause);
  if (clause.op != Operator::not_equal) {
    set.insert_range(low, high);
  } else {
    set.insert_range(0, low);
    set.insert_range(high, ranks_.size());
  }
  return set;
}

VersionSet Project::admitted(const packaging::Requirement& requirement) const {
  VersionSet set = all_releases();
  if (requirement.url) {
    const std::string url = comparable_url(*requirement.url);
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
      const DirectRelease* release = direct(rank);
      if (source(rank) != Source::unseen && (release == nullptr || release->url != url)) set.erase(rank);
    }
    return set;
  }
  if (!loaded_) {  // the unseen release may fit
    if (installed && !requirement.specifiers.contains(installed->version, text_of(0), packaging::Prereleases::allow)) set.erase(0);
    return set;
  }
  for (const Specifier& clause : requirement.specifiers.specifiers()) set &= clause_set(clause);
  return set;
}

}  // namespace pipit::resolve
