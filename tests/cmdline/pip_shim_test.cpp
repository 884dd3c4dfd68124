// `pipit venv --pip-shim`: whatever calls pip in such an environment gets pipit.
#include <catch2/catch_test_macros.hpp>

#include "cmdline/run_pipit.h"

using namespace pipit;
using namespace pipit::test;

namespace fs = std::filesystem;

namespace {

fs::path shimmed(const Bench& bench, const std::string& name = "venv") {
  const Outcome made = bench.run({"venv", "--pip-shim", bench.path(name).string()});
  INFO(made.all());
  REQUIRE(made.exit_code == 0);
  return bench.path(name);
}

std::string xy(const Bench& bench, const fs::path& venv) { return bench.python(venv, "'%d.%d' % __import__('sys').version_info[:2]"); }

}  // namespace

TEST_CASE("with --pip-shim, every way to call pip runs pipit for that environment", "[cmdline]") {
  Bench bench;
  bench.wheel("demo");
  const fs::path venv = shimmed(bench), other = bench.venv("other");
  bench.variables = {{"VIRTUAL_ENV", other.string()}};  // where pip lies counts more than what is active
  const std::string python = xy(bench, venv);
  const std::string end = " (python " + python + ")\n";
  for (const std::string& name : {std::string("pip"), std::string("pip3"), "pip" + python}) {
    INFO(name);
    const Outcome version = bench.start(venv / "bin" / name, {"--version"});
    CHECK(version.out.starts_with("pip 26.3 from "));
    CHECK(version.out.ends_with(end));
  }
  const Outcome module = bench.start(venv / "bin/python", {"-I", "-m", "pip", "--version"});
  CHECK(module.out.starts_with("pip 26.3 from "));
  CHECK(module.out.ends_with(end));
  const Outcome installed = bench.start(venv / "bin/python", {"-m", "pip", "install", "--no-index", "-f", bench.wheels().string(), "demo"});
  CHECK(installed.exit_code == 0);
  CHECK(has(installed.out, "Successfully installed demo-1.0"));
  CHECK(installed_in(venv) == "demo-1.0 pip-26.3");
  CHECK(installed_in(other).empty());
  CHECK(bench.start(venv / "bin/python", {"-m", "pip", "frobnicate"}).exit_code == bench.start(venv / "bin/pip", {"frobnicate"}).exit_code);
  CHECK(bench.python(venv, "__import__('pip').main(['show', 'no-such-thing'])") == "1");
}

TEST_CASE("the shim is a distribution like others: asked for, listed, whole, removable", "[cmdline]") {
  Bench bench;
  const fs::path venv = shimmed(bench);
  CHECK(bench.python(venv, "__import__('pip').__version__ + ' ' + __import__('importlib.metadata').metadata.version('pip')") == "26.3 26.3");
  const Words here = {"--python", venv.string()};
  auto run = [&](const Words& words) {
    Words all = here;
    all.insert(all.end(), words.begin(), words.end());
    return bench.run(all);
  };
  CHECK(run({"freeze"}).out.empty());
  CHECK(run({"freeze", "--all"}).out == "pip==26.3\n");
  CHECK(has(run({"list", "--format", "json"}).out, R"({"name": "pip", "version": "26.3"})"));
  CHECK(bench.start(venv / "bin/python", {"-m", "pip", "check"}).exit_code == 0);  // leaves byte code behind
  const Outcome whole = run({"verify"});
  INFO(whole.all());
  CHECK(whole.exit_code == 0);
  const Outcome removed = bench.start(venv / "bin/pip", {"uninstall", "-y", "pip"});
  CHECK(removed.exit_code == 0);
  CHECK(installed_in(venv).empty());
  CHECK_FALSE(fs::exists(fs::symlink_status(venv / "bin/pip")));
  CHECK_FALSE(fs::exists(fs::symlink_status(venv / "bin/pip3")));
  CHECK_FALSE(fs::exists(site_packages(venv) / "pip"));
}

TEST_CASE("the shim gives way to a real pip that is asked for, and does not push one out", "[cmdline]") {
  Bench bench;
  const fs::path venv = shimmed(bench);
  WheelMaker real = Bench::make("pip", "99.0");
  real.file("pip-99.0.dist-info/entry_points.txt", "[console_scripts]\npip = pip:version\n");
  bench.wheel(real);
  const std::string before = tree_of(venv);
  CHECK(bench.run({"venv", "--pip-shim", venv.string()}).exit_code == 0);  // again: nothing changes
  CHECK(tree_of(venv) == before);
  const Outcome upgraded = bench.start(venv / "bin/pip", {"install", "--no-index", "-f", bench.wheels().string(), "-U", "pip"});
  INFO(upgraded.all());
  CHECK(upgraded.exit_code == 0);
  CHECK(installed_in(venv) == "pip-99.0");
  CHECK(fs::is_regular_file(fs::symlink_status(venv / "bin/pip")));
  CHECK(fs::file_size(bench.program) > 1000000);  // written beside, not through the link
  CHECK(bench.python(venv, "__import__('pip').version") == "99.0");
  const Refusal refusal(bench, venv);
  const Outcome refused = bench.run({"venv", "--pip-shim", venv.string()});
  refusal.check(refused);
  CHECK(has(refused.err, "pip 99.0 is installed in "));
  CHECK(bench.run({"venv", "--pip-shim", "--clear", venv.string()}).exit_code == 0);
  CHECK(installed_in(venv) == "pip-26.3");
}

TEST_CASE("a shim whose pipit is gone says so", "[cmdline]") {
  Bench bench;
  fs::copy_file(bench.program, bench.path("pipit quote\"and\\"));
  bench.program = bench.path("pipit quote\"and\\");
  const fs::path venv = shimmed(bench);
  CHECK(bench.start(venv / "bin/python", {"-m", "pip", "--version"}).exit_code == 0);
  fs::remove(bench.program);
  const Outcome gone = bench.start(venv / "bin/python", {"-m", "pip", "--version"});
  CHECK(gone.exit_code == 1);
  CHECK(has(gone.err, "ERROR: pipit cannot be started at " + bench.program.string()));
  CHECK_FALSE(has(gone.err, "Traceback"));
}
