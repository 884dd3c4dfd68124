#include "pipit/sys/process.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace pipit::sys {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Pipe {
  File reading, writing;
};

// Both ends above the standard descriptors, so that the child's dup2 calls cannot run over them.
Result<File> lifted(int fd) {
  const int high = ::fcntl(fd, F_DUPFD_CLOEXEC, 10);
  const int error = errno;
  ::close(fd);
  if (high < 0) return fail(os_error(error, "make", "pipe"));
  return File(real_os(), high);
}

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) return fail(os_error(errno, "make", "pipe"));
  auto reading = lifted(ends[0]);
  auto writing = lifted(ends[1]);
  if (!reading) return fail(std::move(reading).error());
  if (!writing) return fail(std::move(writing).error());
  return Pipe{std::move(*reading), std::move(*writing)};
}

// Everything the child needs, laid out before fork: after it only async-signal-safe calls are allowed.
struct Launch {
  std::vector<std::string> strings;
  std::vector<char*> argv, envp;
  const char* program = nullptr;
  const char* directory = nullptr;  // nullptr: stay
  const std::function<int()>* in_child = nullptr;
  std::array<int, 3> standard{};    // become 0, 1, 2
  int report = -1;                  // errno is written here if exec does not happen
};

Launch lay_out(const ProcessSpec& spec) {
  Launch launch;
  launch.strings.push_back(spec.argv0.value_or(spec.program.string()));
  launch.strings.insert(launch.strings.end(), spec.arguments.begin(), spec.arguments.end());
  const std::size_t arguments = launch.strings.size();
  for (const auto& [key, value] : spec.environment) launch.strings.push_back(key + "=" + value);
  for (std::size_t i = 0; i < launch.strings.size(); ++i)
    (i < arguments ? launch.argv : launch.envp).push_back(launch.strings[i].data());
  launch.argv.push_back(nullptr);
  launch.envp.push_back(nullptr);
  launch.program = spec.program.c_str();
  launch.directory = spec.directory.empty() ? nullptr : spec.directory.c_str();
  launch.in_child = spec.in_child ? &spec.in_child : nullptr;
  return launch;
}

[[noreturn]] void give_up(int report, int error) {
  if (::write(report, &error, sizeof error) < 0) ::_exit(126);
  ::_exit(127);
}

void close_from(int first) {
  if (::syscall(SYS_close_range, first, ~0U, 0) == 0) return;
  rlimit limit{};
  const int end = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 65536)) : 1024;
  for (int fd = first; fd < end; ++fd) ::close(fd);
}

[[noreturn]] void run_child(const Launch& launch) {
  constexpr int kReport = 3;
  ::setpgid(0, 0);
  for (int i = 0; i < 3; ++i)
    if (::dup2(launch.standard[static_cast<std::size_t>(i)], i) < 0) give_up(launch.report, errno);
  if (::dup3(launch.report, kReport, O_CLOEXEC) < 0) give_up(launch.report, errno);
  close_from(kReport + 1);
  if (launch.directory != nullptr && ::chdir(launch.directory) < 0) give_up(kReport, errno);
  struct sigaction normal {};
  normal.sa_handler = SIG_DFL;
  ::sigaction(SIGPIPE, &normal, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (launch.in_child != nullptr)
    if (const int refused = (*launch.in_child)(); refused != 0) give_up(kReport, refused);
  ::execve(launch.program, launch.argv.data(), launch.envp.data());
  give_up(kReport, errno);
}

// Writing to a child that does not read must be an error, not our end.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoPipeSignal() {
    const timespec at_once{};
    while (!sigismember(&before_, SIGPIPE) && ::sigtimedwait(&pipe_, nullptr, &at_once) == SIGPIPE) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_{}, before_{};
};

void set_nonblocking(const File& file) { ::fcntl(file.fd(), F_SETFL, ::fcntl(file.fd(), F_GETFL) | O_NONBLOCK); }

// The running child as the parent sees it.
class Conversation {
 public:
  Conversation(const ProcessSpec& spec, pid_t child, File input, File output, File errors)
      : spec_(spec), child_(child), input_(std::move(input)), output_(std::move(output)), errors_(std::move(errors)) {
    for (const File* file : {&input_, &output_, &errors_})
      if (*file) set_nonblocking(*file);
    exit_ = File(real_os(), static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
    if (spec.input.empty()) input_ = File();
  }

  // Until the child ends; what it leaves running in its group is killed, so nothing outlives the call.
  Result<ProcessResult> run(const std::stop_token& stop) {
    const File wake(real_os(), ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const std::stop_callback waker(stop, [&wake] {
      const std::uint64_t one = 1;
      if (::write(wake.fd(), &one, sizeof one) < 0) return;
    });
    const SteadyTime started = std::chrono::steady_clock::now();
    Status status = ok();
    while (status && !has_ended()) {
      if (stop.stop_requested())
        status = fail(make_error(kCancelled, "`" + name() + "` was cancelled"));
      else if (spec_.timeout.count() > 0 && std::chrono::steady_clock::now() - started >= spec_.timeout)
        status = fail(make_error(kProcessTimeout, "`" + name() + "` did not end within " + std::to_string(spec_.timeout.count()) + " ms"));
      else
        wait_and_move(wake, started);
    }
    drain();
    ::kill(-child_, SIGKILL);  // the leader is not reaped yet, so the number cannot belong to anybody else
    return finish(std::move(status));
  }

 private:
  std::string name() const { return spec_.program.string(); }

  bool has_ended() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(child_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == child_;
  }

  int wait_limit_ms(SteadyTime started) const {
    constexpr int kWithoutPidfd = 10;
    int limit = exit_ ? -1 : kWithoutPidfd;
    if (spec_.timeout.count() > 0) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(spec_.timeout - (std::chrono::steady_clock::now() - started)).count();
      const int left_ms = static_cast<int>(std::clamp<long>(left, 0, 1'000'000));
      limit = limit < 0 ? left_ms : std::min(limit, left_ms);
    }
    return limit;
  }

  void wait_and_move(const File& wake, SteadyTime started) {
    std::array<pollfd, 5> waiting{{{input_.fd(), POLLOUT, 0}, {output_.fd(), POLLIN, 0}, {errors_.fd(), POLLIN, 0},
                                   {exit_.fd(), POLLIN, 0}, {wake.fd(), POLLIN, 0}}};
    if (::poll(waiting.data(), waiting.size(), wait_limit_ms(started)) <= 0) return;
    if (waiting[0].revents != 0) feed();
    if (waiting[1].revents != 0) take(output_, result_.output, true);
    if (waiting[2].revents != 0) take(errors_, result_.errors, false);
  }

  void feed() {
    const std::string_view rest = std::string_view(spec_.input).substr(fed_);
    const ssize_t written = ::write(input_.fd(), rest.data(), rest.size());
    if (written > 0) fed_ += static_cast<std::size_t>(written);
    if (fed_ == spec_.input.size() || (written < 0 && errno != EAGAIN && errno != EINTR)) input_ = File();
  }

  // One read; returns false when there is nothing more for now.
  bool take(File& from, std::string& into, bool streamed) {
    if (!from) return false;
    std::array<char, 65536> buffer;
    const ssize_t got = ::read(from.fd(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) return true;
    if (got == 0 || (got < 0 && errno != EAGAIN)) from = File();
    if (got <= 0) return false;
    const std::string_view chunk(buffer.data(), static_cast<std::size_t>(got));
    if (streamed && spec_.on_output) spec_.on_output(chunk);
    const std::size_t room = static_cast<std::size_t>(spec_.output_max_bytes) - std::min<std::size_t>(into.size(), spec_.output_max_bytes);
    into.append(chunk.substr(0, room));
    if (chunk.size() > room) result_.output_truncated = true;
    return true;
  }

  // What still lies in the pipes. Bounded, because a process that left the group may go on writing.
  void drain() {
    constexpr int kReadsMax = 32;
    for (int i = 0; i < kReadsMax && take(output_, result_.output, true); ++i) continue;
    for (int i = 0; i < kReadsMax && take(errors_, result_.errors, false); ++i) continue;
  }

  Result<ProcessResult> finish(Status status) {
    int raw = 0;
    pid_t reaped = 0;
    do reaped = ::waitpid(child_, &raw, 0);
    while (reaped < 0 && errno == EINTR);
    if (!status) return fail(std::move(status).error());
    if (reaped < 0) return fail(os_error(errno, "wait for", name()));
    result_.signal = WIFSIGNALED(raw) ? WTERMSIG(raw) : 0;
    result_.exit_code = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + result_.signal;
    return std::move(result_);
  }

  const ProcessSpec& spec_;
  pid_t child_;
  File input_, output_, errors_, exit_;
  std::size_t fed_ = 0;
  ProcessResult result_;
};

// What the child had to say before exec: nothing (it runs) or an errno.
int exec_error(const File& report) {
  int error = 0;
  ssize_t got = 0;
  do got = ::read(report.fd(), &error, sizeof error);
  while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(sizeof error) ? error : 0;
}

Error could_not_start(const ProcessSpec& spec, int error) {
  Error out = os_error(error, "start", spec.program.string());
  out.code = kProcessFailed;
  return out;
}

}  // namespace

Result<ProcessResult> run_process(const ProcessSpec& spec, std::stop_token stop) {
  const NoPipeSignal quiet;
  PIPIT_TRY(Pipe input, make_pipe());
  PIPIT_TRY(Pipe output, make_pipe());
  PIPIT_TRY(Pipe errors, make_pipe());
  PIPIT_TRY(Pipe report, make_pipe());
  Launch launch = lay_out(spec);
  launch.standard = {input.reading.fd(), output.writing.fd(), spec.merge_stderr ? output.writing.fd() : errors.writing.fd()};
  launch.report = report.writing.fd();
  const pid_t child = ::fork();
  if (child < 0) return fail(could_not_start(spec, errno));
  if (child == 0) run_child(launch);
  ::setpgid(child, child);  // both sides do it: whoever comes first, the group exists before it is killed
  for (File* ours : {&input.reading, &output.writing, &errors.writing, &report.writing}) *ours = File();
  if (const int error = exec_error(report.reading); error != 0) {
    ::waitpid(child, nullptr, 0);
    return fail(could_not_start(spec, error));
  }
  if (spec.merge_stderr) errors.reading = File();
  return Conversation(spec, child, std::move(input.writing), std::move(output.reading), std::move(errors.reading)).run(stop);
}

std::optional<std::filesystem::path> find_program(std::string_view name, std::string_view path_variable) {
  if (name.empty() || name.find('/') != std::string_view::npos) return std::nullopt;
  for (std::size_t begin = 0; begin <= path_variable.size();) {
    const std::size_t end = std::min(path_variable.find(':', begin), path_variable.size());
    const std::filesystem::path directory = path_variable.substr(begin, end - begin);
    if (directory.is_absolute() && is_executable(directory / name)) return directory / name;
    begin = end + 1;
  }
  return std::nullopt;
}

}  // namespace pipit::sys
