// What happens between clone and exec of a sealed child. Only async-signal-safe calls, no allocation, no destructors: the
// child is a copy of one thread of a program that has several.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sys/seal_plan.h"

namespace pipit::sys {

// Ends a child that never execs. Not _exit: a sanitizer's runtime stands in for that and flushes stdio first, and the buffers
// here are copies of the parent's.
[[noreturn]] void leave(int code);

// Where it went wrong, for the parent's message.
enum class SealStep : int { none, map, propagation, open, read_only, hide, show, write, devices, processes, fork, privileges, filter };
std::string_view words(SealStep step);

struct SealFailure {
  SealStep step = SealStep::none;
  int error = 0;
  explicit operator bool() const { return error != 0; }
};

// First process of the new namespaces: makes the view. Changes the fds in the plan.
SealFailure make_view(SealPlan& plan);
// The process that will exec: no new privileges, Landlock, seccomp. `listener_socket` gets the descriptor that reports refused
// calls, if the kernel has such a thing.
SealFailure give_up_rights(const SealPlan& plan, int listener_socket);

// A refused call as the first process reports it to the parent: small enough that a write to a pipe is never split.
struct RefusedCall {
  std::uint32_t number = 0, argument = 0;
};
// The first process, after it made the one that execs (`child`): answers refused calls, reaps orphans, ends with the child's
// code. When it ends the kernel kills whatever is left.
[[noreturn]] void stand_watch(int child, int listener_socket, int refusals);

std::string words(const RefusedCall& call);

}  // namespace pipit::sys
