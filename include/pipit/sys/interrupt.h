// InterruptGuard: turns SIGINT, SIGTERM and SIGHUP into request_stop() on an ordinary thread (never from the handler).
// One guard per process, owned by main(); signal() tells which came first, so that main can end with 130 or 143.
// SIGPIPE is ignored while the guard lives; until watch() is called the other signals end the process as they always do, so
// that what only prints pays for no thread.
#pragma once

#include <memory>
#include <stop_token>

namespace pipit::sys {

class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  void watch();  // from here on; once is enough
  std::stop_token token() const;
  int signal() const;  // 0 if none came
  // The process is about to end: what comes from here on stays pending, so that its exit code tells what it did.
  void stay_quiet();

 private:
  void drain() const;
  struct State;
  std::unique_ptr<State> state_;
};

// For a thread that writes to sockets through a library: a peer that has gone is then an error, not a signal. Lasts as long
// as the calling thread; threads it starts inherit it.
void block_broken_pipe_signal();

}  // namespace pipit::sys
