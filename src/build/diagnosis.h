// What a failed build looks like to a person: the step, the exit code, the end of the output, and what may help.
#pragma once

#include "pipit/build/sdist_builder.h"
#include "pipit/sys/process.h"

namespace pipit::build {

// `more`: further output, where the driver kept it from the screen.
Error diagnose_failure(const Project& project, const std::string& step, const sys::ProcessResult& result, const std::string& more, const BuildOptions& options);
// "a network socket (2 times), ptrace"
std::string in_words(const std::vector<sys::SealRefusal>& refusals);

}  // namespace pipit::build
