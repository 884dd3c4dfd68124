#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <thread>

#include "pipit/sys/file_lock.h"
#include "pipit/sys/interrupt.h"

using namespace pipit;
using namespace pipit::sys;
using std::chrono::milliseconds;

namespace {

struct Playground {
  TempDir temp = TempDir::create({}, "pipit-lock-").value();
  Dir dir = Dir::open(real_os(), temp.path()).value();
  Result<FileLock> lock(FileLock::Mode mode, milliseconds timeout = milliseconds(0), std::stop_token stop = {}) {
    return FileLock::acquire(dir, "lock", mode, timeout, [this](const std::string& words) { holder = words; }, stop);
  }
  std::string holder;
};

}  // namespace

TEST_CASE("a held lock keeps others out, says who holds it, and ends with its owner", "[sys]") {
  Playground p;
  auto first = p.lock(FileLock::Mode::exclusive);
  REQUIRE(first);
  CHECK(p.lock(FileLock::Mode::exclusive).error().code == kLockTimeout);
  CHECK(p.holder.find(std::to_string(::getpid())) != std::string::npos);
  first->unlock();
  auto shared = p.lock(FileLock::Mode::shared);
  REQUIRE(shared);
  CHECK(p.lock(FileLock::Mode::shared));
  CHECK_FALSE(p.lock(FileLock::Mode::exclusive));
}

TEST_CASE("a lock whose file was deleted under the waiter is not mistaken for the lock", "[sys]") {
  Playground p;
  auto first = p.lock(FileLock::Mode::exclusive);
  REQUIRE(p.dir.remove_file("lock"));
  auto second = p.lock(FileLock::Mode::exclusive);
  REQUIRE(second);
  first->unlock();
  CHECK(p.lock(FileLock::Mode::exclusive).error().code == kLockTimeout);
}

TEST_CASE("a planted link or hard link is not taken for a lock file", "[sys][L5]") {
  Playground p;
  REQUIRE(p.dir.write_file("victim", "v", 0644));
  REQUIRE(p.dir.symlink("victim", "lock"));
  CHECK(p.lock(FileLock::Mode::exclusive).error().code == ErrorCode{"unsafe-lock"});
  REQUIRE(p.dir.remove_file("lock"));
  REQUIRE(p.dir.link("victim", p.dir, "lock"));
  CHECK(p.lock(FileLock::Mode::exclusive).error().code == ErrorCode{"unsafe-lock"});
  CHECK(p.dir.read_file("victim", 10).value() == "v");
}

TEST_CASE("a waiter gives up when it is asked to stop", "[sys]") {
  Playground p;
  const auto first = p.lock(FileLock::Mode::exclusive);
  std::stop_source source;
  source.request_stop();
  CHECK(p.lock(FileLock::Mode::exclusive, std::chrono::hours(1), source.get_token()).error().code == kCancelled);
}

namespace {

// In a process of its own: signals are a matter of the whole process.
int exit_code_of(void (*body)()) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(99);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool stops_within_seconds(const std::stop_token& token) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!token.stop_requested() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  return token.stop_requested();
}

}  // namespace

TEST_CASE("an interrupt becomes a stop request, and a second one does no harm", "[sys]") {
  CHECK(exit_code_of([] {
          InterruptGuard guard;
          guard.watch();
          if (guard.token().stop_requested() || guard.signal() != 0) ::_exit(1);
          ::kill(::getpid(), SIGTERM);
          if (!stops_within_seconds(guard.token())) ::_exit(2);
          ::kill(::getpid(), SIGINT);
          ::kill(::getpid(), SIGINT);
          ::_exit(guard.signal());
        }) == SIGTERM);
}

TEST_CASE("after the guard is gone a signal ends the process again", "[sys]") {
  CHECK(exit_code_of([] {
          ::signal(SIGINT, SIG_DFL);  // not the test framework's handler
          {
            InterruptGuard guard;
            guard.watch();
          }
          ::kill(::getpid(), SIGINT);
        }) == 128 + SIGINT);
}

TEST_CASE("before the guard watches, a signal ends the process as it always does", "[sys]") {
  CHECK(exit_code_of([] {
          ::signal(SIGINT, SIG_DFL);
          const InterruptGuard guard;
          ::kill(::getpid(), SIGINT);
        }) == 128 + SIGINT);
}

TEST_CASE("a signal that comes when the work is done does not change the exit code", "[sys][F25]") {
  CHECK(exit_code_of([] {
          ::signal(SIGTERM, SIG_DFL);
          {
            InterruptGuard guard;
            guard.watch();
            guard.stay_quiet();
          }
          ::kill(::getpid(), SIGTERM);
          ::_exit(7);
        }) == 7);
}

TEST_CASE("an ignored hang-up stays ignored", "[sys]") {
  CHECK(exit_code_of([] {
          ::signal(SIGHUP, SIG_IGN);
          InterruptGuard guard;
          guard.watch();
          ::kill(::getpid(), SIGHUP);
          ::kill(::getpid(), SIGINT);
          if (!stops_within_seconds(guard.token())) ::_exit(2);
          ::_exit(guard.signal());
        }) == SIGINT);
}
