// Interpreter: everything pipit must know about a target Python, read from files and ELF headers. Only when two sources
// disagree or a field is missing is it run once (-I -S), and the answer cached by path, inode, mtime and size. A value;
// finding one touches the disk. Follows PEP 405 (environments), 425/600/656 (tags), 508 (markers), 668 (managed), 739.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pipit/base/diagnostics.h"
#include "pipit/base/result.h"
#include "pipit/packaging/markers.h"
#include "pipit/packaging/tags.h"
#include "pipit/packaging/version.h"
#include "pipit/sys/uname.h"

namespace pipit::python {

inline constexpr ErrorCode kNoInterpreter{"no-interpreter"};
inline constexpr ErrorCode kNotAnInterpreter{"not-an-interpreter"};
inline constexpr ErrorCode kBrokenEnvironment{"broken-environment"};

// sysconfig paths as the interpreter reports them (purelib and platlib may be the same; headers without the project name).
struct SchemePaths {
  std::string stdlib, platstdlib, purelib, platlib, scripts, data, headers;
  friend bool operator==(const SchemePaths&, const SchemePaths&) = default;
};

struct Interpreter {
  std::filesystem::path executable;        // as named: not resolved (venv/bin/python)
  std::filesystem::path base_executable;   // of the base installation
  std::string prefix, base_prefix;         // sys.prefix, sys.base_prefix
  bool is_venv = false;
  bool system_site_packages = false;       // the venv sees the base's
  std::string implementation;              // "cpython", "pypy", "graalpy"
  int major = 0, minor = 0, micro = 0;
  std::string full_version;                // "3.13.0rc2"
  std::string abi_flags;                   // "t", "d", ...
  SchemePaths paths;
  std::string user_site, user_base;        // "" if unknown
  std::vector<std::string> site_packages;  // site.getsitepackages(), in order, existing or not
  std::vector<std::string> search_path;    // site directories that importlib.metadata would look into, in order
  packaging::MarkerEnvironment markers;
  packaging::TagTarget tag_target;
  packaging::SupportedTags tags;
  std::optional<std::string> externally_managed;  // the message of EXTERNALLY-MANAGED, if it applies (PEP 668)
  bool was_run = false;                    // facts came from running it
  packaging::Version version() const;      // full_version
  packaging::Version requires_python_version() const;  // X.Y.Z only
};

struct InspectOptions {
  std::vector<std::pair<std::string, std::string>> environment;  // HOME, LANG ... as a value
  std::filesystem::path cache_directory;   // for answers of interpreters that had to be run; empty: not cached
  bool may_run = true;
  std::optional<sys::Uname> machine;       // absent: the kernel is asked
};

// `path` is an executable or an environment's directory (then its bin/python).
Result<Interpreter> inspect_interpreter(const std::filesystem::path& path, const InspectOptions& options);

// The target ladder of issue 3: explicit > PIP_PYTHON > environment we were started from > VIRTUAL_ENV > CONDA_PREFIX > .venv here
// > first python3/python on PATH.
struct TargetRequest {
  std::optional<std::string> explicit_python;   // --python EXE|DIR|VERSION
  std::optional<std::string> pip_python;        // PIP_PYTHON
  std::filesystem::path started_as;             // absolute path of the name we were started by, not resolved; may be empty
  std::filesystem::path current_directory;
  bool started_as_pip = false;                  // then .venv here is not looked at
  std::string path_variable, virtual_env, conda_prefix;
};
struct Target {
  Interpreter interpreter;
  std::string reason;                           // one line: which was taken and why
};
Result<Target> find_target(const TargetRequest& request, const InspectOptions& options);
// For `venv --python`: a path, a directory, a version ("3.12", "3.13t"), or the first python3 on PATH.
Result<Interpreter> find_base(const std::optional<std::string>& wanted, const TargetRequest& request, const InspectOptions& options);

}  // namespace pipit::python
