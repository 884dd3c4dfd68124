// Seal: a process that is started sealed sees the machine read-only, writes only where it is told to, has an empty home and
// temporary directory, no network, no other processes, and cannot gain privileges; nothing it starts outlives it. Made of
// Linux namespaces (user, mount, pid, ipc, uts, net), Landlock and seccomp, whichever of the last two the kernel has; without
// the namespaces nothing is sealed, and seal_obstacle() says why. Set ProcessSpec::seal to use it.
//
// It does not know what is built, nor which directories hold secrets: the caller names them. Paths are absolute; those that
// do not exist are passed over. Plain values; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipit/base/error.h"

namespace pipit::sys {

inline constexpr ErrorCode kCannotSeal{"cannot-seal"};

struct SealSpec {
  std::vector<std::filesystem::path> writable;  // directories; seen under their own names
  std::vector<std::filesystem::path> visible;   // seen (read-only) although they lie below a hidden one
  std::vector<std::filesystem::path> hidden;    // directories appear empty, files appear empty
  bool network = false;                         // the machine's network, and sockets of the internet families
};

// What was tried and refused, in words ("network socket"), and how often.
struct SealRefusal {
  std::string what;
  std::uint32_t times = 0;
  friend bool operator==(const SealRefusal&, const SealRefusal&) = default;
};

// nullopt: processes can be sealed so here. Tries it (some milliseconds), without running a program.
std::optional<Error> seal_obstacle(const SealSpec& spec);

}  // namespace pipit::sys
