// Relaxations of the input, tried by solving again. Only what helped is said.
#include <algorithm>
#include <set>

#include "pipit/packaging/name.h"
#include "pipit/resolve/solver.h"

namespace pipit::resolve {

namespace {

using packaging::Operator;

// One change to the options and how to say it.
struct Change {
  SolverOptions options;
  std::string text;     // "dropping the upper bound of flask in requirements.txt:4"
  std::string project;  // whose version is told when it helps
};

std::string place(const packaging::Origin& origin) {
  return origin.file.empty() ? "on the command line" : "in " + origin.file + ":" + std::to_string(origin.line);
}

bool is_upper(const packaging::Specifier& clause) {
  return clause.op == Operator::less || clause.op == Operator::less_equal || clause.op == Operator::compatible ||
         (clause.op == Operator::equal && clause.wildcard);
}
bool is_pin(const packaging::Specifier& clause) {
  return clause.op == Operator::arbitrary || (clause.op == Operator::equal && !clause.wildcard);
}
bool is_lower(const packaging::Specifier& clause) {
  return clause.op == Operator::greater || clause.op == Operator::greater_equal || clause.op == Operator::compatible;
}

// The requirement without the clauses that `drop` names; nullopt if there are none.
template <class Drop>
std::optional<packaging::Requirement> without(const packaging::Requirement& requirement, const Drop& drop) {
  packaging::SpecifierSet kept;
  bool dropped = false;
  for (const packaging::Specifier& clause : requirement.specifiers.specifiers()) {
    if (drop(clause)) {
      dropped = true;
      continue;
    }
    if (auto one = packaging::SpecifierSet::parse(clause.str())) kept.add(*one);
  }
  if (!dropped) return std::nullopt;
  packaging::Requirement result = requirement;
  result.specifiers = std::move(kept);
  return result;
}

class Suggestions {
 public:
  Suggestions(const SolverOptions& options, const Conflict& conflict) : options_(options) {
    involved_.insert(conflict.projects.begin(), conflict.projects.end());
  }

  // Gentle changes first: one bound of one line, then a whole line's bounds, then rules.
  std::vector<Change> collect() {
    each_line([&](auto& list, std::size_t i) { add_bound(list, i, is_pin, "the pin"); });
    each_line([&](auto& list, std::size_t i) { add_bound(list, i, is_upper, "the upper bound"); });
    each_line([&](auto& list, std::size_t i) { add_bound(list, i, is_lower, "the lower bound"); });
    if (options_.prereleases.general != PrereleasePolicy::General::allow) add_prereleases();
    gentle_ = changes_.size();
    each_line([&](auto& list, std::size_t i) { add_removal(list, i); });
    return std::move(changes_);
  }

  std::size_t gentle() const { return gentle_; }  // how many come before taking whole lines away

 private:
  template <class Visit>
  void each_line(const Visit& visit) {
    const auto over = [&](auto SolverOptions::*list) {
      for (std::size_t i = 0; i < (options_.*list).size(); ++i)
        if (involved_.contains((options_.*list)[i].requirement.normalized_name())) visit(list, i);
    };
    over(&SolverOptions::roots);
    over(&SolverOptions::constraints);
    over(&SolverOptions::overrides);
  }

  template <class List, class Drop>
  void add_bound(List SolverOptions::*list, std::size_t i, const Drop& drop, const std::string& what) {
    const auto& line = (options_.*list)[i];
    auto looser = without(line.requirement, drop);
    if (!looser) return;
    Change change{options_, "dropping " + what + " of " + line.requirement.name + " " + place(line.origin), line.requirement.normalized_name()};
    (change.options.*list)[i].requirement = std::move(*looser);
    (change.options.*list)[i].text.clear();
    changes_.push_back(std::move(change));
  }

  void add_prereleases() {
    Change change{options_, "allowing pre-releases (--pre)", ""};
    change.options.prereleases = {PrereleasePolicy::General::allow, {}, {}};
    changes_.push_back(std::move(change));
  }

  template <class List>
  void add_removal(List SolverOptions::*list, std::size_t i) {
    const auto& line = (options_.*list)[i];
    const bool last_root = options_.roots.size() == 1 && line.origin == options_.roots.front().origin;
    if (last_root && !line.origin.constraint) return;  // then nothing would be left to install
    Change change{options_, "removing " + line.requirement.name + " " + place(line.origin), ""};
    auto& lines = change.options.*list;
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(i));
    changes_.push_back(std::move(change));
  }

  const SolverOptions& options_;
  std::set<std::string> involved_;
  std::vector<Change> changes_;
  std::size_t gentle_ = 0;
};

}  // namespace

Result<std::vector<std::string>> suggest(const SolverOptions& options, Provider& provider, const Conflict& conflict,
                                         std::size_t attempts_max) {
  constexpr std::size_t kShownMax = 3, kDecisionsPerAttempt = 5'000;
  std::vector<std::string> hints;
  Suggestions suggestions(options, conflict);
  std::vector<Change> changes = suggestions.collect();
  for (std::size_t i = 0; i < changes.size() && i < attempts_max && hints.size() < kShownMax; ++i) {
    if (i == suggestions.gentle() && !hints.empty()) break;
    Change& change = changes[i];
    change.options.decisions_max = std::min(options.decisions_max, kDecisionsPerAttempt);
    change.options.on_rejected = nullptr;
    Diagnostics unheard;
    PIPIT_TRY(const Outcome outcome, solve(change.options, provider, unheard));
    const auto* solution = std::get_if<Solution>(&outcome);
    if (solution == nullptr) continue;
    std::string hint = change.text + " would resolve it";
    if (const model::Resolved* chosen = solution->resolution.find(change.project))
      hint += " (" + change.project + " " + chosen->candidate.version.str() + ")";
    hints.push_back(std::move(hint));
  }
  return hints;
}

}  // namespace pipit::resolve
