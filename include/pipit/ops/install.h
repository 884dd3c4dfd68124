// install: the main verb. Reads what is wanted, looks at what is there, chooses, brings every archive in and checks it, and
// only then writes, as one transaction. Nothing is changed if anything fails.
#pragma once

#include <string>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/model/resolution.h"
#include "pipit/ops/options.h"
#include "pipit/ops/session.h"

namespace pipit::ops {

inline constexpr ErrorCode kExternallyManaged{"externally-managed-environment"};
inline constexpr ErrorCode kHashesMissing{"hashes-missing"};
inline constexpr ErrorCode kNotPinned{"not-pinned"};
inline constexpr ErrorCode kCannotHash{"cannot-hash"};
inline constexpr ErrorCode kUnsupportedRequirement{"unsupported-requirement"};

struct InstalledName {
  std::string name;     // spelled as the requirement that brought it in
  std::string version;
};

struct InstallReport {
  model::Resolution resolution;
  std::vector<InstalledName> installed;   // sorted; what "Successfully installed" names
  bool dry_run = false;
};

Result<InstallReport> install(const InstallOptions& options, Session& session);

struct UninstallReport {
  std::vector<InstalledName> removed;
};
Result<UninstallReport> uninstall(const UninstallOptions& options, Session& session);

// Makes an environment and, with options.install, fills it in the same run.
Status make_environment(const VenvOptions& options, Session& session);

// Finishes or undoes what an interrupted run left. True if there was something to do.
Result<bool> repair(Session& session);

}  // namespace pipit::ops
