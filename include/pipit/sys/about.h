// What the program runs on, for `pipit --version --verbose`, and the program as a file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace pipit::sys {

// "glibc 2.36", "libstdc++ 12".
std::vector<std::string> runtime_versions();

// A path under which the running program's own bytes can be read: the kernel's name for them, which stays true when the file
// was replaced meanwhile, or without /proc the path that was executed. Empty if the system tells neither.
std::filesystem::path own_program();

// Were we started with rights that our caller does not have (a setuid or setgid file, file capabilities)?
bool has_borrowed_rights();

}  // namespace pipit::sys
