#include <algorithm>
#include <map>

#include "pipit/base/url.h"
#include "resolve/install_order.h"
#include "resolve/report.h"

namespace pipit::resolve {

namespace {

using model::Edge;
using model::Resolved;

// "any one match satisfies" of both lists; two lists that share nothing leave a digest that nothing has.
packaging::Hashes joined(const packaging::Hashes& a, const packaging::Hashes& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  packaging::Hashes both;
  for (const packaging::Hash& hash : a)
    if (std::ranges::find(b, hash) != b.end()) both.push_back(hash);
  if (both.empty()) both.push_back({a.front().algorithm, ""});
  return both;
}

class ResolutionBuilder {
 public:
  ResolutionBuilder(const Search& search, Facts& facts, Diagnostics& diagnostics)
      : search_(search), facts_(facts), diagnostics_(diagnostics) {}

  model::Resolution build() {
    for (const PackageId id : search_.solution().decided()) add_node(id);
    add_user_edges();
    for (std::size_t node = 0; node < nodes_.size(); ++node) add_edges(node);
    model::Resolution resolution;
    for (const std::size_t node : install_order(nodes_, roots_)) {
      std::ranges::sort(resolved_[node].extras);
      warn_if_yanked(resolved_[node].candidate);
      resolution.projects.push_back(std::move(resolved_[node]));
    }
    return resolution;
  }

 private:
  void add_node(PackageId id) {
    const Package& package = search_.packages()[id];
    node_of_[id] = nodes_.size();
    ids_.push_back(id);
    nodes_.push_back({search_.display_name(id), {}, package.base == id});
    resolved_.emplace_back();
    if (package.base == id) {
      node_of_project_[package.project] = nodes_.size() - 1;
      const std::size_t rank = *search_.solution().decision(id);
      resolved_.back().candidate = std::get<model::Candidate>(*facts_.project(package.project).state(rank).candidate);
    }
  }

  void add_user_edges() {
    const SolverOptions& options = facts_.options();
    for (std::size_t i = 0; i < options.roots.size(); ++i) {
      const Root& root = options.roots[i];
      const std::size_t node = node_of_project_.at(facts_.roots()[i].target);
      Resolved& project = resolved_[node];
      project.requested_by.push_back({"", root.text.empty() ? root.requirement.str() : root.text, root.origin});
      project.user_requested |= root.user_requested;
      project.allowed_hashes = joined(project.allowed_hashes, root.hashes);
      roots_.push_back(node);
    }
    for (const Rule& rule : options.constraints) {
      const auto at = node_of_project_.find(facts_.id_of(rule.requirement.normalized_name()));
      if (at != node_of_project_.end())
        resolved_[at->second].allowed_hashes = joined(resolved_[at->second].allowed_hashes, rule.hashes);
    }
  }

  void add_edges(std::size_t node) {
    const PackageId id = ids_[node];
    const Package& package = search_.packages()[id];
    const std::size_t project_node = node_of_project_.at(package.project);
    const Project& project = facts_.project(package.project);
    const std::size_t rank = *search_.solution().decision(id);
    if (package.base != id) {
      resolved_[project_node].extras.push_back(package.extra);
      nodes_[node].children.push_back(project_node);
    }
    const KnownDependencies& known =
        *facts_.project(package.project).state(rank).dependencies.at(package.extra);
    if (package.base != id && !known.provides_extra)
      diagnostics_.warn("unknown-extra", written_name(package.project) + " " + project.version(rank).str() +
                                             " does not provide the extra '" + package.extra + "'");
    for (std::size_t i = 0; i < known.requirements.size(); ++i) {
      const KnownRequirement& entry = known.requirements[i];
      add_edge(node, entry, "", i);
      for (const std::string& extra : entry.extras) add_edge(node, entry, extra, i);
    }
  }

  void add_edge(std::size_t node, const KnownRequirement& entry, const std::string& extra, std::size_t position) {
    const std::optional<PackageId> target = search_.find(entry.target, extra);
    if (!target || !node_of_.contains(*target) || node_of_[*target] == node) return;
    std::vector<std::size_t>& children = nodes_[node].children;
    if (std::ranges::find(children, node_of_[*target]) == children.end()) children.push_back(node_of_[*target]);
    const ProjectId parent = search_.packages()[ids_[node]].project;
    if (!extra.empty() || parent == entry.target) return;
    Edge edge{facts_.project(parent).name, written(entry), {}, search_.packages()[ids_[node]].extra, position};
    std::vector<Edge>& edges = resolved_[node_of_[*target]].requested_by;
    auto known = std::ranges::find_if(edges, [&](const Edge& e) { return e.parent == edge.parent && e.requirement == edge.requirement; });
    if (known == edges.end()) {
      edges.push_back(std::move(edge));
    } else if (edge.extra.empty()) {  // an extra's list may repeat the plain requirements
      *known = std::move(edge);
    }
  }

  std::string written(const KnownRequirement& entry) const {
    packaging::Requirement requirement = entry.requirement;
    requirement.marker.reset();
    if (const UserRequirement* replacement = facts_.override_of(entry.target)) {
      requirement.specifiers = replacement->requirement->specifiers;
      requirement.url = replacement->requirement->url;
    }
    return requirement.str();
  }

  std::string written_name(ProjectId id) const {
    for (const UserRequirement& root : facts_.roots())
      if (root.target == id) return root.requirement->name;
    return facts_.project(id).name;
  }

  // pip's words (resolution/resolvelib/resolver.py).
  void warn_if_yanked(const model::Candidate& candidate) {
    if (!candidate.is_yanked()) return;
    const std::string reason = candidate.file.yanked->empty() ? "<none given>" : *candidate.file.yanked;
    const model::DistFile& file = candidate.file;
    const std::string page = file.source.empty() ? "" : " (from " + mask_credentials(file.source) + ")";
    const std::string python = file.requires_python ? " (requires-python:" + *file.requires_python + ")" : "";
    diagnostics_.warn("yanked", "The candidate selected for download or install is a yanked version: '" + candidate.name +
                                    "' candidate (version " + candidate.version.str() + " at " +
                                    mask_credentials(file.url) + page + python + ")\nReason for being yanked: " + reason);
  }

  const Search& search_;
  Facts& facts_;
  Diagnostics& diagnostics_;
  std::vector<PackageId> ids_;  // by node
  std::vector<OrderNode> nodes_;
  std::vector<Resolved> resolved_;
  std::vector<std::size_t> roots_;
  std::map<PackageId, std::size_t> node_of_;
  std::map<ProjectId, std::size_t> node_of_project_;
};

}  // namespace

model::Resolution make_resolution(const Search& search, Facts& facts, Diagnostics& diagnostics) {
  return ResolutionBuilder(search, facts, diagnostics).build();
}

}  // namespace pipit::resolve
