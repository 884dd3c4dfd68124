// Search: one run of PubGrub over the facts. Unit propagation over incompatibilities, decisions, conflict-driven
// backjumping (https://nex3.medium.com/pubgrub-2fb6470504f is the description followed; the code is ours).
//
// What is particular here:
//  - name[extra] is a package of its own that is decided right after its project, in the same version;
//  - a project's listing is asked for when the project is about to be decided, not when it is first mentioned (project.h);
//  - releases that may be used only if somebody asks for them (pre-releases, yanked ones) are part of every set; whether
//    they may be chosen is judged at the decision, over the requirements then in force. If none may, an incompatibility
//    says so (forbid_unasked). That is sound only while no requirement that was seen could permit them; when one turns up
//    the run ends with End::restart and the facts remember (Facts::open);
//  - a release is not given up because an earlier decision is in its way: that decision is taken back once and waits
//    (make_way);
//  - demands of several releases that read the same are one incompatibility whose first term grows.
// One thread; borrowed: the facts.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "pipit/base/result.h"
#include "resolve/facts.h"
#include "resolve/incompatibility.h"
#include "resolve/partial_solution.h"

namespace pipit::resolve {

enum class End { solved, conflict, exhausted, restart };

struct Package {
  ProjectId project = 0;
  std::string extra;                       // empty: the project itself
  PackageId base = 0;                      // the project itself
  std::vector<IncompatibilityId> mentions; // those that propagation looks at
  std::vector<IncompatibilityId> demands;  // requirements and constraints on it
  bool pinned = false;                     // some requirement pins it exactly
  bool barred = false;                     // forbid_unasked() ruled out releases for good
  std::size_t conflicts = 0;               // decisions on it that had to be taken back
  std::size_t tried = 0;                   // releases that turned out not to fit
  std::size_t batch_at = 5;                // the next count of `tried` at which a batch is announced
  bool early = false, late = false;        // reordered after repeated conflicts
  std::set<PackageId> gives_way_to;        // decided after these, while they are undecided
  std::uint32_t hinted = kNone;
};

// If a or b holds for the pivot, the rest of a or the rest of b cannot: { pivot in a|b, rest of a, rest of b }.
Incompatibility resolvent(const Incompatibility& a, const Incompatibility& b, PackageId pivot);

class Search {
 public:
  explicit Search(Facts& facts) : facts_(facts) {}

  Result<End> run(std::size_t decisions_max);

  const Facts& facts() const { return facts_; }
  const PartialSolution& solution() const { return solution_; }
  const std::vector<Package>& packages() const { return packages_; }
  const Incompatibility& incompatibility(IncompatibilityId id) const { return store_[id]; }
  IncompatibilityId contradiction() const { return contradiction_; }
  std::string display_name(PackageId id) const;
  std::optional<PackageId> find(ProjectId project, const std::string& extra) const;
  // Projects whose unasked-for releases were ruled out for good in this run.
  std::vector<ProjectId> barred() const;
  std::vector<std::string> fighting() const;

 private:
  // search_facts.cpp: turning facts into incompatibilities
  PackageId package_of(ProjectId project, const std::string& extra);
  IncompatibilityId add(Incompatibility incompatibility);
  void add_roots();
  Status load_roots();
  void add_constraints(PackageId base);
  void add_demand(PackageId source, std::size_t rank, const UserRequirement& demand, FactKind kind);
  void add_demand_on(PackageId source, std::size_t rank, const UserRequirement& demand, FactKind kind, PackageId target);
  void set_demand(Incompatibility& demand);
  void add_unavailable(PackageId package, std::size_t rank, const Unavailable& why);
  Result<bool> add_dependencies(PackageId package, std::size_t rank);
  void tie_to_base(PackageId proxy);
  Status load(ProjectId project);
  void note_permission(const Incompatibility& demand);

  // search_choice.cpp: what to decide next, and which release
  std::optional<PackageId> pick();
  int urgency(PackageId id) const;
  struct Permission;
  Permission permission(PackageId base) const;
  std::optional<std::size_t> choose(PackageId base);
  std::optional<std::size_t> first_permitted(PackageId base, const Permission& permission, bool yanked) const;
  std::optional<std::size_t> likely(PackageId base) const;
  void forbid_unasked(PackageId base);
  bool needs_listing(PackageId id) const;
  void announce();
  void announce_batch(PackageId base);
  void count_rejection(PackageId package);
  bool gives_way(PackageId package) const;
  bool make_way(PackageId package, std::size_t rank);

  // search.cpp: the loop
  Result<bool> step();  // false: everything is decided
  Result<bool> try_release(PackageId package, std::size_t rank);
  bool settle();        // propagates and resolves conflicts until quiet; false: contradiction
  std::optional<IncompatibilityId> propagate();
  bool examine(IncompatibilityId id);  // derives what follows; false: all terms hold
  void enqueue(PackageId package);
  bool resolve_conflict(IncompatibilityId id);
  struct Cut;
  Cut cut(const Incompatibility& incompatibility) const;
  void backtrack(std::uint32_t level);
  void count_conflict(const Incompatibility& incompatibility);

  Facts& facts_;
  PartialSolution solution_;
  std::vector<Package> packages_;
  std::vector<Incompatibility> store_;
  std::vector<std::uint32_t> contradicted_at_;             // by incompatibility: the level since when a term cannot hold
  std::vector<IncompatibilityId> contradicted_;            // a trail of those
  std::map<std::pair<ProjectId, std::string>, PackageId> ids_;
  std::map<std::tuple<PackageId, PackageId, SpecId>, IncompatibilityId> demands_;
  std::map<std::pair<PackageId, std::string>, IncompatibilityId> unavailable_;
  std::set<std::pair<PackageId, std::size_t>> tied_;
  std::set<PackageId> postponed_;
  std::vector<PackageId> queue_;
  std::vector<char> queued_;
  std::vector<IncompatibilityId> fresh_;                   // added since the last settle()
  IncompatibilityId contradiction_ = kNone;
  std::size_t ways_made_ = 0;
  std::uint32_t reorder_below_ = kNone;                    // take back what was decided at this level and above
  bool restart_ = false;
};

}  // namespace pipit::resolve
