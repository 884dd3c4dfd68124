#include "pipit/sys/interrupt.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

namespace pipit::sys {
namespace {

// A signal that was ignored when we were started (nohup) stays ignored.
sigset_t signals_to_catch() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    ::sigaction(number, nullptr, &action);
    if (action.sa_handler != SIG_IGN) sigaddset(&set, number);
  }
  return set;
}

constexpr int kPollMs = 1000;  // how long the end may take to be seen if the wake-up fails

}  // namespace

// The signals are blocked (threads started later inherit that) and read from a signalfd, so there is no handler, nothing
// global, and a second Ctrl-C is simply read and forgotten.
struct InterruptGuard::State {
  std::stop_source source;
  std::atomic<int> first_signal{0};
  std::atomic<bool> quitting{false};
  bool stay_quiet = false;
  sigset_t caught{}, mask_before{};
  struct sigaction pipe_before {}, file_size_before {};
  int signals_fd = -1, quit_fd = -1;
  std::thread reader;

  void read_signals() {
    std::array<pollfd, 2> waiting{{{signals_fd, POLLIN, 0}, {quit_fd, POLLIN, 0}}};
    while (!quitting && (::poll(waiting.data(), waiting.size(), kPollMs) <= 0 || waiting[1].revents == 0)) {
      signalfd_siginfo info{};
      if (waiting[0].revents == 0 || ::read(signals_fd, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) continue;
      int none = 0;
      first_signal.compare_exchange_strong(none, static_cast<int>(info.ssi_signo));
      source.request_stop();
    }
  }
};

InterruptGuard::InterruptGuard() : state_(std::make_unique<State>()) {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &state_->pipe_before);
  ::sigaction(SIGXFSZ, &ignore, &state_->file_size_before);  // a file-size limit is an error (EFBIG), not an end
  ::pthread_sigmask(SIG_BLOCK, nullptr, &state_->mask_before);
}

void InterruptGuard::watch() {
  if (state_->quit_fd >= 0) return;
  state_->caught = signals_to_catch();
  state_->quit_fd = ::eventfd(0, EFD_CLOEXEC);
  state_->signals_fd = ::signalfd(-1, &state_->caught, SFD_CLOEXEC | SFD_NONBLOCK);
  if (state_->quit_fd < 0 || state_->signals_fd < 0) return;  // then Ctrl-C ends us at once, which recovery survives
  ::pthread_sigmask(SIG_BLOCK, &state_->caught, nullptr);
  try {
    state_->reader = std::thread([state = state_.get()] { state->read_signals(); });
  } catch (const std::system_error&) {
    ::pthread_sigmask(SIG_SETMASK, &state_->mask_before, nullptr);
  }
}

InterruptGuard::~InterruptGuard() {
  if (state_->reader.joinable()) {
    state_->quitting = true;  // read by the thread at the latest when its poll times out, should the wake-up fail
    const std::uint64_t one = 1;
    while (::write(state_->quit_fd, &one, sizeof one) < 0 && errno == EINTR) continue;
    state_->reader.join();
  }
  drain();
  if (state_->signals_fd >= 0) ::close(state_->signals_fd);
  if (state_->quit_fd >= 0) ::close(state_->quit_fd);
  if (!state_->stay_quiet) ::pthread_sigmask(SIG_SETMASK, &state_->mask_before, nullptr);
  ::sigaction(SIGPIPE, &state_->pipe_before, nullptr);
  ::sigaction(SIGXFSZ, &state_->file_size_before, nullptr);
}

// What came after the last look was answered by finishing: unblocked, it would kill a run whose work is done.
void InterruptGuard::drain() const {
  signalfd_siginfo info{};
  while (state_->signals_fd >= 0 && ::read(state_->signals_fd, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) continue;
}

void InterruptGuard::stay_quiet() { state_->stay_quiet = true; }

std::stop_token InterruptGuard::token() const { return state_->source.get_token(); }

int InterruptGuard::signal() const { return state_->first_signal.load(); }

void block_broken_pipe_signal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace pipit::sys
