#include "pipit/build/sdist_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "build/diagnosis.h"
#include "build/driver.h"
#include "build/surroundings.h"
#include "pipit/base/text.h"
#include "pipit/packaging/pyproject.h"
#include "pipit/sys/dir.h"
#include "pipit/sys/file.h"
#include "pipit/sys/process.h"

namespace pipit::build {

namespace {

constexpr std::uint64_t kPyprojectMaxBytes = 4u << 20, kMetadataMaxBytes = 16u << 20, kAnswerMaxBytes = 4u << 20, kOutputMaxBytes = 16u << 20;
constexpr std::uint64_t kWheelMaxBytes = std::uint64_t{16} << 30;

struct HookAnswer {
  bool missing = false;
  nlohmann::json value;
};

// The scratch directory stands where back ends cannot write, and everything in it is theirs: what lies below is read without
// following a link, and written only into folders made after the last of them ended.
Result<std::string> read_made_file(const BuildOptions& options, const std::filesystem::path& path, std::uint64_t size_max_bytes) {
  PIPIT_TRY(const sys::Dir scratch, sys::Dir::open(sys::real_os(), options.scratch));
  return scratch.read_file(path.lexically_relative(options.scratch).string(), size_max_bytes);
}

Result<std::filesystem::path> make_folder(const BuildOptions& options, const char* name) {
  PIPIT_TRY(sys::TempDir folder, sys::TempDir::create(options.scratch, name));
  return folder.release();
}

class HookCaller {
 public:
  HookCaller(const Project& project, const packaging::BuildSystem& system, const BuildOptions& options, std::stop_token stop)
      : project_(project), system_(system), options_(options), stop_(std::move(stop)) {}

  // Arguments by position, as PEP 517 has it: back ends name them as they like. A hook that is missing leaves its step open
  // where `missing` says that the next call goes on with it.
  enum class Missing { ends_the_step, leaves_it_open };
  Result<HookAnswer> call(const BuildEnvironment& where, const std::string& hook, nlohmann::json::array_t arguments, const std::string& step,
                          Missing missing = Missing::ends_the_step) {
    if (options_.on_step && std::exchange(open_step_, {}) != step) options_.on_step(step, std::nullopt);
    auto answer = run(where, hook, std::move(arguments), step);
    if (answer && answer->missing && missing == Missing::leaves_it_open) open_step_ = step;
    else if (options_.on_step) options_.on_step(step, answer ? StepEnd::done : StepEnd::error);
    return answer;
  }

  nlohmann::json config_settings() const {
    if (options_.config_settings.empty()) return nullptr;
    nlohmann::json settings = nlohmann::json::object();
    for (const auto& [key, values] : options_.config_settings) settings[key] = values.size() == 1 ? nlohmann::json(values[0]) : nlohmann::json(values);
    return settings;
  }

 private:
  Result<HookAnswer> run(const BuildEnvironment& where, const std::string& hook, nlohmann::json::array_t arguments, const std::string& step) {
    PIPIT_TRY(const std::filesystem::path folder, make_folder(options_, "hook-"));
    const auto driver = folder / "driver.py", request_path = folder / "request.json", answer_path = folder / "answer.json";
    nlohmann::json request;
    request["backend"] = system_.backend;
    request["hook"] = hook;
    request["arguments"] = nlohmann::json(std::move(arguments));
    request["backend_path"] = nlohmann::json::array();
    for (const std::string& place : system_.backend_path) request["backend_path"].push_back((project_.directory / place).string());
    PIPIT_CHECK(sys::replace_file(sys::real_os(), driver, kDriverScript, 0600));
    PIPIT_CHECK(sys::replace_file(sys::real_os(), request_path, request.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace), 0600));

    sys::ProcessSpec spec;
    spec.program = where.python;
    spec.arguments = {driver.string(), request_path.string(), answer_path.string()};
    spec.environment = process_environment(options_, where);
    PIPIT_TRY(spec.seal, seal_for(project_, where, options_));
    spec.directory = project_.directory;
    spec.merge_stderr = true;
    spec.output_max_bytes = kOutputMaxBytes;
    spec.keep = sys::KeepOutput::end;
    spec.timeout = options_.timeout;
    spec.on_output = options_.on_output;
    auto result = sys::run_process(spec, stop_);
    if (!result) {
      if (result.error().code == sys::kProcessTimeout)
        return fail(make_error(kBuildTimeout, fmt::format("{} of {} took longer than {} s and was ended", step, project_.shown,
                                                          std::chrono::duration<double>(options_.timeout).count()))
                        .hint("--build-timeout SECONDS gives each step more"));
      return fail(std::move(result).error().while_("building " + project_.shown));
    }
    if (result->exit_code != 0) return fail(diagnose_failure(project_, step, *result, "", options_));
    if (!result->refusals.empty() && options_.on_refused) options_.on_refused(result->refusals);
    return read_answer(answer_path, hook, step, *result);
  }

  Result<HookAnswer> read_answer(const std::filesystem::path& path, const std::string& hook, const std::string& step, const sys::ProcessResult& result) {
    auto text = read_made_file(options_, path, kAnswerMaxBytes);
    const nlohmann::json answer = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
    if (!answer.is_object() || !answer.contains("kind"))
      return fail(make_error(kBadBackendAnswer, fmt::format("the back end of {} ended without an answer to {}", project_.shown, hook)));
    if (answer["kind"] == "backend-unavailable") {
      Error error = diagnose_failure(project_, step, result, answer.value("text", ""), options_);
      error.code = kBackendUnavailable;
      error.message = fmt::format("Cannot import build backend '{}'.", system_.backend);
      return fail(std::move(error));
    }
    if (answer["kind"] != "ok")
      return fail(make_error(kBadBackendAnswer, fmt::format("the build backend '{}' of {} has no hook {}", system_.backend, project_.shown, hook)));
    return HookAnswer{answer.value("missing", false), answer.value("value", nlohmann::json())};
  }

  const Project& project_;
  const packaging::BuildSystem& system_;
  const BuildOptions& options_;
  std::stop_token stop_;
  std::string open_step_;
};

const char* suffix(WheelKind kind) { return kind == WheelKind::editable ? "editable" : "wheel"; }

// One path component that a back end may name: never a way out of the folder.
bool is_plain_name(const std::string& name) { return !name.empty() && name.find('/') == std::string::npos && name != "." && name != ".." && name.find('\0') == std::string::npos; }

Result<packaging::BuildSystem> read_build_system(const Project& project) {
  const auto path = project.directory / "pyproject.toml";
  const bool has_setup = sys::is_regular_file(project.directory / "setup.py");
  if (!sys::is_regular_file(path)) {
    if (has_setup) return packaging::BuildSystem::legacy();
    return fail(make_pip_error(kNotAProject, fmt::format("{} does not appear to be a Python project: neither 'setup.py' nor 'pyproject.toml' found.", project.shown)));
  }
  PIPIT_TRY(const std::string text, sys::read_file(path, kPyprojectMaxBytes));
  PIPIT_TRY(auto pyproject, packaging::Pyproject::parse(text, project.shown));
  PIPIT_TRY(auto root, sys::real_path(project.directory));
  packaging::BuildSystem system = pyproject.build_system ? std::move(*pyproject.build_system) : packaging::BuildSystem::legacy();
  for (const std::string& place : system.backend_path) {
    auto inside = sys::real_path(project.directory / place);
    const std::string wall = root.string() + "/";
    if (!inside || !(inside->string() + "/").starts_with(wall))
      return fail(make_error(kBadPyproject, fmt::format("backend-path `{}` of {} leads outside of its source tree", place, project.shown)));
  }
  return system;
}

Result<std::vector<std::string>> requirement_list(const nlohmann::json& value, const Project& project) {
  std::vector<std::string> requirements;
  if (!value.is_array()) return fail(make_error(kBadBackendAnswer, fmt::format("the back end of {} answered with no list of requirements", project.shown)));
  for (const nlohmann::json& item : value) {
    if (!item.is_string()) return fail(make_error(kBadBackendAnswer, fmt::format("the back end of {} asks for a requirement that is no text", project.shown)));
    requirements.push_back(item.get<std::string>());
  }
  return requirements;
}

// Steps as pip names them.
std::string metadata_step(WheelKind kind) { return kind == WheelKind::editable ? "Preparing editable metadata (pyproject.toml)" : "Preparing metadata (pyproject.toml)"; }
std::string requires_step(WheelKind kind) { return kind == WheelKind::editable ? "Getting requirements to build editable" : "Getting requirements to build wheel"; }
std::string build_step(WheelKind kind, const Project& project) {
  return fmt::format("Building {} for {} (pyproject.toml)", kind == WheelKind::editable ? "editable" : "wheel", project.name.empty() ? project.shown : project.name);
}

Result<std::filesystem::path> call_build(HookCaller& hooks, const Project& project, WheelKind kind, const BuildEnvironment& where,
                                         const std::filesystem::path& metadata_directory, const BuildOptions& options, const std::string& step) {
  PIPIT_TRY(const std::filesystem::path output, make_folder(options, "wheel-"));
  nlohmann::json::array_t arguments = {output.string(), hooks.config_settings(), metadata_directory.empty() ? nlohmann::json() : nlohmann::json(metadata_directory.string())};
  PIPIT_TRY(const HookAnswer answer, hooks.call(where, fmt::format("build_{}", suffix(kind)), std::move(arguments), step));
  if (!answer.value.is_string() || !is_plain_name(answer.value.get<std::string>()))
    return fail(make_error(kBadBackendAnswer, fmt::format("the back end of {} did not name the wheel it built", project.shown)));
  const std::filesystem::path wheel = output / answer.value.get<std::string>();
  PIPIT_TRY(auto folder, sys::stat_path(output, sys::Follow::no));
  PIPIT_TRY(auto found, sys::stat_path(wheel, sys::Follow::no));
  if (!folder || folder->kind != sys::FileStat::Kind::directory || !found || found->kind != sys::FileStat::Kind::regular)
    return fail(make_error(kBadBackendAnswer, fmt::format("the back end of {} says it built {}, but no such file is there{}", project.shown, wheel.filename().string(),
                                                          found && found->kind == sys::FileStat::Kind::symlink ? " (only a link)" : "")));
  if (found->size > kWheelMaxBytes)
    return fail(make_error(kBadBackendAnswer, fmt::format("the wheel that the back end of {} built is too large: {} bytes", project.shown, found->size)));
  return wheel;
}

}  // namespace

Result<SdistBuilder::Prepared> SdistBuilder::prepare(const Project& project, WheelKind kind, std::stop_token stop) {
  PIPIT_TRY(const packaging::BuildSystem system, read_build_system(project));
  Prepared prepared;
  PIPIT_TRY(prepared.environment, environments_.make(system.requires_text, project.shown));
  HookCaller hooks(project, system, options_, stop);

  if (kind == WheelKind::editable && options_.on_step)  // pip asks by a call of its own; ours is the next step
    for (const std::optional<StepEnd> end : {std::optional<StepEnd>(), std::optional(StepEnd::done)}) options_.on_step("Checking if build backend supports build_editable", end);

  PIPIT_TRY(const HookAnswer more, hooks.call(prepared.environment, fmt::format("get_requires_for_build_{}", suffix(kind)),
                                              {hooks.config_settings()}, requires_step(kind)));
  PIPIT_TRY(const std::vector<std::string> requirements, requirement_list(more.value, project));
  if (!requirements.empty()) PIPIT_CHECK(environments_.extend(prepared.environment, requirements, project.shown));

  PIPIT_TRY(const std::filesystem::path metadata_root, make_folder(options_, "metadata-"));
  PIPIT_TRY(const HookAnswer metadata, hooks.call(prepared.environment, fmt::format("prepare_metadata_for_build_{}", suffix(kind)),
                                                  {metadata_root.string(), hooks.config_settings()}, metadata_step(kind), HookCaller::Missing::leaves_it_open));
  if (metadata.missing) {
    PIPIT_TRY(prepared.wheel, call_build(hooks, project, kind, prepared.environment, {}, options_, metadata_step(kind)));
    return prepared;
  }
  if (!metadata.value.is_string() || !is_plain_name(metadata.value.get<std::string>()))
    return fail(make_error(kBadBackendAnswer, fmt::format("the back end of {} did not name its dist-info directory", project.shown)));
  prepared.metadata_directory = metadata_root / metadata.value.get<std::string>();
  auto text = read_made_file(options_, prepared.metadata_directory / "METADATA", kMetadataMaxBytes);
  if (!text) return fail(make_error(kBadBackendAnswer, fmt::format("the metadata that the back end of {} made cannot be read: {}", project.shown, text.error().message)));
  prepared.metadata = std::move(*text);
  return prepared;
}

Result<std::filesystem::path> SdistBuilder::build(const Project& project, WheelKind kind, const Prepared& prepared, std::stop_token stop) {
  if (prepared.wheel) {  // made when its metadata was asked for
    for (const std::optional<StepEnd> end : {std::optional<StepEnd>(), std::optional(StepEnd::done)})
      if (options_.on_step) options_.on_step(build_step(kind, project), end);
    return *prepared.wheel;
  }
  PIPIT_TRY(const packaging::BuildSystem system, read_build_system(project));
  HookCaller hooks(project, system, options_, stop);
  return call_build(hooks, project, kind, prepared.environment, prepared.metadata_directory, options_, build_step(kind, project));
}

}  // namespace pipit::build
