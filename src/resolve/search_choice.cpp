// Search, the part that chooses: which package next, which release of it, and what to announce to the provider.
#include <algorithm>
#include <utility>

#include "resolve/search.h"

namespace pipit::resolve {

namespace {

constexpr std::size_t kConflictsUntilReordered = 5;
constexpr std::size_t kBatchSize = 50;
constexpr std::size_t kWaysMadeMax = 500;

}  // namespace

// Smaller is sooner. Ties go to what was mentioned first, so the user's own order counts.
int Search::urgency(PackageId id) const {
  const Package& package = packages_[id];
  const Project& project = facts_.project(package.project);
  if (package.base != id) return 0;  // its project is decided, so it has one version left
  if (project.only_direct) return 1;
  if (package.pinned || (project.loaded() && solution_.possible(id).count() == 1)) return 2;
  if (package.early) return 3;
  return package.late ? 4 : 5;
}

std::optional<PackageId> Search::pick() {
  std::optional<PackageId> best, best_postponed;
  int best_urgency = 0;
  for (PackageId id = 0; id < packages_.size(); ++id) {
    if (!solution_.is_wanted(id) || (packages_[id].base != id && !solution_.is_decided(packages_[id].base))) continue;
    if (postponed_.contains(id) || gives_way(id)) {
      if (!best_postponed) best_postponed = id;
      continue;
    }
    const int urgency_here = urgency(id);
    if (best && urgency_here >= best_urgency) continue;
    best = id;
    best_urgency = urgency_here;
  }
  return best ? best : best_postponed;
}

bool Search::gives_way(PackageId id) const {
  return std::ranges::any_of(packages_[id].gives_way_to, [this](PackageId other) { return solution_.is_wanted(other); });
}

// pip takes the release of a later project even if it asks for an older release of an earlier one, which is then chosen anew.
// So here: decisions that stand in the way of this release, and could have been others, are taken back and made after it.
// Once for each pair; from then on the order stands and the ordinary rules decide. Bounded, for graphs where all do this.
bool Search::make_way(PackageId id, std::size_t rank) {
  if (packages_[id].base != id) return false;
  std::vector<PackageId> in_the_way;
  for (const IncompatibilityId mention : packages_[id].mentions) {
    const Incompatibility& fact = store_[mention];
    if (fact.kind != FactKind::depends || fact.source != id || fact.target == id || !fact.term(id)->states.contains(rank)) continue;
    const Term& target = *fact.term(fact.target);
    if (solution_.relation(target) != Relation::holds) continue;
    const PackageId base = packages_[fact.target].base;
    const bool could_be_other = base == fact.target && solution_.is_decided(base) && !solution_.possible_before_decision(base).is_subset_of(target.states) &&
                                !packages_[base].gives_way_to.contains(id);
    if (!could_be_other) return false;
    in_the_way.push_back(base);
  }
  if (in_the_way.empty() || ways_made_ >= kWaysMadeMax) return false;
  ++ways_made_;
  std::uint32_t level = solution_.level();
  for (const PackageId base : in_the_way) {
    packages_[base].gives_way_to.insert(id);
    level = std::min(level, solution_.decision_level(base));
  }
  backtrack(level - 1);
  return true;
}

// What the requirements in force say about releases that need permission.
struct Search::Permission {
  bool prereleases = false;
  VersionSet yanked;  // those that some requirement pins exactly
};

Search::Permission Search::permission(PackageId base) const {
  const ProjectId id = packages_[base].project;
  const Project& project = facts_.project(id);
  Permission result{false, project.nothing()};
  VersionSet wanted = project.all_releases();
  bool named = false;
  for (const IncompatibilityId demand : packages_[base].demands) {
    const Incompatibility& fact = store_[demand];
    const Term* source = fact.source == kNone ? nullptr : fact.term(fact.source);
    if (source != nullptr && solution_.relation(*source) != Relation::holds) continue;
    const VersionSet admitted = fact.term(base)->states.complement();
    wanted &= admitted;
    named |= fact.requirement->specifiers.names_prerelease();
    if (fact.requirement->specifiers.pin() != nullptr) result.yanked |= admitted;
  }
  switch (facts_.prerelease_rule(id)) {
    case Facts::PrereleaseRule::allow: result.prereleases = true; return result;
    case Facts::PrereleaseRule::forbid: return result;
    case Facts::PrereleaseRule::by_rule: break;
  }
  result.prereleases = named;
  if (named) return result;
  for (std::size_t rank = 0; rank < project.releases(); ++rank)
    if (wanted.contains(rank) && facts_.is_stable_and_usable(id, rank)) return result;
  result.prereleases = true;  // nothing else matches
  return result;
}

std::optional<std::size_t> Search::first_permitted(PackageId base, const Permission& permission, bool yanked) const {
  const ProjectId id = packages_[base].project;
  const Project& project = facts_.project(id);
  const VersionSet& possible = solution_.possible(base);
  const auto fits = [&](std::size_t rank) {
    return possible.contains(rank) && project.is_yanked(rank) == yanked && (permission.prereleases || !project.is_prerelease(rank)) &&
           (!yanked || permission.yanked.contains(rank));
  };
  const auto& preference = project.preference();
  if (facts_.prefers_lowest(id)) {
    for (std::size_t i = preference.size(); i-- > 0;)
      if (fits(preference[i])) return preference[i];
  } else {
    for (const std::uint32_t rank : preference)
      if (fits(rank)) return rank;
  }
  return std::nullopt;
}

// The release to try; nullopt if there is none, or if something had to be said first.
std::optional<std::size_t> Search::choose(PackageId base) {
  const ProjectId id = packages_[base].project;
  const Project& project = facts_.project(id);
  const VersionSet& possible = solution_.possible(base);
  if (const auto installed = project.installed_rank();
      installed && possible.contains(*installed) && facts_.installed_is_preferred(id))
    return installed;
  if (!project.loaded()) return std::nullopt;
  const Permission allowed = permission(base);
  std::optional<std::size_t> rank = first_permitted(base, allowed, false);
  if (!rank) rank = first_permitted(base, allowed, true);
  if (!rank) {
    forbid_unasked(base);
    return std::nullopt;
  }
  const std::optional<Unavailable>& why = project.unavailable(*rank);
  if (!why) return rank;
  // All with the same reason at once: a listing may hold hundreds that do not fit this Python.
  for (std::size_t other = 0; other < project.releases(); ++other)
    if (const auto& same = project.unavailable(other); same && same->reason == why->reason) add_unavailable(base, other, *same);
  return std::nullopt;
}

// Every release that is left needs a permission that nothing in force gives.
void Search::forbid_unasked(PackageId base) {
  const ProjectId id = packages_[base].project;
  const Project& project = facts_.project(id);
  const VersionSet& possible = solution_.possible(base);
  VersionSet prereleases = project.nothing(), yanked = project.nothing(), left = project.nothing();
  for (std::size_t rank = 0; rank < project.releases(); ++rank) {
    if (!possible.contains(rank)) continue;
    left.insert(rank);
    (project.is_yanked(rank) ? yanked : prereleases).insert(rank);
  }
  const bool never = facts_.prerelease_rule(id) == Facts::PrereleaseRule::forbid && yanked.empty();
  const auto forbid = [&](const VersionSet& states, FactKind kind) {
    if (states.empty()) return;
    Incompatibility fact;
    fact.kind = kind;
    fact.terms.push_back({base, states});
    add(std::move(fact));
  };
  if (!facts_.is_open(id) || never) {
    packages_[base].barred |= !never;
    forbid(prereleases, FactKind::prerelease);
    forbid(yanked, FactKind::yanked);
    return;
  }
  // A decision still to come may permit them.
  if (postponed_.insert(base).second) {
    const auto others_wanted = [&] {
      for (PackageId other = 0; other < packages_.size(); ++other)
        if (other != base && solution_.is_wanted(other) && !postponed_.contains(other)) return true;
      return false;
    };
    if (others_wanted()) return;
  }
  // None did. What would have to change is one of the decisions.
  Incompatibility fact;
  fact.kind = prereleases.empty() ? FactKind::yanked : FactKind::prerelease;
  fact.terms.push_back({base, left});
  for (const PackageId decided : solution_.decided()) fact.terms.push_back({decided, solution_.possible(decided)});
  add(std::move(fact));
}

void Search::count_rejection(PackageId id) {
  Package& package = packages_[packages_[id].base];
  ++package.tried;
  if (facts_.options().on_rejected) facts_.options().on_rejected(facts_.project(package.project).name, package.tried);
  if (package.tried < package.batch_at) return;
  package.batch_at = package.batch_at < 20 ? package.batch_at * 2 : package.batch_at + 20;
  announce_batch(package.base);
}

// After repeated conflicts the two that fight are decided before the others, the one that kept losing first; what was
// decided between them is taken back once. (uv's rule, with its threshold.)
void Search::count_conflict(const Incompatibility& incompatibility) {
  const auto level = [this](PackageId id) { return solution_.is_decided(id) ? solution_.decision_level(id) : kNone; };
  PackageId loser = kNone;
  for (const Term& term : incompatibility.terms) {
    const PackageId base = packages_[term.package].base;
    ++packages_[base].conflicts;
    if (loser == kNone || level(base) > level(loser)) loser = base;
  }
  if (loser == kNone || packages_[loser].early || packages_[loser].conflicts < kConflictsUntilReordered) return;
  packages_[loser].early = true;
  for (const Term& term : incompatibility.terms) {
    const PackageId base = packages_[term.package].base;
    if (base == loser) continue;
    packages_[base].late = true;
    if (solution_.is_decided(base)) reorder_below_ = std::min(reorder_below_, solution_.decision_level(base));
  }
}

std::optional<std::size_t> Search::likely(PackageId base) const {
  const Project& project = facts_.project(packages_[base].project);
  const VersionSet& possible = solution_.possible(base);
  for (const std::uint32_t rank : project.preference())
    if (possible.contains(rank) && !project.is_prerelease(rank) && !project.is_yanked(rank)) return rank;
  return std::nullopt;
}

// One hint for each undecided project whose likely release is another than before.
// Not for what is given by URL, nor where the installed release will be kept.
bool Search::needs_listing(PackageId id) const {
  const Project& project = facts_.project(packages_[id].project);
  if (project.loaded() || project.only_direct || !solution_.is_wanted(id)) return false;
  const auto installed = project.installed_rank();
  return !(installed && solution_.possible(id).contains(*installed) && facts_.installed_is_preferred(packages_[id].project));
}

void Search::announce() {
  std::vector<Hint> hints;
  for (const PackageId id : solution_.take_changed()) {
    Package& package = packages_[id];
    const Project& project = facts_.project(package.project);
    if (package.base != id || !solution_.is_wanted(id)) continue;
    if (!project.loaded()) {
      if (!needs_listing(id) || package.hinted == 0) continue;
      package.hinted = 0;
      const packaging::Requirement* first = package.demands.empty() ? nullptr : store_[package.demands.front()].requirement;
      hints.push_back({project.name, nullptr, first});
      continue;
    }
    const std::optional<std::size_t> rank = likely(id);
    if (!rank || *rank == package.hinted || project.listed(*rank) == nullptr) continue;
    package.hinted = static_cast<std::uint32_t>(*rank);
    hints.push_back({project.name, project.listed(*rank), nullptr});
  }
  if (!hints.empty()) facts_.provider().prefetch(hints);
}

void Search::announce_batch(PackageId base) {
  const Project& project = facts_.project(packages_[base].project);
  std::vector<Hint> hints;
  for (const std::uint32_t rank : project.preference()) {
    if (hints.size() == kBatchSize) break;
    if (solution_.possible(base).contains(rank) && project.listed(rank) != nullptr) hints.push_back({project.name, project.listed(rank), nullptr});
  }
  if (!hints.empty()) facts_.provider().prefetch(hints);
}

std::vector<ProjectId> Search::barred() const {
  std::vector<ProjectId> result;
  for (const Package& package : packages_)
    if (package.barred) result.push_back(package.project);
  return result;
}

std::vector<std::string> Search::fighting() const {
  std::vector<PackageId> ids;
  for (PackageId id = 0; id < packages_.size(); ++id)
    if (packages_[id].conflicts > 0) ids.push_back(id);
  std::ranges::stable_sort(ids, [this](PackageId a, PackageId b) { return packages_[a].conflicts > packages_[b].conflicts; });
  std::vector<std::string> names;
  for (std::size_t i = 0; i < ids.size() && i < 5; ++i) names.push_back(facts_.project(packages_[ids[i]].project).name);
  return names;
}

}  // namespace pipit::resolve
