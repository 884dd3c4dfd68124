// The library behind this room, for `pipit --version --verbose` and bug reports.
#pragma once

#include <string>

namespace pipit::packaging {

std::string toml_library_version();  // "toml++ 3.3.0"

}  // namespace pipit::packaging
