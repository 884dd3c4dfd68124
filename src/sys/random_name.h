// A name that nobody can guess, for files and directories that are made beside others.
#pragma once

#include <string>
#include <string_view>

namespace pipit::sys {

std::string random_name(std::string_view prefix);

}  // namespace pipit::sys
