// Search, the part that turns facts into incompatibilities.
#include <algorithm>
#include <utility>

#include "resolve/search.h"

namespace pipit::resolve {

std::string Search::display_name(PackageId id) const {
  const Package& package = packages_[id];
  const std::string& name = facts_.project(package.project).name;
  return package.extra.empty() ? name : name + "[" + package.extra + "]";
}

std::optional<PackageId> Search::find(ProjectId project, const std::string& extra) const {
  const auto at = ids_.find({project, extra});
  return at == ids_.end() ? std::nullopt : std::optional(at->second);
}

PackageId Search::package_of(ProjectId project, const std::string& extra) {
  const auto [at, is_new] = ids_.try_emplace({project, extra}, static_cast<PackageId>(packages_.size()));
  if (!is_new) return at->second;
  const PackageId id = at->second;
  Package& added = packages_.emplace_back();
  added.project = project;
  added.extra = extra;
  added.base = id;
  solution_.add_package(facts_.project(project).set_size());
  queued_.push_back(0);
  if (extra.empty()) add_constraints(id);
  else packages_[id].base = package_of(project, "");
  return id;
}

IncompatibilityId Search::add(Incompatibility incompatibility) {
  const auto id = static_cast<IncompatibilityId>(store_.size());
  ++facts_.statistics().incompatibilities;
  for (const Term& term : incompatibility.terms) packages_[term.package].mentions.push_back(id);
  store_.push_back(std::move(incompatibility));
  contradicted_at_.push_back(kNone);
  fresh_.push_back(id);
  return id;
}

void Search::add_roots() {
  for (const UserRequirement& root : facts_.roots()) {
    const UserRequirement* replacement = facts_.override_of(root.target);
    if (replacement == nullptr) {
      add_demand(kNone, 0, root, FactKind::user_requires);
      continue;
    }
    UserRequirement replaced = *replacement;
    replaced.extras = root.extras;
    add_demand(kNone, 0, replaced, FactKind::user_requires);
  }
}

// The listings of all that the user asks for come before any release is looked at: a line that nothing fits is told at once,
// not after hundreds of metadata were read or made. They are announced together, so this waits for the slowest of them.
Status Search::load_roots() {
  announce();
  for (PackageId id = 0; id < packages_.size(); ++id) {
    if (packages_[id].base != id || !needs_listing(id)) continue;
    PIPIT_CHECK(load(packages_[id].project));
    if (!settle() || restart_) break;
  }
  return ok();
}

void Search::add_constraints(PackageId base) {
  for (const UserRequirement& rule : facts_.constraints_on(packages_[base].project))
    add_demand_on(kNone, 0, rule, FactKind::constraint, base);
}

void Search::add_demand(PackageId source, std::size_t rank, const UserRequirement& demand, FactKind kind) {
  add_demand_on(source, rank, demand, kind, package_of(demand.target, ""));
  for (const std::string& extra : demand.extras) add_demand_on(source, rank, demand, kind, package_of(demand.target, extra));
}

void Search::add_demand_on(PackageId source, std::size_t rank, const UserRequirement& demand, FactKind kind, PackageId target) {
  const VersionSet& admitted = facts_.admitted(demand.target, demand.spec, *demand.requirement);
  Incompatibility fact;
  if (source == target) {  // a release that requires itself: harmless, or never usable
    if (admitted.contains(rank)) return;
  } else if (source != kNone) {
    const auto at = demands_.find({source, target, demand.spec});
    if (at != demands_.end()) {
      Term* term = const_cast<Term*>(store_[at->second].term(source));
      if (!term->states.contains(rank)) {
        term->states.insert(rank);
        contradicted_at_[at->second] = kNone;
      }
      fresh_.push_back(at->second);
      return;
    }
  }
  fact.kind = kind;
  fact.requirement = demand.requirement;
  fact.text = demand.text;
  fact.origin = demand.origin;
  fact.source = source;
  fact.target = target;
  fact.spec = demand.spec;
  if (source != kNone) {
    fact.terms.push_back({source, VersionSet(solution_.possible(source).size())});
    fact.terms.back().states.insert(rank);
  }
  if (source != target) {
    fact.terms.push_back({target, {}});
    set_demand(fact);
    packages_[target].pinned |= demand.requirement->specifiers.pin() != nullptr;
  }
  const IncompatibilityId id = add(std::move(fact));
  if (source == target) return;
  packages_[target].demands.push_back(id);
  if (source != kNone) demands_.emplace(std::tuple(source, target, demand.spec), id);
  note_permission(store_[id]);
}

// Writes the target's term: the states that the requirement rules out. A constraint does not ask for the target.
void Search::set_demand(Incompatibility& demand) {
  const ProjectId project = packages_[demand.target].project;
  VersionSet ruled_out = facts_.admitted(project, demand.spec, *demand.requirement).complement();
  if (demand.kind == FactKind::constraint) ruled_out.erase(ruled_out.absent());
  const auto at = std::ranges::find(demand.terms, demand.target, &Term::package);
  at->states = std::move(ruled_out);
}

// A requirement may permit releases that are not permitted otherwise. Roots and constraints are always in force, so only
// those of other releases matter: what they permit comes and goes with the decisions.
void Search::note_permission(const Incompatibility& demand) {
  const Package& target = packages_[demand.target];
  const Project& project = facts_.project(target.project);
  if (demand.source == kNone || !project.loaded() || facts_.is_open(target.project)) return;
  const VersionSet& admitted = facts_.admitted(target.project, demand.spec, *demand.requirement);
  const bool pins = demand.requirement->specifiers.pin() != nullptr;
  bool any = false, stable = false, yanked = false;
  for (std::size_t rank = 0; rank < project.releases(); ++rank) {
    if (!admitted.contains(rank)) continue;
    any |= project.is_prerelease(rank);
    stable |= facts_.is_stable_and_usable(target.project, rank);
    yanked |= project.is_yanked(rank);
  }
  if (!(any && (!stable || demand.requirement->specifiers.names_prerelease())) && !(pins && yanked)) return;
  facts_.open(target.project);
  if (packages_[target.base].barred) restart_ = true;
}

void Search::add_unavailable(PackageId package, std::size_t rank, const Unavailable& why) {
  const auto [at, is_new] = unavailable_.try_emplace({package, why.reason}, kNone);
  if (is_new) {
    Incompatibility fact;
    fact.kind = FactKind::unavailable;
    fact.reason = why.reason;
    fact.requires_python = why.requires_python;
    fact.refusing_python = why.refusing_python;
    fact.terms.push_back({package, VersionSet(solution_.possible(package).size())});
    fact.terms.back().states.insert(rank);
    at->second = add(std::move(fact));
    return;
  }
  store_[at->second].terms.front().states.insert(rank);
  contradicted_at_[at->second] = kNone;
  fresh_.push_back(at->second);
}

// False if the release turned out to be unusable.
Result<bool> Search::add_dependencies(PackageId id, std::size_t rank) {
  const ProjectId project = packages_[id].project;
  PIPIT_TRY(const CandidateAnswer* answer, facts_.candidate(project, rank));
  if (const auto* why = std::get_if<Unavailable>(answer)) {
    add_unavailable(packages_[id].base, rank, *why);
    return false;
  }
  PIPIT_TRY(const KnownDependencies* known, facts_.dependencies(project, rank, packages_[id].extra));
  if (facts_.take_ranks_changed()) {
    restart_ = true;
    return true;
  }
  if (known->unavailable) {
    add_unavailable(packages_[id].base, rank, *known->unavailable);
    return false;
  }
  for (const KnownRequirement& entry : known->requirements) {
    const UserRequirement* replacement = facts_.override_of(entry.target);
    UserRequirement demand{&entry.requirement, nullptr, nullptr, entry.target, entry.spec, entry.extras};
    if (replacement != nullptr) {
      demand = *replacement;
      demand.extras = entry.extras;
    }
    add_demand(id, rank, demand, FactKind::depends);
  }
  return true;
}

// name[extra] has the version of name: { name in {v}, name[extra] in any other }.
void Search::tie_to_base(PackageId proxy) {
  const PackageId base = packages_[proxy].base;
  const std::size_t rank = *solution_.decision(base);
  if (!tied_.insert({proxy, rank}).second) return;
  Incompatibility fact;
  fact.kind = FactKind::same_project;
  fact.terms.push_back({base, VersionSet(solution_.possible(base).size())});
  fact.terms.back().states.insert(rank);
  fact.terms.push_back({proxy, fact.terms.front().states.complement()});
  fact.terms.back().states.erase(fact.terms.back().states.absent());
  if (fact.terms.back().states.empty()) return;
  add(std::move(fact));
}

// Asks for the project's releases and rewrites every set about it.
Status Search::load(ProjectId id) {
  const std::optional<std::size_t> installed_before = facts_.project(id).installed_rank();
  PIPIT_CHECK(facts_.load(id));
  const Project& project = facts_.project(id);
  const auto widen = [&](const VersionSet& before) { return project.widened(before, installed_before); };
  for (auto at = ids_.lower_bound({id, ""}); at != ids_.end() && at->first.first == id; ++at) {
    const PackageId package = at->second;
    solution_.widen(package, widen);
    for (const IncompatibilityId mention : packages_[package].mentions)
      for (Term& term : store_[mention].terms)
        if (term.package == package) term.states = widen(term.states);
    for (const IncompatibilityId demand : packages_[package].demands) {
      set_demand(store_[demand]);
      contradicted_at_[demand] = kNone;
      fresh_.push_back(demand);
      note_permission(store_[demand]);
    }
    packages_[package].hinted = kNone;
  }
  return ok();
}

}  // namespace pipit::resolve
