#include "pipit/sys/process.h"

#include <catch2/catch_test_macros.hpp>
#include <thread>

#include <unistd.h>

using namespace pipit;
using namespace pipit::sys;
using std::chrono::milliseconds;

namespace {

ProcessSpec shell(std::string script) {
  ProcessSpec spec;
  spec.program = "/bin/sh";
  spec.arguments = {"-c", std::move(script)};
  spec.environment = {{"PATH", "/usr/bin:/bin"}};
  return spec;
}

}  // namespace

TEST_CASE("a program gets its input and its environment, and gives output, errors and code", "[sys]") {
  ProcessSpec spec = shell("cat; printf e >&2; printf %s \"$V\"; exit 7");
  spec.environment.emplace_back("V", "value");
  spec.input = std::string(300'000, 'i');
  const ProcessResult result = run_process(spec).value();
  CHECK(result.exit_code == 7);
  CHECK(result.output == spec.input + "value");
  CHECK(result.errors == "e");
}

TEST_CASE("a child that does not read its input is no error", "[sys]") {
  ProcessSpec spec = shell("exec 0<&-; exit 3");
  spec.input = std::string(1'000'000, 'i');
  CHECK(run_process(spec).value().exit_code == 3);
}

TEST_CASE("merged streams keep the order of arrival and reach the callback", "[sys]") {
  ProcessSpec spec = shell("echo 1; echo 2 >&2; echo 3");
  std::string seen;
  spec.merge_stderr = true;
  spec.on_output = [&](std::string_view chunk) { seen += chunk; };
  const ProcessResult result = run_process(spec).value();
  CHECK(result.output == "1\n2\n3\n");
  CHECK(seen == result.output);
}

TEST_CASE("a child that was told so can give notice, as often as was agreed", "[sys]") {
  static_assert(kNoticeDescriptor == 6);
  ProcessSpec spec = shell("printf ... >&6 || exit 5; printf . >&6; exit 4");
  int noticed = 0;
  spec.on_notice = [&] { ++noticed; };
  spec.notices_max = 2;
  CHECK(run_process(spec).value().exit_code == 4);
  CHECK(noticed == 2);
  spec.notices_max = 0;
  CHECK(run_process(spec).value().exit_code == 5);  // there is no such descriptor
  CHECK(noticed == 2);
}

TEST_CASE("each notice gives the time limit anew, and no more of them than were agreed", "[sys]") {
  // The child says when it waits for good, so only the last limit is waited for.
  ProcessSpec spec = shell("printf . >&6; read forever < /dev/zero");
  int noticed = 0;
  spec.on_notice = [&] { ++noticed; };
  spec.notices_max = 1;
  spec.timeout = milliseconds(300);
  const auto result = run_process(spec);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == kProcessTimeout);
  CHECK(noticed == 1);
}

TEST_CASE("output beyond the limit is dropped and said to be", "[sys]") {
  ProcessSpec spec = shell("head -c 200000 /dev/zero");
  spec.output_max_bytes = 1000;
  const ProcessResult result = run_process(spec).value();
  CHECK(result.output.size() == 1000);
  CHECK(result.output_truncated);
}

TEST_CASE("of more output than the limit the end is kept where it is the end that tells", "[sys]") {
  ProcessSpec spec = shell("i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done");
  spec.output_max_bytes = 100;
  spec.keep = KeepOutput::end;
  const auto result = run_process(spec);
  REQUIRE(result);
  CHECK(result->output_truncated);
  CHECK(result->output.size() == 100);
  CHECK(result->output.ends_with("line 1998\nline 1999\n"));
}

TEST_CASE("a signal's number is told", "[sys]") {
  const ProcessResult result = run_process(shell("kill -9 $$")).value();
  CHECK(result.signal == 9);
  CHECK(result.exit_code == 137);
}

TEST_CASE("the time limit kills the whole group, grandchildren too", "[sys]") {
  ProcessSpec spec = shell("sleep 1000 & echo $!; wait");
  std::string grandchild;
  spec.on_output = [&](std::string_view chunk) { grandchild += chunk; };
  spec.timeout = milliseconds(150);
  CHECK(run_process(spec).error().code == kProcessTimeout);
  // It may stay a zombie for a moment, until its new parent reaps it.
  const auto state = read_file("/proc/" + grandchild.substr(0, grandchild.find('\n')) + "/stat");
  if (state && state->find(") Z") == std::string::npos && state->find(") X") == std::string::npos) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    bool alive = true;
    while (alive && std::chrono::steady_clock::now() < deadline) {
      const auto again = read_file("/proc/" + grandchild.substr(0, grandchild.find('\n')) + "/stat");
      alive = again && again->find(") Z") == std::string::npos && again->find(") X") == std::string::npos;
      std::this_thread::yield();
    }
    CHECK_FALSE(alive);
  }
}

TEST_CASE("a background child that keeps the pipe open does not keep us", "[sys]") {
  const auto started = std::chrono::steady_clock::now();
  CHECK(run_process(shell("sleep 1000 & echo done")).value().output == "done\n");
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(5));
}

TEST_CASE("a stop request cancels a running program", "[sys]") {
  std::stop_source source;
  ProcessSpec spec = shell("echo ready; sleep 1000");
  spec.on_output = [&](std::string_view) { source.request_stop(); };
  CHECK(run_process(spec, source.get_token()).error().code == kCancelled);
}

TEST_CASE("descriptors are not inherited", "[sys]") {
  const int leaked = ::dup2(1, 77);
  REQUIRE(leaked == 77);
  const ProcessResult result = run_process(shell("ls /proc/self/fd")).value();
  ::close(leaked);
  CHECK(result.output.find("77") == std::string::npos);
}

TEST_CASE("what cannot be started is an error with its errno, also when the child's own set-up refuses", "[sys]") {
  ProcessSpec absent = shell("");
  absent.program = "/nonexistent/program";
  CHECK(run_process(absent).error().os_errno == ENOENT);
  ProcessSpec refused = shell("exit 0");
  refused.in_child = [] { return EPERM; };
  CHECK(run_process(refused).error().code == kProcessFailed);
  CHECK(run_process(refused).error().os_errno == EPERM);
  ProcessSpec nowhere = shell("exit 0");
  nowhere.directory = "/nonexistent";
  CHECK(run_process(nowhere).error().os_errno == ENOENT);
}

TEST_CASE("programs are found on PATH, never in the current directory", "[sys]") {
  CHECK(find_program("sh", "::relative:/nonexistent:/bin") == "/bin/sh");
  CHECK_FALSE(find_program("sh", "::."));
  CHECK_FALSE(find_program("../bin/sh", "/usr"));
  CHECK_FALSE(find_program("", "/bin"));
}
