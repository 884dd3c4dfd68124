// Asking an interpreter about itself, the last resort: it is run once with -I -S and a small script, for at most ten
// seconds, and the answer is remembered in a cache directory under path, inode, mtime and size. A cache that others can
// write to is neither read nor written. Wraps the interpreter; JSON stays inside.
#pragma once

#include "python/base_facts.h"

namespace pipit::python {

// `why`: the doubt that made asking necessary, for the message when it fails.
Result<BaseFacts> ask_interpreter(const std::filesystem::path& executable, const InspectOptions& options, std::string_view why);
// Runs whatever `script` is (a pyenv shim) and returns the path of the interpreter that answered. Never cached: the answer
// depends on the directory and the environment.
Result<std::filesystem::path> executable_behind(const std::filesystem::path& script, const InspectOptions& options);
// The answer as JSON text -> facts (for the cache, and for tests).
Result<BaseFacts> parse_answer(std::string_view json, const std::filesystem::path& executable);

}  // namespace pipit::python
