// peep's own twelve situations, and those its tests leave out. Texts are compared byte for byte where peep's are to be kept.
#include <catch2/catch_test_macros.hpp>

#include "cmdline/peep_bench.h"

using namespace pipit::test;

namespace {

constexpr const char* kSatisfied =
    "These packages were already installed, so we didn't need to download or build\n"
    "them again. If you installed them with peep in the first place, you should be\n"
    "safe. If not, uninstall them, then re-attempt your install with peep.\n";

std::string hash_of(const std::filesystem::path& file) { return peep_hash(read_whole_file(file)); }

struct Useless : PeepBench {
  std::string one = useless_tar("1.0"), two = useless_tar("2.0");
  Useless() { serve({{"useless-1.0.tar.gz", one}, {"useless-2.0.tar.gz", two}}); }
  void check_nothing_happened(const Outcome& outcome, int exit_code = 1) const {
    INFO(outcome.all());
    CHECK(outcome.exit_code == exit_code);
    CHECK_FALSE(telltale());
    CHECK(installed_in(env).empty());
    CHECK(std::filesystem::is_empty(temporary()));
  }
};

}  // namespace

// ---- peep's own tests: the whole program ----

TEST_CASE("peep installs the release whose hash is written down, not a newer one", "[cmdline][peep]") {
  Useless bench;
  bench.file("r.txt", "# sha256: " + peep_hash(bench.one) + "\nuseless==1.0\n");
  const Outcome outcome = bench.peep({"install", "-r", "r.txt", "--index-url", bench.index()});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 0);
  CHECK(bench.telltale() == "1.0");
  CHECK(outcome.out.starts_with("Downloading useless==1.0 (" + std::to_string(bench.one.size() / 1000) + "."));
  CHECK(outcome.out.ends_with("Successfully installed useless-1.0\n\n"));
  CHECK(installed_in(bench.env) == "useless-1.0");
}

TEST_CASE("an index line of the file counts even after --no-index", "[cmdline][peep]") {
  Useless bench;
  bench.file("r.txt", "-i " + bench.index() + "\n# sha256: " + peep_hash(bench.one) + "\nuseless==1.0\n");
  const Outcome outcome = bench.peep({"install", "-r", "r.txt", "--no-index"});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 0);
  CHECK(bench.telltale() == "1.0");
}

TEST_CASE("a hash that does not match keeps the archive's code from running", "[cmdline][peep]") {
  Useless bench;
  bench.file("r.txt", "# sha256: badbadbad\nuseless==1.0\n");
  const Outcome outcome = bench.peep({"install", "-r", "r.txt", "--index-url", bench.index()});
  bench.check_nothing_happened(outcome);
  CHECK(has(outcome.out, "    useless: expected badbadbad\n                  got " + peep_hash(bench.one) + "\n\n"));
}

TEST_CASE("an archive without a hash is fetched, hashed and not run", "[cmdline][peep]") {
  Useless bench;
  bench.file("r.txt", "useless==1.0\n" + bench.url("useless-2.0.tar.gz") + "#egg=other\n");
  const Outcome outcome = bench.peep({"install", "-r", "r.txt", "--index-url", bench.index()});
  bench.check_nothing_happened(outcome);
  CHECK(has(outcome.out, "# sha256: " + peep_hash(bench.one) + "\nuseless==1.0\n\n# sha256: " + peep_hash(bench.two) + "\n" +
                             bench.url("useless-2.0.tar.gz") + "#egg=other\n\n"));
}

TEST_CASE("a release that no index has is a sentence and exit 1", "[cmdline][peep]") {
  Useless bench;
  bench.file("r.txt", "useless==9.9.9\n");
  const Outcome outcome = bench.peep({"install", "-r", "r.txt", "--index-url", bench.index()});
  bench.check_nothing_happened(outcome);
  CHECK(outcome.out == "No matching distribution found for useless==9.9.9 (from -r r.txt (line 1))\n");
}

TEST_CASE("a requirements file that is not there is a sentence and exit 1", "[cmdline][peep]") {
  Useless bench;
  const Outcome outcome = bench.peep({"install", "-r", "nonexistent.txt", "--index-url", bench.index()});
  bench.check_nothing_happened(outcome);
  CHECK(outcome.out == "Could not open requirements file: [Errno 2] No such file or directory: 'nonexistent.txt'\n");
}

TEST_CASE("an archive named after a commit replaces another of the same version", "[cmdline][peep]") {
  PeepBench bench;
  const std::string first = useless_zip("1.0", "first"), second = useless_zip("1.0", "second"), third = useless_tar("1.0", "third");
  bench.serve({{"1234567.zip", first}, {"789abcd.zip", second}, {"89abcde.tar.gz", third}});
  for (const auto& [name, bytes, mark] : {std::tuple("1234567.zip", first, "first"), std::tuple("789abcd.zip", second, "second"),
                                          std::tuple("89abcde.tar.gz", third, "third")}) {
    bench.file("r.txt", "# sha256: " + peep_hash(bytes) + "\n" + bench.url(name) + "#egg=useless\n");
    const Outcome outcome = bench.peep({"install", "-r", "r.txt"});
    INFO(outcome.all());
    CHECK(outcome.exit_code == 0);
    CHECK(bench.python(bench.env, "__import__('useless').mark") == mark);
  }
  CHECK_FALSE(std::filesystem::exists(bench.path("escaped")));  // what Content-Disposition asked for
  CHECK(std::filesystem::is_empty(bench.temporary()));
}

// ---- peep's own tests: which comment belongs to which requirement ----

TEST_CASE("remarks behind a hash are not part of it", "[cmdline][peep]") {
  PeepBench bench;
  bench.wheel("useless");
  bench.file("r.txt",
             "# sha256: t9XWiL8TRb-4I # hi there\nuseless==1.0\n"
             "# sha256: some_number_######_signs # hi # there\n# sha256: abcde # remark\nuseless==1.0\n");
  const std::string got = hash_of(bench.wheels() / "useless-1.0-py3-none-any.whl");
  const Outcome outcome = bench.peep_install({"-r", "r.txt"});
  CHECK(outcome.exit_code == 1);
  CHECK(has(outcome.out, "    useless: expected t9XWiL8TRb-4I\n                  got " + got + "\n"
                         "    useless: expected one of some_number_######_signs\n"
                         "                             abcde\n"
                         "                         got " + got + "\n\n"));
}

TEST_CASE("a second line about a project needs hashes of its own", "[cmdline][peep]") {
  PeepBench bench;
  bench.wheel("useless");
  bench.file("r.txt", "# sha256: " + std::string(43, 'a') + "\nuseless==1.0\nuseless==1.0\n");
  const Outcome outcome = bench.peep_install({"-r", "r.txt"});
  CHECK(outcome.exit_code == 1);
  CHECK(has(outcome.out, "    useless: expected " + std::string(43, 'a') + "\n"));
  CHECK(has(outcome.out, "# sha256: " + hash_of(bench.wheels() / "useless-1.0-py3-none-any.whl") + "\nuseless==1.0\n\n-----"));
}

TEST_CASE("comments that are no hash lines are no hashes", "[cmdline][peep]") {
  PeepBench bench;
  bench.wheel("useless");
  bench.file("r.txt",
             "# unknown_hash_type: AAA\n# sha256: has spaces in it  # hi\n# sha256: has spaces in it\nuseless==1.0\n"
             "# Just some comment\n# sha256: abc\nuseless==1.0\n");
  const Outcome outcome = bench.peep_install({"-r", "r.txt"});
  CHECK(outcome.exit_code == 1);
  CHECK(has(outcome.out, "    useless: expected abc\n"));
  CHECK(has(outcome.out, "\nuseless==1.0\n\n-----"));
}

TEST_CASE("blanks behind a hash are stripped", "[cmdline][peep]") {
  PeepBench bench;
  bench.wheel("useless");
  bench.file("r.txt", "# sha256: trailing_space_should_be_stripped   \t\nuseless==1.0\n");
  CHECK(has(bench.peep_install({"-r", "r.txt"}).out, "expected trailing_space_should_be_stripped\n"));
}

// ---- the report ----

TEST_CASE("one run names everything that is wrong in all files, in peep's order and words", "[cmdline][peep]") {
  PeepBench bench;
  const auto alpha = bench.wheel("alpha", "1.2"), beta = bench.wheel("Beta_Pkg", "2.0"), gamma = bench.wheel("gamma", "3.0"), fine = bench.wheel("fine");
  std::filesystem::create_directory(bench.path("sub"));
  bench.file("one.txt", "gamma==3.0\n# sha256: bad1\n# sha256: bad2\nBeta_Pkg\n# sha256: " + hash_of(fine) + "\nfine\n");
  bench.file("sub/inner.txt", "# sha256: badbadbad\nalpha==1.2\n");
  bench.file("two.txt", "# sha256: eaten by the option line\n-r sub/inner.txt\nhttps://host.example/files/master.zip\n");
  const Outcome outcome = bench.peep_install({"-r", "one.txt", "--requirement=two.txt"});
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.out ==
        "\nTHE FOLLOWING PACKAGES DIDN'T MATCH THE HASHES SPECIFIED IN THE REQUIREMENTS\n"
        "FILE. If you have updated the package versions, update the hashes. If not,\n"
        "freak out, because someone has tampered with the packages.\n\n"
        "    Beta-Pkg: expected one of bad1\n"
        "                              bad2\n"
        "                          got " + hash_of(beta) + "\n"
        "    alpha: expected badbadbad\n"
        "                got " + hash_of(alpha) + "\n\n"
        "The following packages had no hashes specified in the requirements file, which\n"
        "leaves them open to tampering. Vet these packages to your satisfaction, then\n"
        "add these \"sha256\" lines like so:\n\n"
        "# sha256: " + hash_of(gamma) + "\ngamma==3.0\n\n"
        "The following requirements could not be processed:\n"
        "* Unable to determine package name from URL https://host.example/files/master.zip; add #egg=\n"
        "-------------------------------\nNot proceeding to installation.\n\n");
  CHECK(installed_in(bench.env).empty());
}

TEST_CASE("what is installed is trusted before any hash is looked at", "[cmdline][peep]") {
  PeepBench bench;
  const auto alpha = bench.wheel("alpha", "1.2");
  bench.file("good.txt", "# sha256: " + hash_of(alpha) + "\nalpha==1.2\n");
  REQUIRE(bench.peep_install({"-r", "good.txt"}).exit_code == 0);
  bench.file("bad.txt", "\n# sha256: badbadbad\nalpha>=1\ngit+https://host.example/alpha.git#egg=alpha\n");
  for (const Words& more : {Words{}, Words{"-U"}, Words{"--force-reinstall"}, Words{"-I"}}) {
    Words words = {"-r", "bad.txt"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = bench.peep_install(words);
    CHECK(outcome.exit_code == 0);
    const std::string site = "." + site_packages(bench.env).string().substr(bench.directory.string().size());
    CHECK(outcome.out == kSatisfied + std::string("   alpha>=1 in ") + site + " (from -r bad.txt (line 3))\n   alpha from git+https://host.example/alpha.git#egg=alpha in " +
                             site + " (from -r bad.txt (line 4))\n\n");
  }
}

TEST_CASE("a run with nothing to do is an empty line", "[cmdline][peep]") {
  PeepBench bench;
  bench.file("r.txt", "# only a comment\n\n");
  const Outcome outcome = bench.peep_install({"-r", "r.txt"});
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out == "\n");
}

TEST_CASE("what cannot be hashed or fetched is gathered, each in peep's words", "[cmdline][peep]") {
  PeepBench bench;
  bench.serve({});
  std::filesystem::create_directory(bench.path("proj"));
  const std::string directory = "file://" + bench.path("proj").string();
  bench.file("r.txt",
             "git+https://host.example/foo.git#egg=foo\n-e git+https://host.example/y.git#egg=y\nftp://host.example/x.zip#egg=x\n# sha256: AAA\n" + directory +
                 "#egg=dir\n" + bench.url("gone.zip") + "#egg=gone\nhttp://127.0.0.1:9/refused.zip#egg=refused\nfile:///nowhere/z.zip#egg=z\n");
  const Outcome outcome = bench.peep_install({"-r", "r.txt", "--retries", "0"});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 1);
  const std::string tail =
      ", would not result in a file that can be hashed. Peep supports only == requirements, file:// URLs pointing to files (not folders), and http:// and "
      "https:// URLs pointing to tarballs, zips, etc.\n";
  CHECK(has(outcome.out, "foo from git+https://host.example/foo.git#egg=foo (from -r r.txt (line 1)): The download link, "
                         "git+https://host.example/foo.git#egg=foo" + tail));
  CHECK(has(outcome.out, "y from git+https://host.example/y.git#egg=y (from -r r.txt (line 2)): The download link, git+https://host.example/y.git#egg=y" + tail));
  CHECK(has(outcome.out, "x from ftp://host.example/x.zip#egg=x (from -r r.txt (line 3)): The download link, ftp://host.example/x.zip#egg=x" + tail));
  CHECK(has(outcome.out, "dir from " + directory + "#egg=dir (from -r r.txt (line 5)): " + directory +
                             " is a directory. So that it can compute a hash, peep supports only filesystem paths which point to files\n"));
  CHECK(has(outcome.out, "Downloading " + bench.url("gone.zip") + "#egg=gone failed: HTTP Error 404: Not Found\n"));
  CHECK(has(outcome.out, "Downloading http://127.0.0.1:9/refused.zip#egg=refused failed: "));
  CHECK(has(outcome.out, "Downloading file:///nowhere/z.zip#egg=z failed: "));
  CHECK_FALSE(has(outcome.out, "Not proceeding"));
}

TEST_CASE("bad lines are told in peep's words, where and what else is known on standard error", "[cmdline][peep]") {
  PeepBench bench;
  bench.file("r.txt", "alpha=1.2\n--bogus\nbeta x\n");
  const Outcome outcome = bench.peep_install({"-r", "r.txt"});
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.out ==
        "Invalid requirement: 'alpha=1.2'\n= is not a valid operator. Did you mean == ?\n"
        "peep: error: no such option: --bogus\n\n"
        "Invalid requirement: 'beta x'\nExpected semicolon (after name with no version specifier) or end\n");
  for (const char* said : {"Usage: peep [options]", "r.txt:1:", "    alpha=1.2\n         ^", "r.txt:2:\n  --bogus\n  ^", "r.txt:3:"}) {
    CAPTURE(said, outcome.err);
    CHECK(has(outcome.err, said));
  }
}

// ---- what peep let through ----

TEST_CASE("nothing that no file speaks for is installed beside what was checked", "[cmdline][peep]") {
  PeepBench bench;
  const auto ok = bench.wheel("ok");
  bench.wheel("other");
  bench.file("ok.txt", "# sha256: " + hash_of(ok) + "\nok==1.0\n");
  bench.file("other.txt", "other==1.0\n");
  for (const Words& words : {Words{"-r", "ok.txt", "other"}, Words{"-r", "ok.txt", "-e", "./proj"}, Words{"other", "-r", "ok.txt"}, Words{"-rok.txt", "--editable=."},
                             Words{"-r", "ok.txt", "--override", "other.txt"}}) {
    const Outcome outcome = bench.peep_install(words);
    INFO(outcome.all());
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.out == "\n");
    CHECK(has(outcome.err, "Usage:"));
  }
  for (const Words& words : {Words{"-r", "ok.txt", "--requirement=other.txt"}, Words{"-r", "ok.txt", "-rother.txt"}, Words{"-r", "ok.txt", "-Ur", "other.txt"}}) {
    const Outcome outcome = bench.peep_install(words);
    CHECK(outcome.exit_code == 1);
    CHECK(has(outcome.out, "\nother==1.0\n\n"));
  }
  bench.variables.push_back({"PIP_REQUIREMENT", "other.txt"});
  CHECK(bench.peep_install({"-r", "ok.txt"}).exit_code == 1);
  CHECK(bench.peep_install({}).exit_code == 2);  // the variable alone names no file, as with peep
  CHECK(installed_in(bench.env).empty());
}

TEST_CASE("general options in front of the command switch nothing off", "[cmdline][peep]") {
  PeepBench bench;
  bench.wheel("other");
  bench.file("other.txt", "other==1.0\n");
  const std::string links = bench.wheels().string();
  for (const Words& words : {Words{"-v", "install"}, Words{"--no-color", "--python", bench.env.string(), "install"}, Words{"install", "--no-require-hashes"},
                             Words{"install", "--require-hashes"}}) {
    Words all = words;
    for (const char* word : {"--no-index", "-r", "other.txt", "-f"}) all.push_back(word);
    all.push_back(links);
    CHECK(bench.peep(all).exit_code == 1);
  }
  CHECK(bench.run({"peep", "install", "--no-index", "-f", links, "-r", "other.txt"}).exit_code == 1);
  CHECK(bench.run({"--no-color", "--python", bench.env.string(), "peep", "install", "--no-index", "-f", links, "-r", "other.txt"}).exit_code == 1);
  CHECK(installed_in(bench.env).empty());
}

TEST_CASE("comments, --hash options and a URL's sha256 are one accept list", "[cmdline][peep]") {
  PeepBench bench;
  const auto alpha = bench.wheel("alpha"), beta = bench.wheel("beta"), gamma = bench.wheel("gamma");
  bench.file("r.txt", "# sha256: badbadbad\nalpha==1.0 --hash=sha256:" + sha256_of(alpha) + "\n# sha256: " + hash_of(beta) + "\nbeta==1.0 --hash=sha256:" +
                          std::string(64, '0') + "\nfile://" + gamma.string() + "#sha256=" + sha256_of(gamma) + "\n");
  const Outcome outcome = bench.peep_install({"-r", "r.txt"});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 0);
  CHECK(installed_in(bench.env) == "alpha-1.0 beta-1.0 gamma-1.0");
}

TEST_CASE("markers are honoured, dependencies are not followed, constraints choose", "[cmdline][peep]") {
  PeepBench bench;
  const auto needs = bench.wheel("needs", "1.0", {"nowhere>=1"}), low = bench.wheel("pick", "1.0");
  bench.wheel("pick", "2.0");
  bench.file("c.txt", "pick<2\n");
  bench.file("r.txt", "alpha==1.2; python_version < \"2\"\n# sha256: " + hash_of(needs) + "\nneeds\n# sha256: " + hash_of(low) + "\npick\n");
  const Outcome outcome = bench.peep_install({"-r", "r.txt", "-c", "c.txt"});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 0);
  CHECK(has(outcome.out, "Ignoring alpha: markers 'python_version < \"2\"' don't match your environment\n"));
  CHECK(installed_in(bench.env) == "needs-1.0 pick-1.0");
}

TEST_CASE("of several archives the one whose hash is written down is taken", "[cmdline][peep]") {
  PeepBench bench;
  bench.wheel(WheelMaker("alpha", "1.0", "py3-none-any").file("alpha.py", "kind = 'any'\n"));
  const auto tagged = bench.wheel(WheelMaker("alpha", "1.0", "py2.py3-none-any").file("alpha.py", "kind = 'both'\n"));
  bench.file("r.txt", "# sha256: " + hash_of(tagged) + "\nalpha==1.0\n");
  CHECK(bench.peep_install({"-r", "r.txt"}).exit_code == 0);
  CHECK(bench.python(bench.env, "__import__('alpha').kind") == "both");
}

TEST_CASE("an archive that cannot be installed keeps all others out", "[cmdline][peep]") {
  PeepBench bench;
  const auto fine = bench.wheel("fine");
  const auto broken = WheelMaker("broken").record("broken.py,sha256=AAAA,1\n").write_to(bench.wheels());
  bench.file("r.txt", "# sha256: " + hash_of(fine) + "\nfine\n# sha256: " + hash_of(broken) + "\nbroken\n");
  const std::string before = tree_of(bench.env);
  const Outcome outcome = bench.peep_install({"-r", "r.txt"});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 1);
  CHECK(tree_of(bench.env) == before);
  CHECK(std::filesystem::is_empty(bench.temporary()));
}

TEST_CASE("a requirement that hides behind a form feed stops the run", "[cmdline][peep]") {
  PeepBench bench;
  const auto alpha = bench.wheel("alpha");
  bench.wheel("evil");
  bench.file("r.txt", "# sha256: " + hash_of(alpha) + "\nalpha\n# harmless\fevil\n");
  const Outcome outcome = bench.peep_install({"-r", "r.txt"});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 1);
  CHECK(has(outcome.out, "where: r.txt:4"));
  CHECK(installed_in(bench.env).empty());
}

TEST_CASE("options of one file do not reach the next", "[cmdline][peep]") {
  PeepBench bench;
  const auto alpha = bench.wheel("alpha");
  bench.file("one.txt", "# sha256: " + hash_of(alpha) + "\nalpha\n-f " + bench.wheels().string() + "\n");
  bench.file("two.txt", "# sha256: " + hash_of(alpha) + "\nalpha\n");
  CHECK(bench.peep({"install", "--no-index", "-r", "one.txt", "-r", "two.txt"}).out == "No matching distribution found for alpha (from -r two.txt (line 2))\n");
  CHECK(installed_in(bench.env).empty());
  CHECK(bench.peep({"install", "--no-index", "-r", "one.txt", "--dry-run"}).out == "Would install alpha-1.0\n\n");
  CHECK(bench.peep({"install", "--no-index", "-r", "one.txt"}).exit_code == 0);
}

TEST_CASE("line ends, byte order marks and files from a URL change nothing", "[cmdline][peep]") {
  PeepBench bench;
  const auto alpha = bench.wheel("alpha");
  const std::string hash = hash_of(alpha);
  bench.file("crlf.txt", "# sha256: " + hash + "\r\nalpha\r\n");
  bench.file("bom.txt", "\xef\xbb\xbf# sha256: " + hash + "\nalpha");
  bench.serve({{"r.txt", "# caf\xc3\xa9\n# sha256: " + hash + "\nalpha\n"}});
  for (const std::string& file : {std::string("crlf.txt"), std::string("bom.txt"), bench.url("r.txt")}) {
    const Outcome outcome = bench.peep_install({"--dry-run", "-r", file});
    INFO(outcome.all());
    CHECK(outcome.exit_code == 0);
    CHECK(outcome.out == "Would install alpha-1.0\n\n");
  }
}
