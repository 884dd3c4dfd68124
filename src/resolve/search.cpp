#include "resolve/search.h"

#include <algorithm>
#include <utility>

namespace pipit::resolve {

Result<End> Search::run(std::size_t decisions_max) {
  const SolverOptions& options = facts_.options();
  add_roots();
  if (settle() && !restart_) PIPIT_CHECK(load_roots());
  for (std::size_t decisions = 0; settle() && !restart_; ++decisions) {
    if (options.is_cancelled && options.is_cancelled()) return fail(make_error(kCancelled, "the resolution was interrupted"));
    if (decisions >= decisions_max || (options.should_stop && options.should_stop())) return End::exhausted;
    PIPIT_TRY(const bool more, step());
    if (!more) return End::solved;
  }
  return restart_ ? End::restart : End::conflict;
}

Result<bool> Search::step() {
  announce();
  const std::optional<PackageId> next = pick();
  if (!next) return false;
  const Package& package = packages_[*next];
  if (package.base != *next) {
    tie_to_base(*next);
    if (!settle() || restart_) return true;
    if (!solution_.is_wanted(*next) || !solution_.is_decided(package.base)) return true;
    return try_release(*next, *solution_.decision(package.base));
  }
  const std::optional<std::size_t> rank = choose(*next);
  if (rank) return try_release(*next, *rank);
  if (!facts_.project(package.project).loaded()) PIPIT_CHECK(load(package.project));
  return true;
}

// Learns what the release needs; if that still permits the release, decides for it.
Result<bool> Search::try_release(PackageId id, std::size_t rank) {
  ++facts_.statistics().decisions;
  PIPIT_TRY(const bool usable, add_dependencies(id, rank));
  if (restart_ || (usable && make_way(id, rank))) return true;
  const std::size_t conflicts_before = facts_.statistics().conflicts;
  if (!settle()) return true;
  const bool quiet = facts_.statistics().conflicts == conflicts_before;
  if (usable && quiet && solution_.is_wanted(id) && solution_.possible(id).contains(rank)) {
    postponed_.clear();
    solution_.decide(id, rank);
    enqueue(id);
  } else {
    count_rejection(id);
  }
  return true;
}

void Search::enqueue(PackageId package) {
  if (std::exchange(queued_[package], char{1}) == 0) queue_.push_back(package);
}

bool Search::settle() {
  while (!restart_ && contradiction_ == kNone) {
    const std::optional<IncompatibilityId> conflict = propagate();
    if (!conflict) return true;
    ++facts_.statistics().conflicts;
    if (!resolve_conflict(*conflict)) return false;
    if (const std::uint32_t level = std::exchange(reorder_below_, kNone); level <= solution_.level()) backtrack(level - 1);
  }
  return contradiction_ == kNone;
}

std::optional<IncompatibilityId> Search::propagate() {
  while (!fresh_.empty()) {
    const IncompatibilityId id = fresh_.back();
    if (!examine(id)) return id;  // stays, to be looked at again after the conflict is resolved
    fresh_.pop_back();
  }
  for (std::size_t next = 0; next < queue_.size(); ++next) {
    const PackageId package = queue_[next];
    queued_[package] = 0;
    const std::vector<IncompatibilityId>& mentions = packages_[package].mentions;
    for (std::size_t i = mentions.size(); i-- > 0;) {
      if (examine(mentions[i])) continue;
      const IncompatibilityId conflict = mentions[i];
      queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(next));
      queued_[package] = 1;
      return conflict;
    }
  }
  queue_.clear();
  return std::nullopt;
}

bool Search::examine(IncompatibilityId id) {
  if (contradicted_at_[id] != kNone) return true;
  ++facts_.statistics().propagations;
  const Term* open = nullptr;
  for (const Term& term : store_[id].terms) {
    const Relation relation = solution_.relation(term);
    if (relation == Relation::holds) continue;
    if (relation == Relation::contradicted) {
      contradicted_at_[id] = solution_.level();
      contradicted_.push_back(id);
      return true;
    }
    if (open != nullptr) return true;
    open = &term;
  }
  if (open == nullptr) return false;
  solution_.derive(open->package, open->states, id);
  enqueue(open->package);
  return true;
}

void Search::backtrack(std::uint32_t level) {
  // Incompatibilities may be newer than the assignments they follow from, so whatever lost an assignment is looked at again.
  for (const PackageId package : solution_.backtrack(level)) enqueue(package);
  while (!contradicted_.empty()) {
    std::uint32_t& since = contradicted_at_[contradicted_.back()];
    if (since != kNone && since <= level) break;
    since = kNone;
    contradicted_.pop_back();
  }
  postponed_.clear();
}

// Where the trail first makes all terms hold: the assignment that completes them, and the level the rest needs.
struct Search::Cut {
  PackageId pivot = 0;
  IncompatibilityId cause = kNone;
  std::uint32_t level = 0, previous_level = 0;
};

Search::Cut Search::cut(const Incompatibility& incompatibility) const {
  Cut result;
  std::size_t newest = 0;
  const Term* pivot = nullptr;
  for (const Term& term : incompatibility.terms) {
    const std::size_t at = *solution_.satisfier(term.package, term.states);
    if (pivot == nullptr || at > newest) {
      if (pivot != nullptr) result.previous_level = std::max(result.previous_level, solution_.assignment(newest).level);
      pivot = &term;
      newest = at;
    } else {
      result.previous_level = std::max(result.previous_level, solution_.assignment(at).level);
    }
  }
  const PartialSolution::Assignment& assignment = solution_.assignment(newest);
  result.pivot = pivot->package;
  result.cause = assignment.cause;
  result.level = assignment.level;
  if (assignment.cause == kNone) return result;
  // If the assignment alone does not make the term hold, the package's earlier ones have a part in it.
  const Term* cause = store_[assignment.cause].term(pivot->package);
  const VersionSet own = cause != nullptr ? cause->states.complement() : VersionSet(pivot->states.size());
  if (const auto earlier = solution_.satisfier(pivot->package, pivot->states, &own); earlier && !own.is_subset_of(pivot->states))
    result.previous_level = std::max(result.previous_level, solution_.assignment(*earlier).level);
  return result;
}

Incompatibility resolvent(const Incompatibility& a, const Incompatibility& b, PackageId pivot) {
  Incompatibility result;
  for (const Term& term : a.terms) {
    if (term.package != pivot) {
      result.terms.push_back(term);
    } else if (const Term* other = b.term(pivot)) {
      Term joined{pivot, term.states | other->states};
      if (!joined.states.is_full()) result.terms.push_back(std::move(joined));
    }
  }
  for (const Term& term : b.terms) {
    if (term.package == pivot || term.states.is_full()) continue;
    const auto at = std::ranges::find(result.terms, term.package, &Term::package);
    if (at == result.terms.end()) result.terms.push_back(term);
    else at->states &= term.states;
  }
  return result;
}

// Walks back from a conflict to the newest decision that has a part in it, and jumps to where the lesson applies.
bool Search::resolve_conflict(IncompatibilityId id) {
  count_conflict(store_[id]);
  Incompatibility current = store_[id];
  std::erase_if(current.terms, [](const Term& term) { return term.states.is_full(); });  // says nothing
  std::vector<IncompatibilityId> causes{id};
  while (!current.terms.empty()) {
    const Cut at = cut(current);
    if (at.cause == kNone || at.previous_level < at.level) {
      backtrack(at.previous_level);
      if (causes.size() > 1) {
        current.kind = FactKind::derived;
        current.causes = std::move(causes);
        add(std::move(current));
      } else {
        fresh_.push_back(id);
      }
      return true;
    }
    current = resolvent(current, store_[at.cause], at.pivot);
    causes.push_back(at.cause);
  }
  if (causes.size() == 1) {
    contradiction_ = id;
  } else {
    current.kind = FactKind::derived;
    current.causes = std::move(causes);
    contradiction_ = add(std::move(current));
  }
  return false;
}

}  // namespace pipit::resolve
