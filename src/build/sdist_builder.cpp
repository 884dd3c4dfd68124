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

// A step stays open where the next call goes on with it.
enum class StaysOpen { never, if_missing, if_failed };

// Arguments by position, as PEP 517 has it: back ends name them as they like.
struct HookCall {
  std::string hook;
  nlohmann::json::array_t arguments;
  std::string step;
  StaysOpen stays_open = StaysOpen::never;
};

// The answers as far as they came; a failure is that of the call after the last answer.
struct HookAnswers {
  std::vector<HookAnswer> answers;
  std::optional<Error> failure;
  std::optional<sys::ProcessResult> failed;  // how the process ended, if it did not end well
};

class HookCaller {
 public:
  HookCaller(const Project& project, const packaging::BuildSystem& system, const BuildOptions& options, std::stop_token stop)
      : project_(project), system_(system), options_(options), stop_(std::move(stop)) {}

  Result<HookAnswer> call(const BuildEnvironment& where, HookCall call) {
    PIPIT_TRY(HookAnswers called, call_in_turn(where, {std::move(call)}));
    if (called.failure) return fail(std::move(*called.failure));
    return std::move(called.answers.front());
  }

  // In one process, which imports the back end once. The next call is made only if the one before asks for nothing.
  Result<HookAnswers> call_in_turn(const BuildEnvironment& where, std::vector<HookCall> calls) {
    std::size_t current = 0;
    open(calls[0].step);
    const auto go_on = [&] {
      close(calls[current], nullptr);
      open(calls[++current].step);
    };
    auto called = run(where, calls, current, go_on);
    if (!called || called->failure) fail_step(calls[current]);
    else close(calls[current], &called->answers.back());
    return called;
  }

  // Nothing goes on with a step that was left open.
  void give_up() {
    if (options_.on_step && !open_step_.empty()) options_.on_step(std::exchange(open_step_, {}), StepEnd::error);
  }

  nlohmann::json config_settings() const {
    if (options_.config_settings.empty()) return nullptr;
    nlohmann::json settings = nlohmann::json::object();
    for (const auto& [key, values] : options_.config_settings) settings[key] = values.size() == 1 ? nlohmann::json(values[0]) : nlohmann::json(values);
    return settings;
  }

 private:
  void open(const std::string& step) {
    if (options_.on_step && std::exchange(open_step_, {}) != step) options_.on_step(step, std::nullopt);
  }
  void close(const HookCall& call, const HookAnswer* answer) { end(call, StepEnd::done, answer != nullptr && answer->missing && call.stays_open == StaysOpen::if_missing); }
  void fail_step(const HookCall& call) { end(call, StepEnd::error, call.stays_open == StaysOpen::if_failed); }
  void end(const HookCall& call, StepEnd how, bool stays_open) {
    if (stays_open) open_step_ = call.step;
    else if (options_.on_step) options_.on_step(call.step, how);
  }

  nlohmann::json request_for(const std::vector<HookCall>& calls, const std::vector<std::filesystem::path>& answers) const {
    nlohmann::json request;
    request["notices"] = sys::kNoticeDescriptor;
    request["backend"] = system_.backend;
    request["backend_path"] = nlohmann::json::array();
    for (const std::string& place : system_.backend_path) request["backend_path"].push_back((project_.directory / place).string());
    request["calls"] = nlohmann::json::array();
    for (std::size_t i = 0; i < calls.size(); ++i)
      request["calls"].push_back({{"hook", calls[i].hook}, {"arguments", nlohmann::json(calls[i].arguments)}, {"answer", answers[i].string()}});
    return request;
  }

  // `current`: which call is being made; go_on moves it.
  Result<HookAnswers> run(const BuildEnvironment& where, const std::vector<HookCall>& calls, const std::size_t& current, const std::function<void()>& go_on) {
    PIPIT_TRY(const std::filesystem::path folder, make_folder(options_, "hook-"));
    const auto driver = folder / "driver.py", request_path = folder / "request.json";
    std::vector<std::filesystem::path> answers;
    for (std::size_t i = 0; i < calls.size(); ++i) answers.push_back(folder / fmt::format("answer-{}.json", i));
    PIPIT_CHECK(sys::replace_file(sys::real_os(), driver, kDriverScript, 0600));
    PIPIT_CHECK(sys::replace_file(sys::real_os(), request_path, request_for(calls, answers).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace), 0600));

    sys::ProcessSpec spec;
    spec.program = where.python;
    spec.arguments = {driver.string(), request_path.string()};
    spec.environment = process_environment(options_, where);
    PIPIT_TRY(spec.seal, seal_for(project_, where, options_));
    spec.directory = project_.directory;
    spec.merge_stderr = true;
    spec.output_max_bytes = kOutputMaxBytes;
    spec.keep = sys::KeepOutput::end;
    spec.timeout = options_.timeout;
    spec.on_output = options_.on_output;
    spec.notices_max = static_cast<int>(calls.size()) - 1;
    spec.on_notice = go_on;
    auto result = sys::run_process(spec, stop_);
    HookAnswers called;
    for (std::size_t i = 0; i < current; ++i) {
      PIPIT_TRY(HookAnswer answer, read_answer(answers[i], calls[i]));
      called.answers.push_back(std::move(answer));
    }
    auto last = result ? answer_of(*result, answers[current], calls[current]) : Result<HookAnswer>(fail(process_error(std::move(result).error(), calls[current].step)));
    if (last) called.answers.push_back(std::move(*last));
    else called.failure = std::move(last).error();
    if (result && result->exit_code != 0) called.failed = std::move(*result);
    return called;
  }

  Error process_error(Error error, const std::string& step) const {
    if (error.code != sys::kProcessTimeout) return std::move(error).while_("building " + project_.shown);
    return make_error(kBuildTimeout, fmt::format("{} of {} took longer than {} s and was ended", step, project_.shown, std::chrono::duration<double>(options_.timeout).count()))
        .hint("--build-timeout SECONDS gives each step more");
  }

  Result<HookAnswer> answer_of(const sys::ProcessResult& result, const std::filesystem::path& path, const HookCall& call) {
    if (result.exit_code != 0) return fail(diagnose_failure(project_, call.step, result, "", options_));
    if (!result.refusals.empty() && options_.on_refused) options_.on_refused(result.refusals);
    return read_answer(path, call, &result);
  }

  Result<HookAnswer> read_answer(const std::filesystem::path& path, const HookCall& call, const sys::ProcessResult* result = nullptr) const {
    auto text = read_made_file(options_, path, kAnswerMaxBytes);
    const nlohmann::json answer = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
    if (!answer.is_object() || !answer.contains("kind"))
      return fail(make_error(kBadBackendAnswer, fmt::format("the back end of {} ended without an answer to {}", project_.shown, call.hook)));
    if (answer["kind"] == "backend-unavailable" && result != nullptr) {
      Error error = diagnose_failure(project_, call.step, *result, answer.value("text", ""), options_);
      error.code = kBackendUnavailable;
      error.message = fmt::format("Cannot import build backend '{}'.", system_.backend);
      return fail(std::move(error));
    }
    if (answer["kind"] != "ok")
      return fail(make_error(kBadBackendAnswer, fmt::format("the build backend '{}' of {} has no hook {}", system_.backend, project_.shown, call.hook)));
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

HookCall build_call(const HookCaller& hooks, WheelKind kind, const std::filesystem::path& output, const std::filesystem::path& metadata_directory, std::string step) {
  return {fmt::format("build_{}", suffix(kind)),
          {output.string(), hooks.config_settings(), metadata_directory.empty() ? nlohmann::json() : nlohmann::json(metadata_directory.string())}, std::move(step)};
}

// What the back end says it built, looked at without following a link.
Result<std::filesystem::path> built_wheel(const HookAnswer& answer, const std::filesystem::path& output, const Project& project) {
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

Result<std::filesystem::path> call_build(HookCaller& hooks, const Project& project, WheelKind kind, const BuildEnvironment& where,
                                         const std::filesystem::path& metadata_directory, const BuildOptions& options, const std::string& step) {
  PIPIT_TRY(const std::filesystem::path output, make_folder(options, "wheel-"));
  PIPIT_TRY(const HookAnswer answer, hooks.call(where, build_call(hooks, kind, output, metadata_directory, step)));
  return built_wheel(answer, output, project);
}

HookCall metadata_call(const HookCaller& hooks, WheelKind kind, const std::filesystem::path& output) {
  return {fmt::format("prepare_metadata_for_build_{}", suffix(kind)), {output.string(), hooks.config_settings()}, metadata_step(kind), StaysOpen::if_missing};
}

// What the prepare hook answered. Where there is no such hook, the wheel is built for it.
Result<SdistBuilder::Prepared> take_metadata(HookCaller& hooks, const Project& project, WheelKind kind, const std::filesystem::path& output, const HookAnswer& answer,
                                             const BuildOptions& options, SdistBuilder::Prepared prepared) {
  if (answer.missing) {
    PIPIT_TRY(prepared.wheel, call_build(hooks, project, kind, prepared.environment, {}, options, metadata_step(kind)));
    return prepared;
  }
  if (!answer.value.is_string() || !is_plain_name(answer.value.get<std::string>()))
    return fail(make_error(kBadBackendAnswer, fmt::format("the back end of {} did not name its dist-info directory", project.shown)));
  prepared.metadata_directory = output / answer.value.get<std::string>();
  auto text = read_made_file(options, prepared.metadata_directory / "METADATA", kMetadataMaxBytes);
  if (!text) return fail(make_error(kBadBackendAnswer, fmt::format("the metadata that the back end of {} made cannot be read: {}", project.shown, text.error().message)));
  prepared.metadata = std::move(*text);
  return prepared;
}

}  // namespace

Result<SdistBuilder::Prepared> SdistBuilder::prepare(const Project& project, WheelKind kind, Aim aim, std::stop_token stop) {
  PIPIT_TRY(const packaging::BuildSystem system, read_build_system(project));
  Prepared prepared;
  PIPIT_TRY(prepared.environment, environments_.make(system.requires_text, project.shown));
  HookCaller hooks(project, system, options_, stop);

  if (kind == WheelKind::editable && options_.on_step)  // pip asks by a call of its own; ours is the next step
    for (const std::optional<StepEnd> end : {std::optional<StepEnd>(), std::optional(StepEnd::done)}) options_.on_step("Checking if build backend supports build_editable", end);

  const HookCall ask{fmt::format("get_requires_for_build_{}", suffix(kind)), {hooks.config_settings()}, requires_step(kind)};
  PIPIT_TRY(const std::filesystem::path output, make_folder(options_, aim == Aim::wheel ? "wheel-" : "metadata-"));
  HookCall then = aim == Aim::wheel ? build_call(hooks, kind, output, {}, metadata_step(kind)) : metadata_call(hooks, kind, output);
  if (aim == Aim::wheel) then.stays_open = StaysOpen::if_failed;
  PIPIT_TRY(HookAnswers called, hooks.call_in_turn(prepared.environment, {ask, then}));
  if (called.answers.empty()) return fail(std::move(*called.failure));
  if (called.answers.size() == 1 && !called.failure) {
    PIPIT_TRY(const std::vector<std::string> requirements, requirement_list(called.answers[0].value, project));
    if (!requirements.empty()) PIPIT_CHECK(environments_.extend(prepared.environment, requirements, project.shown));
    PIPIT_TRY(called, hooks.call_in_turn(prepared.environment, {then}));
  } else {
    called.answers.erase(called.answers.begin());
  }
  if (aim == Aim::metadata && called.failure) return fail(std::move(*called.failure));
  if (aim == Aim::metadata) return take_metadata(hooks, project, kind, output, called.answers[0], options_, std::move(prepared));
  if (!called.failure) {
    PIPIT_TRY(prepared.wheel, built_wheel(called.answers[0], output, project));
    return prepared;
  }
  // pip would have had the metadata before the build failed, and what it says depends on that.
  prepared.failure = std::move(called.failure);
  prepared.failed = std::move(called.failed);
  PIPIT_TRY(const std::filesystem::path metadata, make_folder(options_, "metadata-"));
  PIPIT_TRY(const HookAnswer answer, hooks.call(prepared.environment, metadata_call(hooks, kind, metadata)));
  if (answer.missing) {
    hooks.give_up();
    return fail(std::move(*prepared.failure));
  }
  return take_metadata(hooks, project, kind, metadata, answer, options_, std::move(prepared));
}

Result<std::filesystem::path> SdistBuilder::build(const Project& project, WheelKind kind, const Prepared& prepared, std::stop_token stop) {
  const std::string step = build_step(kind, project);
  if (prepared.wheel || prepared.failure) {  // tried when its metadata was asked for
    for (const std::optional<StepEnd> end : {std::optional<StepEnd>(), std::optional(prepared.wheel ? StepEnd::done : StepEnd::error)})
      if (options_.on_step) options_.on_step(step, end);
    if (prepared.wheel) return *prepared.wheel;
    return fail(prepared.failed ? diagnose_failure(project, step, *prepared.failed, "", options_) : *prepared.failure);
  }
  PIPIT_TRY(const packaging::BuildSystem system, read_build_system(project));
  HookCaller hooks(project, system, options_, stop);
  return call_build(hooks, project, kind, prepared.environment, prepared.metadata_directory, options_, step);
}

}  // namespace pipit::build
