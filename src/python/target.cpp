// The target ladder: which interpreter a command works on, and why. Every rung is a function; the first that applies wins.
#include <fmt/format.h>

#include <vector>

#include "pipit/base/text.h"
#include "pipit/python/interpreter.h"
#include "pipit/sys/file.h"
#include "python/ask.h"
#include "python/assemble.h"
#include "python/numbers.h"
#include "python/pyenv.h"

namespace pipit::python {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kScriptMaxBytes = 64 << 10;

Error could_not_locate(std::string_view wanted) {
  return make_pip_error(kNoInterpreter, fmt::format("Could not locate Python interpreter {}", wanted));
}

// "3", "3.12", "3.13t", "3.12.1": a version, not a path.
struct WantedVersion {
  int major = 0;
  std::optional<int> minor, micro;
  bool threaded = false;
};
std::optional<WantedVersion> parse_wanted_version(std::string_view text) {
  WantedVersion wanted;
  const auto major = take_number(text);
  if (!major) return std::nullopt;
  wanted.major = *major;
  for (std::optional<int>* part : {&wanted.minor, &wanted.micro}) {
    if (!take(text, ".")) break;
    if (!(*part = take_number(text))) return std::nullopt;
  }
  wanted.threaded = wanted.minor && take(text, "t");
  return text.empty() ? std::optional(wanted) : std::nullopt;
}

bool matches(const WantedVersion& wanted, const Interpreter& python) {
  return python.major == wanted.major && (!wanted.minor || python.minor == *wanted.minor) &&
         (!wanted.micro || python.micro == *wanted.micro) &&
         (!wanted.threaded || python.abi_flags.find('t') != std::string::npos);
}

enum class Kind { nothing, interpreter, script };
Kind kind_of(const fs::path& path) {
  if (!sys::is_executable(path)) return Kind::nothing;
  const auto mapped = sys::MappedFile::open(path);
  if (!mapped) return Kind::nothing;
  return mapped->text().substr(0, 2) == "#!" ? Kind::script : Kind::interpreter;
}

std::vector<fs::path> path_directories(std::string_view path_variable) {
  std::vector<fs::path> directories;
  for (std::string_view part : split(path_variable, ':'))
    if (!part.empty() && part[0] == '/') directories.emplace_back(part);
  return directories;
}

// The interpreter a pyenv shim stands for, as pyenv's files tell; nullopt for other scripts.
std::optional<fs::path> behind_shim(const fs::path& script, const TargetRequest& request, const InspectOptions& options) {
  const auto text = sys::read_file(script, kScriptMaxBytes);
  const auto root = text ? pyenv_root_of_shim(*text) : std::nullopt;
  if (!root) return std::nullopt;
  return pyenv_choice(*root, script.filename().string(), request.current_directory, options);
}

// Walks PATH. Entries that are empty or relative are nobody's choice; a pyenv shim stands for what pyenv's files choose.
class PathSearch {
 public:
  PathSearch(const TargetRequest& request, const InspectOptions& options) : request_(request), options_(options) {}

  // The first interpreter under one of `names` that `fits`; what cannot be inspected is remembered and passed over.
  template <class Fits>
  std::optional<Interpreter> first(const std::vector<std::string>& names, Fits fits) {
    std::vector<fs::path> scripts;
    for (const fs::path& directory : path_directories(request_.path_variable))
      for (const std::string& name : names) {
        const fs::path candidate = directory / name;
        const Kind kind = kind_of(candidate);
        if (kind == Kind::nothing) continue;
        const auto real = kind == Kind::interpreter ? std::optional(candidate) : behind_shim(candidate, request_, options_);
        if (!real) scripts.push_back(candidate);
        else if (auto found = inspect(*real); found && fits(*found)) return found;
      }
    // Nothing but scripts: they are run, once each, to be asked which interpreter they stand for.
    for (const fs::path& script : scripts) {
      if (!options_.may_run) break;
      auto real = executable_behind(script, options_);
      if (!real) remember(std::move(real).error());
      else if (auto found = inspect(*real); found && fits(*found)) return found;
    }
    return std::nullopt;
  }
  const std::optional<Error>& passed_over() const { return passed_over_; }

 private:
  std::optional<Interpreter> inspect(const fs::path& path) {
    auto found = inspect_interpreter(path, options_);
    if (found) return std::move(*found);
    remember(std::move(found).error());
    return std::nullopt;
  }
  void remember(Error error) {
    if (!passed_over_) passed_over_ = std::move(error);
  }

  const TargetRequest& request_;
  const InspectOptions& options_;
  std::optional<Error> passed_over_;
};

Error nothing_on_path(std::string_view wanted, const PathSearch& search) {
  Error error = make_error(kNoInterpreter, fmt::format("there is no {} on PATH", wanted));
  if (search.passed_over()) error.also.push_back(*search.passed_over());
  return std::move(error).hint("name one: --python PATH");
}

Result<Interpreter> first_on_path(const TargetRequest& request, const InspectOptions& options) {
  PathSearch search(request, options);
  auto found = search.first({"python3", "python"}, [](const Interpreter&) { return true; });
  if (!found) return fail(nothing_on_path("python3 or python", search));
  return std::move(*found);
}

// pyenv keeps versions that no shim leads to at present; the newest that matches.
std::optional<Interpreter> in_pyenv(const WantedVersion& wanted, const TargetRequest& request, const InspectOptions& options) {
  std::vector<fs::path> roots = {variable(options, "PYENV_ROOT"), fs::path(variable(options, "HOME")) / ".pyenv"};
  for (const fs::path& directory : path_directories(request.path_variable))
    if (directory.filename() == "shims") roots.push_back(directory.parent_path());
  std::optional<Interpreter> best;
  for (const fs::path& root : roots) {
    const auto entries = root.is_absolute() ? sys::list_directory(root / "versions") : Result<std::vector<sys::DirEntry>>(std::vector<sys::DirEntry>{});
    for (const sys::DirEntry& entry : entries ? *entries : std::vector<sys::DirEntry>{}) {
      // Only names that can match are looked into: "3.12.1", "3.13t-dev" for a wanted 3.13t.
      if (entry.name.rfind(fmt::format("{}.{}", wanted.major, wanted.minor.value_or(0)), 0) != 0) continue;
      auto found = inspect_interpreter(root / "versions" / entry.name / "bin" / "python", options);
      if (found && matches(wanted, *found) && (!best || best->version() < found->version())) best = std::move(*found);
    }
    if (best) break;
  }
  return best;
}

Result<Interpreter> by_version(const WantedVersion& wanted, std::string_view text, const TargetRequest& request,
                               const InspectOptions& options) {
  std::vector<std::string> names;
  if (wanted.minor) {
    const std::string xy = fmt::format("python{}.{}", wanted.major, *wanted.minor);
    if (!wanted.threaded) names.push_back(xy);
    names.push_back(xy + "t");
  }
  names.insert(names.end(), {fmt::format("python{}", wanted.major), "python"});
  PathSearch search(request, options);
  // "3.13" means the usual build where there is one; a free-threaded one only if nothing else is called that.
  auto found = search.first(names, [&](const Interpreter& python) {
    return matches(wanted, python) && (wanted.threaded || python.abi_flags.find('t') == std::string::npos);
  });
  if (!found) found = search.first(names, [&](const Interpreter& python) { return matches(wanted, python); });
  if (!found && wanted.minor) found = in_pyenv(wanted, request, options);
  if (found) return std::move(*found);
  return fail(could_not_locate(text).hint(fmt::format("no Python {} is on PATH", text)));
}

// EXE, DIR or VERSION. What exists under that name is a path (as in pip), "3.12" otherwise a version.
Result<Interpreter> by_words(const std::string& words, const TargetRequest& request, const InspectOptions& options) {
  const fs::path path = fs::path(words).is_absolute() || request.current_directory.empty() ? fs::path(words) : request.current_directory / words;
  if (words.empty()) return fail(could_not_locate(words));
  if (!sys::exists(path)) {
    if (const auto version = parse_wanted_version(words)) return by_version(*version, words, request, options);
    if (words.find('/') == std::string::npos) {
      PathSearch search(request, options);
      if (auto found = search.first({words}, [](const Interpreter&) { return true; })) return std::move(*found);
      if (search.passed_over()) return fail(*search.passed_over());
    }
  }
  if (kind_of(path) == Kind::script) {
    if (const auto real = behind_shim(path, request, options)) return inspect_interpreter(*real, options);
    PIPIT_TRY(const fs::path real, executable_behind(path, options));
    return inspect_interpreter(real, options);
  }
  auto found = inspect_interpreter(path, options);
  if (!found && found.error().code == kNoInterpreter && found.error().wording == Wording::pip) return fail(could_not_locate(words));
  return found;
}

bool is_environment(const fs::path& directory) { return sys::is_regular_file(directory / "pyvenv.cfg"); }

// The environment (or, under pip's name, the installation) in whose bin the name we were started by lies.
std::optional<fs::path> started_from(const TargetRequest& request) {
  const fs::path bin = request.started_as.parent_path();
  if (!request.started_as.is_absolute()) return std::nullopt;
  if (is_environment(bin.parent_path())) return bin.parent_path();
  if (sys::is_directory(bin.parent_path() / "conda-meta") && sys::exists(bin / "python")) return bin.parent_path();
  if (!request.started_as_pip) return std::nullopt;
  for (const char* name : {"python3", "python"})
    if (kind_of(bin / name) == Kind::interpreter) return bin / name;
  return std::nullopt;
}

// "pip3.11" -> "3.11"
std::optional<std::string> version_in_own_name(const TargetRequest& request) {
  const std::string name = request.started_as.filename().string();
  std::string_view rest = name;
  if (!request.started_as_pip || !take(rest, "pip") || rest.find('.') == std::string_view::npos) return std::nullopt;
  return parse_wanted_version(rest) ? std::optional<std::string>(rest) : std::nullopt;
}

Result<Target> taken(Result<Interpreter> found, std::string reason) {
  if (!found) return fail(std::move(found).error());
  const std::string where = found->is_venv ? found->prefix : found->executable.string();
  return Target{std::move(*found), fmt::format("{} ({})", where, reason)};
}

// A named environment that is not there must not be passed over: the user would get another one.
Result<Interpreter> environment_named_by(std::string_view variable_name, const std::string& directory, const InspectOptions& options) {
  auto found = inspect_interpreter(directory, options);
  if (found || found.error().code != kNoInterpreter) return found;
  return fail(make_error(kBrokenEnvironment, fmt::format("{} names {}, which is not an environment", variable_name, directory))
                  .hint(fmt::format("leave it with `deactivate`, or unset {}", variable_name)));
}

}  // namespace

Result<Target> find_target(const TargetRequest& request, const InspectOptions& options) {
  if (request.explicit_python) return taken(by_words(*request.explicit_python, request, options), "--python");
  if (request.pip_python) return taken(by_words(*request.pip_python, request, options), "PIP_PYTHON");
  if (const auto own = started_from(request)) return taken(inspect_interpreter(*own, options), "pipit was started from there");
  if (!request.virtual_env.empty()) return taken(environment_named_by("VIRTUAL_ENV", request.virtual_env, options), "VIRTUAL_ENV");
  // A conda environment need not contain a Python.
  if (!request.conda_prefix.empty() && sys::exists(fs::path(request.conda_prefix) / "bin" / "python"))
    return taken(inspect_interpreter(request.conda_prefix, options), "CONDA_PREFIX");
  const fs::path here = request.current_directory / ".venv";
  if (!request.started_as_pip && !request.current_directory.empty() && is_environment(here))
    return taken(inspect_interpreter(here, options), ".venv in the current directory");
  if (const auto version = version_in_own_name(request))
    return taken(by_version(*parse_wanted_version(*version), *version, request, options), "the name pipit was started by");
  return taken(first_on_path(request, options), "the first Python on PATH");
}

Result<Interpreter> find_base(const std::optional<std::string>& wanted, const TargetRequest& request, const InspectOptions& options) {
  return wanted ? by_words(*wanted, request, options) : first_on_path(request, options);
}

}  // namespace pipit::python
