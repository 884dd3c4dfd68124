#include "ops/build_environments.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "ops/quiet_reporter.h"
#include "pipit/base/text.h"
#include "pipit/ops/install.h"
#include "pipit/packaging/requirement.h"
#include "pipit/python/installed.h"
#include "pipit/python/venv.h"
#include "pipit/sys/file.h"

namespace pipit::ops {

namespace {

inline constexpr ErrorCode kBuildCycle{"build-cycle"};
inline constexpr ErrorCode kBuildDependencies{"build-dependencies"};
constexpr std::size_t kBuildDepthMax = 10;

class BuildEnvironments final : public build::EnvironmentMaker {
 public:
  BuildEnvironments(Session& session, Reporter& reporter, const python::Interpreter& target, const ResolveOptions& options, const packaging::FileOptions& files)
      : session_(session), reporter_(reporter), target_(target), options_(options), files_(files) {}

  Result<build::BuildEnvironment> make(const std::vector<std::string>& requirements, const std::string& project) override {
    const std::scoped_lock lock(mutex_);
    if (!options_.build_isolation) {
      PIPIT_CHECK(check_there(requirements, project));
      return build::BuildEnvironment{target_.executable, target_.paths.scripts, target_.paths.purelib};
    }
    if (session_.depth() >= kBuildDepthMax)
      return fail(make_error(kBuildCycle, fmt::format("building {} needs builds within builds, {} deep", project, kBuildDepthMax))
                      .hint("give wheels of its build requirements with --find-links"));
    PIPIT_TRY(const std::filesystem::path scratch, session_.scratch_directory());
    PIPIT_TRY(sys::TempDir folder, sys::TempDir::create(scratch, "build-env-"));
    PIPIT_TRY(const python::Interpreter base, python::inspect_interpreter(target_.base_executable, session_.inspect_options()));
    python::VenvOptions venv;
    venv.directory = folder.release() / "env";
    venv.command_line = "pipit build environment";
    PIPIT_TRY(python::Interpreter made, python::make_venv(session_.os(), base, venv));
    build::BuildEnvironment environment{made.executable, made.paths.scripts, made.paths.purelib};
    made_.emplace_back(environment.python, std::move(made));
    if (!requirements.empty()) PIPIT_CHECK(fill(environment, requirements, project, "Installing build dependencies"));
    return environment;
  }

  Status extend(const build::BuildEnvironment& environment, const std::vector<std::string>& requirements, const std::string& project) override {
    const std::scoped_lock lock(mutex_);
    if (!options_.build_isolation) return check_there(requirements, project);
    return fill(environment, requirements, project, "Installing backend dependencies");
  }

 private:
  // The same pipeline as any installation, without its talk.
  Status fill(const build::BuildEnvironment& environment, const std::vector<std::string>& requirements, const std::string& project, const char* step) {
    reporter_.info(fmt::format("  {}: started", step));
    auto found = std::find_if(made_.begin(), made_.end(), [&](const auto& made) { return made.first == environment.python; });
    QuietReporter quiet(reporter_);
    Session inner(session_, quiet, found->second);
    InstallOptions install;
    for (const std::string& requirement : requirements) install.resolve.arguments.push_back({requirement, false});
    install.resolve.files = files_;
    install.resolve.files.require_hashes = false;
    install.resolve.constraint_files = options_.build_constraint_files;
    install.resolve.index_strategy = options_.index_strategy;
    install.resolve.uploaded_prior_to = options_.uploaded_prior_to;
    install.resolve.allowances = options_.allowances;
    install.resolve.refresh_packages = options_.refresh_packages;
    install.resolve.no_build = options_.no_build;
    install.resolve.build_constraint_files = options_.build_constraint_files;
    install.resolve.build_sandbox = options_.build_sandbox;
    install.resolve.build_network = options_.build_network;
    install.resolve.build_jobs = options_.build_jobs;
    install.resolve.build_timeout = options_.build_timeout;
    install.warn_script_location = install.warn_conflicts = install.warn_root = false;
    install.sync = false;  // thrown away with the run
    install.compile = install.compile_for_anywhere = true;  // each hook is a process of its own, and would compile its back end anew
    auto installed = ops::install(install, inner);
    reporter_.info(fmt::format("  {}: finished with status '{}'", step, installed ? "done" : "error"));
    if (!installed) return fail(std::move(installed).error().while_("installing what the build of " + project + " needs"));
    return ok();
  }

  // --check-build-dependencies: what the build asks for must be in the target.
  Status check_there(const std::vector<std::string>& requirements, const std::string& project) {
    if (!options_.check_build_dependencies) return ok();
    Diagnostics quiet;
    const auto installed = python::installed_in(target_.search_path, quiet);
    std::vector<std::string> missing, conflicts;
    for (const std::string& text : requirements) {
      PIPIT_TRY(const packaging::Requirement requirement, packaging::Requirement::parse(text));
      if (requirement.marker) {
        PIPIT_TRY(const bool applies, requirement.marker->evaluate(target_.markers, {}));
        if (!applies) continue;
      }
      auto found = std::find_if(installed.begin(), installed.end(), [&](const auto& dist) { return dist.normalized_name == requirement.normalized_name(); });
      if (found == installed.end()) {
        missing.push_back(fmt::format("'{}'", text));
      } else if (!requirement.specifiers.contains(found->version, packaging::Prereleases::allow)) {
        conflicts.push_back(fmt::format("{}=={} is incompatible with {}", found->name, found->version_text, text));
      }
    }
    if (!conflicts.empty())
      return fail(make_pip_error(kBuildDependencies, fmt::format("Some build dependencies for {} conflict with the backend dependencies: {}.", project, join(conflicts, ", "))));
    if (!missing.empty()) return fail(make_pip_error(kBuildDependencies, fmt::format("Some build dependencies for {} are missing: {}.", project, join(missing, ", "))));
    return ok();
  }

  Session& session_;
  Reporter& reporter_;
  std::mutex mutex_;
  const python::Interpreter& target_;
  const ResolveOptions& options_;
  const packaging::FileOptions& files_;
  std::vector<std::pair<std::filesystem::path, python::Interpreter>> made_;
};

}  // namespace

std::unique_ptr<build::EnvironmentMaker> make_build_environments(Session& session, Reporter& reporter, const python::Interpreter& target,
                                                                 const ResolveOptions& options, const packaging::FileOptions& files) {
  return std::make_unique<BuildEnvironments>(session, reporter, target, options, files);
}

}  // namespace pipit::ops
