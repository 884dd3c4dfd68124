// Hash mode: what turns it on, what it demands, and that every broken demand is told in one run, in pip's layout.
#include <catch2/catch_test_macros.hpp>

#include "cmdline/run_pipit.h"

using namespace pipit::test;
namespace fs = std::filesystem;

namespace {

const std::string kZeros(64, '0');

std::string hashed(const fs::path& wheel) { return " --hash=sha256:" + sha256_of(wheel); }

// A directory that could be built.
std::string source_directory(const Bench& bench) {
  const fs::path directory = bench.path("tree");
  fs::create_directory(directory);
  write_file(directory / "pyproject.toml", "[project]\nname = \"tree\"\nversion = \"1\"\n");
  return directory.string();
}

}  // namespace

TEST_CASE("the groups of hash mode's demands are all reported in one run, in pip's layout, with lines to paste", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path right = bench.wheel("right"), wrong = bench.wheel("wrong"), missing = bench.wheel("missing"), loose = bench.wheel("loose");
  const std::string tree = source_directory(bench);
  const std::string file = bench.file("r.txt", "right==1.0" + hashed(right) + "\nwrong==1.0 --hash=sha256:" + kZeros + "\nmissing==1.0\nloose>=0.5\n" +
                                                   "git+https://127.0.0.1:9/x.git#egg=x\n" + tree + "\n");
  const Refusal refusal(bench, venv);
  const Outcome outcome = bench.install(venv, {"-r", file});
  refusal.check(outcome);
  const std::string& err = outcome.err;
  const std::size_t vcs = err.find("Can't verify hashes for these requirements because we don't have a way to hash version control repositories:\n    git+https"),
                    directory = err.find("Can't verify hashes for these file:// requirements because they point to directories:\n    "),
                    no_hash = err.find("Hashes are required in --require-hashes mode, but they are missing from some requirements."),
                    unpinned = err.find("In --require-hashes mode, all requirements must have their versions pinned with ==. These do not:\n    loose>=0.5 from file://"),
                    mismatch = err.find("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.");
  CHECK(vcs != std::string::npos);
  CHECK(directory != std::string::npos);
  CHECK(no_hash != std::string::npos);
  CHECK(unpinned != std::string::npos);
  CHECK(mismatch != std::string::npos);
  CHECK(vcs < directory);
  CHECK(directory < no_hash);
  CHECK(no_hash < unpinned);
  CHECK(unpinned < mismatch);
  CHECK(has(err, "\n    missing==1.0 --hash=sha256:" + sha256_of(missing) + "\n"));
  CHECK(has(err, "(from -r " + file + " (line 4))"));
  CHECK(has(err, "    wrong==1.0 from file://" + wrong.string() + " (from -r " + file + " (line 2)):\n        Expected sha256 " + kZeros +
                     "\n             Got        " + sha256_of(wrong) + "\n"));
  CHECK_FALSE(has(err, "right==1.0"));
}

TEST_CASE("the lines that hash mode offers can be pasted and then install", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  for (const char* name : {"one", "two"}) bench.wheel(name);
  const Refusal refusal(bench, venv);
  const Outcome outcome = bench.install(venv, {"--require-hashes", "-r", bench.file("r.txt", "one==1.0\ntwo==1.0\n")});
  refusal.check(outcome);
  std::string lines;
  for (const char* name : {"one", "two"}) {
    const std::size_t at = outcome.err.find("    " + std::string(name) + "==1.0 --hash=sha256:");
    REQUIRE(at != std::string::npos);
    lines += outcome.err.substr(at + 4, outcome.err.find('\n', at) - at - 4) + "\n";
  }
  const Outcome pasted = bench.install(venv, {"-r", bench.file("pasted.txt", lines)});
  INFO(pasted.all());
  CHECK(pasted.exit_code == 0);
  CHECK(installed_in(venv) == "one-1.0 two-1.0");
}

TEST_CASE("several wrong digests are listed one under the other, as typed and sorted", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path wheel = bench.wheel("demo");
  const std::string high(64, 'f'), low(64, '1'), sha512(128, 'a');
  const std::string file = bench.file("r.txt", "demo==1.0 --hash=sha256:" + high + " --hash=sha256:" + low + " --hash=sha512:" + sha512 + "\n");
  const Refusal refusal(bench, venv);
  const Outcome outcome = bench.install(venv, {"-r", file});
  refusal.check(outcome);
  CHECK(has(outcome.err, "        Expected sha256 " + low + "\n        Expected     or " + high + "\n             Got        " + sha256_of(wheel) + "\n"));
  CHECK(has(outcome.err, "        Expected sha512 " + sha512 + "\n             Got        "));
}

TEST_CASE("hashes that are wrong, short or no hex never match; md5 and a missing colon are refused where they stand", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const std::string right = sha256_of(bench.wheel("demo"));
  const Refusal refusal(bench, venv);
  SECTION("never match") {
    for (const std::string& digest : {kZeros, right.substr(0, 63), right + "0", std::string("zz"), std::string(64, 'g'), std::string("sha256")}) {
      INFO(digest);
      const Outcome outcome = bench.install(venv, {"-r", bench.file("r.txt", "demo==1.0 --hash=sha256:" + digest + "\n")});
      refusal.check(outcome);
      CHECK(has(outcome.err, digest));
      CHECK(has(outcome.err, "demo==1.0"));
    }
  }
  SECTION("algorithms") {
    for (const char* algorithm : {"md5", "sha1", "sha224", "blake2b"}) {
      INFO(algorithm);
      const Outcome outcome = bench.install(venv, {"-r", bench.file("r.txt", std::string("demo==1.0 --hash=") + algorithm + ":00\n")});
      refusal.check(outcome);
      CHECK(has(outcome.err, "Allowed hash algorithms for --hash are sha256, sha384, sha512."));
      CHECK(has(outcome.err, "r.txt"));
    }
    const Outcome bare = bench.install(venv, {"-r", bench.file("r.txt", "demo==1.0 --hash=" + right + "\n")});
    refusal.check(bare);
    CHECK(has(bare.err, "must be a hash name followed by a value"));
  }
  SECTION("upper case and any one of several are fine") {
    std::string upper = right;
    for (char& c : upper) c = static_cast<char>(std::toupper(c));
    const Outcome outcome = bench.install(venv, {"-r", bench.file("r.txt", "demo==1.0 --hash=sha256:" + kZeros + " --hash=sha256:" + upper + "\n")});
    INFO(outcome.all());
    CHECK(outcome.exit_code == 0);
  }
}

TEST_CASE("a dependency that no line lists is demanded like the others", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path top = bench.wheel("top", "1.0", {"below>=0.1"});
  bench.wheel("below");
  const Refusal refusal(bench, venv);
  const Outcome outcome = bench.install(venv, {"-r", bench.file("r.txt", "top==1.0" + hashed(top) + "\n")});
  refusal.check(outcome);
  CHECK(has(outcome.err, "all requirements must have their versions pinned with ==. These do not:\n    below>=0.1 from file://"));
  CHECK(has(outcome.err, "(from top"));
  const Outcome alone = bench.install(venv, {"--no-deps", "-r", bench.path("r.txt").string()});
  CHECK(alone.exit_code == 0);
  CHECK(installed_in(venv) == "top-1.0");
}

TEST_CASE("hashes of a constraints file count, with == or without", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path top = bench.wheel("top", "1.0", {"below"}), below = bench.wheel("below");
  const std::string wishes = bench.file("r.txt", "top==1.0\n");
  const Refusal refusal(bench, venv);
  const Outcome wrong = bench.install(venv, {"-r", wishes, "-c", bench.file("bad.txt", "top==1.0" + hashed(top) + "\nbelow==1.0 --hash=sha256:" + kZeros + "\n")});
  refusal.check(wrong);
  CHECK(has(wrong.err, "Got        " + sha256_of(below)));
  const Outcome right = bench.install(venv, {"-r", wishes, "-c", bench.file("good.txt", "top==1.0" + hashed(top) + "\nbelow==1.0" + hashed(below) + "\n")});
  INFO(right.all());
  CHECK(right.exit_code == 0);
  CHECK(installed_in(venv) == "below-1.0 top-1.0");
}

TEST_CASE("option --require-hashes inside a file counts for the whole run; --no-require-hashes stops only the automatic switch", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path one = bench.wheel("one");
  bench.wheel("two");
  const Refusal refusal(bench, venv);
  const Outcome inside = bench.install(venv, {"-r", bench.file("r.txt", "one==1.0\n--require-hashes\n"), "two==1.0"});
  refusal.check(inside);
  CHECK(has(inside.err, "one==1.0 --hash=sha256:"));
  CHECK(has(inside.err, "two==1.0 --hash=sha256:"));
  const std::string mixed = bench.file("mixed.txt", "one==1.0" + hashed(one) + "\ntwo\n");
  refusal.check(bench.install(venv, {"-r", mixed}));
  refusal.check(bench.install(venv, {"--require-hashes", "--no-require-hashes", "-r", mixed}));
  const Outcome off = bench.install(venv, {"--no-require-hashes", "-r", mixed});
  INFO(off.all());
  CHECK(off.exit_code == 0);
  CHECK(installed_in(venv) == "one-1.0 two-1.0");
}

TEST_CASE("with hash mode off a given hash is still verified", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path demo = bench.wheel("demo");
  const Refusal refusal(bench, venv);
  const Outcome outcome = bench.install(venv, {"--no-require-hashes", "-r", bench.file("r.txt", "demo==1.0 --hash=sha256:" + kZeros + "\n")});
  refusal.check(outcome);
  CHECK(has(outcome.err, "Got        " + sha256_of(demo)));
  const Outcome fragment = bench.install(venv, {"file://" + demo.string() + "#sha256=" + kZeros});
  refusal.check(fragment);
  CHECK(has(fragment.err, "Got        " + sha256_of(demo)));
}

TEST_CASE("an unpinned line with a hash takes the file that the hash names", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path old = bench.wheel("demo", "1.0");
  bench.wheel("demo", "2.0");
  const Outcome outcome = bench.install(venv, {"-r", bench.file("r.txt", "demo>=1.0" + hashed(old) + "\n")});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 0);
  CHECK(installed_in(venv) == "demo-1.0");
}

TEST_CASE("comment hashes turn the mode on when every requirement of their file has one; strays are named and ignored", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  // peep's form: URL-safe base64 of the digest without padding, above the line.
  const std::string zero_comment = "# sha256: " + std::string(43, 'A') + "\n";
  bench.wheel("one");
  bench.wheel("two");
  const Refusal refusal(bench, venv);
  const Outcome on = bench.install(venv, {"-r", bench.file("all.txt", zero_comment + "one==1.0\n" + zero_comment + "two==1.0\n")});
  refusal.check(on);
  CHECK(has(on.err, "one==1.0 from"));
  CHECK(has(on.err, "two==1.0 from"));
  CHECK(has(on.err, "Expected sha256 " + kZeros));
  const Outcome stray = bench.install(venv, {"-r", bench.file("some.txt", zero_comment + "one==1.0\ntwo==1.0\n")});
  INFO(stray.all());
  CHECK(stray.exit_code == 0);
  CHECK(has(stray.all(), "some.txt"));
  CHECK(has(stray.all(), "one"));
  CHECK(installed_in(venv) == "one-1.0 two-1.0");
}

TEST_CASE("what is installed and satisfies is not hashed again; an editable line is refused in hash mode", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel("demo");
  REQUIRE(bench.install(venv, {"demo"}).exit_code == 0);
  const Outcome satisfied = bench.install(venv, {"-r", bench.file("r.txt", "demo==1.0 --hash=sha256:" + kZeros + "\n")});
  CHECK(satisfied.exit_code == 0);
  CHECK(has(satisfied.out, "Requirement already satisfied: demo==1.0"));
  const Refusal refusal(bench, venv);
  const Outcome editable = bench.install(venv, {"--require-hashes", "-e", source_directory(bench)});
  refusal.check(editable);
  CHECK(has(editable.err, "cannot be installed when requiring hashes, because there is no single file to hash."));
}
