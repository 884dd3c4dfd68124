#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "packaging/python_text.h"
#include "pipit/packaging/name.h"
#include "pipit/packaging/pyproject.h"

namespace pipit::packaging {
namespace {

// A hundred groups that include each other twice would otherwise ask for 2^100 requirements.
constexpr std::size_t kRequirementsMax = 100'000;
constexpr std::size_t kStepsMax = 1'000'000;

Error group_error(std::string message) { return make_error(kInvalidDependencyGroup, std::move(message)).at("pyproject.toml"); }

class GroupResolver {
 public:
  GroupResolver(const std::map<std::string, DependencyGroup>& groups) : groups_(groups) {}

  Result<std::vector<Requirement>> resolve(const std::string& name) {
    enter(name);
    while (!stack_.empty()) {
      Step& step = stack_.back();
      if (step.next == step.group->items.size()) {
        open_.erase(step.name);
        stack_.pop_back();
      } else if (++steps_ > kStepsMax || out_.size() > kRequirementsMax) {
        return fail(group_error(fmt::format("the dependency group {} asks for more than {} requirements", python_repr(name), kRequirementsMax)));
      } else {
        visit(step.group->items[step.next++], step.name);
      }
    }
    if (problems_.empty()) return std::move(out_);
    Error first = std::move(problems_.front());
    first.also.assign(std::make_move_iterator(problems_.begin() + 1), std::make_move_iterator(problems_.end()));
    return fail(std::move(first));
  }

 private:
  struct Step {
    std::string name;
    const DependencyGroup* group;
    std::size_t next = 0;
  };

  void problem(std::string message) {
    if (problems_.size() < 100) problems_.push_back(group_error(std::move(message)));
  }

  void enter(const std::string& name) {
    const auto found = groups_.find(name);
    if (found == groups_.end()) return problem(fmt::format("Dependency group '{}' not found", name));
    if (!found->second.problem.empty()) return problem(fmt::format("Dependency group {} {}", python_repr(name), found->second.problem));
    open_.insert(name);
    stack_.push_back({name, &found->second});
  }

  void visit(const DependencyGroup::Item& item, const std::string& group) {
    if (!item.problem.empty()) return problem(fmt::format("{} (in group {})", item.problem, python_repr(group)));
    if (item.include.empty()) return add(item.requirement, group);
    const std::string included = normalize_name(item.include);
    if (!open_.contains(included)) return enter(included);
    problem(included == group ? fmt::format("Cyclic dependency group include: {} includes itself", group)
                              : fmt::format("Cyclic dependency group include: {} -> {}, {} -> {}", included, group, group, included));
  }

  void add(const std::string& text, const std::string& group) {
    auto requirement = Requirement::parse(text);
    if (requirement) {
      out_.push_back(std::move(*requirement));
      return;
    }
    Error error = group_error(fmt::format("{} (in group {})", requirement.error().message, python_repr(group)));
    error.details = requirement.error().details;
    if (problems_.size() < 100) problems_.push_back(std::move(error));
  }

  const std::map<std::string, DependencyGroup>& groups_;
  std::vector<Step> stack_;
  std::set<std::string> open_;  // groups on the stack
  std::size_t steps_ = 0;
  std::vector<Requirement> out_;
  std::vector<Error> problems_;
};

}  // namespace

Result<DependencyGroups> DependencyGroups::make(std::vector<DependencyGroup> groups) {
  DependencyGroups out;
  for (DependencyGroup& group : groups) {
    std::string name = normalize_name(group.name);
    const auto [existing, fresh] = out.groups_.try_emplace(name, std::move(group));
    if (!fresh) {
      return fail(group_error(fmt::format("Duplicate dependency group names: {} ({}, {})", name, existing->second.name, group.name)));
    }
  }
  return out;
}

Result<std::vector<Requirement>> DependencyGroups::resolve(std::string_view name) const {
  return GroupResolver(groups_).resolve(normalize_name(name));
}

std::vector<std::string> DependencyGroups::names() const {
  std::vector<std::string> out;
  for (const auto& [name, group] : groups_) out.push_back(name);
  return out;
}

}  // namespace pipit::packaging
