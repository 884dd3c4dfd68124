#include "pipit/resolve/solver.h"

#include <algorithm>

#include "pipit/base/text.h"
#include "resolve/report.h"
#include "resolve/search.h"

namespace pipit::resolve {

namespace {

// A search that ended in a contradiction may have ruled out pre-releases or yanked releases because no single requirement
// that was seen permits them; several together may. So those projects are looked at once more with that left open.
constexpr std::size_t kSecondLookFactor = 4, kSecondLookLeast = 1000;

struct Run {
  std::unique_ptr<Search> search;
  End end = End::conflict;
};

Result<Run> run_until_settled(Facts& facts, std::size_t decisions_max) {
  while (true) {
    Run run{std::make_unique<Search>(facts)};
    const std::size_t used = facts.statistics().decisions;
    PIPIT_TRY(run.end, run.search->run(used < decisions_max ? decisions_max - used : 0));
    if (run.end != End::restart) return run;
    ++facts.statistics().restarts;
  }
}

Result<std::optional<Run>> second_look(Facts& facts, const Search& first, std::size_t decisions_max) {
  bool opened = false;
  for (const ProjectId id : first.barred()) {
    opened |= !facts.is_open(id);
    facts.open(id);
  }
  if (!opened) return std::optional<Run>();
  const std::size_t used = facts.statistics().decisions;
  PIPIT_TRY(Run run, run_until_settled(facts, std::min(decisions_max, used + used * kSecondLookFactor + kSecondLookLeast)));
  return run.end == End::solved ? std::optional<Run>(std::move(run)) : std::optional<Run>();
}

}  // namespace

Result<Outcome> solve(const SolverOptions& options, Provider& provider, Diagnostics& diagnostics) {
  PIPIT_TRY(const std::unique_ptr<Facts> facts, Facts::make(options, provider));
  PIPIT_TRY(Run run, run_until_settled(*facts, options.decisions_max));
  if (run.end == End::conflict) {
    Conflict conflict = make_conflict(*run.search, *facts);
    PIPIT_TRY(std::optional<Run> second, second_look(*facts, *run.search, options.decisions_max));
    if (!second) return Outcome(std::move(conflict));
    run = std::move(*second);
  }
  if (run.end == End::exhausted) return Outcome(Exhausted{run.search->fighting(), facts->statistics()});
  Solution solution;
  solution.resolution = make_resolution(*run.search, *facts, diagnostics);
  solution.statistics = facts->statistics();
  return Outcome(std::move(solution));
}

Error Exhausted::error() const {
  Error error = make_error(kResolutionTooDeep, "no answer was found within the budget: too many combinations of versions");
  if (!fighting.empty()) error.details.push_back("these conflict most: " + join(fighting, ", "));
  error.details.push_back(std::to_string(statistics.decisions) + " releases were tried, " + std::to_string(statistics.conflicts) +
                          " conflicts met");
  error.hints.push_back("a tighter requirement on one of them shortens the search, for instance a lower bound");
  return error;
}

}  // namespace pipit::resolve
