#include "pipit/sys/process.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <linux/sched.h>

#include "sys/seal_inside.h"

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
  int report = -1;                  // a SealFailure is written here if exec does not happen
  SealPlan* seal = nullptr;
  int go = -1, refusals = -1;       // of a sealed child: its user maps are written; where refused calls are reported
  int notices = -1;                 // becomes kNoticeDescriptor
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

[[noreturn]] void give_up(int report, SealFailure failure) {
  if (::write(report, &failure, sizeof failure) < 0) leave(126);
  leave(127);
}
[[noreturn]] void give_up(int report, int error) { give_up(report, SealFailure{SealStep::none, error}); }

void close_from(int first) {
  if (::syscall(SYS_close_range, first, ~0U, 0) == 0) return;
  rlimit limit{};
  const int end = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 65536)) : 1024;
  for (int fd = first; fd < end; ++fd) ::close(fd);
}

// Where the descriptors of a child lie until it execs.
constexpr int kReport = 3, kGo = 4, kRefusals = 5;
static_assert(kNoticeDescriptor == kRefusals + 1);

[[noreturn]] void exec_program(const Launch& launch) {
  if (launch.directory != nullptr && ::chdir(launch.directory) < 0) give_up(kReport, errno);
  struct sigaction normal {};
  normal.sa_handler = SIG_DFL;
  ::sigaction(SIGPIPE, &normal, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (launch.in_child != nullptr)
    if (const int refused = (*launch.in_child)(); refused != 0) give_up(kReport, refused);
  if (*launch.program == '\0') leave(0);  // only whether it can be sealed was asked
  ::execve(launch.program, launch.argv.data(), launch.envp.data());
  give_up(kReport, errno);
}

// The first process of the new namespaces. A raw clone, because fork's handlers may wait for locks that no thread here holds.
[[noreturn]] void run_sealed(const Launch& launch) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  SealFailure mapped{SealStep::map, EPERM};
  if (::read(kGo, &mapped, sizeof mapped) != static_cast<ssize_t>(sizeof mapped) || mapped) give_up(kReport, mapped);
  ::close(kGo);
  if (const SealFailure failure = make_view(*launch.seal)) give_up(kReport, failure);
  std::array<int, 2> sockets{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) < 0) give_up(kReport, SealFailure{SealStep::fork, errno});
  const long child = ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child < 0) give_up(kReport, SealFailure{SealStep::fork, errno});
  if (child == 0) {
    ::close(sockets[0]);
    ::close(kRefusals);
    if (const SealFailure failure = give_up_rights(*launch.seal, sockets[1])) give_up(kReport, failure);
    exec_program(launch);
  }
  ::close(sockets[1]);
  ::close(kReport);
  if (launch.notices >= 0) ::close(kNoticeDescriptor);  // else the number may be anybody's
  stand_watch(static_cast<int>(child), sockets[0], kRefusals);
}

[[noreturn]] void run_child(const Launch& launch) {
  ::setpgid(0, 0);
  for (int i = 0; i < 3; ++i)
    if (::dup2(launch.standard[static_cast<std::size_t>(i)], i) < 0) give_up(launch.report, errno);
  if (::dup3(launch.report, kReport, O_CLOEXEC) < 0) give_up(launch.report, errno);
  if (launch.seal != nullptr && (::dup3(launch.go, kGo, O_CLOEXEC) < 0 || ::dup3(launch.refusals, kRefusals, O_CLOEXEC) < 0)) give_up(kReport, errno);
  if (launch.notices >= 0 && ::dup2(launch.notices, kNoticeDescriptor) < 0) give_up(kReport, errno);
  for (int fd = launch.seal == nullptr ? kReport + 1 : kRefusals + 1; fd < kNoticeDescriptor; ++fd) ::close(fd);
  close_from(launch.notices < 0 ? kNoticeDescriptor : kNoticeDescriptor + 1);
  if (launch.seal != nullptr) run_sealed(launch);
  exec_program(launch);
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
  Conversation(const ProcessSpec& spec, pid_t child, File input, File output, File errors, File notices)
      : spec_(spec), child_(child), input_(std::move(input)), output_(std::move(output)), errors_(std::move(errors)), notices_(std::move(notices)) {
    for (const File* file : {&input_, &output_, &errors_, &notices_})
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
    Status status = ok();
    while (status && !has_ended()) {
      if (stop.stop_requested())
        status = fail(make_error(kCancelled, "`" + name() + "` was cancelled"));
      else if (spec_.timeout.count() > 0 && std::chrono::steady_clock::now() - started_ >= spec_.timeout)
        status = fail(make_error(kProcessTimeout, "`" + name() + "` did not end within " + std::to_string(spec_.timeout.count()) + " ms"));
      else
        wait_and_move(wake);
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

  int wait_limit_ms() const {
    constexpr int kWithoutPidfd = 10;
    int limit = exit_ ? -1 : kWithoutPidfd;
    if (spec_.timeout.count() > 0) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(spec_.timeout - (std::chrono::steady_clock::now() - started_)).count();
      const int left_ms = static_cast<int>(std::clamp<long>(left, 0, 1'000'000));
      limit = limit < 0 ? left_ms : std::min(limit, left_ms);
    }
    return limit;
  }

  void wait_and_move(const File& wake) {
    std::array<pollfd, 6> waiting{{{input_.fd(), POLLOUT, 0}, {output_.fd(), POLLIN, 0}, {errors_.fd(), POLLIN, 0},
                                   {exit_.fd(), POLLIN, 0}, {wake.fd(), POLLIN, 0}, {notices_.fd(), POLLIN, 0}}};
    if (::poll(waiting.data(), waiting.size(), wait_limit_ms()) <= 0) return;
    if (waiting[0].revents != 0) feed();
    if (waiting[1].revents != 0) take(output_, result_.output, true);
    if (waiting[2].revents != 0) take(errors_, result_.errors, false);
    if (waiting[5].revents != 0) take_notices();
  }

  void take_notices() {
    std::array<char, 16> buffer;
    const ssize_t got = notices_ ? ::read(notices_.fd(), buffer.data(), buffer.size()) : 0;
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) notices_ = File();
    for (ssize_t i = 0; i < got && noticed_ < spec_.notices_max; ++i, ++noticed_) {
      spec_.on_notice();
      started_ = std::chrono::steady_clock::now();
    }
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
    keep(chunk, into);
    return true;
  }

  void keep(std::string_view chunk, std::string& into) {
    const std::size_t max = static_cast<std::size_t>(spec_.output_max_bytes);
    if (spec_.keep == KeepOutput::beginning) {
      const std::size_t room = max - std::min(into.size(), max);
      into.append(chunk.substr(0, room));
      if (chunk.size() > room) result_.output_truncated = true;
      return;
    }
    into.append(chunk);
    if (into.size() >= 2 * max) drop_beginning(into);  // seldom, so that it costs little
  }
  void drop_beginning(std::string& from) {
    const std::size_t max = static_cast<std::size_t>(spec_.output_max_bytes);
    if (from.size() <= max) return;
    from.erase(0, from.size() - max);
    result_.output_truncated = true;
  }

  // What still lies in the pipes. Bounded, because a process that left the group may go on writing.
  void drain() {
    constexpr int kReadsMax = 32;
    for (int i = 0; i < kReadsMax && take(output_, result_.output, true); ++i) continue;
    for (int i = 0; i < kReadsMax && take(errors_, result_.errors, false); ++i) continue;
    take_notices();
    if (spec_.keep == KeepOutput::beginning) return;
    drop_beginning(result_.output);
    drop_beginning(result_.errors);
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
  File input_, output_, errors_, notices_, exit_;
  SteadyTime started_ = std::chrono::steady_clock::now();
  int noticed_ = 0;
  std::size_t fed_ = 0;
  ProcessResult result_;
};

// What the child had to say before exec: nothing (it runs) or why not.
SealFailure exec_failure(const File& report) {
  SealFailure failure;
  ssize_t got = 0;
  do got = ::read(report.fd(), &failure, sizeof failure);
  while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(sizeof failure) ? failure : SealFailure{};
}

Error could_not_start(const ProcessSpec& spec, const SealFailure& failure) {
  if (failure.step != SealStep::none) {
    Error out = os_error(failure.error, words(failure.step), "");
    out.message = std::string(words(failure.step)) + ": " + std::generic_category().message(failure.error);
    out.code = kCannotSeal;
    return out;
  }
  Error out = os_error(failure.error, "start", spec.program.string());
  out.code = kProcessFailed;
  return out;
}

bool write_map(pid_t child, const char* file, const std::string& text) {
  const std::string path = "/proc/" + std::to_string(child) + "/" + file;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  ::close(fd);
  errno = error;
  return written;
}

// The child waits until its users are known; told so, or told what went wrong.
void let_go(pid_t child, const SealPlan& plan, const File& go) {
  SealFailure outcome;
  if ((plan.deny_setgroups && !write_map(child, "setgroups", "deny")) || !write_map(child, "uid_map", plan.uid_map) || !write_map(child, "gid_map", plan.gid_map))
    outcome = {SealStep::map, errno == 0 ? EPERM : errno};
  if (::write(go.fd(), &outcome, sizeof outcome) < 0) return;
}

std::vector<SealRefusal> read_refusals(const File& pipe) {
  std::vector<SealRefusal> refusals;
  RefusedCall call;
  while (::read(pipe.fd(), &call, sizeof call) == static_cast<ssize_t>(sizeof call)) {
    const std::string what = words(call);
    auto known = std::find_if(refusals.begin(), refusals.end(), [&](const SealRefusal& refusal) { return refusal.what == what; });
    if (known == refusals.end()) known = refusals.insert(refusals.end(), {what, 0});
    ++known->times;
  }
  return refusals;
}

pid_t make_child(const SealPlan* seal) {
  if (seal == nullptr) return ::fork();
  const unsigned long flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | (seal->network ? 0UL : CLONE_NEWNET) | SIGCHLD;
  return static_cast<pid_t>(::syscall(SYS_clone, flags, nullptr, nullptr, nullptr, nullptr));
}

}  // namespace

Result<ProcessResult> run_process(const ProcessSpec& spec, std::stop_token stop) {
  const NoPipeSignal quiet;
  PIPIT_TRY(Pipe input, make_pipe());
  PIPIT_TRY(Pipe output, make_pipe());
  PIPIT_TRY(Pipe errors, make_pipe());
  PIPIT_TRY(Pipe report, make_pipe());
  Pipe go, refusals, notices;
  if (spec.notices_max > 0) {
    PIPIT_TRY(notices, make_pipe());
  }
  std::optional<SealPlan> plan;
  if (spec.seal) {
    plan = plan_seal(*spec.seal);
    PIPIT_TRY(go, make_pipe());
    PIPIT_TRY(refusals, make_pipe());
    set_nonblocking(refusals.reading);
    set_nonblocking(refusals.writing);
  }
  Launch launch = lay_out(spec);
  launch.standard = {input.reading.fd(), output.writing.fd(), spec.merge_stderr ? output.writing.fd() : errors.writing.fd()};
  launch.report = report.writing.fd();
  launch.seal = plan ? &*plan : nullptr;
  launch.go = go.reading.fd();
  launch.refusals = refusals.writing.fd();
  launch.notices = notices.writing.fd();
  const pid_t child = make_child(launch.seal);
  if (child < 0) return fail(could_not_start(spec, {plan ? SealStep::fork : SealStep::none, errno}));
  if (child == 0) run_child(launch);
  ::setpgid(child, child);  // both sides do it: whoever comes first, the group exists before it is killed
  for (File* ours : {&input.reading, &output.writing, &errors.writing, &report.writing, &go.reading, &refusals.writing, &notices.writing}) *ours = File();
  if (plan) let_go(child, *plan, go.writing);
  if (const SealFailure failure = exec_failure(report.reading)) {
    ::waitpid(child, nullptr, 0);
    return fail(could_not_start(spec, failure));
  }
  if (spec.merge_stderr) errors.reading = File();
  auto result = Conversation(spec, child, std::move(input.writing), std::move(output.reading), std::move(errors.reading), std::move(notices.reading)).run(stop);
  if (result && plan) result->refusals = read_refusals(refusals.reading);
  return result;
}

std::optional<Error> seal_obstacle(const SealSpec& spec) {
  ProcessSpec nothing;
  nothing.seal = spec;
  auto result = run_process(nothing);
  if (!result) return std::move(result).error();
  return std::nullopt;
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
