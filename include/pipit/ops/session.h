// Session: the composition root. Owns what a run shares (target, HTTP client, workers, store, caches), makes each part when
// it is first needed, and dies in reverse order. Not thread-safe except where said. One per command.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "pipit/base/result.h"
#include "pipit/net/http.h"
#include "pipit/ops/options.h"
#include "pipit/ops/reporter.h"
#include "pipit/python/interpreter.h"
#include "pipit/sys/clock.h"
#include "pipit/sys/os.h"
#include "pipit/sys/seal.h"
#include "pipit/sys/worker_pool.h"

namespace pipit::ops {

inline constexpr ErrorCode kVirtualenvRequired{"virtualenv-required"};

// The environment whose pip.conf is read, found without inspecting an interpreter: the root of the target that the ladder of
// find_target would take if it is an environment; empty otherwise.
std::filesystem::path guess_environment_root(const std::optional<std::string>& python, const std::filesystem::path& started_as,
                                             const Variables& variables);

class Session {
 public:
  Session(SessionOptions options, Reporter& reporter, std::stop_token stop, sys::Os& os, sys::Clock& clock);
  ~Session();
  // A run within a run (a build environment): its own target and reporter, everything else is the outer session's.
  Session(Session& outer, Reporter& reporter, python::Interpreter target);
  std::size_t depth() const { return outer_ ? outer_->depth() + 1 : 0; }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // The target interpreter, found once. Checks --require-virtualenv.
  Result<const python::Interpreter*> target();
  // Sets it, where the verb makes it (venv).
  void set_target(python::Interpreter interpreter);
  python::InspectOptions inspect_options() const;
  python::TargetRequest target_request() const;

  Result<net::HttpClient*> http();               // made when first wanted; fails for options that make no sense
  void trust_host(const std::string& host);      // before http() is made
  void add_credential_source(const std::string& url);
  sys::Executor& workers();
  // Our folder below the cache directory, or nullopt: --no-cache-dir, no HOME, or not ours to use (said once).
  const std::optional<std::filesystem::path>& cache_directory();
  // For the rest of this run there is none; `why` is said once.
  void leave_cache(const std::string& why);
  // A private directory for this run's own files; gone with the session.
  Result<std::filesystem::path> scratch_directory();

  // Where downloads that broke off are kept for the next run; empty without a cache.
  std::filesystem::path unfinished_downloads();

  Reporter& reporter() { return reporter_; }
  std::stop_token stop() const { return stop_; }
  sys::Os& os() { return os_; }
  sys::Clock& clock() { return clock_; }
  const SessionOptions& options() const { return options_; }
  const Variables& environment() const { return options_.environment; }
  std::optional<std::string> variable(std::string_view name) const;
  void report(Diagnostics& diagnostics);         // hands everything over, in order
  // True the first time in this run, runs within it included.
  bool says_first(const std::string& id);
  // Why builds cannot be sealed here; tried once for a run. Who has something else to do meanwhile has it looked for beside.
  void look_for_seal_obstacle(const sys::SealSpec& example);
  const std::optional<std::string>& seal_obstacle(const sys::SealSpec& example);
  void note_network_build(const std::string& name);  // --build-network
  const std::set<std::string>& network_builds() const;
  Status check_cancelled() const;

 private:
  Session* outer_ = nullptr;
  SessionOptions options_;
  Reporter& reporter_;
  std::stop_token stop_;
  sys::Os& os_;
  sys::Clock& clock_;
  std::optional<python::Interpreter> target_;
  std::optional<std::optional<std::filesystem::path>> cache_directory_;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace pipit::ops
