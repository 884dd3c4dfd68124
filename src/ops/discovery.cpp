#include "ops/discovery.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "pipit/packaging/name.h"

namespace pipit::ops {

namespace {

using packaging::Operator;
using packaging::Requirement;
using packaging::RequirementLine;

std::string joined(const std::string& wish, const std::string& from) { return from.empty() ? wish : wish + "->" + from; }

bool is_direct(const RequirementLine& line) { return !line.url.empty() || (line.requirement && line.requirement->url); }

Requirement without_extras(Requirement requirement) {
  requirement.extras.clear();
  return requirement;
}

// What pip knows of one name, or of one name with extras ("tree[nuts]"), while it is choosing.
struct Node {
  const model::Resolved* resolved = nullptr;
  bool with_extras = false, direct = false, exact = false, bounded = false, unfree = false, settled = false;
  std::size_t asked_as = std::numeric_limits<std::size_t>::max();  // the user's n-th wish
  std::string wish, from;                                           // of whoever asked first

  void add(const packaging::SpecifierSet& specifiers) {
    for (const packaging::Specifier& clause : specifiers.specifiers()) {
      const bool wildcard = clause.wildcard;
      const bool equal = clause.op == Operator::equal || clause.op == Operator::arbitrary;
      exact |= equal && !wildcard;
      bounded |= clause.op == Operator::less || clause.op == Operator::less_equal || clause.op == Operator::compatible || (equal && wildcard);
      unfree = true;
    }
  }
};

class Walk {
 public:
  explicit Walk(const model::Resolution& resolution) {
    for (const model::Resolved& project : resolution.projects) {
      by_name_[project.candidate.name] = &project;
      for (const model::Edge& edge : project.requested_by)
        if (!edge.parent.empty()) needs_[edge.parent].push_back({&project, &edge});
    }
    for (auto& [parent, needs] : needs_)
      std::stable_sort(needs.begin(), needs.end(), [](const Need& a, const Need& b) { return a.edge->position < b.edge->position; });
  }

  std::vector<Discovered> run(const std::vector<RequirementLine>& lines) {
    add_direct(lines);
    for (std::size_t i = 0; i < lines.size(); ++i)
      if (!is_direct(lines[i]) && lines[i].requirement) add_wish(wish_of(lines[i]), lines[i].origin.str(), i);
    while (auto next = choose()) settle(*next);
    return std::move(told_);
  }

 private:
  struct Need {
    const model::Resolved* project;
    const model::Edge* edge;
  };

  // pip pins a hashed requirement to the version whose digest was chosen.
  Requirement wish_of(const RequirementLine& line) const {
    Requirement wish = *line.requirement;
    wish.marker.reset();
    auto found = by_name_.find(wish.normalized_name());
    if (!line.hashes.empty() && !wish.specifiers.pin() && found != by_name_.end())
      wish.specifiers = packaging::SpecifierSet::exactly(found->second->candidate.version);
    return wish;
  }

  // Paths and URLs are opened, and told, before anything else; here they only ask for what they need.
  void add_direct(const std::vector<RequirementLine>& lines) {
    for (const auto& entry : by_name_)
      for (const model::Edge& edge : entry.second->requested_by) {
        const std::string& name = entry.first;
        const model::Resolved* project = entry.second;
        if (!edge.parent.empty() || !project->candidate.direct_url) continue;
        auto line = std::find_if(lines.begin(), lines.end(), [&](const RequirementLine& one) { return is_direct(one) && one.origin == edge.origin && names(one, name); });
        if (line == lines.end()) continue;
        const std::string exact = name + "==" + project->candidate.version_text;
        const std::string wish = line->requirement ? line->requirement->name + "==" + project->candidate.version_text : exact;
        auto open = [&](const std::string& from) {
          return [&wish, from](Node& node) {
            node.direct = true;
            node.wish = wish;
            node.from = from;
          };
        };
        change(*project, false, open(asker_of_direct(*line, wish)));
        if (!project->extras.empty()) change(*project, true, open(line->origin.str()));
      }
  }

  static bool names(const RequirementLine& line, const std::string& name) { return !line.requirement || line.requirement->normalized_name() == name; }

  // "name[extra]>=1" asks for "name>=1" first; without a specifier only for "name[extra]", which then stands for both.
  void add_wish(const Requirement& wish, const std::string& from, std::optional<std::size_t> asked_as = std::nullopt) {
    auto found = by_name_.find(wish.normalized_name());
    if (found == by_name_.end()) return;
    const model::Resolved& project = *found->second;
    if (wish.extras.empty()) return ask(project, false, wish, from, asked_as);
    const bool plain_too = !wish.specifiers.empty();
    if (plain_too) ask(project, false, without_extras(wish), joined(wish.str(), from), asked_as);
    ask(project, true, wish, from, plain_too ? std::nullopt : asked_as);
  }

  void ask(const model::Resolved& project, bool with_extras, const Requirement& wish, const std::string& from, std::optional<std::size_t> asked_as) {
    const bool seen = nodes_.count({project.candidate.name, false}) != 0 || nodes_.count({project.candidate.name, true}) != 0;
    change(project, with_extras, [&](Node& node) {
      node.add(wish.specifiers);
      if (asked_as) node.asked_as = std::min(node.asked_as, *asked_as);
      if (!node.wish.empty()) return;
      node.wish = wish.str();
      node.from = from;
    });
    if (!seen) told_.push_back({&project, wish, from});
  }

  // pip's order of preference: direct, exact, bounded above, as the user gave them, any bound at all, by name.
  using Key = std::pair<std::string, bool>;
  using Rank = std::tuple<bool, bool, bool, std::size_t, bool, Key>;
  static Rank rank_of(const Key& key, const Node& node) {
    return {!node.direct, !node.exact, !node.bounded, node.asked_as, !node.unfree, key};
  }

  // Changes a node, and its place among those that are still to be settled.
  template <class Change>
  Node& change(const model::Resolved& project, bool with_extras, Change change_it) {
    const Key key{project.candidate.name, with_extras};
    Node& node = nodes_[key];
    open_.erase(rank_of(key, node));
    node.resolved = &project;
    node.with_extras = with_extras;
    change_it(node);
    if (!node.settled) open_.insert(rank_of(key, node));
    return node;
  }

  std::optional<Key> choose() const {
    if (open_.empty()) return std::nullopt;
    return std::get<Key>(*open_.begin());
  }

  void settle(const Key& key) {
    Node& node = nodes_.at(key);
    open_.erase(rank_of(key, node));
    node.settled = true;
    const std::string from = joined(node.wish, node.from);
    auto needs = needs_.find(key.first);
    if (needs == needs_.end()) return;
    for (const Need& need : needs->second) {
      if (!need.edge->extra.empty() && !node.with_extras) continue;
      if (auto wish = Requirement::parse(need.edge->requirement)) add_wish(*wish, from);
    }
  }

  std::map<std::string, const model::Resolved*> by_name_;
  std::map<std::string, std::vector<Need>> needs_;  // by parent
  std::map<Key, Node> nodes_;
  std::set<Rank> open_;
  std::vector<Discovered> told_;
};

}  // namespace

std::vector<Discovered> discovery_order(const model::Resolution& resolution, const std::vector<RequirementLine>& requirements) {
  return Walk(resolution).run(requirements);
}

std::string from_clause(const std::string& from) { return from.empty() ? from : " (from " + from + ")"; }

std::string asker_of_direct(const RequirementLine& line, const std::string& name_and_version) {
  const std::string origin = line.origin.str();
  const bool extras = !line.extras.empty() || (line.requirement && !line.requirement->extras.empty());
  return extras ? joined(name_and_version, origin) : origin;
}

}  // namespace pipit::ops
