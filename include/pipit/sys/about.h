// What the program runs on, for `pipit --version --verbose`, the program as a file, and how it uses memory.
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

// At most two heaps for all threads, before any of them is started: glibc would give each of them its own, and what lies free in
// one is of no use to the others. And what is larger than a MiB goes back to the system when it is freed: by default that limit
// grows with the first large text, and every thread that has read an index page keeps room for another one to its end.
void share_heaps();

// Were we started with rights that our caller does not have (a setuid or setgid file, file capabilities)?
bool has_borrowed_rights();

}  // namespace pipit::sys
