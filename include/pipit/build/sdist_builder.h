// SdistBuilder: turns an unpacked source tree into a wheel (or its metadata) by asking its PEP 517 back end, in a process of
// the target's Python. It knows hooks and processes; where build requirements come from is the EnvironmentMaker's matter
// (ops implements it with pipit's own resolver, store and transaction), and where the wheel goes is the caller's.
//
// A builder may be used from several threads for different trees. Errors: what a back end did is reported with the step, the
// exit code and the last lines of its output (pip's layout). The tree itself may be written to by its back end; sealed
// (sys/seal.h) it is, with the scratch directory, all that can be written to.
// Specs: PEP 517, 518, 660; pyproject-toml.rst.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/sys/process.h"
#include "pipit/sys/seal.h"

namespace pipit::build {

inline constexpr ErrorCode kNotAProject{"not-a-python-project"};
inline constexpr ErrorCode kBadPyproject{"invalid-pyproject-build-system-requires"};
inline constexpr ErrorCode kBackendUnavailable{"backend-unavailable"};
inline constexpr ErrorCode kBuildFailed{"subprocess-exited-with-error"};
inline constexpr ErrorCode kBadBackendAnswer{"bad-backend-answer"};
inline constexpr ErrorCode kBuildTimeout{"build-timeout"};

// Where a back end runs: the interpreter, and the scripts of its requirements.
struct BuildEnvironment {
  std::filesystem::path python;
  std::filesystem::path scripts;
  std::string site_packages;
};

// Makes build environments. Implemented two floors up. Builders of different projects may ask at the same time.
class EnvironmentMaker {
 public:
  virtual ~EnvironmentMaker() = default;
  // A fresh environment that holds `requirements`. `project` is for messages ("docopt 0.6.2").
  virtual Result<BuildEnvironment> make(const std::vector<std::string>& requirements, const std::string& project) = 0;
  virtual Status extend(const BuildEnvironment& environment, const std::vector<std::string>& requirements, const std::string& project) = 0;
};

// A step as the user sees it: "Getting requirements to build wheel". `ended` is empty when it starts.
enum class StepEnd { done, error };
using StepListener = std::function<void(const std::string& step, std::optional<StepEnd> ended)>;

struct BuildOptions {
  std::map<std::string, std::vector<std::string>> config_settings;
  std::vector<std::pair<std::string, std::string>> environment;  // of the process; PIP_* and Python's own are left out
  std::filesystem::path scratch;                                 // private to this project; driver, answers, built wheels
  std::chrono::milliseconds timeout{std::chrono::hours(1)};      // for each hook
  std::optional<sys::SealSpec> seal;                             // what to hide and to show; the project's own places are added
  std::string option_name;                                       // by which the user can let this build out; empty: by none
  StepListener on_step;
  std::function<void(std::string_view)> on_output;               // of the back end, as it comes (-v)
  std::function<void(const std::vector<sys::SealRefusal>&)> on_refused;  // a hook ended well although this was refused
};

struct Project {
  std::filesystem::path directory;  // holds pyproject.toml or setup.py
  std::filesystem::path root;       // of the source tree, where `directory` is a part of it; empty: the same
  std::string shown;                // for messages: "docopt==0.6.2", a path
  std::string name;                 // "docopt" in the names of steps; empty: `shown`
};

enum class WheelKind { regular, editable };

// What is wanted of a tree now. Who wants the wheel anyway saves a hook: its metadata is in it.
enum class Aim { metadata, wheel };

class SdistBuilder {
 public:
  SdistBuilder(EnvironmentMaker& environments, BuildOptions options) : environments_(environments), options_(std::move(options)) {}

  // METADATA's text from the prepare hook; or, where there is no such hook or the wheel was wanted, the wheel, whose dist-info
  // has it, so that nothing is built twice.
  struct Prepared {
    std::string metadata;                             // empty if the wheel is there
    std::optional<std::filesystem::path> wheel;
    std::optional<Error> failure;                     // of a wheel that was tried at once; build() tells it
    std::optional<sys::ProcessResult> failed;         // how its hook ended, if it ended
    std::filesystem::path metadata_directory;         // what prepare made; handed on to build_wheel
    BuildEnvironment environment;
  };
  Result<Prepared> prepare(const Project& project, WheelKind kind, Aim aim, std::stop_token stop);
  // The wheel's path below the scratch directory.
  Result<std::filesystem::path> build(const Project& project, WheelKind kind, const Prepared& prepared, std::stop_token stop);

 private:
  EnvironmentMaker& environments_;
  BuildOptions options_;
};

}  // namespace pipit::build
