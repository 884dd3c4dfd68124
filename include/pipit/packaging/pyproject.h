// pyproject.toml: [build-system] (PEP 517, 518), the static part of [project] (PEP 621) and [dependency-groups] (PEP 735).
// Each of the three fails for itself: a broken [project] does not stop a build, a broken group nobody asked for stops
// nothing. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/packaging/requirement.h"

namespace pipit::packaging {

inline constexpr ErrorCode kInvalidPyproject{"invalid-pyproject"};
inline constexpr ErrorCode kMissingBuildRequires{"missing-pyproject-build-system-requires"};  // pip's rich layout
inline constexpr ErrorCode kInvalidBuildRequires{"invalid-pyproject-build-system-requires"};
inline constexpr ErrorCode kInvalidDependencyGroup{"invalid-dependency-group"};

struct BuildSystem {
  std::vector<std::string> requires_text;     // as written
  std::vector<Requirement> requires_dist;     // the same, parsed
  std::string backend;                        // "setuptools.build_meta", "mod:object"
  std::vector<std::string> backend_path;      // relative to the root of the source tree; none leaves it
  bool backend_is_default = false;            // no build-backend key: setuptools must then be among the requirements
  // What counts without a pyproject.toml or without the table.
  static BuildSystem legacy();
  friend bool operator==(const BuildSystem& a, const BuildSystem& b) {
    return a.requires_text == b.requires_text && a.backend == b.backend && a.backend_path == b.backend_path &&
           a.backend_is_default == b.backend_is_default;
  }
};

// What [project] says without a back end's help. A field named in `dynamic` must come from a build.
struct ProjectTable {
  std::string name;                             // as written
  std::optional<std::string> version;
  std::optional<std::string> requires_python;
  std::vector<Requirement> dependencies;
  std::map<std::string, std::vector<Requirement>> optional_dependencies;  // by normalised extra
  std::vector<std::string> dynamic;
  bool is_dynamic(std::string_view field) const;
  // True if dependencies, extras and requires-python may be taken from here.
  bool dependencies_are_static() const;
};

// A group as written, not yet judged: only groups that are asked for must be valid.
struct DependencyGroup {
  struct Item {
    std::string requirement;  // or
    std::string include;      // the group named by {include-group = "..."}
    std::string problem;      // or why the item is neither
  };
  std::string name;
  std::vector<Item> items;
  std::string problem;        // why the value is no list at all
};

class DependencyGroups {
 public:
  DependencyGroups() = default;
  // Fails if two names are equal after normalising.
  static Result<DependencyGroups> make(std::vector<DependencyGroup> groups);
  // Requirements in order, includes expanded in place, nothing removed. Fails with every problem of the groups it meets:
  // unknown group, cycle, bad item.
  Result<std::vector<Requirement>> resolve(std::string_view name) const;
  std::vector<std::string> names() const;  // normalised, sorted

 private:
  std::map<std::string, DependencyGroup> groups_;  // by normalised name
};

struct Pyproject {
  // `project_name` stands in pip's messages about the build system.
  static Result<Pyproject> parse(std::string_view text, std::string_view project_name);

  std::optional<BuildSystem> build_system;   // absent: use BuildSystem::legacy()
  std::optional<ProjectTable> project;
  std::optional<Error> project_problem;      // why `project` is absent although the table is there
  DependencyGroups groups;
  std::optional<Error> groups_problem;
};

}  // namespace pipit::packaging
