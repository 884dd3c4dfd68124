// PartialSolution: what is decided and what follows from it, as a trail of assignments that backtracking shortens. For each
// package it keeps the states that are still possible; they only shrink along the trail, so "since when does this term
// hold" is a binary search. It knows neither the provider nor where incompatibilities come from.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "resolve/incompatibility.h"

namespace pipit::resolve {

enum class Relation { holds, contradicted, open };

class PartialSolution {
 public:
  struct Assignment {
    PackageId package = 0;
    std::uint32_t level = 0;
    IncompatibilityId cause = kNone;  // kNone: a decision
    VersionSet possible;              // after this assignment
  };

  void add_package(std::size_t set_size);
  std::size_t package_count() const { return packages_.size(); }
  const VersionSet& possible(PackageId package) const { return packages_[package].possible; }
  // Must be chosen in some version, and none is chosen yet.
  bool is_wanted(PackageId package) const { return !packages_[package].decided && !allows_absent(package) ; }
  bool allows_absent(PackageId package) const { return possible(package).contains(possible(package).absent()); }
  bool is_decided(PackageId package) const { return packages_[package].decided; }
  std::optional<std::size_t> decision(PackageId package) const;  // the rank
  std::uint32_t level() const { return level_; }
  std::uint32_t decision_level(PackageId package) const;  // REQUIRES: is_decided(package)
  const VersionSet& possible_before_decision(PackageId package) const;  // REQUIRES: is_decided(package)

  Relation relation(const Term& term) const;
  void decide(PackageId package, std::size_t rank);
  void derive(PackageId package, const VersionSet& excluded, IncompatibilityId cause);
  std::vector<PackageId> backtrack(std::uint32_t level);  // packages that lost an assignment
  // Replaces every set of a package (after its project was loaded).
  template <class Widen>
  void widen(PackageId package, const Widen& widen_set) {
    Package& entry = packages_[package];
    entry.possible = widen_set(entry.possible);
    entry.everything = VersionSet(entry.possible.size(), true);
    for (const std::size_t at : entry.trail) trail_[at].possible = widen_set(trail_[at].possible);
  }

  const Assignment& assignment(std::size_t index) const { return trail_[index]; }
  std::size_t trail_size() const { return trail_.size(); }
  // Index of the first assignment from which on the package's possible states, cut with `also`, lie within `states`;
  // nullopt: they do from the start.
  std::optional<std::size_t> satisfier(PackageId package, const VersionSet& states, const VersionSet* also = nullptr) const;
  // Packages whose possible states changed since the last call, without duplicates.
  std::vector<PackageId> take_changed();
  // Decided packages in the order of their decisions.
  std::vector<PackageId> decided() const;

 private:
  struct Package {
    VersionSet everything, possible;
    std::vector<std::size_t> trail;  // indices into trail_
    bool decided = false, changed = false;
  };
  void push(PackageId package, IncompatibilityId cause);
  void touch(PackageId package);

  std::vector<Package> packages_;
  std::vector<Assignment> trail_;
  std::vector<PackageId> changed_;
  std::uint32_t level_ = 0;
};

}  // namespace pipit::resolve
