// The commands around install: what they print, where, and how they end. Texts marked as pip's were taken from pip 26.3.
#include <catch2/catch_test_macros.hpp>

#include "cmdline/local_index.h"
#include "cmdline/run_pipit.h"
#include "pipit/verify/digest.h"

using namespace pipit;
using namespace pipit::test;

namespace {

std::string whole_text(const std::filesystem::path& path) { return sys::read_file(path).value_or(""); }

std::string offline_versions(const Bench& bench, const Words& words) {
  Words all = {"--python", bench.path("venv").string(), "index", "versions", "--no-index", "-f", bench.wheels().string()};
  all.insert(all.end(), words.begin(), words.end());
  return bench.run(all).out;
}

}  // namespace

TEST_CASE("index versions lists newest first, without pre-releases, and says what is installed", "[cmdline]") {
  Bench bench;
  const auto venv = bench.venv();
  for (const char* version : {"1.0", "1.10", "1.9", "2.0b1"}) bench.wheel("harbour", version);
  CHECK(offline_versions(bench, {"harbour"}) == "harbour (1.10)\nAvailable versions: 1.10, 1.9, 1.0\n");
  REQUIRE(bench.install(venv, {"harbour==1.9"}).exit_code == 0);
  CHECK(offline_versions(bench, {"harbour"}) == "harbour (1.10)\nAvailable versions: 1.10, 1.9, 1.0\n  INSTALLED: 1.9\n  LATEST:    1.10\n");
  CHECK(offline_versions(bench, {"--pre", "Harbour"}) ==
        "Harbour (2.0b1)\nAvailable versions: 2.0b1, 1.10, 1.9, 1.0\n  INSTALLED: 1.9\n  LATEST:    2.0b1 (pre-release; install with `pip install --pre`)\n");
  CHECK(offline_versions(bench, {"--json", "harbour"}) ==
        "{\"name\": \"harbour\", \"versions\": [\"1.10\", \"1.9\", \"1.0\"], \"latest\": \"1.10\", \"installed_version\": \"1.9\"}\n");
}

TEST_CASE("index versions tells a missing project from a dead index", "[cmdline]") {
  Bench bench;
  const std::string venv = bench.venv().string();
  LocalIndex index;
  index.add("harbour", Bench::make("harbour"));
  const Outcome missing = bench.run({"--python", venv, "index", "versions", "-i", index.url(), "nothing"});
  CHECK(missing.exit_code == 1);
  CHECK(has(missing.err, "ERROR: No matching distribution found for nothing"));
  const Outcome dead = bench.run({"--python", venv, "--retries", "0", "index", "versions", "-i", "http://127.0.0.1:9/simple", "harbour"});
  CHECK(dead.exit_code == 1);
  CHECK(has(dead.err, "connection-failed"));
  CHECK_FALSE(has(dead.err, "No matching distribution"));
  const Outcome outdated = bench.run({"--python", venv, "index", "frob"});
  CHECK(outdated.exit_code == 1);
  CHECK(outdated.err == "ERROR: Need an action (versions) to perform.\n");
}

TEST_CASE("list --outdated and --uptodate compare with the index", "[cmdline]") {
  Bench bench;
  const auto venv = bench.venv();
  bench.wheel("harbour", "1.0");
  bench.wheel("lantern", "1.0");
  bench.wheel("unknown", "1.0");
  REQUIRE(bench.install(venv, {"harbour", "lantern", "unknown"}).exit_code == 0);
  LocalIndex index;
  index.add("harbour", Bench::make("harbour", "1.1"));
  index.add("lantern", Bench::make("lantern", "1.0"));
  const Words list = {"--python", venv.string(), "list", "-i", index.url()};
  auto with = [&](const Words& more) {
    Words words = list;
    words.insert(words.end(), more.begin(), more.end());
    return bench.run(words);
  };
  CHECK(with({"-o"}).out == "Package Version Latest Type\n------- ------- ------ -----\nharbour 1.0     1.1    wheel\n");
  CHECK(with({"-o", "--format=json"}).out ==
        "[{\"name\": \"harbour\", \"version\": \"1.0\", \"latest_version\": \"1.1\", \"latest_filetype\": \"wheel\"}]\n");
  CHECK(with({"-u", "--format=freeze"}).out == "lantern==1.0\n");
}

TEST_CASE("verify finds what is missing and what was changed, and nothing in a sound environment", "[cmdline]") {
  Bench bench;
  const auto venv = bench.venv();
  bench.wheel("harbour");
  REQUIRE(bench.install(venv, {"harbour", "--link-mode", "copy"}).exit_code == 0);
  const Words verify = {"--python", venv.string(), "verify"};
  const Outcome sound = bench.run(verify);
  CHECK(sound.exit_code == 0);
  CHECK(has(sound.out, "nothing is wrong."));
  bench.file((site_packages(venv) / "harbour/__init__.py").string(), "changed\n");
  const Outcome changed = bench.run(verify);
  CHECK(changed.exit_code == 1);
  CHECK(has(changed.out, "changed: " + (site_packages(venv) / "harbour/__init__.py").string() + " (harbour 1.0)"));
  REQUIRE(std::filesystem::remove(site_packages(venv) / "harbour/__init__.py"));
  const Outcome missing = bench.run({"--python", venv.string(), "verify", "--json"});
  CHECK(missing.exit_code == 1);
  CHECK(has(missing.out, "\"kind\": \"missing\""));
}

TEST_CASE("verify names a RECORD that was changed itself, not only the file that it accuses", "[cmdline]") {
  Bench bench;
  const auto venv = bench.venv();
  bench.wheel("harbour");
  REQUIRE(bench.install(venv, {"harbour"}).exit_code == 0);
  const std::filesystem::path record = site_packages(venv) / "harbour-1.0.dist-info/RECORD";
  std::string text = sys::read_file(record).value();
  const std::size_t digit = text.find("harbour/__init__.py,sha256=") + std::string("harbour/__init__.py,sha256=").size();
  text[digit] = text[digit] == 'A' ? 'B' : 'A';
  bench.file(record.string(), text);
  const Outcome outcome = bench.run({"--python", venv.string(), "verify"});
  CHECK(outcome.exit_code == 1);
  CHECK(has(outcome.out, "changed: " + record.string() + " (harbour 1.0)"));
  CHECK(has(outcome.out, "changed: " + (site_packages(venv) / "harbour/__init__.py").string() + " (harbour 1.0)"));
}

TEST_CASE("verify -r proves the archive, or says that it cannot", "[cmdline]") {
  Bench bench;
  const auto venv = bench.venv();
  const std::string digest = sha256_of(bench.wheel("harbour")), other = sha256_of(bench.wheel("lantern"));
  const std::string good = bench.file("good.txt", "harbour==1.0 --hash=sha256:" + digest + "\n");
  const std::string bad = bench.file("bad.txt", "harbour==1.0 --hash=sha256:" + other + "\nlantern==1.0 --hash=sha256:" + other + "\n");
  REQUIRE(bench.install(venv, {"-r", good}).exit_code == 0);
  const std::string python = venv.string();
  CHECK(bench.run({"--python", python, "verify", "-r", good}).exit_code == 0);
  const Outcome refused = bench.run({"--python", python, "verify", "-r", bad});
  CHECK(refused.exit_code == 1);
  CHECK(has(refused.out, "other-archive: harbour==1.0"));
  CHECK(has(refused.out, "not-installed: lantern==1.0"));
  REQUIRE(bench.install(venv, {"lantern"}).exit_code == 0);  // now the other archive is stored, and it is another
  CHECK(has(bench.run({"--python", python, "verify", "-r", bad}).out, "other-archive: harbour==1.0"));
}

TEST_CASE("without the cache the stamp tells which archive was installed, and a stamp that lies is found out where it can be", "[cmdline]") {
  Bench bench;
  const auto venv = bench.venv();
  const std::string digest = sha256_of(bench.wheel("harbour")), other = sha256_of(bench.wheel("lantern"));
  const std::string python = venv.string();
  const std::string good = bench.file("good.txt", "harbour==1.0 --hash=sha256:" + digest + "\n");
  const std::string bad = bench.file("bad.txt", "harbour==1.0 --hash=sha256:" + other + "\n");
  REQUIRE(bench.install(venv, {"harbour", "lantern"}).exit_code == 0);
  const auto verify = [&](const std::string& file) { return bench.run({"--python", python, "verify", "-r", file}); };
  const std::filesystem::path stamp = venv / ".pipit/stamp";
  const std::string honest = whole_text(stamp);
  // A forged stamp, whole and well-formed: the store knows better.
  std::string forged = honest.substr(0, honest.size() - 65);
  forged.replace(forged.find(digest), digest.size(), other);
  forged += verify::sha256_hex(as_bytes_view(forged)) + "\n";
  bench.file(stamp.string(), forged);
  CHECK(has(verify(bad).out, "other-archive: harbour==1.0"));
  bench.file(stamp.string(), honest);

  REQUIRE(bench.run({"cache", "purge"}).exit_code == 0);
  const Outcome proved = verify(good);
  CHECK(proved.exit_code == 0);
  CHECK(has(proved.out, "1 archives (1 by the environment's stamp alone)"));
  CHECK(has(verify(bad).out, "other-archive: harbour==1.0: installed from an archive with sha256 " + digest));
  SECTION("the stamp is damaged") {
    bench.file(stamp.string(), honest.substr(1));
    CHECK(has(verify(good).out, "unproved: harbour==1.0: the environment's stamp is damaged"));
  }
  SECTION("another installer wrote these files") {
    const auto record = site_packages(venv) / "harbour-1.0.dist-info/RECORD";
    bench.file(record.string(), whole_text(record) + "harbour/other.py,,\n");
    CHECK(has(verify(good).out, "unproved: harbour==1.0: which archive it came from was not recorded"));
  }
  SECTION("it is uninstalled, and the stamp with it") {
    REQUIRE(bench.run({"--python", python, "uninstall", "-y", "harbour"}).exit_code == 0);
    CHECK_FALSE(has(whole_text(stamp), "harbour"));
    REQUIRE(bench.run({"--python", python, "uninstall", "-y", "lantern"}).exit_code == 0);
    CHECK_FALSE(std::filesystem::exists(venv / ".pipit"));
  }
}

TEST_CASE("the cache commands answer in pip's words", "[cmdline]") {
  Bench bench;
  const auto venv = bench.venv();
  struct Case {
    Words words;
    int code;
    std::string out, err;
  };
  const Case empty[] = {
      {{"list"}, 0, "No locally built wheels cached.\n", ""},
      {{"list", "--format=abspath"}, 0, "", ""},
      {{"remove", "foo"}, 0, "Files removed: 0 (0 bytes)\nDirectories removed: 0\n", "WARNING: No matching packages for pattern \"foo\"\n"},
      {{"remove"}, 1, "", "ERROR: Please provide a pattern\n"},
      {{"remove", "a", "b"}, 1, "", "ERROR: Too many arguments\n"},
      {{"purge", "a"}, 1, "", "ERROR: Too many arguments\n"},
      {{"dir", "--no-cache-dir"}, 1, "", "ERROR: pip cache commands can not function since cache is disabled.\n"},
  };
  for (const Case& c : empty) {
    Words words = {"cache"};
    words.insert(words.end(), c.words.begin(), c.words.end());
    CAPTURE(c.words[0], c.code);
    const Outcome outcome = bench.run(words);
    CHECK(outcome.exit_code == c.code);
    CHECK(outcome.out == c.out);
    CHECK(outcome.err == c.err);
  }
  bench.wheel("harbour");
  bench.wheel("lantern");
  REQUIRE(bench.install(venv, {"harbour", "lantern", "--link-mode", "copy"}).exit_code == 0);
  CHECK(has(bench.run({"cache", "list"}).out, "Cache contents:\n\n - harbour-1.0-py3-none-any.whl ("));
  CHECK(bench.run({"cache", "verify"}).exit_code == 0);
  CHECK(has(bench.run({"cache", "remove", "harbour"}).out, "Directories removed: "));
  CHECK_FALSE(has(bench.run({"cache", "list"}).out, "harbour"));
  CHECK(has(bench.run({"cache", "list", "lantern-1.0"}).out, "lantern-1.0"));
  CHECK(bench.run({"cache", "purge"}).err.empty());
  CHECK(bench.run({"cache", "list"}).out == "No locally built wheels cached.\n");
}

TEST_CASE("cache verify finds one changed byte and removes the wheel that holds it", "[cmdline]") {
  Bench bench;
  const auto venv = bench.venv();
  bench.wheel("harbour");
  REQUIRE(bench.install(venv, {"harbour", "--link-mode", "copy"}).exit_code == 0);
  std::string entry = bench.run({"cache", "list", "--format=abspath"}).out;
  entry.pop_back();
  bench.file(entry + "/tree/harbour/__init__.py", "x");
  const Outcome damaged = bench.run({"cache", "verify"});
  CHECK(damaged.exit_code == 1);
  CHECK(has(damaged.out, "damaged: harbour-1.0-py3-none-any.whl"));
  CHECK(bench.run({"cache", "verify"}).exit_code == 0);
}

TEST_CASE("config changes one setting and keeps the rest of the file", "[cmdline]") {
  Bench bench;
  const std::string file = bench.file("pip.conf", "# mine\n[install]\nno-deps = no ; really\n");
  bench.variables.emplace_back("PIP_CONFIG_FILE", file);
  const Outcome set = bench.run({"config", "set", "global.Index_URL", "https://u:secret@h/simple"});
  CHECK(set.exit_code == 0);
  CHECK(set.out == "Writing to " + file + "\n");
  CHECK(*sys::read_file(file) == "# mine\n[install]\nno-deps = no ; really\n\n[global]\nindex-url = https://u:secret@h/simple\n\n");
  CHECK(bench.run({"config", "get", "global.index-url"}).out == "https://u:secret@h/simple\n");
  CHECK(has(bench.run({"config", "list"}).out, "global.index-url='https://u:secret@h/simple'\n"));
  const Outcome debug = bench.run({"config", "debug"});
  CHECK(has(debug.out, "effective:\n"));
  CHECK(has(debug.out, "index-url='https://u:****@h/simple' (" + file + " [global])"));
  CHECK_FALSE(has(debug.out, "secret"));
  CHECK(bench.run({"config", "unset", "global.index-url"}).exit_code == 0);
  CHECK(*sys::read_file(file) == "# mine\n[install]\nno-deps = no ; really\n\n");
}

TEST_CASE("config refuses in pip's words", "[cmdline]") {
  Bench bench;
  bench.variables.emplace_back("PIP_CONFIG_FILE", bench.path("nothing.conf").string());
  struct Case {
    Words words;
    std::string err;
  };
  const Case cases[] = {
      {{}, "ERROR: Need an action (debug, edit, get, list, set, unset) to perform.\n"},
      {{"get", "global.x"}, "ERROR: No such key - global.x\n"},
      {{"unset", "global.x"}, "ERROR: No such key - global.x\n"},
      {{"get", "x"}, "ERROR: Key does not contain dot separated section and key. Perhaps you wanted to use 'global.x' instead?\n"},
      {{"--user", "--site", "get", "global.x"}, "ERROR: Need exactly one file to operate upon (--user, --site, --global) to perform.\n"},
      {{"edit"}, "ERROR: Could not determine editor to use.\n"},
      {{"edit", "--editor", "exit 3;"}, "ERROR: Editor Subprocess exited with exit code 3\n"},
  };
  for (const Case& c : cases) {
    Words words = {"config"};
    words.insert(words.end(), c.words.begin(), c.words.end());
    CAPTURE(c.err);
    const Outcome outcome = bench.run(words);
    CHECK(outcome.exit_code == 1);
    CHECK(outcome.err == c.err);
  }
}

TEST_CASE("download saves checked archives, keeps good ones and replaces bad ones", "[cmdline]") {
  Bench bench;
  const std::string venv = bench.venv().string();
  bench.wheel("harbour", "1.0", {"lantern"});
  const auto lantern = bench.wheel("lantern");
  const Words download = {"--python", venv, "download", "-d", "dl", "--no-index", "-f", bench.wheels().string(), "harbour"};
  const Outcome first = bench.run(download);
  CHECK(first.exit_code == 0);
  CHECK(has(first.out, "Saved ./dl/harbour-1.0-py3-none-any.whl\n"));
  CHECK(has(first.out, "Successfully downloaded harbour lantern\n"));
  const auto copy = bench.path("dl") / lantern.filename();
  CHECK(sha256_of(copy) == sha256_of(lantern));
  CHECK(has(bench.run(download).out, "File was already downloaded " + copy.string() + "\n"));
  bench.file(copy.string(), "no wheel");
  const Outcome again = bench.run(download);
  CHECK(has(again.err, "WARNING: Previously-downloaded file " + copy.string() + " has bad hash. Re-downloading.\n"));
  CHECK(sha256_of(copy) == sha256_of(lantern));
  CHECK(installed_in(venv).empty());
}

TEST_CASE("download saves nothing that is not what was promised", "[cmdline]") {
  Bench bench;
  const std::string venv = bench.venv().string();
  bench.wheel("harbour");
  const std::string wrong = bench.file("r.txt", "harbour==1.0 --hash=sha256:" + std::string(64, '0') + "\n");
  const Outcome outcome = bench.run({"--python", venv, "download", "-d", "dl", "--no-index", "-f", bench.wheels().string(), "-r", wrong});
  CHECK(outcome.exit_code == 1);
  CHECK(has(outcome.err, "THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE"));
  auto left = sys::list_directory(bench.path("dl"));
  CHECK((!left || left->empty()));
}

TEST_CASE("completion asks for a shell, and completes in the shells that are here", "[cmdline]") {
  Bench bench;
  const auto venv = bench.venv();
  const Outcome none = bench.run({"completion"});
  CHECK(none.exit_code == 0);
  CHECK(none.err == "ERROR: You must pass --bash or --fish or --powershell or --zsh\n");
  bench.wheel("flask");
  REQUIRE(bench.install(venv, {"flask"}).exit_code == 0);
  CHECK(bench.run({"--python", venv.string(), "completion", "--names"}).out == "flask\n");
  for (const char* shell : {"bash", "zsh", "fish", "powershell"}) {
    CAPTURE(shell);
    const Outcome script = bench.run({"completion", "--" + std::string(shell)});
    CHECK(script.exit_code == 0);
    CHECK(has(script.out, "require-hashes"));
  }
  if (!sys::is_executable("/bin/bash")) return;
  const std::string words = bench.file("try.sh",
                                       "eval \"$(\"$1\" completion --bash)\"\n"
                                       "try() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(( $# - 1 )); COMPREPLY=(); _pipit_completion; echo \"${COMPREPLY[*]}\"; }\n"
                                       "try pipit ins; try pipit install --require-h; try \"$1\" --python \"$2\" uninstall fl; try pipit cache pu; try pipit list --format js\n");
  CHECK(bench.start("/bin/bash", {words, bench.program.string(), venv.string()}).out == "install inspect\n--require-hashes\nflask\npurge\njson\n");
}

TEST_CASE("lock writes what was resolved, with digests, and only that to standard output", "[cmdline]") {
  Bench bench;
  const std::string venv = bench.venv().string();
  bench.wheel("harbour", "1.0", {"lantern"});
  const std::string digest = sha256_of(bench.wheel("lantern"));
  const Outcome outcome = bench.run({"--python", venv, "lock", "-o", "-", "--no-index", "-f", bench.wheels().string(), "harbour"});
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.starts_with("lock-version = \"1.0\"\n"));
  CHECK(outcome.out.find("name = \"harbour\"") < outcome.out.find("name = \"lantern\""));
  CHECK(has(outcome.out, "path = \"wheels/lantern-1.0-py3-none-any.whl\"\nhashes = {sha256 = \"" + digest + "\"}"));
}
