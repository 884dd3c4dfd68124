// self: the program proves what it is, and a repository that holds it can be bootstrapped from what was committed.
#include <catch2/catch_test_macros.hpp>

#include "cmdline/run_pipit.h"
#include "pipit/verify/digest.h"

using namespace pipit;
using namespace pipit::test;

namespace {

std::string digest_of(const std::filesystem::path& file) { return verify::sha256_hex(sys::MappedFile::open(file)->bytes()); }

Outcome bootstrap(const Bench& bench, const Words& words) {
  Words all = {bench.path("repository/tools/bootstrap.sh").string()};
  all.insert(all.end(), words.begin(), words.end());
  return bench.start("/bin/sh", all);
}

}  // namespace

TEST_CASE("self verify prints the program's own digest, and compares it", "[cmdline]") {
  Bench bench;
  const std::string digest = digest_of(bench.program);
  CHECK(bench.run({"self", "verify"}).out == digest + "  " + bench.program.string() + "\n");
  CHECK(bench.run({"self", "verify", digest}).exit_code == 0);
  CHECK(bench.run({"self", "verify", "sha256:" + digest}).exit_code == 0);
  const Outcome other = bench.run({"self", "verify", std::string(64, '0')});
  CHECK(other.exit_code == 1);
  CHECK(has(other.err, "not the one with the digest 000"));
  for (const Words& wrong : {Words{"self"}, Words{"self", "frob"}, Words{"self", "embed"}, Words{"self", "embed", "a", "b"}})
    CHECK(bench.run(wrong).exit_code == 2);
}

TEST_CASE("self embed: a repository installs with the program it pinned, and with no other", "[cmdline]") {
  Bench bench;
  const auto wheel = bench.wheel("harbour");
  const Outcome embedded = bench.run({"self", "embed", "repository/tools"});
  REQUIRE(embedded.exit_code == 0);
  const auto program = bench.path("repository/tools/pipit");
  CHECK(digest_of(program) == digest_of(bench.program));
  CHECK(has(embedded.out, "sha256:" + digest_of(program)));
  CHECK(sys::is_executable(program));
  CHECK(sys::is_executable(bench.path("repository/tools/bootstrap.sh")));

  const std::string hashed = bench.file("requirements.txt", "--no-index\n--find-links " + bench.wheels().string() + "\nharbour==1.0 --hash=sha256:" + digest_of(wheel) + "\n");
  const Outcome first = bootstrap(bench, {hashed});
  INFO(first.all());
  REQUIRE(first.exit_code == 0);
  CHECK(bench.python(bench.path(".venv"), "__import__('harbour').__name__") == "harbour");
  CHECK(bootstrap(bench, {hashed, "--require-hashes"}).exit_code == 0);  // again, with an option of install
  CHECK(bootstrap(bench, {}).exit_code == 2);

  const std::string wrong = bench.file("wrong.txt", "--no-index\n--find-links " + bench.wheels().string() + "\nharbour==1.0 --hash=sha256:" + std::string(64, 'a') + "\n");
  CHECK(bootstrap(bench, {wrong, "--force-reinstall"}).exit_code != 0);

  REQUIRE(sys::replace_file(sys::real_os(), program, "#!/bin/sh\necho I ran\n", 0777));
  const Outcome replaced = bootstrap(bench, {hashed});
  CHECK(replaced.exit_code == 1);
  CHECK(has(replaced.err, "is not the program that was pinned"));
  CHECK_FALSE(has(replaced.all(), "I ran"));
  REQUIRE(sys::remove_tree(program));
  CHECK(bootstrap(bench, {hashed}).exit_code == 1);
}

TEST_CASE("self embed replaces what it wrote and nothing else", "[cmdline]") {
  Bench bench;
  REQUIRE(bench.run({"self", "embed", "tools"}).exit_code == 0);
  CHECK(bench.run({"self", "embed", "tools"}).exit_code == 0);
  REQUIRE(sys::make_directories(bench.path("other")));
  bench.file("other/bootstrap.sh", "#!/bin/sh\necho mine\n");
  const Outcome refused = bench.run({"self", "embed", "other"});
  CHECK(refused.exit_code == 1);
  CHECK(has(refused.err, "not-ours"));
  CHECK_FALSE(sys::exists(bench.path("other/pipit")));
  REQUIRE(sys::make_directories(bench.path("package/pipit")));
  CHECK(bench.run({"self", "embed", "package"}).exit_code == 1);
  CHECK_FALSE(sys::exists(bench.path("package/bootstrap.sh")));
}

TEST_CASE("pipit --version --verbose names the libraries inside, each once", "[cmdline]") {
  Bench bench;
  const Outcome outcome = bench.run({"--version", "--verbose"});
  CHECK(outcome.exit_code == 0);
  for (const char* name : {"\nlibcurl ", "\nOpenSSL ", "\nlibarchive ", "\nlibdeflate ", "\nzlib ", "\nfmt ", "\ntoml++ ", "\nnlohmann/json ", "\ntl::expected ", "\nCLI11 "}) {
    INFO(name);
    const std::size_t at = outcome.out.find(name);
    REQUIRE(at != std::string::npos);
    CHECK(outcome.out.find(name, at + 1) == std::string::npos);
  }
}

TEST_CASE("a manual page for the program and for each command", "[cmdline]") {
  Bench bench;
  const Outcome overview = bench.run({"help", "--man"});
  CHECK(overview.out.starts_with(".\\\" Made by `pipit help --man`.\n.TH PIPIT 1 "));
  CHECK(has(overview.out, "\\fBpipit\\-install\\fR(1)"));
  CHECK(has(overview.out, "\\fB\\-\\-cert\\fR \\fIFILE\\fR\n"));
  const Outcome install = bench.run({"help", "--man", "install"});
  CHECK(has(install.out, ".SH OPTIONS\n"));
  CHECK(has(install.out, "\\fB\\-r\\fR, \\fB\\-\\-requirement\\fR \\fIFILE\\fR\n"));
  CHECK(bench.run({"help", "--man", "no-such-command"}).exit_code == 1);
}
