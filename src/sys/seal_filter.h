// The two filters of a sealed process: system calls that no build needs (seccomp) and, once more, writing outside its own
// directories (Landlock). Async-signal-safe, except for words().
#pragma once

#include <cstdint>

#include "sys/seal_plan.h"

namespace pipit::sys {

// Nothing if the kernel has no Landlock: the mounts say the same.
void restrict_writing(const SealPlan& plan);
// False with errno if the filter could not be installed; true with listener -1 where none is made for this processor.
bool filter_calls(bool network, int& listener);

// Of a call the filter refused: what the caller is told, and the argument that says what was wanted.
int refusal_errno(int number);
std::uint32_t reported_argument(int number, const unsigned long long* arguments);

}  // namespace pipit::sys
