#include "pipit/install/plan.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

namespace pipit::install {
namespace {

using model::Candidate;
using model::CandidateKind;
using model::Resolved;

bool is_local(const Candidate& candidate) { return candidate.file.url.starts_with("file:"); }

// A path or URL that the user named, as opposed to a file that an index or a --find-links directory offered.
bool is_direct(const Candidate& candidate) { return candidate.direct_url.has_value(); }

bool is_same_version(const Candidate& candidate, const python::InstalledDist& installed) {
  return !installed.version_is_legacy && candidate.version == installed.version;
}

// Local sources may have changed without a new version, so they are always installed anew; so is what is or becomes
// editable.
bool must_reinstall(const Candidate& candidate, const python::InstalledDist& installed) {
  if (candidate.editable || installed.editable_location) return true;
  return candidate.kind != CandidateKind::wheel && is_direct(candidate) && is_local(candidate);
}

PlannedProject compare(const Resolved& resolved, const python::InstalledDist* installed, const PlanOptions& options) {
  PlannedProject planned{resolved, Action::add, std::nullopt, {}};
  if (installed == nullptr || options.ignore_installed) return planned;
  planned.installed = *installed;
  planned.action = Action::replace;
  const Candidate& candidate = resolved.candidate;
  if (candidate.kind == CandidateKind::installed) {
    planned.action = Action::keep;
    return planned;
  }
  if (options.force_reinstall || must_reinstall(candidate, *installed) || !is_same_version(candidate, *installed)) return planned;
  planned.action = Action::keep;
  if (is_direct(candidate) && is_local(candidate) && candidate.kind == CandidateKind::wheel)
    planned.note = candidate.name + " is already installed with the same version as the provided wheel. Use --force-reinstall to force an installation of the wheel.";
  return planned;
}

// pip's graph has a node for "name" and one for "name[extra]", which needs the former and what the extra asks for.
// Leaves are taken off again and again, each round with a smaller weight. What is left has cycles: there the weight is
// the longest way from the user, each node being looked at five times at most.
class Weights {
 public:
  explicit Weights(const model::Resolution& resolution) : count_(resolution.projects.size()) {
    for (std::size_t i = 0; i < count_; ++i) index_[resolution.projects[i].candidate.name] = i;
    children_.resize(2 * count_);
    exists_.assign(2 * count_, false);
    weight_.assign(2 * count_, 0);
    visits_.assign(2 * count_, 0);
    for (std::size_t i = 0; i < count_; ++i) {
      exists_[i] = true;
      for (const model::Edge& edge : resolution.projects[i].requested_by) add_edge(edge, i);
    }
    for (std::size_t i = 0; i < count_; ++i)
      if (exists_[with_extras(i)]) children_[with_extras(i)].push_back(i);
  }

  std::vector<std::size_t> compute() {
    take_leaves();
    std::vector<bool> on_path(children_.size(), false);
    for (const std::size_t top : tops_) visit(top, 1, on_path);
    weight_.resize(count_);
    return weight_;
  }

 private:
  static constexpr int kVisitsMax = 5;

  std::size_t with_extras(std::size_t project) const { return count_ + project; }

  static bool names_extras(std::string_view requirement) {
    const std::size_t end = requirement.find_first_of("[<>=!~;@( ");
    return end != std::string_view::npos && requirement[end] == '[';
  }
  static bool is_for_extra(std::string_view requirement) {
    const std::size_t marker = requirement.find(';');
    return marker != std::string_view::npos && requirement.find("extra", marker) != std::string_view::npos;
  }

  void add_edge(const model::Edge& edge, std::size_t project) {
    const std::size_t to = names_extras(edge.requirement) ? with_extras(project) : project;
    exists_[to] = true;
    const auto found = index_.find(edge.parent);
    if (found == index_.end()) {
      tops_.push_back(to);
      return;
    }
    const std::size_t from = !edge.extra.empty() || is_for_extra(edge.requirement) ? with_extras(found->second) : found->second;
    exists_[from] = true;
    children_[from].push_back(to);
  }

  void take_leaves() {
    std::size_t left = static_cast<std::size_t>(std::count(exists_.begin(), exists_.end(), true));
    for (;;) {
      std::vector<std::size_t> leaves;
      for (std::size_t i = 0; i < children_.size(); ++i)
        if (exists_[i] && std::none_of(children_[i].begin(), children_[i].end(), [this](std::size_t c) { return exists_[c]; }))
          leaves.push_back(i);
      if (leaves.empty()) return;
      for (const std::size_t leaf : leaves) {
        weight_[leaf] = left;
        exists_[leaf] = false;
      }
      left -= leaves.size();
    }
  }

  // As deep as the graph; resolutions are at most some hundred projects deep.
  void visit(std::size_t at, std::size_t depth, std::vector<bool>& on_path) {
    if (!exists_[at] || on_path[at] || visits_[at] >= kVisitsMax) return;
    on_path[at] = true;
    for (const std::size_t child : children_[at]) visit(child, depth + 1, on_path);
    on_path[at] = false;
    ++visits_[at];
    weight_[at] = std::max(weight_[at], depth);
  }

  std::size_t count_;
  std::map<std::string, std::size_t> index_;
  std::vector<std::vector<std::size_t>> children_;
  std::vector<bool> exists_;
  std::vector<std::size_t> tops_, weight_;
  std::vector<int> visits_;
};

}  // namespace

std::vector<std::size_t> install_order(const model::Resolution& resolution) {
  const std::vector<std::size_t> weights = Weights(resolution).compute();
  std::vector<std::size_t> order(weights.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (weights[a] != weights[b]) return weights[a] > weights[b];
    return resolution.projects[a].candidate.name > resolution.projects[b].candidate.name;
  });
  return order;
}

Plan make_plan(const model::Resolution& resolution, const std::vector<python::InstalledDist>& installed, const PlanOptions& options) {
  std::map<std::string, const python::InstalledDist*> by_name;
  for (const python::InstalledDist& dist : installed) by_name.emplace(dist.normalized_name, &dist);
  Plan plan;
  for (const std::size_t index : install_order(resolution)) {
    const Resolved& resolved = resolution.projects[index];
    if (options.only_dependencies && resolved.user_requested) continue;
    const auto found = by_name.find(resolved.candidate.name);
    plan.projects.push_back(compare(resolved, found == by_name.end() ? nullptr : found->second, options));
  }
  return plan;
}

bool Plan::is_empty() const {
  return std::all_of(projects.begin(), projects.end(), [](const PlannedProject& project) { return project.action == Action::keep; });
}

std::vector<const PlannedProject*> Plan::changes() const {
  std::vector<const PlannedProject*> out;
  for (const PlannedProject& project : projects)
    if (project.action != Action::keep) out.push_back(&project);
  return out;
}

}  // namespace pipit::install
