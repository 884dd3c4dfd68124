// Placing: prepared wheels go into the environment, and what they replace goes out, as one transaction. Also where things go:
// the schemes of --target, --prefix, --root, --user and of the environment itself.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipit/install/plan.h"
#include "pipit/install/snapshot.h"
#include "pipit/install/target_directory.h"
#include "pipit/install/transaction.h"
#include "pipit/ops/options.h"
#include "pipit/ops/session.h"
#include "pipit/python/interpreter.h"
#include "pipit/wheel/install_wheel.h"
#include "pipit/wheel/prepared_wheel.h"
#include "ops/wheels.h"

namespace pipit::ops {

inline constexpr ErrorCode kBadDestination{"bad-destination"};

struct Destination {
  std::filesystem::path root;             // where .pipit lies
  wheel::Scheme scheme;                   // headers without the project's own directory
  std::string interpreter;                // for shebangs
  std::vector<std::string> site_directories;  // what is installed there already
  bool is_environment = true;             // false: --target, --prefix, --root
  bool is_user_site = false;              // what lies elsewhere is shadowed, not replaced
};
Result<Destination> find_destination(const InstallOptions& options, const python::Interpreter& target, Session& session);

struct PlaceRequest {
  const Destination& destination;
  const python::Interpreter& target;
  std::vector<const install::PlannedProject*> projects;   // in pip's order
  const std::map<std::string, wheel::PreparedWheel>& wheels;
  std::vector<python::InstalledDist> installed;           // before the run
  install::Snapshot snapshot;
  LinkMode link_mode = LinkMode::automatic;
  bool sync = true;
  std::vector<std::string> allowances;
  std::function<Status()> before_commit = {};             // the last word once all is staged
  std::optional<install::Upgrade> flat = {};              // --target: what stands there already goes, or is left alone
  const std::map<std::string, fetch::ByteCode>* byte_code = nullptr;  // what was compiled, by project
  std::function<void(const std::string& name)> forget_code = {};      // it was found edited
  std::map<std::string, packaging::Hashes> archives = {}; // what was asked for, where it is not the wheel itself (sdists)
};
// PEP 668, and pip's rules for --platform and friends.
Status refuse_externally_managed(const python::Interpreter& target, bool break_system_packages);
Status refuse_foreign_target(const InstallOptions& options);

// How a plain directory is filled; nullopt for every other destination.
std::optional<install::Upgrade> flat_upgrade(const InstallOptions& options);

wheel::WriteOptions write_options(const install::PlannedProject& project, const PlaceRequest& request);

// Fails with kStaleStoreFile after telling `stale` which projects' store entries must be made anew.
Status place(const PlaceRequest& request, std::vector<std::string>& stale, Session& session);

install::LockWait lock_wait(Session& session);
// One run at a time looks at, and changes, an environment. The lock lies in the cache or the runtime directory until the
// transaction takes its own; where neither can be written, the transaction's is the only one.
Result<sys::FileLock> lock_run(const std::filesystem::path& root, Session& session);
// Fails if a part of what is installed could not be read: nothing may be changed by a list with holes.
Status whole_list(const Diagnostics& diagnostics);
// What a killed run left behind is settled before anything is looked at.
Status settle(const std::filesystem::path& root, Session& session);

}  // namespace pipit::ops
