#include "ops/build_environments.h"

#include <fmt/format.h>

#include <algorithm>

#include "ops/quiet_reporter.h"
#include "pipit/ops/install.h"
#include "pipit/python/venv.h"
#include "pipit/sys/file.h"

namespace pipit::ops {

namespace {

inline constexpr ErrorCode kBuildCycle{"build-cycle"};
constexpr std::size_t kBuildDepthMax = 10;

class BuildEnvironments final : public build::EnvironmentMaker {
 public:
  BuildEnvironments(Session& session, const python::Interpreter& target, const ResolveOptions& options, const packaging::FileOptions& files)
      : session_(session), target_(target), options_(options), files_(files) {}

  Result<build::BuildEnvironment> make(const std::vector<std::string>& requirements, const std::string& project) override {
    if (!options_.build_isolation) return build::BuildEnvironment{target_.executable, target_.paths.scripts};
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
    build::BuildEnvironment environment{made.executable, made.paths.scripts};
    made_.emplace_back(environment.python, std::move(made));
    if (!requirements.empty()) PIPIT_CHECK(fill(environment, requirements, project, "Installing build dependencies"));
    return environment;
  }

  Status extend(const build::BuildEnvironment& environment, const std::vector<std::string>& requirements, const std::string& project) override {
    if (!options_.build_isolation) return ok();
    return fill(environment, requirements, project, "Installing backend dependencies");
  }

 private:
  // The same pipeline as any installation, without its talk.
  Status fill(const build::BuildEnvironment& environment, const std::vector<std::string>& requirements, const std::string& project, const char* step) {
    session_.reporter().info(fmt::format("  {}: started", step));
    auto found = std::find_if(made_.begin(), made_.end(), [&](const auto& made) { return made.first == environment.python; });
    QuietReporter quiet(session_.reporter());
    Session inner(session_, quiet, found->second);
    InstallOptions install;
    for (const std::string& requirement : requirements) install.resolve.arguments.push_back({requirement, false});
    install.resolve.files = files_;
    install.resolve.files.require_hashes = false;
    install.resolve.constraint_files = options_.build_constraint_files;
    install.resolve.index_strategy = options_.index_strategy;
    install.resolve.uploaded_prior_to = options_.uploaded_prior_to;
    install.resolve.allowances = options_.allowances;
    install.warn_script_location = install.warn_conflicts = install.warn_root = false;
    install.sync = false;  // thrown away with the run
    auto installed = ops::install(install, inner);
    session_.reporter().info(fmt::format("  {}: finished with status '{}'", step, installed ? "done" : "error"));
    if (!installed) return fail(std::move(installed).error().while_("installing what the build of " + project + " needs"));
    return ok();
  }

  Session& session_;
  const python::Interpreter& target_;
  const ResolveOptions& options_;
  const packaging::FileOptions& files_;
  std::vector<std::pair<std::filesystem::path, python::Interpreter>> made_;
};

}  // namespace

std::unique_ptr<build::EnvironmentMaker> make_build_environments(Session& session, const python::Interpreter& target, const ResolveOptions& options,
                                                                 const packaging::FileOptions& files) {
  return std::make_unique<BuildEnvironments>(session, target, options, files);
}

}  // namespace pipit::ops
