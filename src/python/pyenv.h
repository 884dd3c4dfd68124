// pyenv's shims: shell scripts on PATH that stand for an interpreter. Which one is decided by pyenv's own files and
// variables (PYENV_VERSION, .python-version upwards, ROOT/version), read here, so that no shim has to be run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "pipit/python/interpreter.h"

namespace pipit::python {

// The root a shim script names: `export PYENV_ROOT="/x"`. Nullopt if the text is no pyenv shim.
std::optional<std::string> pyenv_root_of_shim(std::string_view script);
// The interpreter `name` ("python3") that pyenv would start, if its files tell.
std::optional<std::filesystem::path> pyenv_choice(const std::filesystem::path& root, std::string_view name,
                                                  const std::filesystem::path& current_directory, const InspectOptions& options);

}  // namespace pipit::python
