#include "pipit/sys/seal.h"

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <thread>

#include "pipit/sys/process.h"

using namespace pipit;
using namespace pipit::sys;
using std::chrono::milliseconds;
namespace fs = std::filesystem;

namespace {

// One temporary directory with a writable and a secret place in it.
struct Place {
  TempDir root = TempDir::create({}, "seal-test-").value();
  fs::path own = make("own"), secret = make("secret"), shown = make("secret/shown");

  fs::path make(const char* name) const {
    REQUIRE(make_directories(root.path() / name));
    REQUIRE(replace_file(real_os(), root.path() / name / "file", name));
    return root.path() / name;
  }
  SealSpec spec() const { return {{own}, {shown}, {secret}, false}; }
  ProcessSpec shell(std::string script) const {
    ProcessSpec process;
    process.program = "/bin/sh";
    process.arguments = {"-c", std::move(script)};
    process.environment = {{"PATH", "/usr/bin:/bin"}};
    process.directory = own;
    process.merge_stderr = true;
    process.timeout = milliseconds(20000);
    process.seal = spec();
    return process;
  }
};

}  // namespace

#define SKIP_WHERE_NOTHING_IS_SEALED(place) \
  if (auto obstacle = seal_obstacle((place).spec())) SKIP("processes cannot be sealed here: " + obstacle->message)

TEST_CASE("a sealed program writes only where it may, and sees nothing that is hidden", "[sys]") {
  const Place place;
  SKIP_WHERE_NOTHING_IS_SEALED(place);
  const std::string root = place.root.path().string();
  const ProcessResult result = run_process(place.shell("echo mine > " + root + "/own/new; cat " + root + "/own/file; "
                                                       "echo x > " + root + "/outside || echo refused-outside; "
                                                       "cat " + root + "/secret/file || echo refused-secret; "
                                                       "echo x > " + root + "/secret/new || echo refused-cover; "
                                                       "cat " + root + "/secret/shown/file; "
                                                       "echo x > " + root + "/secret/shown/file || echo refused-shown; exit 5")).value();
  INFO(result.output);
  CHECK(result.exit_code == 5);
  for (const char* refused : {"refused-outside", "refused-secret", "refused-cover", "refused-shown"}) CHECK(result.output.find(refused) != std::string::npos);
  CHECK(result.output.find("secret/shown") != std::string::npos);
  CHECK(read_file(place.own / "new").value() == "mine\n");
  CHECK_FALSE(sys::exists(place.root.path() / "outside"));
  CHECK(read_file(place.shown / "file").value() == "secret/shown");
}

TEST_CASE("a sealed program has a working /dev and /proc of its own, and no other processes", "[sys]") {
  const Place place;
  SKIP_WHERE_NOTHING_IS_SEALED(place);
  const ProcessResult result = run_process(place.shell("echo x > /dev/null && head -c 3 /dev/urandom | wc -c; ls /proc | grep -c '^[0-9]'; echo y > /dev/shm/x && cat /dev/shm/x; "
                                                       "echo 1 > /proc/sys/kernel/core_pattern || echo no-core-pattern; exit 0")).value();
  INFO(result.output);
  CHECK(result.exit_code == 0);
  CHECK(result.output.starts_with("3\n"));
  CHECK(result.output.find("y\n") != std::string::npos);
  CHECK(result.output.find("no-core-pattern") != std::string::npos);
}

TEST_CASE("nothing that a sealed program started outlives it", "[sys]") {
  const Place place;
  SKIP_WHERE_NOTHING_IS_SEALED(place);
  // The daemon leaves the group and the session; only the namespace holds it.
  const ProcessResult result = run_process(place.shell("setsid sh -c 'sleep 1; echo late > daemon' >/dev/null 2>&1 & exit 3")).value();
  CHECK(result.exit_code == 3);
  const fs::path late = place.own / "daemon";
  const ProcessResult control = run_process(place.shell("sleep 1.5; ls")).value();
  CHECK_FALSE(sys::exists(late));
  CHECK(control.output == "file\n");
}

TEST_CASE("a sealed program is ended at its time limit, with its children", "[sys]") {
  const Place place;
  SKIP_WHERE_NOTHING_IS_SEALED(place);
  ProcessSpec endless = place.shell("sleep 600 & sleep 600");
  endless.timeout = milliseconds(300);
  CHECK(run_process(endless).error().code == kProcessTimeout);
}

TEST_CASE("refused calls are told", "[sys]") {
  const Place place;
  SKIP_WHERE_NOTHING_IS_SEALED(place);
  const ProcessResult result = run_process(place.shell("chmod 4755 file; unshare -U true; true")).value();
  INFO(result.output);
  CHECK(result.exit_code == 0);
  REQUIRE(result.refusals.size() == 2);
  CHECK(result.refusals[0] == SealRefusal{"a file with the setuid bit", 1});
  CHECK(result.refusals[1].what == "unshare");
}

TEST_CASE("a sealed program that does not exist is an error like any other", "[sys]") {
  const Place place;
  SKIP_WHERE_NOTHING_IS_SEALED(place);
  ProcessSpec absent = place.shell("");
  absent.program = "/no/such/program";
  CHECK(run_process(absent).error().code == kProcessFailed);
}
