// peep's small commands, and what a command line means to it.
#include <catch2/catch_test_macros.hpp>

#include "cmdline/peep_bench.h"
#include "support/places.h"

using namespace pipit::test;

namespace {

const std::string kEmpty = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
const std::string kEmptyHex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const std::string kAbc = "7eqv8_F3StKIhnN3DG1kCX45G8Ni19b7NJgt3w79GMs";
const std::string kAbcHex = "edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb";

}  // namespace

TEST_CASE("peep hash prints one line a file, in order, twice if asked twice", "[cmdline][peep]") {
  PeepBench bench;
  bench.file("empty", "");
  bench.file("abc", "abc\n");
  const std::string expected = "# sha256: " + kAbc + "\n# sha256: " + kEmpty + "\n# sha256: " + kAbc + "\n";
  for (const Outcome& outcome : {bench.peep({"hash", "abc", "empty", "abc"}), bench.run({"peep", "hash", "abc", "empty", "abc"}),
                                 bench.run({"hash", "--peep", "abc", "empty", "abc"}), bench.peep({"hash", "--", "abc", "empty", "abc"})}) {
    CHECK(outcome.exit_code == 0);
    CHECK(outcome.out == expected);
    CHECK(outcome.err.empty());
  }
  CHECK(has(bench.run({"hash", "abc"}).out, "--hash=sha256:" + kAbcHex + "\n"));
}

TEST_CASE("peep hash without files says how it is used; a file that cannot be read ends the lines", "[cmdline][peep]") {
  PeepBench bench;
  bench.file("abc", "abc\n");
  const Outcome none = bench.peep({"hash"});
  CHECK(none.exit_code == 2);
  CHECK(none.out == "Usage: peep hash file [file ...]\n\n");
  const Outcome some = bench.peep({"hash", "abc", "gone", "abc", "wheels"});
  CHECK(some.exit_code == 1);
  CHECK(some.out == "# sha256: " + kAbc + "\n");
  CHECK(has(some.err, "gone"));
  CHECK(has(some.err, "wheels"));
  CHECK(bench.peep({"hash", "--bogus", "abc"}).exit_code == 2);
  CHECK(bench.peep({"hash", "-a", "sha512", "abc"}).exit_code == 2);
}

TEST_CASE("a link may carry peep's name with a version", "[cmdline][peep]") {
  PeepBench bench;
  std::filesystem::create_symlink(pipit::test::pipit_program(), bench.path("bin/peep-3.11"));
  CHECK(bench.start(bench.path("bin/peep-3.11"), {"hash"}).out == "Usage: peep-3.11 hash file [file ...]\n\n");
}

TEST_CASE("peep port prints a header at each change of file and one hash a line", "[cmdline][peep]") {
  PeepBench bench;
  std::filesystem::create_directory(bench.path("sub"));
  bench.file("top.txt",
             "\n  # sha256: " + kAbc + "\n  # sha256: " + kEmpty + "  # a remark\n  alpha [b,a] >= 1.2 , <3\n# prose\n-r sub/inner.txt\n"
             "# sha256: " + kEmpty + "\nhttps://host.example/archive/1234567.zip#egg=schema\nbeta==2\n");
  bench.file("sub/inner.txt", "# sha256: " + kAbc + "\nclick==4.0\n");
  const Outcome outcome = bench.peep({"port", "top.txt"});
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.err.empty());
  CHECK(outcome.out ==
        "\n# from top.txt\n\n"
        "alpha[a,b]<3,>=1.2 \\\n    --hash=sha256:" + kAbcHex + " \\\n    --hash=sha256:" + kEmptyHex + "\n"
        "\n# from sub/inner.txt\n\n"
        "click==4.0 \\\n    --hash=sha256:" + kAbcHex + "\n"
        "\n# from top.txt\n\n"
        "https://host.example/archive/1234567.zip#egg=schema \\\n    --hash=sha256:" + kEmptyHex + "\n"
        "beta==2\n");
  CHECK(bench.run({"port", "top.txt"}).out == outcome.out);
}

TEST_CASE("peep port without files says so; files without requirements print nothing", "[cmdline][peep]") {
  PeepBench bench;
  const Outcome none = bench.peep({"port"});
  CHECK(none.exit_code == 2);
  CHECK(none.out == "Please specify one or more requirements files so I have something to port.\n\n");
  bench.file("empty.txt", "# nothing\n");
  const Outcome empty = bench.peep({"port", "empty.txt"});
  CHECK(empty.exit_code == 0);
  CHECK(empty.out.empty());
}

TEST_CASE("what cannot be ported is named with file and line, all of it, and nothing is printed", "[cmdline][peep]") {
  PeepBench bench;
  bench.file("r.txt", "# sha256: abc\nalpha==1\n# sha256: " + kAbcHex + "\nbeta==2\n");
  const Outcome outcome = bench.peep({"port", "r.txt"});
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.out.empty());
  CHECK(has(outcome.err, "r.txt:2"));
  CHECK(has(outcome.err, "r.txt:4"));
  const Outcome gone = bench.peep({"port", "gone.txt", "r.txt", "too.txt"});
  CHECK(gone.exit_code == 1);
  CHECK(has(gone.err, "gone.txt"));
  CHECK(has(gone.err, "too.txt"));
}

TEST_CASE("markers and URLs without hashes survive the port", "[cmdline][peep]") {
  PeepBench bench;
  bench.file("r.txt", "alpha==1; python_version < \"2\"\nhttps://host.example/x.tar.gz#egg=delta\nhttps://host.example/y.tar.gz\n");
  CHECK(bench.peep({"port", "r.txt"}).out ==
        "\n# from r.txt\n\nalpha==1; python_version < \"2\"\nhttps://host.example/x.tar.gz#egg=delta\nhttps://host.example/y.tar.gz\n");
}

TEST_CASE("a ported file installs under --require-hashes what the peep file installed", "[cmdline][peep]") {
  PeepBench bench;
  const auto alpha = bench.wheel("alpha"), beta = bench.wheel("beta");
  bench.file("r.txt", "# sha256: " + peep_hash(read_whole_file(alpha)) + "\nalpha==1.0\nskipped==1; python_version < \"2\" --hash=sha256:" + kAbcHex +
                          "\n# sha256: " + kAbc + "\n# sha256: " + peep_hash(read_whole_file(beta)) + "\nfile://" + beta.string() + "\n");
  const Outcome ported = bench.peep({"port", "r.txt"});
  REQUIRE(ported.exit_code == 0);
  bench.file("ported.txt", ported.out);
  const Outcome outcome = bench.install(bench.env, {"--require-hashes", "-r", "ported.txt"});
  INFO(ported.out << outcome.all());
  CHECK(outcome.exit_code == 0);
  CHECK(installed_in(bench.env) == "alpha-1.0 beta-1.0");
}

TEST_CASE("peep install without a file explains itself; other words are pip's", "[cmdline][peep]") {
  PeepBench bench;
  for (const Words& words : {Words{"install"}, Words{"install", "-r"}, Words{"install", "--bogus"}, Words{"install", "-U", "--requirement"}, Words{"install", "--help"},
                             Words{"install", "-h"}}) {
    const Outcome none = bench.peep(words);
    CHECK(none.exit_code == 2);
    CHECK(none.err.empty());
    CHECK(none.out ==
          "You have to specify one or more requirements files with the -r option, because\n"
          "otherwise there's nowhere for peep to look up the hashes.\n\n");
  }
  const Outcome bogus = bench.peep({"install", "-r", "r.txt", "--bogus"});
  CHECK(bogus.exit_code == 2);
  CHECK(bogus.out == "\n");
  CHECK(has(bogus.err, "no such option: --bogus"));
  bench.file("r.txt", "");
  CHECK(has(bench.peep({"install", "--help", "-r", "r.txt"}).out, "Usage:"));
  CHECK(bench.peep({"Install", "-r", "r.txt"}).exit_code == 1);
  CHECK(bench.peep({"list"}).exit_code == 0);
  CHECK(bench.peep({}).exit_code == 0);
}
