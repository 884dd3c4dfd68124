// Plan: what a run does to an environment, project by project: the resolution compared with what is installed, by pip's
// rules (facts of `pip install`: same version kept, local sources always reinstalled, ...). Pure; values; no file is touched.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipit/base/diagnostics.h"
#include "pipit/model/resolution.h"
#include "pipit/python/installed.h"

namespace pipit::install {

struct PlanOptions {
  bool upgrade = false;
  bool force_reinstall = false;
  bool ignore_installed = false;   // -I and --target: what is installed is not looked at, and overwritten
  bool only_dependencies = false;  // what the user named is not part of the plan
};

enum class Action { keep, replace, add };

struct PlannedProject {
  model::Resolved resolved;
  Action action = Action::add;
  std::optional<python::InstalledDist> installed;  // for keep and replace
  std::string note;                                // pip's line about a kept one, or empty
};

struct Plan {
  std::vector<PlannedProject> projects;            // in pip's install order: dependencies first, ties by name descending
  bool is_empty() const;                           // nothing but keeps
  std::vector<const PlannedProject*> changes() const;
};

Plan make_plan(const model::Resolution& resolution, const std::vector<python::InstalledDist>& installed, const PlanOptions& options);

// The order in which pip installs, as indices into resolution.projects: what needs nothing comes first, then what needs
// only that, and so on; within a rank the names descend.
std::vector<std::size_t> install_order(const model::Resolution& resolution);

}  // namespace pipit::install
