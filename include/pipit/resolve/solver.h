// The solver: one candidate per project so that every requirement holds, or the reason why there is none. PubGrub
// (incompatibilities, unit propagation, conflict-driven backjumping). It knows no disk, network, clock or thread; the same
// options and the same answers of the provider give the same outcome and the same questions in the same order.
//
// Errors: solve() fails only when the provider fails, or when should_stop() said so (cancelled). Having no solution and
// running out of budget are outcomes, not errors. Rules followed: PEP 440 through packaging::SpecifierSet (pre-releases as
// packaging 26.3 with pip's use of it: the clauses of all requirements in force together), PEP 592 (yanked), PEP 508 URLs.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "pipit/base/diagnostics.h"
#include "pipit/base/result.h"
#include "pipit/model/candidate.h"
#include "pipit/model/resolution.h"
#include "pipit/packaging/hash.h"
#include "pipit/packaging/requirement.h"
#include "pipit/packaging/requirements_file.h"
#include "pipit/resolve/conflict.h"
#include "pipit/resolve/provider.h"

namespace pipit::resolve {

// A requirement of the user. Its marker was evaluated by the caller (false ones are not handed in). A bare URL or path
// comes as "name @ url" once its name is known.
struct Root {
  packaging::Requirement requirement;
  std::string text;            // as written, for messages and edges; empty: requirement.str()
  packaging::Origin origin;    // empty for the command line
  bool user_requested = true;  // false: needed by pipit itself (a build back end)
  packaging::Hashes hashes;    // copied to Resolved::allowed_hashes; choosing files by them is the provider's matter
};

// A line of a constraints file, or an override (which replaces every requirement on its name, the user's own included).
struct Rule {
  packaging::Requirement requirement;
  std::string text;
  packaging::Origin origin;
  packaging::Hashes hashes;  // constraints only: joined to the allowed hashes
};

// Something present in the target. While it is preferred and fits, the index is not asked about its project at all.
struct InstalledChoice {
  model::Candidate candidate;  // kind installed; name normalised
};

enum class UpgradeStrategy { to_satisfy_only, only_if_needed, eager };  // no -U; -U; -U --upgrade-strategy eager
enum class VersionStrategy { highest, lowest, lowest_direct };

// Which pre-releases may be chosen (pip 26: --pre, --all-releases, --only-final). A name beats the general rule.
struct PrereleasePolicy {
  enum class General { by_rule, allow, forbid };
  General general = General::by_rule;
  std::set<std::string> all_releases;  // normalised names
  std::set<std::string> only_final;
};

struct SolverOptions {
  std::vector<Root> roots;
  std::vector<Rule> constraints;
  std::vector<Rule> overrides;
  std::vector<InstalledChoice> installed;  // leave empty for --ignore-installed and --force-reinstall
  UpgradeStrategy upgrade = UpgradeStrategy::to_satisfy_only;
  VersionStrategy strategy = VersionStrategy::highest;
  PrereleasePolicy prereleases;
  bool no_dependencies = false;            // --no-deps
  std::size_t decisions_max = 200'000;     // then the outcome is Exhausted
  std::function<bool()> should_stop;       // polled at every decision; true ends with the outcome Exhausted (time is up)
  std::function<bool()> is_cancelled;      // polled likewise; true ends with the error `cancelled`
  // Called each time a release of `name` turned out not to fit, with how many did so far (pip's notices at 1, 8 and 13).
  std::function<void(const std::string& name, std::size_t rejected)> on_rejected;
};

// Step counts; deterministic, so tests and benchmarks compare them.
struct Statistics {
  std::size_t decisions = 0, propagations = 0, conflicts = 0, incompatibilities = 0, restarts = 0;
  std::size_t listings_asked = 0, candidates_asked = 0, dependencies_asked = 0;
};

struct Solution {
  model::Resolution resolution;  // dependencies before dependents, ties by name
  Statistics statistics;
};

// The budget ran out before an answer. `fighting` names the projects that conflicted most, worst first (at most five).
struct Exhausted {
  std::vector<std::string> fighting;
  Statistics statistics;
  Error error() const;  // resolution-too-deep, with the names
};

using Outcome = std::variant<Solution, Conflict, Exhausted>;

inline constexpr ErrorCode kResolutionTooDeep{"resolution-too-deep"};

// Warnings (an unknown extra, a yanked choice) go to diagnostics in pip's wording.
Result<Outcome> solve(const SolverOptions& options, Provider& provider, Diagnostics& diagnostics);

// Relaxations of the input that were tried by solving again and do help, best first, as sentences:
// "dropping the upper bound of flask in requirements.txt:4 would resolve it (flask 3.0.3)". At most attempts_max solves.
Result<std::vector<std::string>> suggest(const SolverOptions& options, Provider& provider, const Conflict& conflict,
                                         std::size_t attempts_max = 8);

// Why this version of `name` (for --explain), as short lines; empty if the solution has no such project. Tries the next
// preferred release by solving again where no single requirement rules it out.
Result<std::vector<std::string>> why(const SolverOptions& options, Provider& provider, const Solution& solution,
                                     const std::string& name);

}  // namespace pipit::resolve
