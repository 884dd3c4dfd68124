// Runs a program that talks to the user itself (an editor): our standard streams, our process group, no time limit.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "pipit/base/result.h"

namespace pipit::sys {

// `program` is absolute. Returns its exit code (128 + signal if it was killed); fails with process-failed if it cannot be
// started. Interrupts from the terminal reach it as well as us.
Result<int> run_attached(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                         const std::vector<std::pair<std::string, std::string>>& environment);

}  // namespace pipit::sys
