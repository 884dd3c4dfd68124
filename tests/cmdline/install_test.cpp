// What an installation does to an environment: satisfied, upgraded, replaced, followed, left alone.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "cmdline/run_pipit.h"

using namespace pipit;
using namespace pipit::test;
namespace fs = std::filesystem;

TEST_CASE("what is there and satisfies is left alone, without a look at any index", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel("demo", "1.0");
  bench.wheel("demo", "2.0");
  REQUIRE(bench.install(venv, {"demo==1.0"}).exit_code == 0);
  const std::string before = tree_of(venv);
  const Outcome again = bench.install(venv, {"demo"});
  CHECK(again.exit_code == 0);
  CHECK(has(again.out, "Requirement already satisfied: demo in ./" + site_packages(venv).lexically_relative(bench.directory).string() + " (1.0)\n"));
  CHECK(again.err.empty());
  CHECK(tree_of(venv) == before);
}

TEST_CASE("an upgrade removes the old version wholly, and a downgrade does as well", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel(Bench::make("demo", "1.0").file("demo/only_in_one.py", "").script("demo-one", "demo:version"));
  bench.wheel(Bench::make("demo", "2.0").file("demo/only_in_two.py", ""));
  const std::string empty = tree_of(venv);
  REQUIRE(bench.install(venv, {"demo<2"}).exit_code == 0);
  const std::string first = tree_of(venv);
  CHECK(fs::exists(venv / "bin/demo-one"));
  CHECK(bench.python(venv, "__import__('demo').version") == "1.0");
  const Outcome up = bench.install(venv, {"-U", "demo"});
  CHECK(up.exit_code == 0);
  CHECK(has(up.out, "  Attempting uninstall: demo\n    Found existing installation: demo 1.0\n    Uninstalling demo-1.0:\n      Successfully uninstalled demo-1.0\n"));
  CHECK(has(up.out, "Successfully installed demo-2.0\n"));
  CHECK(installed_in(venv) == "demo-2.0");
  CHECK_FALSE(fs::exists(venv / "bin/demo-one"));
  CHECK_FALSE(fs::exists(site_packages(venv) / "demo/only_in_one.py"));
  CHECK(fs::exists(site_packages(venv) / "demo/only_in_two.py"));
  const Outcome down = bench.install(venv, {"demo==1.0"});
  CHECK(down.exit_code == 0);
  CHECK(tree_of(venv).find("only_in_two") == std::string::npos);
  CHECK(bench.python(venv, "__import__('demo').version") == "1.0");
  const Outcome gone = bench.run({"uninstall", "--python", venv.string(), "-y", "demo"});
  CHECK(gone.exit_code == 0);
  CHECK(has(gone.out, "Found existing installation: demo 1.0\nUninstalling demo-1.0:\n  Successfully uninstalled demo-1.0\n"));
  CHECK(tree_of(venv) == empty);
}

TEST_CASE("what the run itself made in __pycache__ goes with the package", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel("demo");
  const std::string empty = tree_of(venv);
  REQUIRE(bench.install(venv, {"demo"}).exit_code == 0);
  REQUIRE(bench.start(venv / "bin/python", {"-c", "import demo"}).exit_code == 0);
  CHECK(fs::exists(site_packages(venv) / "demo/__pycache__"));
  CHECK(bench.run({"--python", venv.string(), "uninstall", "-y", "demo"}).exit_code == 0);
  CHECK(tree_of(venv) == empty);
}

TEST_CASE("option --force-reinstall puts edited files right; the same local wheel again is left alone without it", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path wheel = bench.wheel("demo");
  REQUIRE(bench.install(venv, {wheel.string()}).exit_code == 0);
  const std::string installed = tree_of(venv);
  const fs::path module = site_packages(venv) / "demo/__init__.py";
  fs::remove(module);
  write_file(module, "broken");
  const Outcome same = bench.install(venv, {wheel.string()});
  CHECK(same.exit_code == 0);
  CHECK(has(same.out, "demo is already installed with the same version as the provided wheel. Use --force-reinstall to force an installation of the wheel."));
  CHECK(read_whole_file(module) == "broken");
  const Outcome forced = bench.install(venv, {"--force-reinstall", wheel.string()});
  INFO(forced.all());
  CHECK(forced.exit_code == 0);
  CHECK(tree_of(venv) == installed);
}

TEST_CASE("a file of the environment that was edited through a link to the cache does not reach the next installation", "[cmdline]") {
  Bench bench;
  const fs::path one = bench.venv("one"), two = bench.venv("two");
  bench.wheel("demo");
  REQUIRE(bench.install(one, {"demo"}).exit_code == 0);
  write_file(site_packages(one) / "demo/__init__.py", "version = 'X.X'\n");  // in place: a hard link shows it in the cache
  const Outcome outcome = bench.install(two, {"demo"});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 0);
  CHECK(bench.python(two, "__import__('demo').version") == "1.0");
}

TEST_CASE("option --dry-run says what it would do and changes nothing", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel("top", "1.0", {"below"});
  bench.wheel("below", "0.5");
  const std::string before = tree_of(venv);
  const Outcome outcome = bench.install(venv, {"--dry-run", "top"});
  CHECK(outcome.exit_code == 0);
  CHECK(has(outcome.out, "Would install below-0.5 top-1.0\n"));
  CHECK(tree_of(venv) == before);
  CHECK(fs::is_empty(bench.temporary()));
}

TEST_CASE("option --no-deps leaves dependencies out; without it they are followed, extras too", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel(Bench::make("top", "1.0", {"below", "fast; extra == 'speed'", "never; python_version < '3'"}).metadata_line("Provides-Extra: speed"));
  bench.wheel("below");
  bench.wheel("fast");
  REQUIRE(bench.install(venv, {"--no-deps", "top"}).exit_code == 0);
  CHECK(installed_in(venv) == "top-1.0");
  REQUIRE(bench.install(venv, {"top"}).exit_code == 0);
  CHECK(installed_in(venv) == "below-1.0 top-1.0");
  REQUIRE(bench.install(venv, {"Top[SPEED]"}).exit_code == 0);
  CHECK(installed_in(venv) == "below-1.0 fast-1.0 top-1.0");
  const Outcome unknown = bench.install(venv, {"top[nothing]"});
  CHECK(unknown.exit_code == 0);
  CHECK(has(unknown.err, "WARNING: top 1.0 does not provide the extra 'nothing'"));
}

TEST_CASE("a conflict among the newest versions is backtracked; one that cannot be solved is explained", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel("left", "1.0", {"shared<2"});
  bench.wheel("right", "1.0", {"shared>=1"});
  bench.wheel("right", "2.0", {"shared>=2"});
  bench.wheel("shared", "1.5");
  bench.wheel("shared", "2.0");
  const Outcome solved = bench.install(venv, {"left", "right"});
  INFO(solved.all());
  CHECK(solved.exit_code == 0);
  CHECK(installed_in(venv) == "left-1.0 right-1.0 shared-1.5");
  const Refusal refusal(bench, venv);
  const Outcome stuck = bench.install(venv, {"left", "right==2.0"});
  refusal.check(stuck);
  for (const char* name : {"left", "right", "shared"}) CHECK(has(stuck.err, name));
  const Outcome absent = bench.install(venv, {"nowhere==3"});
  refusal.check(absent);
  CHECK(has(absent.err, "nowhere"));
}

TEST_CASE("option --target fills a plain directory and leaves the environment alone", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel(Bench::make("demo", "1.0").script("demo-run", "demo:version"));
  bench.wheel("demo", "2.0");
  const std::string before = tree_of(venv);
  const fs::path flat = bench.path("flat");
  const Outcome first = bench.install(venv, {"--target", flat.string(), "demo==1.0"});
  INFO(first.all());
  CHECK(first.exit_code == 0);
  CHECK(tree_of(venv) == before);
  CHECK(fs::exists(flat / "demo/__init__.py"));
  CHECK(fs::exists(flat / "demo-1.0.dist-info/RECORD"));
  CHECK(fs::exists(flat / "bin/demo-run"));
  CHECK_FALSE(fs::exists(flat / ".pipit"));
  const Outcome again = bench.install(venv, {"--target", flat.string(), "demo==2.0"});
  CHECK(again.exit_code == 0);
  CHECK(has(again.err, "WARNING: Target directory " + (flat / "demo").string() + " already exists. Specify --upgrade to force replacement."));
  const Outcome upgraded = bench.install(venv, {"--target", flat.string(), "-U", "demo==2.0"});
  CHECK(upgraded.exit_code == 0);
  CHECK(has(read_whole_file(flat / "demo/__init__.py"), "2.0"));
  CHECK(bench.file("plain", "") == bench.path("plain").string());
  const Outcome no_directory = bench.install(venv, {"--target", bench.path("plain").string(), "demo"});
  CHECK(no_directory.exit_code == 1);
  CHECK(has(no_directory.err, "Target path exists but is not a directory, will not continue."));
}

TEST_CASE("what lands in the environment works and is recorded: REQUESTED, scripts, RECORD, list, freeze, check", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  WheelMaker top("top", "1.0");
  top.file("top/__init__.py", "def say():\n    print('top speaks')\n").metadata_line("Requires-Dist: below").script("say-top", "top:say");
  bench.wheel(top);
  bench.wheel("below");
  REQUIRE(bench.install(venv, {"top"}).exit_code == 0);
  const fs::path site = site_packages(venv);
  CHECK(fs::exists(site / "top-1.0.dist-info/REQUESTED"));
  CHECK_FALSE(fs::exists(site / "below-1.0.dist-info/REQUESTED"));
  CHECK(has(read_whole_file(site / "top-1.0.dist-info/RECORD"), "../../../bin/say-top,sha256="));
  CHECK_FALSE(fs::exists(site / "top-1.0.dist-info/direct_url.json"));
  CHECK(bench.start(venv / "bin/say-top", {}).out == "top speaks\n");
  CHECK(bench.run({"--python", venv.string(), "check"}).exit_code == 0);
  const Outcome listed = bench.run({"--python", venv.string(), "list", "--format=json"});
  CHECK(listed.out == "[{\"name\": \"below\", \"version\": \"1.0\"}, {\"name\": \"top\", \"version\": \"1.0\"}]\n");
  CHECK(bench.run({"freeze", "--python", venv.string()}).out == "below==1.0\ntop==1.0\n");
}

TEST_CASE("an upgrade that breaks another package's requirement is done, and told in pip's words", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel("top", "1.0", {"below<2"});
  bench.wheel("below", "1.0");
  bench.wheel("below", "2.0");
  REQUIRE(bench.install(venv, {"top"}).exit_code == 0);
  const Outcome outcome = bench.install(venv, {"-U", "below"});
  CHECK(outcome.exit_code == 0);
  CHECK(has(outcome.err, "top 1.0 requires below<2, but you have below 2.0 which is incompatible.\n"));
  const Outcome checked = bench.run({"--python", venv.string(), "check"});
  CHECK(checked.exit_code == 1);
  CHECK(has(checked.all(), "top 1.0 has requirement below<2, but you have below 2.0.\n"));
}

TEST_CASE("uninstall: -y takes everything named in one run; the absent is a warning; nothing named is an error", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel("one");
  bench.wheel("two");
  const std::string empty = tree_of(venv);
  REQUIRE(bench.install(venv, {"one", "two"}).exit_code == 0);
  const std::string full = tree_of(venv);
  bench.input = "n\n";
  const Outcome refused = bench.run({"--python", venv.string(), "uninstall", "one"});
  CHECK(refused.exit_code == 0);
  CHECK(has(refused.out, "Proceed (Y/n)? "));
  CHECK(tree_of(venv) == full);
  const Outcome absent = bench.run({"--python", venv.string(), "uninstall", "-y", "three"});
  CHECK(absent.exit_code == 0);
  CHECK(has(absent.err, "WARNING: Skipping three as it is not installed."));
  const Outcome nothing = bench.run({"--python", venv.string(), "uninstall", "-y"});
  CHECK(nothing.exit_code == 1);
  CHECK(has(nothing.err, "You must give at least one requirement to uninstall"));
  const Outcome gone = bench.run({"--python", venv.string(), "uninstall", "-y", "-r", bench.file("r.txt", "one\nTWO==9\n")});
  INFO(gone.all());
  CHECK(gone.exit_code == 0);
  CHECK(tree_of(venv) == empty);
}

TEST_CASE("option --compile makes byte code that Python believes, lists it in RECORD, and links it the next time", "[cmdline]") {
  Bench bench;
  fs::path venv = bench.venv();
  bench.wheel(Bench::make("demo", "1.0").file("demo/sub/part.py", "PART = 1\n").file("demo/broken.py", "print 'two'\n").script("demo-run", "demo:version"));
  const std::string mode = GENERATE(as<std::string>{}, "hardlink", "copy");
  CAPTURE(mode);
  const Outcome first = bench.install(venv, {"demo", "--compile", "--link-mode", mode});
  INFO(first.all());
  REQUIRE(first.exit_code == 0);
  const std::string tag = bench.python(venv, "__import__('sys').implementation.cache_tag");
  const fs::path compiled = site_packages(venv) / "demo/sub/__pycache__" / ("part." + tag + ".pyc");
  REQUIRE(fs::exists(compiled));
  CHECK_FALSE(fs::exists(site_packages(venv) / "demo/__pycache__" / ("broken." + tag + ".pyc")));
  CHECK(has(sys::read_file(site_packages(venv) / "demo-1.0.dist-info/RECORD").value_or(""), "demo/sub/__pycache__/part." + tag + ".pyc,,"));
  // Python would write it anew if it did not believe it.
  const auto before = sys::stat_path(compiled).value();
  REQUIRE(before);
  CHECK(bench.python(venv, "__import__('demo.sub.part', fromlist=['x']).PART") == "1");
  const auto after = sys::stat_path(compiled).value();
  REQUIRE(after);
  CHECK(after->inode == before->inode);
  CHECK(bench.python(venv, "__import__('marshal').loads(open('" + compiled.string() + "','rb').read()[16:]).co_filename") ==
        (site_packages(venv) / "demo/sub/part.py").string());
  if (mode == "hardlink") CHECK(fs::hard_link_count(compiled) == 2);
  // The same environment once more: the same inode, and nothing was compiled.
  REQUIRE(bench.run({"--python", venv.string(), "uninstall", "-y", "demo"}).exit_code == 0);
  CHECK_FALSE(fs::exists(compiled.parent_path()));
  bench.variables = {{"PIP_COMPILE", "1"}};
  REQUIRE(bench.install(venv, {"demo", "--link-mode", mode}).exit_code == 0);
  REQUIRE(fs::exists(compiled));
  if (mode == "hardlink") CHECK(sys::stat_path(compiled).value()->inode == before->inode);
  CHECK(bench.run({"--python", venv.string(), "verify"}).exit_code == 0);
  // Edited through its link: noticed, and made anew.
  if (mode == "hardlink") {
    bench.file(compiled.string(), "edited");
    REQUIRE(bench.run({"--python", venv.string(), "uninstall", "-y", "demo"}).exit_code == 0);
    REQUIRE(bench.install(venv, {"demo"}).exit_code == 0);
    CHECK(bench.python(venv, "__import__('marshal').loads(open('" + compiled.string() + "','rb').read()[16:]).co_filename") ==
          (site_packages(venv) / "demo/sub/part.py").string());
  }
}

TEST_CASE("the cache stays below --cache-max-size, the least recently used going first", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  for (const char* name : {"first", "second"}) bench.wheel(Bench::make(name, "1.0").file(std::string(name) + "/data.txt", std::string(100'000, 'x')));
  REQUIRE(bench.install(venv, {"first", "--cache-max-size", "150k"}).exit_code == 0);
  REQUIRE(bench.install(venv, {"second", "--cache-max-size", "150k"}).exit_code == 0);
  const Outcome listed = bench.run({"cache", "list"});
  CHECK(has(listed.out, "second-1.0"));
  CHECK_FALSE(has(listed.out, "first-1.0"));
  CHECK(bench.run({"--python", venv.string(), "verify"}).exit_code == 0);
  CHECK(bench.install(venv, {"first", "--cache-max-size", "much"}).exit_code == 2);
}

TEST_CASE("a wheel whose metadata refuses the target's Python is refused in pip's words, with --no-deps too", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path wheel = bench.wheel(Bench::make("fresh", "1.0").metadata_line("Requires-Python: <2"));
  const std::string before = tree_of(venv);
  for (const Words& words : {Words{"fresh"}, Words{"--no-deps", "fresh"}, Words{wheel.string()}, Words{"--no-deps", wheel.string()}}) {
    INFO(words.front() << " " << words.back());
    const Outcome outcome = bench.install(venv, words);
    CHECK(outcome.exit_code == 1);
    CHECK(has(outcome.err, "ERROR: Package 'fresh' requires a different Python: "));
    CHECK(has(outcome.err, " not in '<2'\n"));
    CHECK_FALSE(has(outcome.err, "Could not find a version"));
    CHECK(tree_of(venv) == before);
  }
  CHECK(bench.run({"--python", venv.string(), "download", "--no-index", "-f", bench.wheels().string(), "--no-deps", "-d", bench.path("out").string(), "fresh"}).exit_code == 1);
  CHECK(bench.install(venv, {"--no-deps", "--ignore-requires-python", "fresh"}).exit_code == 0);
}

TEST_CASE("option -v tells what the demanded digests left of a project's files", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path one = bench.wheel("demo"), other = bench.wheel(Bench::make("demo", "1.0").filename("demo-1.0-1-py3-none-any.whl").file("demo_more.py", ""));
  const std::string file = bench.file("r.txt", "demo==1.0 --hash=sha256:" + sha256_of(one) + "\n");
  const Outcome outcome = bench.install(venv, {"-v", "-r", file});
  CHECK(outcome.exit_code == 0);
  CHECK(has(outcome.out, "Checked 2 links for project 'demo' against 1 hashes (1 matches, 0 no digest): discarding 1 non-matches:\n  file://" + other.string()));
}

TEST_CASE("an old development install loses its link and its line; the project stays", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv(), project = bench.path("project");
  fs::create_directories(project / "Old.egg-info");
  bench.file("project/Old.egg-info/PKG-INFO", "Metadata-Version: 1.0\nName: Old\nVersion: 0.1\n");
  bench.file((site_packages(venv) / "Old.egg-link").string(), project.string() + "\n.");
  bench.file((site_packages(venv) / "easy-install.pth").string(), project.string() + "\n/other\n");
  CHECK(bench.run({"--python", venv.string(), "uninstall", "-y", "old"}).exit_code == 0);
  CHECK_FALSE(fs::exists(site_packages(venv) / "Old.egg-link"));
  CHECK(read_whole_file(site_packages(venv) / "easy-install.pth") == "/other\n");
  CHECK(fs::exists(project / "Old.egg-info/PKG-INFO"));
}

TEST_CASE("a package of a directory of this machine may depend on a URL", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path apart = bench.wheel("needed"), elsewhere = bench.path("needed-1.0-py3-none-any.whl");
  fs::rename(apart, elsewhere);
  bench.wheel("demo", "1.0", {"needed @ file://" + elsewhere.string()});
  const Outcome outcome = bench.install(venv, {"demo"});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 0);
  CHECK(installed_in(venv) == "demo-1.0 needed-1.0");
}
