#include <algorithm>
#include <map>
#include <set>

#include "pipit/base/url.h"
#include "resolve/report.h"

namespace pipit::resolve {

namespace {

std::string listed_as_text(const std::vector<std::string>& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) text += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  return text;
}

// "1.0, 1.1 and 2.0 to 2.3". What nobody would choose (pre-releases, yanked, unusable) does not interrupt a run.
class VersionText {
 public:
  VersionText(const Project& project, const VersionSet& set) : project_(project) {
    for (std::size_t rank = 0; rank < project.releases(); ++rank) {
      if (set.contains(rank)) add(rank);
      else if (is_ordinary(rank)) run_open_ = false, missing_ordinary_ = true;
    }
  }
  bool covers_all() const { return !missing_ordinary_ && count_ > 0; }
  std::string str() const {
    constexpr std::size_t kRunsMax = 3;
    if (runs_.size() > kRunsMax) return std::to_string(count_) + " versions from " + version(runs_.front().first) + " to " + version(runs_.back().last);
    std::vector<std::string> parts;
    for (const Run& run : runs_) {
      parts.push_back(version(run.first));
      if (run.count == 2) parts.push_back(version(run.last));
      else if (run.count > 2) parts.back() += " to " + version(run.last);
    }
    return listed_as_text(parts);
  }
  std::size_t count() const { return count_; }

 private:
  struct Run {
    std::size_t first = 0, last = 0, count = 0;
  };
  bool is_ordinary(std::size_t rank) const {
    return !project_.is_prerelease(rank) && !project_.is_yanked(rank) && !project_.unavailable(rank);
  }
  void add(std::size_t rank) {
    ++count_;
    if (!run_open_) runs_.push_back({rank, rank, 0});
    run_open_ = true;
    runs_.back().last = rank;
    ++runs_.back().count;
  }
  std::string version(std::size_t rank) const {
    return project_.source(rank) == Source::unseen ? "any version" : project_.version(rank).str();
  }

  const Project& project_;
  std::vector<Run> runs_;
  std::size_t count_ = 0;
  bool run_open_ = false, missing_ordinary_ = false;
};

class ConflictBuilder {
 public:
  ConflictBuilder(const Search& search, const Facts& facts) : search_(search), facts_(facts) {}

  Conflict build() {
    collect();
    for (const IncompatibilityId id : facts_in_order_) append(id);
    for (const IncompatibilityId id : derived_) append(id);
    find_clashes();
    classic();
    return std::move(conflict_);
  }

 private:
  // Everything the contradiction follows from: facts in the order they became known, then the derived ones, which refer
  // to older ones only.
  void collect() {
    std::set<IncompatibilityId> seen;
    std::vector<IncompatibilityId> todo{search_.contradiction()};
    while (!todo.empty()) {
      const IncompatibilityId id = todo.back();
      todo.pop_back();
      if (!seen.insert(id).second) continue;
      const Incompatibility& node = search_.incompatibility(id);
      (node.kind == FactKind::derived ? derived_ : facts_in_order_).push_back(id);
      todo.insert(todo.end(), node.causes.begin(), node.causes.end());
    }
    std::ranges::sort(facts_in_order_);
    std::ranges::sort(derived_);
  }

  const Project& project_of(PackageId id) const { return facts_.project(search_.packages()[id].project); }

  Claim claim(const Term& term) const {
    Claim result;
    const Project& project = project_of(term.package);
    result.project = search_.display_name(term.package);
    result.positive = !term.states.contains(term.states.absent());
    const VersionSet states = result.positive ? term.states : term.states.complement();
    for (std::size_t rank = 0; rank < project.releases(); ++rank)
      if (states.contains(rank) && project.source(rank) != Source::unseen) result.versions.push_back(project.version(rank));
    const VersionText text(project, states);
    result.all_versions = text.covers_all();
    if (!project.loaded()) result.text = "any version of " + result.project;
    else if (result.all_versions && text.count() > 1) result.text = "all versions of " + result.project;
    else result.text = result.project + " " + text.str();
    return result;
  }

  void append(IncompatibilityId id) {
    const Incompatibility& node = search_.incompatibility(id);
    Derivation derivation;
    derivation.kind = node.kind;
    derivation.reason = node.reason;
    derivation.requires_python = node.requires_python;
    derivation.refusing_python = node.refusing_python;
    for (const Term& term : node.terms)
      if (!term.states.is_full()) derivation.claims.push_back(claim(term));
    for (const IncompatibilityId cause : node.causes) derivation.from.push_back(index_.at(cause));
    if (node.requirement != nullptr) describe_requirement(node, derivation);
    index_[id] = conflict_.nodes.size();
    conflict_.nodes.push_back(std::move(derivation));
    for (const Term& term : node.terms) note_project(project_of(term.package).name);
  }

  void note_project(const std::string& name) {
    if (std::ranges::find(conflict_.projects, name) == conflict_.projects.end()) conflict_.projects.push_back(name);
  }

  void describe_requirement(const Incompatibility& node, Derivation& derivation) const {
    derivation.requirement = *node.requirement;
    packaging::Requirement plain = *node.requirement;
    plain.marker.reset();
    derivation.requirement_text = mask_credentials(node.text != nullptr && !node.text->empty() ? *node.text : plain.str());
    if (node.origin != nullptr) derivation.origin = *node.origin;
    if (node.source == node.target) return;
    const Project& project = project_of(node.target);
    if (node.kind == FactKind::constraint || !project.loaded() || !admitted(node).empty()) return;
    derivation.kind = FactKind::no_versions;
    if (project.missing()) derivation.reason = project.missing()->reason;
    else if (project.releases() == 0) derivation.reason = "no index lists it";
    else derivation.reason = "there is " + VersionText(project, project.all_releases()).str();
  }

  VersionSet admitted(const Incompatibility& demand) const {
    VersionSet set = demand.term(demand.target)->states.complement();
    set.erase(set.absent());
    return set;
  }

  // A project clashes if what the facts ask of it has nothing in common: alternatives from one source are joined, those
  // from different sources must meet, and what is ruled out for itself is taken away.
  void find_clashes() {
    std::map<ProjectId, std::map<PackageId, VersionSet>> asked;  // by target, by source
    std::map<ProjectId, VersionSet> left;
    std::vector<ProjectId> order;
    const auto meet = [&](ProjectId project, const VersionSet& set) {
      const auto [at, is_new] = left.try_emplace(project, set);
      if (!is_new) at->second &= set;
    };
    for (const IncompatibilityId id : facts_in_order_) {
      const Incompatibility& node = search_.incompatibility(id);
      if (node.kind == FactKind::same_project || (node.requirement != nullptr && node.source == node.target)) continue;
      if (node.requirement == nullptr) {
        if (node.terms.size() == 1) meet(search_.packages()[node.terms.front().package].project, node.terms.front().states.complement());
        continue;
      }
      const ProjectId target = search_.packages()[node.target].project;
      if (std::ranges::find(order, target) == order.end()) order.push_back(target);
      if (node.source == kNone) {
        meet(target, admitted(node));
      } else {
        const auto [at, is_new] = asked[target].try_emplace(search_.packages()[node.source].base, admitted(node));
        if (!is_new) at->second |= admitted(node);
      }
    }
    for (const auto& [target, by_source] : asked)
      for (const auto& [source, set] : by_source) meet(target, set);
    for (const ProjectId id : order) {
      VersionSet& set = left.at(id);
      set.erase(set.absent());
      if (!set.empty()) continue;
      conflict_.clashes.push_back(facts_.project(id).name);
      clash_ids_.push_back(id);
    }
  }

  // ---- pip's report -------------------------------------------------------------------------------------------------

  // requirements.py, format_for_error: "x>=1,<2" reads "x<2 and >=1".
  static std::string spoken(const packaging::Requirement& written) {
    packaging::Requirement requirement = written;
    requirement.marker.reset();
    std::vector<std::string> parts{""};
    for (const char c : mask_credentials(requirement.str())) {
      if (c == ',' && !requirement.url) parts.emplace_back();
      else parts.back() += c;
    }
    return listed_as_text(parts);
  }

  void classic() {
    std::vector<const Incompatibility*> demands;
    const std::optional<ProjectId> about = pivot_project();
    for (const IncompatibilityId id : facts_in_order_) {
      const Incompatibility& node = search_.incompatibility(id);
      if (node.requirement != nullptr && about && search_.packages()[node.target].project == *about && search_.packages()[node.target].extra.empty())
        demands.push_back(&node);
    }
    if (demands.size() == 1) return not_found(*demands.front());
    std::set<std::string> triggers;
    std::vector<std::string> constraints;
    std::set<PackageId> parents;
    for (const Incompatibility* demand : demands) {
      if (demand->kind == FactKind::constraint) {
        constraints.push_back("The user requested (constraint) " + spoken(*demand->requirement));
        continue;
      }
      if (demand->source != kNone && !parents.insert(demand->source).second) continue;  // pip names one version of a parent
      conflict_.classic.causes.push_back(cause(*demand));
      triggers.insert(demand->source == kNone ? spoken(*demand->requirement) : trigger(*demand));
    }
    conflict_.classic.triggers.assign(triggers.begin(), triggers.end());
    conflict_.classic.causes.insert(conflict_.classic.causes.end(), constraints.begin(), constraints.end());
    if (about && !has_usable(*about)) conflict_.classic.no_candidates.push_back(facts_.project(*about).name);
  }

  // The project that pip would name: one that nothing matches, or the first clash, or the last one something was asked of.
  std::optional<ProjectId> pivot_project() const {
    std::optional<ProjectId> last;
    for (const IncompatibilityId id : facts_in_order_) {
      const Incompatibility& node = search_.incompatibility(id);
      if (node.requirement == nullptr) continue;
      last = search_.packages()[node.target].project;
      if (conflict_.nodes[index_.at(id)].kind == FactKind::no_versions) return last;
    }
    return clash_ids_.empty() ? last : clash_ids_.front();
  }

  std::string newest_text(const Term& term) const {
    const Project& project = project_of(term.package);
    for (std::size_t rank = project.releases(); rank-- > 0;)
      if (term.states.contains(rank)) return project.version(rank).str();
    return "";
  }

  std::string cause(const Incompatibility& demand) const {
    if (demand.source == kNone) return "The user requested " + spoken(*demand.requirement);
    return search_.display_name(demand.source) + " " + newest_text(*demand.term(demand.source)) + " depends on " + spoken(*demand.requirement);
  }

  // What brought the parent in: its own pin on the command line, the line of a file, or the project that needs it.
  std::string trigger(const Incompatibility& demand) const {
    const ProjectId parent = search_.packages()[demand.source].project;
    for (const UserRequirement& root : facts_.roots()) {
      if (root.target != parent) continue;
      const std::string place = root.origin->str();
      if (!place.empty()) return place;
      return search_.display_name(demand.source) + "==" + newest_text(*demand.term(demand.source));
    }
    for (const IncompatibilityId id : facts_in_order_) {
      const Incompatibility& node = search_.incompatibility(id);
      if (node.requirement != nullptr && node.source != kNone && search_.packages()[node.target].project == parent)
        return search_.display_name(node.source);
    }
    return search_.display_name(demand.source) + "==" + newest_text(*demand.term(demand.source));
  }

  bool has_usable(ProjectId id) const {
    const Project& project = facts_.project(id);
    for (std::size_t rank = 0; rank < project.releases(); ++rank)
      if (!project.unavailable(rank)) return true;
    return !project.loaded();
  }

  void not_found(const Incompatibility& demand) {
    const ProjectId id = search_.packages()[demand.target].project;
    const Project& project = facts_.project(id);
    ClassicReport::NotFound report;
    report.project = project.name;
    packaging::Requirement plain = *demand.requirement;
    plain.marker.reset();
    report.requirement = mask_credentials(plain.str());
    if (demand.source != kNone) report.requirement += " (from " + search_.display_name(demand.source) + ")";
    report.final_only = facts_.prerelease_rule(id) == Facts::PrereleaseRule::forbid;
    for (std::size_t rank = 0; project.loaded() && rank < project.releases(); ++rank) {
      const std::string version = project.version(rank).str();
      if (const auto& why = project.unavailable(rank)) {
        if (why->kind == UnavailableKind::requires_python) report.requires_python.push_back(version + " Requires-Python " + why->requires_python);
      } else {
        (project.is_yanked(rank) ? report.yanked : report.versions).push_back(version);
      }
    }
    conflict_.classic.not_found = std::move(report);
  }

  const Search& search_;
  const Facts& facts_;
  std::vector<IncompatibilityId> facts_in_order_, derived_;
  std::map<IncompatibilityId, std::size_t> index_;
  std::vector<ProjectId> clash_ids_;
  Conflict conflict_;
};

}  // namespace

Conflict make_conflict(const Search& search, const Facts& facts) { return ConflictBuilder(search, facts).build(); }

}  // namespace pipit::resolve
