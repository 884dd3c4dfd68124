// The surroundings of a back end: its variables, and the seal around it.
#pragma once

#include "pipit/build/sdist_builder.h"

namespace pipit::build {

// What it needs of ours, without what would steer Python or give away secrets; sealed, with a home and a temporary
// directory of its own.
std::vector<std::pair<std::string, std::string>> process_environment(const BuildOptions& options, const BuildEnvironment& where);
// options.seal, and what this project may write to. Makes the private directories.
Result<std::optional<sys::SealSpec>> seal_for(const Project& project, const BuildEnvironment& where, const BuildOptions& options);

}  // namespace pipit::build
