// What the verbs can be asked for: plain values that cli fills from flags, variables and files. A misspelt option is a
// compile error; nobody below receives "the configuration".
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipit/net/http.h"
#include "pipit/packaging/requirements_file.h"

namespace pipit::ops {

using Variables = std::vector<std::pair<std::string, std::string>>;

// The one default index of the product.
inline constexpr const char* kDefaultIndexUrl = "https://pypi.org/simple";

inline constexpr ErrorCode kBadCutoff{"bad-cutoff"};  // --uploaded-prior-to is no time

struct SessionOptions {
  Variables environment;
  std::filesystem::path current_directory;
  std::filesystem::path started_as;          // absolute path of the name we were started by, links kept; may be empty
  bool started_as_pip = false;
  std::optional<std::string> python;         // --python
  std::optional<std::string> pip_python;     // PIP_PYTHON
  std::optional<std::filesystem::path> cache_directory;  // --cache-dir; otherwise XDG_CACHE_HOME, HOME
  bool no_cache = false;
  std::uint64_t cache_size_max_bytes = 10'000'000'000;
  net::HttpOptions http;
  std::chrono::milliseconds lock_timeout{300000};
  std::size_t threads = 0;                   // 0: one per processor
  bool require_virtualenv = false;
};

struct RequirementArgument {
  std::string text;
  bool editable = false;
};

enum class IndexStrategy { merge, first_index, unsafe_best_match };
enum class LinkMode { automatic, hardlink, reflink, copy };
enum class BuildSandbox { automatic, require, off };

// A target other than the interpreter's own (--platform and friends).
struct ForeignTarget {
  std::vector<std::string> platforms, abis;
  std::vector<int> python_version;  // one to three numbers; none: the interpreter's own
  std::optional<std::string> implementation;
  bool any() const { return !platforms.empty() || !abis.empty() || !python_version.empty() || implementation; }
};

// What to choose from, and how. Shared by install, download, wheel, lock.
struct ResolveOptions {
  std::vector<RequirementArgument> arguments;
  std::vector<std::string> requirement_files, constraint_files, build_constraint_files, override_files, scripts, groups;
  packaging::FileOptions files;              // index, find-links, selection; the files read may change them
  bool no_deps = false, only_deps = false;
  bool ignore_requires_python = false;
  bool peep = false;                         // peep's personality: comment hashes always count, no dependencies
  std::string resolution = "highest";
  std::optional<std::string> uploaded_prior_to;
  std::vector<std::string> refresh_packages;
  IndexStrategy index_strategy = IndexStrategy::merge;
  ForeignTarget foreign;
  std::vector<std::string> allowances;       // --allow ID:NAME
  // Builds
  bool build_isolation = true, check_build_dependencies = false;
  std::map<std::string, std::vector<std::string>> config_settings;
  BuildSandbox build_sandbox = BuildSandbox::automatic;
  std::vector<std::string> build_network;
  std::size_t build_jobs = 0;                // 0: one per processor
  std::chrono::milliseconds build_timeout{std::chrono::hours(1)};  // of each step
  bool no_build = false;
  std::string source_directory;              // --src
};

struct InstallOptions {
  ResolveOptions resolve;
  bool upgrade = false, eager = false, force_reinstall = false, ignore_installed = false;
  bool dry_run = false;
  std::vector<std::string> explain;
  std::optional<std::string> target, root, prefix;
  std::optional<bool> user;                  // absent: where the environment is not ours to write, the user's own directory
  bool break_system_packages = false;
  bool compile = false;
  bool compile_for_anywhere = false;  // with compile: the byte code serves every environment of the interpreter, not this one alone
  bool warn_script_location = true, warn_conflicts = true, warn_root = true;
  std::optional<std::string> report;         // path or "-"
  LinkMode link_mode = LinkMode::automatic;
  bool sync = true;
};

struct UninstallOptions {
  std::vector<std::string> names, requirement_files;
  bool yes = false, break_system_packages = false, warn_root = true, sync = true;
};

struct VenvOptions {
  std::string directory;
  bool clear = false, system_site_packages = false, pip_shim = false;
  std::optional<std::string> prompt;
  std::string command_line;
  std::optional<InstallOptions> install;     // -r FILE: in the same run
};

// Which installed packages a reading verb looks at.
struct ScopeOptions {
  bool local = false, user = false;
  std::vector<std::string> paths, excluded;
  bool exclude_editable = false, only_editable = false;
};

}  // namespace pipit::ops
