#include "python/located.h"

#include <fmt/format.h>

#include "pipit/base/text.h"
#include "pipit/sys/file.h"
#include "python/pyvenv_cfg.h"

namespace pipit::python {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kCfgMaxBytes = 64 << 10;
constexpr int kNestingMax = 16;

struct Environment {
  fs::path prefix, home;
  bool system_site_packages = false;
};

// The environment `executable` belongs to: pyvenv.cfg with a home beside it or one directory up.
// Only a file that is not there means "no environment": one that cannot be read must not turn an environment into its base.
Result<std::optional<Environment>> environment_of(const fs::path& executable) {
  const fs::path bin = executable.parent_path();
  for (const fs::path& directory : {bin, bin.parent_path()}) {
    const auto text = sys::read_file(directory / "pyvenv.cfg", kCfgMaxBytes);
    if (!text && sys::is_absent(text.error())) continue;
    if (!text) return fail(text.error());
    const PyvenvCfg cfg = parse_pyvenv_cfg(*text);
    if (!cfg.home) return std::optional<Environment>();
    // site: the prefix is the directory above bin, wherever the file was found.
    return std::optional(Environment{bin.parent_path(), *cfg.home, cfg.system_site_packages});
  }
  return std::optional<Environment>();
}

Error broken(const fs::path& directory, const std::string& why) {
  return make_error(kBrokenEnvironment, fmt::format("the environment {} is broken: {}", directory.string(), why))
      .hint(fmt::format("make it anew: pipit venv --clear {}", directory.string()));
}

std::string dangling_text(const fs::path& link) {
  const auto target = sys::read_link(link);
  return target ? fmt::format("{} points to {}, which does not exist", link.string(), *target)
                : fmt::format("{} does not exist", link.string());
}

// In `home`, under the name we were called by if it is there.
Result<fs::path> base_in_home(const fs::path& executable, const Environment& environment) {
  std::vector<std::string> names = {executable.filename().string()};
  if (auto real = sys::real_path(executable)) names.push_back(real->filename().string());
  names.insert(names.end(), {"python3", "python", "pypy3"});
  for (const std::string& name : names)
    if (sys::is_regular_file(environment.home / name)) return environment.home / name;
  return fail(broken(environment.prefix, fmt::format("there is no Python in {}, its home", environment.home.string())));
}

Result<fs::path> executable_in(const fs::path& directory, const fs::path& as_named) {
  for (const char* name : {"bin/python", "bin/python3", "bin/pypy3"})
    if (sys::exists(directory / name)) return directory / name;
  if (sys::exists(directory / "pyvenv.cfg")) return fail(broken(directory, dangling_text(directory / "bin" / "python")));
  return fail(make_pip_error(kNoInterpreter, fmt::format("Could not locate Python interpreter {}", as_named.string())));
}

}  // namespace

Result<Located> locate(const fs::path& path) {
  Located found;
  found.executable = sys::absolute(path);
  if (sys::is_directory(found.executable)) {
    PIPIT_TRY(found.executable, executable_in(found.executable, path));
  } else if (!sys::exists(found.executable)) {
    PIPIT_TRY(const auto environment, environment_of(found.executable));
    if (environment)
      return fail(broken(found.executable.parent_path().parent_path(), dangling_text(found.executable)));
    return fail(make_pip_error(kNoInterpreter, fmt::format("Could not locate Python interpreter {}", path.string())));
  }
  found.base_executable = found.executable;
  for (int depth = 0; depth < kNestingMax; ++depth) {
    PIPIT_TRY(const auto environment, environment_of(found.base_executable));
    if (!environment) return found;
    if (found.venv_prefix.empty()) {
      found.venv_prefix = environment->prefix.string();
      found.system_site_packages = environment->system_site_packages;
    }
    PIPIT_TRY(found.base_executable, base_in_home(found.base_executable, *environment));
  }
  return fail(broken(found.venv_prefix, "the homes of its pyvenv.cfg files go round in a circle"));
}

}  // namespace pipit::python
