// The libraries behind this room, for `pipit --version --verbose` and bug reports.
#pragma once

#include <string>
#include <vector>

namespace pipit::archive {

// "libarchive 3.6.2", "liblzma 5.4.1", ..., "libdeflate 1.14".
std::vector<std::string> library_versions();

}  // namespace pipit::archive
