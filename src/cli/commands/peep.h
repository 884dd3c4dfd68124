// What peep says before it looks at its options.
#pragma once

#include <span>
#include <string>

namespace pipit::cli {

inline constexpr const char* kPeepWithoutFiles =
    "You have to specify one or more requirements files with the -r option, because\n"
    "otherwise there's nowhere for peep to look up the hashes.\n\n";

// Is there a -r with a FILE, in any spelling? For command lines that do not parse.
bool mentions_requirements_file(std::span<const std::string> words);

}  // namespace pipit::cli
