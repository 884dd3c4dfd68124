#include "pipit/python/venv.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "pipit/base/text.h"
#include "pipit/sys/dir.h"
#include "python/activate.h"
#include "python/located.h"
#include "python/pyvenv_cfg.h"
#include "python/tree_writer.h"

namespace pipit::python {
namespace {

namespace fs = std::filesystem;
using sys::FileStat;

constexpr ErrorCode kBadVenvPath{"bad-venv-path"};

// What is decided before anything is written.
struct Plan {
  fs::path directory;       // absolute
  fs::path executable;      // of the base, as bin/<its name> will point to it
  std::string prompt;
  BaseFacts base;
  std::string configuration;
};

// The facts about the base that an Interpreter (of the base, or of an environment on it) carries.
BaseFacts base_of(const Interpreter& python) {
  BaseFacts facts;
  facts.prefix = python.base_prefix;
  facts.implementation = python.implementation;
  facts.major = python.major;
  facts.minor = python.minor;
  facts.micro = python.micro;
  facts.full_version = python.full_version;
  facts.abi_flags = python.abi_flags;
  const fs::path stdlib = python.paths.stdlib;
  facts.library_name = stdlib.filename().string();
  facts.platlibdir = stdlib.parent_path().filename().string();
  const auto is_debian = [](const std::string& site) { return fs::path(site).filename() == "dist-packages"; };
  if (std::any_of(python.site_packages.begin(), python.site_packages.end(), is_debian)) facts.vendor = Vendor::debian;
  if (python.was_run && !python.is_venv) {
    facts.vendor = Vendor::told;
    facts.told_paths = python.paths;
    facts.told_site_packages = python.site_packages;
  }
  return facts;
}

// CPython finds its library from `home` upwards. A name that is a link from elsewhere is followed until that works, and no
// further, so that /usr/bin survives the upgrade of what it links to.
fs::path executable_near_library(const fs::path& named, const BaseFacts& base) {
  fs::path at = named;
  for (int links = 0; links < 40; ++links) {
    if (sys::is_regular_file(at.parent_path().parent_path() / base.platlibdir / base.library_name / "os.py")) return at;
    const auto target = sys::read_link(at);
    if (!target) return named;
    at = (fs::path(*target).is_absolute() ? fs::path(*target) : at.parent_path() / *target).lexically_normal();
  }
  return named;
}

std::string one_line(std::string_view text) {
  std::string out(text);
  std::replace_if(out.begin(), out.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return out;
}

std::string configuration_text(const Plan& plan, const VenvOptions& options) {
  const BaseFacts& base = plan.base;
  std::string text = fmt::format("home = {}\ninclude-system-site-packages = {}\nversion = {}.{}.{}\n", plan.executable.parent_path().string(),
                                 options.system_site_packages, base.major, base.minor, base.micro);
  if (options.prompt) text += fmt::format("prompt = {}\n", python_repr(plan.prompt));
  if (base.minor >= 11) {
    const auto real = sys::real_path(plan.executable);
    text += fmt::format("executable = {}\n", one_line((real ? *real : plan.executable).string()));
    if (!options.command_line.empty()) text += fmt::format("command = {}\n", one_line(options.command_line));
  }
  return text;
}

Result<Plan> make_plan(const Interpreter& base, const VenvOptions& options) {
  Plan plan;
  const std::string named = options.directory.string();
  if (named.empty() || named.find('\0') != std::string::npos)
    return fail(make_error(kBadVenvPath, "an environment needs a directory name"));
  plan.directory = sys::absolute(options.directory);
  if (!plan.directory.has_filename()) plan.directory = plan.directory.parent_path();
  if (plan.directory.string().find(':') != std::string::npos)
    return fail(make_pip_error(kBadVenvPath, fmt::format("Refusing to create a venv in {} because it contains the PATH separator :.",
                                                         plan.directory.string())));
  plan.base = base_of(base);
  plan.executable = executable_near_library(base.base_executable, plan.base);
  if (!sys::is_executable(plan.executable))
    return fail(make_error(kNoInterpreter, fmt::format("the base interpreter {} is not there or not executable", plan.executable.string())));
  if (plan.executable.string().find_first_of("\r\n") != std::string::npos)
    return fail(make_error(kBadVenvPath, fmt::format("{} cannot be written into pyvenv.cfg: its name has a line end",
                                                     escape_for_terminal(plan.executable.string()))));
  plan.prompt = options.prompt ? *options.prompt == "." ? sys::current_directory().filename().string() : *options.prompt
                               : plan.directory.filename().string();
  plan.configuration = configuration_text(plan, options);
  return plan;
}

// The nearest existing directory above, held, and what must be made below it.
struct Place {
  sys::Dir holder;
  std::string below;
};
Result<Place> find_place(sys::Os& os, const fs::path& directory) {
  fs::path above = directory.parent_path();
  while (!sys::exists(above) && above.has_relative_path()) above = above.parent_path();
  Place place;
  PIPIT_TRY(place.holder, sys::Dir::open(os, above));
  place.below = directory.lexically_relative(above).string();
  return place;
}

Error in_the_way(const fs::path& path, std::string_view what) {
  return make_pip_error(kBadVenvPath, fmt::format("Unable to create directory '{}'", path.string())).detail(fmt::format("{} is {}", path.string(), what));
}

// A link is never followed and a file never replaced: what is there must be a real directory, or nothing.
Status check_directory(const sys::Dir& dir, const std::string& name) {
  PIPIT_TRY(const auto stat, dir.stat(name));
  if (!stat || stat->kind == FileStat::Kind::directory) return ok();
  return fail(in_the_way(dir.path() / name, stat->kind == FileStat::Kind::symlink ? "a symbolic link" : "not a directory"));
}

bool is_64_bit(const Interpreter& base) {
  const std::string& architecture = base.tag_target.architecture;
  for (const char* narrow : {"i386", "i486", "i586", "i686", "armv", "s390", "riscv32", "ppc"})
    if (architecture.rfind(narrow, 0) == 0 && architecture != "s390x" && architecture.rfind("ppc64", 0) != 0) return false;
  return true;
}

std::vector<std::string> executable_names(const Plan& plan) {
  std::vector<std::string> names = {"python", "python3"};
  if (plan.base.minor >= 9) names.push_back("python" + plan.base.xy());
  if (plan.base.implementation == "pypy") names.insert(names.end(), {"pypy", "pypy3"});
  return names;
}

Status write_links(TreeWriter& tree, const Plan& plan) {
  const std::string own = plan.executable.filename().string();
  PIPIT_CHECK(tree.put_link("bin/" + own, plan.executable.string()));
  for (const std::string& name : executable_names(plan))
    if (name != own) PIPIT_CHECK(tree.put_link("bin/" + name, own));
  return ok();
}

Status write_scripts(TreeWriter& tree, const Plan& plan) {
  const std::string directory = plan.directory.string();
  PIPIT_CHECK(tree.put_file("bin/activate", activate_sh(directory, plan.prompt)));
  PIPIT_CHECK(tree.put_file("bin/activate.csh", activate_csh(directory, plan.prompt)));
  PIPIT_CHECK(tree.put_file("bin/activate.fish", activate_fish(directory, plan.prompt)));
  if (plan.base.minor >= 8) PIPIT_CHECK(tree.put_file("bin/Activate.ps1", activate_powershell(directory, plan.prompt)));
  return ok();
}

Status write_additions(TreeWriter& tree, const Plan& plan, const VenvOptions& options) {
  const std::string site = "lib/" + plan.base.library_name + "/site-packages/";
  for (const auto& [name, content] : options.site_files) {
    const std::size_t slash = name.rfind('/');
    if (slash != std::string::npos) {
      PIPIT_CHECK(check_directory(tree.root(), site + name.substr(0, slash)));
      PIPIT_CHECK(tree.make_dirs(site + name.substr(0, slash)));
    }
    PIPIT_CHECK(tree.put_file(site + name, content));
  }
  for (const auto& [name, target] : options.script_links) PIPIT_CHECK(tree.put_link("bin/" + name, target));
  return ok();
}

Status write_tree(TreeWriter& tree, const Plan& plan, const VenvOptions& options, bool wide) {
  const BaseFacts& base = plan.base;
  for (const std::string& directory : {std::string("bin"), std::string("include"), std::string("lib"), "lib/" + base.library_name})
    PIPIT_CHECK(check_directory(tree.root(), directory));
  PIPIT_CHECK(tree.make_dirs("bin"));
  PIPIT_CHECK(tree.make_dirs(base.minor >= 11 ? "include/python" + base.xy() + base.abi_flags : "include"));
  PIPIT_CHECK(tree.make_dirs("lib/" + base.library_name + "/site-packages"));
  PIPIT_TRY(const auto lib64, tree.root().stat("lib64"));
  if (!lib64 && (wide || base.platlibdir == "lib64")) PIPIT_CHECK(tree.put_link("lib64", "lib"));
  PIPIT_CHECK(write_links(tree, plan));
  PIPIT_CHECK(write_scripts(tree, plan));
  PIPIT_CHECK(write_additions(tree, plan, options));
  if (base.minor >= 13) PIPIT_CHECK(tree.put_file(".gitignore", "# Made with the environment: nothing in it belongs into a repository.\n*\n"));
  // Last: a tree without it is no environment yet.
  return tree.put_file("pyvenv.cfg", plan.configuration);
}

Interpreter describe(const Interpreter& base, const Plan& plan, const VenvOptions& options) {
  Interpreter out = base;
  const std::string prefix = plan.directory.string();
  out.executable = plan.directory / "bin" / "python";
  out.base_executable = plan.executable;
  out.prefix = prefix;
  out.is_venv = true;
  out.system_site_packages = options.system_site_packages;
  out.paths = venv_paths(plan.base, prefix);
  out.site_packages = venv_site_packages(plan.base, prefix);
  std::vector<std::string> searched = out.site_packages;
  if (options.system_site_packages) {
    const auto below = base_site_packages(plan.base, /*seen_from_venv=*/true);
    out.site_packages.insert(out.site_packages.end(), below.begin(), below.end());
    if (!out.user_site.empty()) searched.push_back(out.user_site);
    searched.insert(searched.end(), below.begin(), below.end());
  }
  out.search_path = with_pth_directories(searched);
  out.externally_managed.reset();
  return out;
}

}  // namespace

Result<Interpreter> make_venv(sys::Os& os, const Interpreter& base, const VenvOptions& options) {
  PIPIT_TRY(const Plan plan, make_plan(base, options));
  PIPIT_TRY(Place place, find_place(os, plan.directory));
  PIPIT_CHECK(check_directory(place.holder, place.below));
  TreeWriter above(std::move(place.holder));
  PIPIT_CHECK(above.make_dirs(place.below));
  {
    PIPIT_TRY(sys::Dir root, above.root().open_dir(place.below));
    TreeWriter tree(std::move(root));
    if (options.clear) PIPIT_CHECK(tree.set_contents_aside());
    PIPIT_CHECK(write_tree(tree, plan, options, is_64_bit(base)));
    PIPIT_CHECK(tree.commit());
  }
  PIPIT_CHECK(above.commit());
  return describe(base, plan, options);
}

}  // namespace pipit::python
