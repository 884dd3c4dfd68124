#include "resolve/facts.h"

#include <algorithm>

#include "pipit/packaging/name.h"

namespace pipit::resolve {

using packaging::Requirement;

std::vector<std::string> normalized_extras(const std::vector<std::string>& extras) {
  std::vector<std::string> result;
  for (const std::string& extra : extras) {
    std::string name = packaging::normalize_name(extra);
    if (std::ranges::find(result, name) == result.end()) result.push_back(std::move(name));
  }
  return result;
}

Result<std::unique_ptr<Facts>> Facts::make(const SolverOptions& options, Provider& provider) {
  std::unique_ptr<Facts> facts(new Facts(options, provider));
  PIPIT_CHECK(facts->read_options());
  return facts;
}

ProjectId Facts::id_of(const std::string& name) {
  const auto [at, is_new] = ids_.try_emplace(name, static_cast<ProjectId>(projects_.size()));
  if (is_new) {
    projects_.push_back(std::make_unique<Project>());
    projects_.back()->name = name;
    projects_.back()->begin();
  }
  return at->second;
}

SpecId Facts::spec_of(ProjectId id, const Requirement& requirement) {
  std::string key = requirement.url ? "@" + comparable_url(*requirement.url) : requirement.specifiers.str();
  const auto [at, is_new] = specs_.try_emplace({id, std::move(key)}, static_cast<SpecId>(admitted_.size()));
  if (is_new) {
    admitted_.emplace_back();
    specs_on_[id].push_back(at->second);
  }
  return at->second;
}

UserRequirement Facts::user_requirement(const Requirement& requirement, const std::string& text, const packaging::Origin& origin) {
  const ProjectId id = id_of(requirement.normalized_name());
  return {&requirement, &text, &origin, id, spec_of(id, requirement), normalized_extras(requirement.extras)};
}

Status Facts::read_options() {
  for (const InstalledChoice& choice : options_.installed) {
    Project& project = *projects_[id_of(choice.candidate.name)];
    project.installed = choice.candidate;
    project.begin();
  }
  for (const Rule& rule : options_.overrides) {
    UserRequirement known = user_requirement(rule.requirement, rule.text, rule.origin);
    overrides_.insert_or_assign(known.target, std::move(known));
  }
  for (const Rule& rule : options_.constraints) {
    UserRequirement known = user_requirement(rule.requirement, rule.text, rule.origin);
    constraints_[known.target].push_back(std::move(known));
  }
  for (const Root& root : options_.roots) {
    roots_.push_back(user_requirement(root.requirement, root.text, root.origin));
    user_named_.insert(roots_.back().target);
  }
  // Where the user or a constraint names a URL, that URL is the only source of the name.
  const auto note_url = [this](const UserRequirement& known) {
    if (known.requirement->url) projects_[known.target]->only_direct = true;
  };
  for (const auto& [id, known] : overrides_) note_url(known);
  for (const auto& [id, rules] : constraints_) std::ranges::for_each(rules, note_url);
  for (const UserRequirement& root : roots_)
    if (!overrides_.contains(root.target)) note_url(root);
  return ok();
}

const std::vector<UserRequirement>& Facts::constraints_on(ProjectId id) const {
  static const std::vector<UserRequirement> kNone;
  const auto at = constraints_.find(id);
  return at == constraints_.end() ? kNone : at->second;
}

const UserRequirement* Facts::override_of(ProjectId id) const {
  const auto at = overrides_.find(id);
  return at == overrides_.end() ? nullptr : &at->second;
}

Status Facts::register_direct(ProjectId id, const Requirement& requirement, const model::Candidate* parent) {
  Project& project = *projects_[id];
  std::string url = comparable_url(*requirement.url);
  for (const auto& known : project.directs)
    if (known->url == url) return ok();
  PIPIT_TRY(CandidateAnswer answer, provider_.direct(requirement, parent));
  auto release = std::make_unique<DirectRelease>();
  release->url = std::move(url);
  if (const auto* candidate = std::get_if<model::Candidate>(&answer)) release->version = candidate->version;
  else release->unavailable = std::get<Unavailable>(answer);
  release->state.candidate = std::move(answer);
  project.directs.push_back(std::move(release));
  if (!project.loaded()) return ok();
  project.reload();
  for (const SpecId spec : specs_on_[id]) admitted_[spec].reset();
  ranks_changed_ = true;
  return ok();
}

Status Facts::load(ProjectId id) {
  Project& project = *projects_[id];
  const auto add = [&](const UserRequirement& known) -> Status {
    return known.requirement->url ? register_direct(id, *known.requirement, nullptr) : ok();
  };
  if (const UserRequirement* replacement = override_of(id)) {
    PIPIT_CHECK(add(*replacement));
  } else {
    for (const UserRequirement& root : roots_)
      if (root.target == id) PIPIT_CHECK(add(root));
  }
  for (const UserRequirement& rule : constraints_on(id)) PIPIT_CHECK(add(rule));
  Listing listing;
  if (!project.only_direct) {
    ++statistics_.listings_asked;
    PIPIT_TRY(listing, provider_.versions(project.name));
  }
  project.load(std::move(listing));
  for (const SpecId spec : specs_on_[id]) admitted_[spec].reset();
  return ok();
}

const VersionSet& Facts::admitted(ProjectId id, SpecId spec, const Requirement& requirement) {
  std::optional<VersionSet>& slot = admitted_[spec];
  if (!slot) slot = projects_[id]->admitted(requirement);
  return *slot;
}

Result<const CandidateAnswer*> Facts::candidate(ProjectId id, std::size_t rank) {
  Project& project = *projects_[id];
  ReleaseState& state = project.state(rank);
  if (!state.candidate) {
    if (project.source(rank) == Source::installed) {
      state.candidate = *project.installed;
    } else {
      ++statistics_.candidates_asked;
      PIPIT_TRY(CandidateAnswer answer, provider_.candidate(project.name, *project.listed(rank)));
      state.candidate = std::move(answer);
    }
  }
  return &*state.candidate;
}

Result<KnownDependencies> Facts::ask_dependencies(const model::Candidate& candidate, const std::string& extra) {
  KnownDependencies known;
  ++statistics_.dependencies_asked;
  PIPIT_TRY(DependencyAnswer answer, provider_.dependencies(candidate, extra));
  if (const auto* unavailable = std::get_if<Unavailable>(&answer)) {
    known.unavailable = *unavailable;
    return known;
  }
  auto& dependencies = std::get<Dependencies>(answer);
  known.provides_extra = dependencies.provides_extra;
  if (options_.no_dependencies) return known;
  known.requirements.reserve(dependencies.requirements.size());
  for (Requirement& requirement : dependencies.requirements) {
    KnownRequirement entry;
    entry.target = id_of(requirement.normalized_name());
    entry.extras = normalized_extras(requirement.extras);
    entry.spec = spec_of(entry.target, requirement);
    entry.requirement = std::move(requirement);
    // Where the user named a URL, another one can never be chosen, so nobody asks what is behind it.
    if (entry.requirement.url && override_of(entry.target) == nullptr && !projects_[entry.target]->only_direct)
      PIPIT_CHECK(register_direct(entry.target, entry.requirement, &candidate));
    known.requirements.push_back(std::move(entry));
  }
  return known;
}

Result<const KnownDependencies*> Facts::dependencies(ProjectId id, std::size_t rank, const std::string& extra) {
  ReleaseState& state = projects_[id]->state(rank);  // stays where it is, even when ranks move
  std::unique_ptr<KnownDependencies>& known = state.dependencies[extra];
  if (!known) {
    PIPIT_TRY(KnownDependencies answer, ask_dependencies(std::get<model::Candidate>(*state.candidate), extra));
    known = std::make_unique<KnownDependencies>(std::move(answer));
  }
  return known.get();
}

bool Facts::installed_is_preferred(ProjectId id) const {
  if (!projects_[id]->installed) return false;
  switch (options_.upgrade) {
    case UpgradeStrategy::eager: return false;
    case UpgradeStrategy::only_if_needed: return !user_named(id);
    case UpgradeStrategy::to_satisfy_only: break;
  }
  return true;
}

bool Facts::prefers_lowest(ProjectId id) const {
  return options_.strategy == VersionStrategy::lowest || (options_.strategy == VersionStrategy::lowest_direct && user_named(id));
}

Facts::PrereleaseRule Facts::prerelease_rule(ProjectId id) const {
  const std::string& name = projects_[id]->name;
  if (options_.prereleases.all_releases.contains(name)) return PrereleaseRule::allow;
  if (options_.prereleases.only_final.contains(name)) return PrereleaseRule::forbid;
  switch (options_.prereleases.general) {
    case PrereleasePolicy::General::allow: return PrereleaseRule::allow;
    case PrereleasePolicy::General::forbid: return PrereleaseRule::forbid;
    case PrereleasePolicy::General::by_rule: break;
  }
  return PrereleaseRule::by_rule;
}

bool Facts::is_stable_and_usable(ProjectId id, std::size_t rank) const {
  const Project& project = *projects_[id];
  return project.source(rank) != Source::unseen && !project.version(rank).is_prerelease() && !project.unavailable(rank);
}

}  // namespace pipit::resolve
