// What pipit reads and makes, against what the interpreters of this machine say.
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "pipit/python/venv.h"
#include "support/places.h"
#include "unit/python/fake_python.h"
#include "unit/python/real_pythons.h"

using namespace pipit;
using namespace pipit::python;
using namespace pipit::test;
using Json = nlohmann::json;

namespace {

constexpr const char* kReport = R"(
import sys, site, sysconfig, json
print(json.dumps([sys.prefix, sys.exec_prefix, sys.base_prefix, site.getsitepackages(), sysconfig.get_paths(), sys.path,
                  sys.flags.no_user_site, sys.executable]))
)";

Json report(const std::string& environment) {
  const std::string text = run_python(environment + "/bin/python", {"-c", kReport});
  INFO(environment);
  REQUIRE_FALSE(text.empty());
  return Json::parse(text);
}

}  // namespace

TEST_CASE("a real Python says the same in pipit's environment as in its own venv's at the same path", "[python]") {
  const auto pythons = real_pythons();
  if (pythons.empty()) SKIP("there is no Python 3.6 or newer on PATH, and PIPIT_TEST_PYTHONS is not set");
  for (const Interpreter& base : pythons) {
    for (const bool system_site : {false, true}) {
      CAPTURE(base.base_executable.string(), system_site);
      auto holder = sys::TempDir::create({}, "pipit-real-");
      REQUIRE(holder);
      const std::string env = holder->path().string() + "/e nv";
      std::vector<std::string> arguments = {"-m", "venv", "--without-pip", env};
      if (system_site) arguments.insert(arguments.begin() + 2, "--system-site-packages");
      run_python(base.base_executable, arguments);
      if (!sys::exists(env + "/pyvenv.cfg")) {
        WARN("no venv module in " << base.base_executable.string());
        continue;
      }
      const Json theirs = report(env);
      std::vector<std::string> names;
      for (const sys::DirEntry& entry : sys::list_directory(env + "/bin").value_or(std::vector<sys::DirEntry>{})) names.push_back(entry.name);
      REQUIRE(sys::remove_tree(env));
      VenvOptions options;
      options.directory = env;
      options.system_site_packages = system_site;
      const auto made = make_venv(sys::real_os(), base, options);
      REQUIRE(made);
      const Json ours = report(env);
      CHECK(ours == theirs);
      std::vector<std::string> own_names;
      for (const sys::DirEntry& entry : sys::list_directory(env + "/bin").value_or(std::vector<sys::DirEntry>{})) own_names.push_back(entry.name);
      CHECK(own_names == names);
      // And what pipit believes about it is what Python says.
      CHECK(Json(made->prefix) == ours[0]);
      CHECK(Json(made->base_prefix) == ours[2]);
      CHECK(made->site_packages == ours[3].get<std::vector<std::string>>());
      CHECK(Json(made->paths.stdlib) == ours[4]["stdlib"]);
      CHECK(Json(made->paths.platstdlib) == ours[4]["platstdlib"]);
      CHECK(Json(made->paths.purelib) == ours[4]["purelib"]);
      CHECK(Json(made->paths.platlib) == ours[4]["platlib"]);
      CHECK(Json(made->paths.scripts) == ours[4]["scripts"]);
      CHECK(Json(made->paths.data) == ours[4]["data"]);
    }
  }
}

// Hidden: needs the `packaging` package (PIPIT_TEST_PACKAGING: the directory that holds it) and runs every interpreter.
TEST_CASE("facts read from files equal what every real interpreter of this machine says of itself", "[.][live]") {
  const std::string packaging = test_variable("PIPIT_TEST_PACKAGING");
  if (packaging.empty()) SKIP("PIPIT_TEST_PACKAGING does not name a directory with the packaging package");
  const auto pythons = real_pythons();
  if (pythons.empty()) SKIP("there is no Python 3.6 or newer on PATH, and PIPIT_TEST_PYTHONS is not set");
  const Interpreter& recorder = pythons.at(pythons.size() > 1 ? pythons.size() - 2 : 0);
  for (const Interpreter& python : pythons) {
    CAPTURE(python.executable.string());
    const std::string text = run_python(recorder.executable, {pipit::test::checkout() + "/tests/python/record_goldens.py", "--packaging", packaging, "--print",
                                                              python.executable.string()});
    REQUIRE_FALSE(text.empty());
    const Json said = Json::parse(text);
    std::vector<std::string> tags;
    for (const packaging::Tag& tag : python.tags.tags()) tags.push_back(tag.str());
    CHECK(tags == said["tags"].get<std::vector<std::string>>());
    const packaging::MarkerEnvironment& m = python.markers;
    CHECK(Json{{"implementation_name", m.implementation_name}, {"implementation_version", m.implementation_version}, {"os_name", m.os_name},
               {"platform_machine", m.platform_machine}, {"platform_release", m.platform_release}, {"platform_system", m.platform_system},
               {"platform_version", m.platform_version}, {"python_full_version", m.python_full_version},
               {"platform_python_implementation", m.platform_python_implementation}, {"python_version", m.python_version},
               {"sys_platform", m.sys_platform}} == said["markers"]);
    CHECK(Json(python.paths.stdlib) == said["paths"]["stdlib"]);
    CHECK(Json(python.paths.platstdlib) == said["paths"]["platstdlib"]);
    CHECK(Json(python.paths.purelib) == said["paths"]["purelib"]);
    CHECK(Json(python.paths.platlib) == said["paths"]["platlib"]);
    CHECK(Json(python.paths.scripts) == said["paths"]["scripts"]);
    CHECK(Json(python.paths.data) == said["paths"]["data"]);
    CHECK((python.is_venv || Json(python.paths.headers) == said["paths"]["include"]));
    CHECK(Json(python.prefix) == said["prefix"]);
    CHECK(Json(python.base_prefix) == said["base_prefix"]);
    CHECK(python.site_packages == said["site_packages"].get<std::vector<std::string>>());
    CHECK(Json(python.user_site) == said["user_site"]);
    CHECK(Json(python.abi_flags) == said["abi_flags"]);
    CHECK_FALSE(python.was_run);
  }
}

TEST_CASE("an interpreter away from its library is asked once, and the answer is kept until the file changes", "[python]") {
  const auto pythons = real_pythons();
  if (pythons.empty()) SKIP("there is no Python 3.6 or newer on PATH, and PIPIT_TEST_PYTHONS is not set");
  const Interpreter& python = pythons.back();
  auto holder = sys::TempDir::create({}, "pipit-ask-");
  REQUIRE(holder);
  const std::string copy = holder->path().string() + "/bin/python3";
  put(copy, sys::read_file(python.executable).value(), 0755);
  auto options = real_options();
  const auto refused = inspect_interpreter(copy, options);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("no standard library was found near it") != std::string::npos);
  options.may_run = true;
  options.cache_directory = holder->path() / "cache";
  const auto asked = inspect_interpreter(copy, options);
  REQUIRE(asked);
  CHECK(asked->was_run);
  CHECK(asked->base_prefix == python.base_prefix);
  CHECK(asked->full_version == python.full_version);
  CHECK(asked->tags.tags() == python.tags.tags());
  CHECK(asked->markers == python.markers);
  CHECK(asked->paths == python.paths);
  CHECK(asked->site_packages == python.site_packages);
  options.may_run = false;
  const auto remembered = inspect_interpreter(copy, options);
  REQUIRE(remembered);
  CHECK(remembered->paths == asked->paths);
  put(copy, sys::read_file(copy).value(), 0755);
  CHECK_FALSE(inspect_interpreter(copy, options));
}
