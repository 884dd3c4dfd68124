#include "pipit/sys/scratch.h"

#include <catch2/catch_test_macros.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

using namespace pipit;
using namespace pipit::sys;

namespace {

// $TMPDIR of its own for as long as it lives.
struct OwnTmpdir {
  TempDir dir = TempDir::create({}, "scratch-test-").value();
  std::string before = ::getenv("TMPDIR") != nullptr ? ::getenv("TMPDIR") : "";
  OwnTmpdir() { ::setenv("TMPDIR", dir.path().c_str(), 1); }
  ~OwnTmpdir() { before.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", before.c_str(), 1); }
  std::size_t count() const { return list_directory(dir.path()).value().size(); }
};

// A run that makes its directory and is killed.
void run_and_die() {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto scratch = ScratchDir::create();
    const Dir dir = Dir::open(real_os(), scratch->path()).value();
    (void)dir.make_dirs("download/part");
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
}

}  // namespace

TEST_CASE("what a killed run left in the temporary directory goes with the next run, a living one's stays", "[sys][L1]") {
  const OwnTmpdir tmpdir;
  const auto living = ScratchDir::create();
  REQUIRE(living);
  CHECK(stat_path(living->path()).value()->mode == 0700);
  run_and_die();
  CHECK(tmpdir.count() == 2);
  {
    const auto next = ScratchDir::create();
    REQUIRE(next);
    CHECK(tmpdir.count() == 2);
    CHECK(sys::is_directory(living->path()));
  }
  CHECK(tmpdir.count() == 1);
}

TEST_CASE("directories and links of that name which are not ours, or not made by us, are left alone", "[sys][L1][L2]") {
  const OwnTmpdir tmpdir;
  const Dir dir = Dir::open(real_os(), tmpdir.dir.path()).value();
  REQUIRE(dir.make_dir("pipit-readable", 0755));
  REQUIRE(dir.write_file("pipit-readable/lock", "", 0644));
  REQUIRE(dir.make_dir("pipit-unlocked", 0700));
  REQUIRE(dir.write_file("pipit-unlocked/file", "", 0644));
  REQUIRE(dir.symlink("pipit-readable", "pipit-link"));
  REQUIRE(ScratchDir::create());
  CHECK(tmpdir.count() == 3);
}
