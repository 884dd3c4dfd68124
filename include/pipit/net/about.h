// The libraries behind this room, for `pipit --version --verbose` and bug reports.
#pragma once

#include <string>
#include <vector>

namespace pipit::net {

// "libcurl 7.88.1", "OpenSSL 3.0.22", ...: what runs, not what was compiled against. The roots inside the program come last.
std::vector<std::string> library_versions();

}  // namespace pipit::net
