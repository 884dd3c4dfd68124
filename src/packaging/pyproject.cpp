#include "pipit/packaging/pyproject.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "packaging/paths.h"
#include "packaging/python_text.h"
#include "packaging/toml_value.h"
#include "pipit/base/text.h"
#include "pipit/packaging/name.h"
#include "pipit/packaging/version.h"

namespace pipit::packaging {
namespace {

constexpr std::size_t kSizeMax = 8u << 20;
constexpr std::string_view kFile = "pyproject.toml";
constexpr std::string_view kLegacyBackend = "setuptools.build_meta:__legacy__";
constexpr std::string_view kLegacyRequirement = "setuptools>=40.8.0";

using Kind = TomlValue::Kind;

std::string where_of(const TomlValue& value) { return fmt::format("{}:{}", kFile, value.line); }

std::optional<std::vector<std::string>> strings(const TomlValue& value) {
  if (!value.is(Kind::array)) return std::nullopt;
  std::vector<std::string> out;
  for (const TomlValue& item : value.items) {
    if (!item.is(Kind::string)) return std::nullopt;
    out.push_back(item.text);
  }
  return out;
}

// ---- [build-system] ----

// pip's rich diagnostics: details[0] is the context, the hint its note.
Error missing_requires(std::string_view project_name) {
  Error error = make_pip_error(kMissingBuildRequires, fmt::format("Can not process {}", project_name));
  error.layout = Layout::rich;
  error.details = {"This package has an invalid pyproject.toml file.", "The [build-system] table is missing the mandatory `requires` key."};
  return std::move(error).hint("See PEP 518 for the detailed specification.");
}

Error invalid_requires(std::string_view project_name, std::string_view reason) {
  Error error = make_pip_error(kInvalidBuildRequires, fmt::format("Can not process {}", project_name));
  error.layout = Layout::rich;
  error.details = {"This package has an invalid `build-system.requires` key in pyproject.toml.", std::string(reason)};
  return std::move(error).hint("See PEP 518 for the detailed specification.");
}

// backend-path entries stay inside the source tree (PEP 517).
Status read_backend_path(const TomlValue& value, BuildSystem& out) {
  const auto paths = strings(value);
  if (!paths) return fail(make_error(kInvalidPyproject, "`build-system.backend-path` is not a list of strings").at(where_of(value)));
  for (const std::string& path : *paths) {
    const std::string normal = normalize_path(path);
    if (normal.starts_with('/') || normal == ".." || normal.starts_with("../") || path.find('\0') != std::string::npos) {
      return fail(make_error(kInvalidPyproject, fmt::format("`build-system.backend-path` leaves the source tree: {}", python_repr(path))).at(where_of(value)));
    }
    out.backend_path.push_back(path);
  }
  return ok();
}

Result<BuildSystem> read_build_system(const TomlValue& table, std::string_view project_name) {
  if (!table.is(Kind::table)) return fail(make_error(kInvalidPyproject, "`build-system` is not a table").at(where_of(table)));
  BuildSystem out;
  const TomlValue* requirements = table.find("requires");
  if (!requirements) return fail(missing_requires(project_name).at(where_of(table)));
  auto texts = strings(*requirements);
  if (!texts) return fail(invalid_requires(project_name, "It is not a list of strings.").at(where_of(*requirements)));
  for (const std::string& text : *texts) {
    auto requirement = Requirement::parse(text);
    if (!requirement) {
      return fail(invalid_requires(project_name, fmt::format("It contains an invalid requirement: {}", python_repr(text))).at(where_of(*requirements)));
    }
    out.requires_dist.push_back(std::move(*requirement));
  }
  out.requires_text = std::move(*texts);
  if (const TomlValue* backend = table.find("build-backend")) {
    if (!backend->is(Kind::string)) return fail(make_error(kInvalidPyproject, "`build-system.build-backend` is not a string").at(where_of(*backend)));
    out.backend = backend->text;
  } else {
    out.backend = kLegacyBackend;
    out.backend_is_default = true;
  }
  if (const TomlValue* path = table.find("backend-path")) PIPIT_CHECK(read_backend_path(*path, out));
  return out;
}

// ---- [project] ----

tl::unexpected<Error> bad_project(const TomlValue& value, std::string_view field, std::string_view why) {
  return fail(make_error(kInvalidPyproject, fmt::format("`project.{}` {}", field, why)).at(where_of(value)));
}

Result<std::optional<std::string>> project_text(const TomlValue& table, std::string_view field) {
  const TomlValue* value = table.find(field);
  if (!value) return std::optional<std::string>{};
  if (!value->is(Kind::string)) return bad_project(*value, field, "is not a string");
  return std::optional<std::string>(value->text);
}

Result<std::vector<Requirement>> project_requirements(const TomlValue& value, std::string_view field) {
  const auto texts = strings(value);
  if (!texts) return bad_project(value, field, "is not a list of strings");
  std::vector<Requirement> out;
  for (const std::string& text : *texts) {
    auto requirement = Requirement::parse(text);
    if (!requirement) return bad_project(value, field, fmt::format("holds an invalid requirement: {}", python_repr(text)));
    out.push_back(std::move(*requirement));
  }
  return out;
}

Status read_extras(const TomlValue& value, ProjectTable& out) {
  if (!value.is(Kind::table)) return bad_project(value, "optional-dependencies", "is not a table");
  for (const auto& [extra, requirements] : value.members) {
    const std::string field = "optional-dependencies." + extra;
    if (!is_valid_name(extra)) return bad_project(requirements, field, "is not a valid name of an extra");
    PIPIT_TRY(auto list, project_requirements(requirements, field));
    if (!out.optional_dependencies.emplace(normalize_name(extra), std::move(list)).second)
      return bad_project(requirements, field, "stands twice after normalising its name");
  }
  return ok();
}

Result<ProjectTable> read_project(const TomlValue& table) {
  ProjectTable out;
  if (!table.is(Kind::table)) return fail(make_error(kInvalidPyproject, "`project` is not a table").at(where_of(table)));
  PIPIT_TRY(const auto name, project_text(table, "name"));
  if (!name || !is_valid_name(*name)) return bad_project(table, "name", "is missing or not a project name");
  out.name = *name;
  PIPIT_TRY(out.version, project_text(table, "version"));
  if (out.version && !Version::try_parse(*out.version)) return bad_project(table, "version", "is not a version");
  PIPIT_TRY(out.requires_python, project_text(table, "requires-python"));
  if (const TomlValue* dynamic = table.find("dynamic")) {
    auto fields = strings(*dynamic);
    if (!fields) return bad_project(*dynamic, "dynamic", "is not a list of strings");
    out.dynamic = std::move(*fields);
  }
  if (const TomlValue* dependencies = table.find("dependencies")) {
    PIPIT_TRY(out.dependencies, project_requirements(*dependencies, "dependencies"));
  }
  if (const TomlValue* extras = table.find("optional-dependencies")) PIPIT_CHECK(read_extras(*extras, out));
  if (out.is_dynamic("name")) return bad_project(table, "dynamic", "must not name `name`");
  if (!out.version && !out.is_dynamic("version")) return bad_project(table, "version", "is missing and not dynamic");
  return out;
}

// ---- [dependency-groups] ----

DependencyGroup::Item read_item(const TomlValue& value) {
  DependencyGroup::Item item;
  if (value.is(Kind::string)) {
    item.requirement = value.text;
  } else if (!value.is(Kind::table)) {
    item.problem = fmt::format("an item is neither a string nor a table (line {})", value.line);
  } else if (const TomlValue* include = value.find("include-group"); !include || value.members.size() != 1) {
    item.problem = fmt::format("an item is a table with other keys than `include-group` (line {})", value.line);
  } else if (!include->is(Kind::string)) {
    item.problem = fmt::format("the value of `include-group` is not a string (line {})", value.line);
  } else {
    item.include = include->text;
  }
  return item;
}

Result<DependencyGroups> read_groups(const TomlValue& table) {
  if (!table.is(Kind::table)) return fail(make_error(kInvalidDependencyGroup, "`dependency-groups` is not a table").at(where_of(table)));
  std::vector<DependencyGroup> groups;
  for (const auto& [name, value] : table.members) {
    DependencyGroup group;
    group.name = name;
    if (!value.is(Kind::array)) group.problem = fmt::format("is not a list (line {})", value.line);
    for (const TomlValue& item : value.items) group.items.push_back(read_item(item));
    groups.push_back(std::move(group));
  }
  return DependencyGroups::make(std::move(groups));
}

}  // namespace

BuildSystem BuildSystem::legacy() {
  BuildSystem out;
  out.requires_text = {std::string(kLegacyRequirement)};
  if (auto requirement = Requirement::parse(kLegacyRequirement)) out.requires_dist.push_back(std::move(*requirement));
  out.backend = kLegacyBackend;
  return out;
}

bool ProjectTable::is_dynamic(std::string_view field) const { return std::find(dynamic.begin(), dynamic.end(), field) != dynamic.end(); }

bool ProjectTable::dependencies_are_static() const {
  static constexpr std::array<std::string_view, 3> kFields{"dependencies", "optional-dependencies", "requires-python"};
  return std::none_of(kFields.begin(), kFields.end(), [this](std::string_view field) { return is_dynamic(field); });
}

Result<Pyproject> Pyproject::parse(std::string_view text, std::string_view project_name) {
  PIPIT_TRY(const TomlValue root, parse_toml(text, kInvalidPyproject, kFile, kSizeMax));
  Pyproject out;
  if (const TomlValue* table = root.find("build-system")) {
    PIPIT_TRY(out.build_system, read_build_system(*table, project_name));
  }
  if (const TomlValue* table = root.find("project")) {
    auto read = read_project(*table);
    if (read)
      out.project = std::move(*read);
    else
      out.project_problem = std::move(read.error());
  }
  if (const TomlValue* table = root.find("dependency-groups")) {
    auto read = read_groups(*table);
    if (read)
      out.groups = std::move(*read);
    else
      out.groups_problem = std::move(read.error());
  }
  return out;
}

}  // namespace pipit::packaging
