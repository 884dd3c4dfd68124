// The command line itself: exit codes, abbreviations, quietness, colour, where settings come from, which Python is meant.
#include <catch2/catch_test_macros.hpp>

#include "cmdline/local_index.h"
#include "pipit/base/text.h"
#include "pipit/sys/process.h"
#include "support/places.h"

using namespace pipit::test;
namespace fs = std::filesystem;

TEST_CASE("exit codes and words of a wrong command line are pip's", "[cmdline]") {
  Bench bench;
  const Outcome unknown = bench.run({"install", "--nope"});
  CHECK(unknown.exit_code == 2);
  CHECK(has(unknown.err, "Usage:"));
  CHECK(has(unknown.err, "no such option: --nope"));
  CHECK(unknown.out.empty());
  const Outcome ambiguous = bench.run({"install", "--no-b"});
  CHECK(ambiguous.exit_code == 2);
  CHECK(has(ambiguous.err, "ambiguous option: --no-b ("));
  CHECK(has(ambiguous.err, "--no-binary"));
  CHECK(has(ambiguous.err, "--no-build-isolation"));
  const Outcome value = bench.run({"install", "--target"});
  CHECK(value.exit_code == 2);
  CHECK(has(value.err, "--target option requires 1 argument"));
  const Outcome command = bench.run({"instal"});
  CHECK(command.exit_code == 1);
  CHECK(has(command.err, "ERROR: unknown command \"instal\" - maybe you meant \"install\""));
  const Outcome nothing = bench.run({});
  CHECK(nothing.exit_code == 0);
  CHECK(has(nothing.out, "install"));
  const Outcome no_name = bench.run({"--python", bench.venv().string(), "install"});
  CHECK(no_name.exit_code == 1);
  CHECK(has(no_name.err, "You must give at least one requirement to install"));
  const Outcome bad_number = bench.run({"--timeout", "soon", "install", "demo"});
  CHECK(bad_number.exit_code == 2);
  CHECK(has(bad_number.err, "soon"));
}

TEST_CASE("options may be shortened to what only one of them begins with, and stand in any order", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel("demo");
  const Outcome outcome = bench.run({"install", "demo", "--no-ind", "--find=" + bench.wheels().string(), "--dry", "--python=" + venv.string()});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 0);
  CHECK(has(outcome.out, "Would install demo-1.0"));
}

TEST_CASE("option -q prints nothing when all is well, and still tells errors", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel("demo");
  const Outcome quiet = bench.install(venv, {"-q", "demo"});
  CHECK(quiet.exit_code == 0);
  CHECK(quiet.all().empty());
  CHECK(bench.install(venv, {"-q", "demo"}).all().empty());
  const Outcome failed = bench.install(venv, {"-q", "absent"});
  CHECK(failed.exit_code == 1);
  CHECK(failed.out.empty());
  CHECK(has(failed.err, "absent"));
  CHECK(bench.run({"-q", "--python", venv.string(), "uninstall", "-y", "demo"}).all().empty());
}

TEST_CASE("a run that is not on a terminal has no colour and no progress bar, with NO_COLOR and without", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  LocalIndex index;
  index.add("demo", Bench::make("demo"));
  for (const char* value : {"", "1"}) {
    bench.variables = {{"NO_COLOR", value}, {"TERM", "xterm-256color"}};
    const Outcome outcome = bench.run({"--python", venv.string(), "install", "--force-reinstall", "-i", index.url(), "demo", "absent"});
    CHECK(outcome.exit_code == 1);
    CHECK_FALSE(has(outcome.all(), "\x1b"));
    CHECK_FALSE(has(outcome.all(), "\r"));
  }
}

TEST_CASE("what packages and files call themselves is printed without control characters", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const Outcome outcome = bench.install(venv, {"-r", bench.file("r.txt", "demo\x1b[31m==1\n")});
  CHECK(outcome.exit_code == 1);
  CHECK_FALSE(has(outcome.all(), "\x1b"));
  CHECK(has(outcome.err, "\\x1b"));
}

TEST_CASE("option --python stands before or after the command and names a program, a directory or a version", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel("demo");
  REQUIRE(bench.install(venv, {"demo"}).exit_code == 0);
  const std::string expected = "demo==1.0\n";
  CHECK(bench.run({"--python", venv.string(), "freeze"}).out == expected);
  CHECK(bench.run({"freeze", "--python", venv.string()}).out == expected);
  CHECK(bench.run({"freeze", "--python=" + (venv / "bin/python").string()}).out == expected);
  bench.variables = {{"PIP_PYTHON", venv.string()}};
  CHECK(bench.run({"freeze"}).out == expected);
  bench.variables = {{"VIRTUAL_ENV", venv.string()}};
  CHECK(bench.run({"freeze"}).out == expected);
  bench.variables = {{"CONDA_PREFIX", venv.string()}};
  CHECK(bench.run({"freeze"}).out == expected);
  bench.variables.clear();
  bench.directory = bench.path("here");
  fs::create_directory(bench.directory);
  fs::create_directory_symlink(venv, bench.directory / ".venv");
  CHECK(bench.run({"freeze"}).out == expected);
  const fs::path beside = venv / "bin/pipit";
  fs::create_symlink(pipit::test::pipit_program(), beside);
  bench.directory = bench.path("home");
  bench.program = beside;
  CHECK(bench.run({"freeze"}).out == expected);
}

TEST_CASE("settings: the command line before PIP_ variables before pip.conf, user file under the environment's own", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel("demo");
  fs::create_directories(bench.path("config/pip"));
  bench.variables = {{"PIP_CONFIG_FILE", ""}};
  const std::string nowhere = bench.path("nowhere").string();
  bench.file("config/pip/pip.conf", "[global]\nno-index = true\nfind-links = " + nowhere + "\n[install]\nfind_links = " + bench.wheels().string() + "\n");
  const Words dry = {"--python", venv.string(), "install", "--dry-run", "demo"};
  const Outcome from_file = bench.run(dry);
  INFO(from_file.all());
  CHECK(from_file.exit_code == 0);  // the command's section wins over [global]
  write_file(venv / "pip.conf", "[global]\nquiet = 1\n");
  const Outcome quiet = bench.run(dry);
  CHECK(quiet.exit_code == 0);
  CHECK(quiet.out.empty());
  fs::remove(venv / "pip.conf");
  bench.variables.emplace_back("PIP_FIND_LINKS", nowhere);
  CHECK(bench.run(dry).exit_code == 1);
  CHECK(bench.run({"--isolated", "--python", venv.string(), "install", "--dry-run", "--no-index", "demo"}).exit_code == 1);
  Words typed = dry;
  typed.insert(typed.end(), {"-f", bench.wheels().string()});
  CHECK(bench.run(typed).exit_code == 0);
}

TEST_CASE("settings that cannot be meant: exit codes 2 and 3 as pip's", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.variables = {{"PIP_NO_INDEX", "perhaps"}};
  const Outcome boolean = bench.run({"--python", venv.string(), "install", "demo"});
  CHECK(boolean.exit_code == 2);
  CHECK(has(boolean.err, "perhaps is not a valid value for no-index option, please specify a boolean value like yes/no, true/false or 1/0 instead."));
  bench.variables = {{"PIP_TIMEOUT", "soon"}};
  const Outcome typed = bench.run({"--python", venv.string(), "install", "demo"});
  CHECK(typed.exit_code == 3);
  CHECK(has(typed.err, "An error occurred during configuration: option timeout: invalid floating-point value: 'soon'. Check your pip configuration"));
  bench.variables = {{"PIP_CONFIG_FILE", bench.file("bad.conf", "no section = here\n")}};
  const Outcome file = bench.run({"--python", venv.string(), "install", "demo"});
  CHECK(file.exit_code == 2);
  CHECK(has(file.err, "bad.conf"));
  bench.variables = {{"PIP_REQUIRE_VIRTUALENV", "1"}};
  const auto python = pipit::sys::find_program("python3", "/usr/bin:/bin");
  if (python) {
    const Outcome outside = bench.run({"--python", python->string(), "install", "demo"});
    CHECK(outside.exit_code == 3);
    CHECK(has(outside.all(), "Could not find an activated virtualenv (required)."));
  }
}

TEST_CASE("a settings file of the current directory is not read", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel("demo");
  bench.directory = bench.path("here");
  fs::create_directory(bench.directory);
  bench.file("here/pip.conf", "[global]\ndry-run = true\nquiet = 3\n");
  bench.file("here/.venv", "");
  CHECK(bench.install(venv, {"demo"}).exit_code == 0);
  CHECK(installed_in(venv) == "demo-1.0");
}

TEST_CASE("an externally managed Python outside an environment is refused, unless told otherwise", "[cmdline][L9]") {
  Bench bench;
  bench.wheel("demo");
  // A Python of one's own: the base interpreter behind a copied tree would be large, so the machine's own is asked if it is managed.
  const auto python = pipit::sys::find_program("python3", "/usr/bin:/bin");
  if (!python) SKIP("no python3 in /usr/bin");
  const std::string mark = bench.python("/usr", "__import__('os').path.exists(__import__('sysconfig').get_path('stdlib') + '/EXTERNALLY-MANAGED')");
  const Words words = {"--python", python->string(), "install", "--no-index", "-f", bench.wheels().string(), "demo"};
  if (mark != "True") SKIP("the python3 of this machine is not externally managed");
  const Outcome refused = bench.run(words);
  INFO(refused.all());
  CHECK(refused.exit_code == 1);
  CHECK(has(refused.err, "error: externally-managed-environment\n\n× This environment is externally managed\n╰─> "));
  CHECK(has(refused.err, "hint: See PEP 668 for the detailed specification."));
  Words dry = words;
  dry.insert(dry.end(), {"--dry-run", "--break-system-packages"});
  CHECK(bench.run(dry).exit_code == 0);
  Words flat = words;
  flat.insert(flat.end(), {"--target", bench.path("flat").string()});
  CHECK(bench.run(flat).exit_code == 0);
  CHECK(bench.run({"--python", python->string(), "uninstall", "-y", "no-such-package-here"}).exit_code == 1);
}

TEST_CASE("option --report - keeps standard output clean for JSON", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel("demo");
  const Outcome outcome = bench.install(venv, {"--dry-run", "--report", "-", "demo"});
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.starts_with("{"));
  CHECK(has(outcome.out, "\"name\": \"demo\""));
  const Outcome parsed = bench.start(venv / "bin/python", {"-c", "import json,sys; json.load(open(sys.argv[1]))", bench.file("report.json", outcome.out)});
  CHECK(parsed.exit_code == 0);
}

TEST_CASE("a closed standard output does not disturb the installation", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel("demo");
  const Outcome outcome = bench.start("/bin/sh", {"-c", "exec \"$0\" \"$@\" >/dev/full", pipit::test::pipit_program(), "--python", venv.string(), "install", "--no-index", "-f",
                                                  bench.wheels().string(), "demo"});
  CHECK(outcome.exit_code == 120);
  CHECK(has(outcome.err, "Pipe to stdout was broken"));
  CHECK(installed_in(venv) == "demo-1.0");
}

TEST_CASE("the first screen of help fits 24 lines and 80 columns, and every command can be found from it", "[cmdline]") {
  Bench bench;
  const Outcome screen = bench.run({"--help"});
  const Outcome all = bench.run({"help", "commands"});
  const auto lines = pipit::split(screen.out, '\n');
  CHECK(lines.size() <= 24);
  for (std::string_view line : lines) CHECK(line.size() <= 80);
  for (const char* command : {"install", "download", "wheel", "uninstall", "venv", "lock", "freeze", "hash", "port", "list", "show", "inspect", "index",
                              "check", "verify", "repair", "cache", "config", "completion", "debug", "self", "help"}) {
    INFO(command);
    CHECK(has(screen.out, command));
    CHECK(has(all.out, std::string("\n  ") + command + " "));
  }
}
