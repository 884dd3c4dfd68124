// Why this version: who asks for the project, what would have been preferred, and what speaks against that.
#include <algorithm>

#include "pipit/base/url.h"
#include "pipit/resolve/solver.h"

namespace pipit::resolve {

namespace {

// Where the trial's own constraint claims to be written; its line is told as a supposition.
constexpr const char* kTrial = "(trial)";

// "3. (trial):0 allows only x==2.0" becomes "3. suppose x==2.0".
std::string as_supposition(std::string line) {
  const std::string told = std::string(kTrial) + ":0 allows only ";
  if (const std::size_t at = line.find(told); at != std::string::npos) line.replace(at, told.size(), "suppose ");
  return line;
}

std::string place(const packaging::Origin& origin) {
  return origin.file.empty() ? "the command line" : origin.file + ":" + std::to_string(origin.line);
}

class Reasons {
 public:
  Reasons(const SolverOptions& options, Provider& provider, const Solution& solution, const model::Resolved& chosen)
      : options_(options), provider_(provider), solution_(solution), chosen_(chosen) {}

  Result<std::vector<std::string>> lines() {
    const std::string& name = chosen_.candidate.name;
    say(name + " " + chosen_.candidate.version.str() + (chosen_.candidate.kind == model::CandidateKind::installed ? " is installed and stays" : " was chosen"));
    for (const model::Edge& edge : chosen_.requested_by) say("  " + asker(edge) + mask_credentials(edge.requirement));
    for (const Rule& rule : options_.constraints)
      if (rule.requirement.normalized_name() == name) say("  " + place(rule.origin) + " allows only " + rule.requirement.str());
    if (chosen_.candidate.direct_url) return std::move(lines_);
    if (chosen_.candidate.kind == model::CandidateKind::installed && options_.upgrade == UpgradeStrategy::to_satisfy_only)
      return std::move(lines_);
    PIPIT_CHECK(compare_with_preferred());
    return std::move(lines_);
  }

 private:
  void say(std::string line) { lines_.push_back(std::move(line)); }

  std::string asker(const model::Edge& edge) const {
    if (edge.parent.empty()) return place(edge.origin) + " asks for ";
    const model::Resolved* parent = solution_.resolution.find(edge.parent);
    return edge.parent + (parent == nullptr ? "" : " " + parent->candidate.version.str()) + " needs ";
  }

  // The first requirement in force that does not admit the release.
  std::string ruled_out_by(const Listed& listed) const {
    const auto admits = [&](const packaging::Requirement& requirement) {
      return requirement.specifiers.contains(listed.version, listed.text.empty() ? listed.version.str() : listed.text, packaging::Prereleases::allow);
    };
    for (const model::Edge& edge : chosen_.requested_by)
      if (const auto requirement = packaging::Requirement::parse(edge.requirement); requirement && !admits(*requirement))
        return asker(edge) + edge.requirement;
    for (const Rule& rule : options_.constraints)
      if (rule.requirement.normalized_name() == chosen_.candidate.name && !admits(rule.requirement))
        return place(rule.origin) + " allows only " + rule.requirement.str();
    if (listed.unavailable) return "it cannot be used: " + listed.unavailable->reason;
    if (listed.yanked) return "it was yanked";
    if (listed.version.is_prerelease()) return "it is a pre-release, which nothing asks for";
    return "";
  }

  Status compare_with_preferred() {
    PIPIT_TRY(const Listing listing, provider_.versions(chosen_.candidate.name));
    const auto own = std::ranges::find(listing.versions, chosen_.candidate.version, &Listed::version);
    if (own == listing.versions.begin()) {
      say("  it is the newest there is");
      return ok();
    }
    std::string last_reason;
    const Listed* untried = nullptr;
    constexpr std::size_t kReasonsMax = 5;
    std::size_t told = 0;
    for (auto at = listing.versions.begin(); at != own && told < kReasonsMax; ++at) {
      std::string reason = ruled_out_by(*at);
      if (reason.empty()) {
        if (untried == nullptr) untried = &*at;
        continue;
      }
      if (reason == last_reason) continue;
      say("  not " + at->version.str() + ": " + reason);
      last_reason = std::move(reason);
      ++told;
    }
    return untried == nullptr ? ok() : try_instead(*untried);
  }

  // No single requirement speaks against it: what happens if it is insisted on?
  Status try_instead(const Listed& listed) {
    SolverOptions insisting = options_;
    Rule pin;
    PIPIT_TRY(pin.requirement, packaging::Requirement::parse(chosen_.candidate.name + "==" + listed.version.str()));
    pin.origin.file = kTrial;
    insisting.constraints.push_back(pin);
    insisting.decisions_max = std::min<std::size_t>(options_.decisions_max, 5'000);
    insisting.on_rejected = nullptr;
    Diagnostics unheard;
    PIPIT_TRY(const Outcome outcome, solve(insisting, provider_, unheard));
    const std::string version = chosen_.candidate.name + " " + listed.version.str();
    if (const auto* conflict = std::get_if<Conflict>(&outcome)) {
      say("  not " + listed.version.str() + ": with it there is no solution");
      for (const std::string& line : conflict->explain()) say("    " + as_supposition(line));
    } else if (const auto* other = std::get_if<Solution>(&outcome)) {
      say("  not " + listed.version.str() + ": it would do, but then " + differences(*other));
    } else {
      say("  " + version + " was not found to work within the budget");
    }
    return ok();
  }

  std::string differences(const Solution& other) const {
    std::string text;
    for (const model::Resolved& project : solution_.resolution.projects) {
      if (project.candidate.name == chosen_.candidate.name) continue;
      const model::Resolved* there = other.resolution.find(project.candidate.name);
      if (there == nullptr || !(there->candidate.version < project.candidate.version)) continue;
      text += (text.empty() ? "" : ", ") + project.candidate.name + " would be " + there->candidate.version.str();
    }
    return text.empty() ? "other packages would differ" : text;
  }

  const SolverOptions& options_;
  Provider& provider_;
  const Solution& solution_;
  const model::Resolved& chosen_;
  std::vector<std::string> lines_;
};

}  // namespace

Result<std::vector<std::string>> why(const SolverOptions& options, Provider& provider, const Solution& solution, const std::string& name) {
  const model::Resolved* chosen = solution.resolution.find(name);
  if (chosen == nullptr) return std::vector<std::string>{};
  return Reasons(options, provider, solution, *chosen).lines();
}

}  // namespace pipit::resolve
