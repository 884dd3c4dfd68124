// One spelling for "call again if a signal came in between". Calls of Os return -errno.
#pragma once

#include <cerrno>

namespace pipit::sys {

template <class Call>
auto retry_eintr(Call call) {
  for (;;) {
    auto value = call();
    if (value != -EINTR) return value;
  }
}

}  // namespace pipit::sys
