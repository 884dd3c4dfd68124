// From facts about a base to the Interpreter of one target. No decisions about which file is asked; no disk but what
// describes the target itself (libc, EXTERNALLY-MANAGED, *.pth).
#pragma once

#include "python/located.h"

namespace pipit::python {

// What the binary and the kernel say.
struct MachineFacts {
  sys::Uname uname;
  std::string architecture;  // as a tag spells it
  bool arm_hard_float = true;
  packaging::Libc libc = packaging::Libc::none;
  int libc_major = 0, libc_minor = 0;
};
MachineFacts machine_facts(const ElfFile& elf, const sys::Uname& uname);

Interpreter assemble(const Located& located, const BaseFacts& base, const MachineFacts& machine, const InspectOptions& options);

// The value of an environment variable, "" if it is not set.
std::string variable(const InspectOptions& options, std::string_view name);

}  // namespace pipit::python
