// Completion as people meet it: the scripts in the shells themselves.
#include <catch2/catch_test_macros.hpp>

#include "cmdline/run_pipit.h"
#include "pipit/sys/process.h"

using namespace pipit;
using namespace pipit::test;

namespace {

std::filesystem::path shell(const std::string& name) {
  const auto found = sys::find_program(name, "/usr/bin:/bin:/usr/local/bin");
  if (!found) SKIP("there is no " << name << " on this machine");
  return *found;
}

// An environment that holds flask and flit, active, and a `pipit` on PATH.
std::string prepare(Bench& bench) {
  const auto venv = bench.venv();
  for (const char* name : {"flask", "flit", "other"}) bench.wheel(name);
  REQUIRE(bench.install(venv, {"flask", "flit", "other"}).exit_code == 0);
  REQUIRE(sys::make_directories(bench.path("bin")));
  std::filesystem::create_symlink(bench.program, bench.path("bin/pipit"));
  bench.variables = {{"VIRTUAL_ENV", venv.string()}, {"PATH", bench.path("bin").string() + ":/usr/bin:/bin"}};
  return venv.string();
}

}  // namespace

TEST_CASE("bash completes commands, options, choices and installed names", "[cmdline]") {
  Bench bench;
  const auto bash = shell("bash");
  prepare(bench);
  auto complete = [&](const std::string& words) {
    const std::string script = "eval \"$(pipit completion --bash)\"\nCOMP_WORDS=(" + words + ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_pipit_completion\necho \"${COMPREPLY[*]}\"\n";
    const Outcome outcome = bench.start(bash, {"--norc", "-c", script});
    INFO(outcome.err);
    CHECK(outcome.err.empty());
    return outcome.out;
  };
  CHECK(complete("pipit ins") == "install inspect\n");
  CHECK(has(complete("pipit install --re"), "--requirement"));
  CHECK(has(complete("pipit install --re"), "--require-hashes"));
  CHECK_FALSE(has(complete("pipit install --re"), "--upgrade"));
  CHECK(complete("pipit uninstall fl") == "flask flit\n");
  CHECK(complete("pipit show fl") == "flask flit\n");
  CHECK(complete("pipit list --format js") == "json\n");
}

TEST_CASE("fish completes commands, options, choices and installed names", "[cmdline]") {
  Bench bench;
  const auto fish = shell("fish");
  prepare(bench);
  auto complete = [&](const std::string& line) {
    return bench.start(fish, {"--no-config", "-c", "pipit completion --fish | source; complete -C '" + line + "'"}).out;
  };
  CHECK(has(complete("pipit ins"), "install\t"));
  CHECK(has(complete("pipit ins"), "inspect\t"));
  CHECK(has(complete("pipit install --re"), "--requirement"));
  CHECK(has(complete("pipit uninstall fl"), "flask\n"));
  CHECK(has(complete("pipit uninstall fl"), "flit\n"));
  CHECK_FALSE(has(complete("pipit uninstall fl"), "other"));
  CHECK(has(complete("pipit list --format js"), "json"));
}

// The script's function in a real zsh; what it would hand to the line editor is printed, with zsh's own prefix matching left out.
TEST_CASE("zsh is offered commands, options and installed names", "[cmdline]") {
  Bench bench;
  const auto zsh = shell("zsh");
  prepare(bench);
  auto complete = [&](const std::string& words) {
    const std::string script = "compdef() { :; }\neval \"$(pipit completion --zsh)\"\ncompadd() { shift; print -rl -- \"$@\"; }\n_describe() { print -rl -- ${(P)2}; }\n"
                               "words=(" + words + ")\nCURRENT=$#words\n_pipit\n";
    const Outcome outcome = bench.start(zsh, {"-f", "-c", script});
    CHECK(outcome.err.empty());
    return outcome.out;
  };
  CHECK(has(complete("pipit ins"), "install:Install packages\n"));
  CHECK(has(complete("pipit install --re"), "--require-hashes\n"));
  CHECK(complete("pipit uninstall fl") == "flask\nflit\nother\n");
  CHECK(complete("pipit list --format js") == "columns\nfreeze\njson\n");
}
