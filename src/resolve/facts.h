// Facts: everything the provider said, remembered and numbered. Facts outlive a search: when a search has to start again
// (a URL turned up for a project that was already looked at, a requirement allowed pre-releases after all) no question is
// asked twice. Also the place of what the user's options say about single releases (pre-releases, what is preferred).
// Borrowed: options and provider, for the length of solve().
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/resolve/provider.h"
#include "pipit/resolve/solver.h"
#include "resolve/project.h"

namespace pipit::resolve {

// A requirement of the user or of the options, with its target looked up.
struct UserRequirement {
  const packaging::Requirement* requirement = nullptr;
  const std::string* text = nullptr;
  const packaging::Origin* origin = nullptr;
  ProjectId target = 0;
  SpecId spec = 0;
  std::vector<std::string> extras;
};

class Facts {
 public:
  static Result<std::unique_ptr<Facts>> make(const SolverOptions& options, Provider& provider);

  const SolverOptions& options() const { return options_; }
  Provider& provider() { return provider_; }
  Statistics& statistics() { return statistics_; }

  ProjectId id_of(const std::string& name);
  Project& project(ProjectId id) { return *projects_[id]; }
  const Project& project(ProjectId id) const { return *projects_[id]; }
  std::size_t project_count() const { return projects_.size(); }

  const std::vector<UserRequirement>& roots() const { return roots_; }
  const std::vector<UserRequirement>& constraints_on(ProjectId id) const;
  // The override that replaces every requirement on a project, or nullptr.
  const UserRequirement* override_of(ProjectId id) const;
  bool user_named(ProjectId id) const { return user_named_.contains(id); }

  // Fetches the listing (or the direct URLs) of a project.
  Status load(ProjectId id);
  // What a requirement admits; remembered per distinct specifier until the project is loaded.
  const VersionSet& admitted(ProjectId id, SpecId spec, const packaging::Requirement& requirement);
  Result<const CandidateAnswer*> candidate(ProjectId id, std::size_t rank);
  // The dependencies of a release whose candidate is usable. A URL among them is registered; if its project was loaded
  // before, the project's ranks move and the search has to start again (take_ranks_changed()).
  Result<const KnownDependencies*> dependencies(ProjectId id, std::size_t rank, const std::string& extra);
  bool take_ranks_changed() { return std::exchange(ranks_changed_, false); }

  bool installed_is_preferred(ProjectId id) const;
  bool prefers_lowest(ProjectId id) const;
  enum class PrereleaseRule { by_rule, allow, forbid };
  PrereleaseRule prerelease_rule(ProjectId id) const;
  // Stable (by its version) and usable as far as is known: what the rule "nothing else matches" looks for.
  bool is_stable_and_usable(ProjectId id, std::size_t rank) const;

  // Projects for which some requirement that was seen may permit releases that are not permitted otherwise.
  bool is_open(ProjectId id) const { return open_.contains(id); }
  void open(ProjectId id) { open_.insert(id); }

 private:
  Facts(const SolverOptions& options, Provider& provider) : options_(options), provider_(provider) {}
  Status read_options();
  UserRequirement user_requirement(const packaging::Requirement& requirement, const std::string& text,
                                   const packaging::Origin& origin);
  SpecId spec_of(ProjectId id, const packaging::Requirement& requirement);
  Status register_direct(ProjectId id, const packaging::Requirement& requirement, const model::Candidate* parent);
  Result<KnownDependencies> ask_dependencies(const model::Candidate& candidate, const std::string& extra);

  const SolverOptions& options_;
  Provider& provider_;
  Statistics statistics_;
  std::vector<std::unique_ptr<Project>> projects_;
  std::unordered_map<std::string, ProjectId> ids_;
  std::vector<UserRequirement> roots_;
  std::map<ProjectId, std::vector<UserRequirement>> constraints_;
  std::map<ProjectId, UserRequirement> overrides_;
  std::set<ProjectId> user_named_, open_;
  std::map<std::pair<ProjectId, std::string>, SpecId> specs_;
  std::vector<std::optional<VersionSet>> admitted_;      // by SpecId
  std::map<ProjectId, std::vector<SpecId>> specs_on_;
  bool ranks_changed_ = false;
};

// Normalised, without duplicates, in order.
std::vector<std::string> normalized_extras(const std::vector<std::string>& extras);

}  // namespace pipit::resolve
