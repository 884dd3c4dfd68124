// What uname(2) says about the running kernel, as a value. personality(2) (`linux32`) changes the machine.
#pragma once

#include <string>

namespace pipit::sys {

struct Uname {
  std::string system, release, version, machine;
  friend bool operator==(const Uname&, const Uname&) = default;
};
Uname uname();

}  // namespace pipit::sys
