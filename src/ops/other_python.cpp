#include "ops/other_python.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "ops/finding.h"
#include "pipit/packaging/metadata.h"

namespace pipit::ops {

namespace {

constexpr int kOldestMinor = 8, kNewestMinor = 15;
constexpr std::size_t kTrialsMax = 2;
constexpr auto kTrialTimeMax = std::chrono::seconds(5);

// Knows nothing and builds nothing.
class NoSources final : public fetch::SourceHost {
 public:
  Result<std::optional<packaging::Metadata>> known_metadata(const model::Candidate&) override { return std::optional<packaging::Metadata>(); }
  Result<std::variant<packaging::Metadata, resolve::Unavailable>> build_metadata(const model::Candidate&) override {
    return std::variant<packaging::Metadata, resolve::Unavailable>(not_here());
  }
  Result<resolve::CandidateAnswer> direct(const packaging::Requirement&, const model::Candidate*) override { return resolve::CandidateAnswer(not_here()); }

 private:
  static resolve::Unavailable not_here() { return {resolve::UnavailableKind::other, "it would have to be built"}; }
};

// The nearest Pythons that some release in the conflict asks for, newer ones first.
std::vector<int> minors_to_try(const resolve::Conflict& conflict, int current) {
  std::vector<int> minors;
  for (int minor = kOldestMinor; minor <= kNewestMinor; ++minor) {
    const auto version = packaging::Version::try_parse(fmt::format("3.{}.0", minor));
    const bool asked_for = std::any_of(conflict.nodes.begin(), conflict.nodes.end(), [&](const resolve::Derivation& node) {
      return !node.requires_python.empty() && packaging::requires_python_admits(node.requires_python, *version);
    });
    if (asked_for && minor != current) minors.push_back(minor);
  }
  std::sort(minors.begin(), minors.end(), [&](int a, int b) { return std::pair(a < current, std::abs(a - current)) < std::pair(b < current, std::abs(b - current)); });
  if (minors.size() > kTrialsMax) minors.resize(kTrialsMax);
  return minors;
}

// True if every line reads the same for both targets; else the solver's own roots would not be the other target's.
bool same_lines(const Wanted& wanted, const packaging::MarkerEnvironment& markers) {
  if (!wanted.ignored.empty()) return false;
  for (const auto* lines : {&wanted.requirements, &wanted.constraints, &wanted.overrides})
    for (const packaging::RequirementLine& line : *lines) {
      const std::optional<packaging::Marker>& marker = line.requirement && line.requirement->marker ? line.requirement->marker : line.marker;
      if (!line.url.empty() || (line.requirement && line.requirement->url)) return false;
      if (marker && marker->evaluate(markers).value_or(false) == false) return false;
    }
  return true;
}

std::optional<std::string> try_python(int minor, const resolve::Conflict& conflict, const FailedRun& run) {
  const std::string python = fmt::format("3.{}", minor);
  const auto target = run.session.target();
  if (!target) return std::nullopt;
  ForeignTarget foreign = run.options.foreign;
  foreign.python_version = {3, minor};
  const auto view = view_target(**target, foreign);
  if (!view || !same_lines(run.wanted, view->markers)) return std::nullopt;
  fetch::ProviderOptions settings;
  auto finder = finder_options(run.options, run.wanted.options, *view, run.session);
  if (!finder) return std::nullopt;
  settings.finder = std::move(*finder);
  settings.markers = view->markers;
  if (const auto& cache = run.session.cache_directory()) settings.cache_directory = *cache / "metadata-v1";
  NoSources host;
  Session* session = &run.session;
  fetch::IndexProvider provider(std::move(settings), run.index, [session] { return session->http(); }, run.session.workers(), host);
  resolve::SolverOptions solver = run.solver;
  solver.installed.clear();
  solver.on_rejected = nullptr;
  const auto end = run.session.clock().monotonic() + kTrialTimeMax;
  solver.should_stop = [session, end] { return session->clock().monotonic() > end; };
  Diagnostics unheard;
  const auto outcome = resolve::solve(solver, provider, unheard);
  const auto* solution = outcome ? std::get_if<resolve::Solution>(&*outcome) : nullptr;
  if (solution == nullptr) return std::nullopt;
  std::string hint = fmt::format("with Python {} there is a solution", python);
  for (const std::string& name : conflict.projects)
    if (const model::Resolved* chosen = solution->resolution.find(name)) return hint + fmt::format(" ({} {})", name, chosen->candidate.version.str());
  return hint;
}

}  // namespace

std::optional<std::string> other_python_hint(const resolve::Conflict& conflict, const FailedRun& run) {
  if (run.options.ignore_requires_python || run.options.no_deps) return std::nullopt;
  const std::string& text = run.view.python_minor;
  const int current = text.starts_with("3.") ? std::atoi(text.c_str() + 2) : 0;
  for (const int minor : minors_to_try(conflict, current))
    if (auto hint = try_python(minor, conflict, run)) return hint;
  return std::nullopt;
}

}  // namespace pipit::ops
