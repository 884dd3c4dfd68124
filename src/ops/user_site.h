// Where an installation goes if nobody said so: into the environment, or, where that cannot be written, into the user's own
// directory, as with pip. No I/O of its own.
#pragma once

#include <filesystem>
#include <functional>

#include "pipit/base/result.h"
#include "pipit/ops/options.h"
#include "pipit/python/interpreter.h"

namespace pipit::ops {

// Could a file be put there? What is not there yet would be made in the closest directory above.
bool could_write(std::filesystem::path directory);

// `is_enabled`: nothing (PYTHONNOUSERSITE) switches the user's directory off. `here` is what --root is relative to.
Result<bool> goes_to_user_site(const InstallOptions& options, const python::Interpreter& target, bool is_enabled, const std::filesystem::path& here,
                               const std::function<bool(const std::filesystem::path&)>& can_write);

}  // namespace pipit::ops
