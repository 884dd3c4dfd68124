#include "resolve/partial_solution.h"

#include <algorithm>
#include <utility>

namespace pipit::resolve {

void PartialSolution::add_package(std::size_t set_size) {
  Package entry;
  entry.everything = entry.possible = VersionSet(set_size, true);
  packages_.push_back(std::move(entry));
}

std::optional<std::size_t> PartialSolution::decision(PackageId package) const {
  if (!packages_[package].decided) return std::nullopt;
  const VersionSet& states = packages_[package].possible;
  for (std::size_t rank = 0; rank < states.absent(); ++rank)
    if (states.contains(rank)) return rank;
  return std::nullopt;
}

std::uint32_t PartialSolution::decision_level(PackageId package) const { return trail_[packages_[package].trail.back()].level; }

const VersionSet& PartialSolution::possible_before_decision(PackageId package) const {
  const Package& entry = packages_[package];
  return entry.trail.size() < 2 ? entry.everything : trail_[entry.trail[entry.trail.size() - 2]].possible;
}

Relation PartialSolution::relation(const Term& term) const {
  const VersionSet& states = packages_[term.package].possible;
  if (states.is_subset_of(term.states)) return Relation::holds;
  return states.is_disjoint_from(term.states) ? Relation::contradicted : Relation::open;
}

void PartialSolution::touch(PackageId package) {
  if (std::exchange(packages_[package].changed, true)) return;
  changed_.push_back(package);
}

void PartialSolution::push(PackageId package, IncompatibilityId cause) {
  packages_[package].trail.push_back(trail_.size());
  trail_.push_back({package, level_, cause, packages_[package].possible});
  touch(package);
}

void PartialSolution::decide(PackageId package, std::size_t rank) {
  ++level_;
  VersionSet chosen(packages_[package].possible.size());
  chosen.insert(rank);
  packages_[package].possible = std::move(chosen);
  packages_[package].decided = true;
  push(package, kNone);
}

void PartialSolution::derive(PackageId package, const VersionSet& excluded, IncompatibilityId cause) {
  packages_[package].possible &= excluded.complement();
  push(package, cause);
}

std::vector<PackageId> PartialSolution::backtrack(std::uint32_t level) {
  std::vector<PackageId> loosened;
  while (!trail_.empty() && trail_.back().level > level) {
    Package& entry = packages_[trail_.back().package];
    if (trail_.back().cause == kNone) entry.decided = false;
    entry.trail.pop_back();
    entry.possible = entry.trail.empty() ? entry.everything : trail_[entry.trail.back()].possible;
    touch(trail_.back().package);
    loosened.push_back(trail_.back().package);
    trail_.pop_back();
  }
  level_ = level;
  return loosened;
}

std::optional<std::size_t> PartialSolution::satisfier(PackageId package, const VersionSet& states, const VersionSet* also) const {
  const Package& entry = packages_[package];
  const auto within = [&](const VersionSet& possible) {
    return also == nullptr ? possible.is_subset_of(states) : (possible & *also).is_subset_of(states);
  };
  if (within(entry.everything)) return std::nullopt;
  const auto at = std::ranges::partition_point(entry.trail, [&](std::size_t index) { return !within(trail_[index].possible); });
  return *at;
}

std::vector<PackageId> PartialSolution::take_changed() {
  for (const PackageId package : changed_) packages_[package].changed = false;
  return std::exchange(changed_, {});
}

std::vector<PackageId> PartialSolution::decided() const {
  std::vector<PackageId> result;
  for (const Assignment& assignment : trail_)
    if (assignment.cause == kNone) result.push_back(assignment.package);
  return result;
}

}  // namespace pipit::resolve
