// The text of generated scripts: first lines that start a given interpreter, and pip's wrappers for entry points. Pure.
#pragma once

#include <string>
#include <string_view>

#include "pipit/packaging/entry_points.h"

namespace pipit::wheel {

// The first line (or three) of a script that `interpreter` is to run. Where pip's form works it is pip's, byte for byte:
// "#!PATH" if the kernel takes it, else a line of sh that Python reads as a string. Paths that break pip's form (quotes,
// dollars, newlines ...) get one that works.
std::string shebang(std::string_view interpreter);

// What pip writes under the shebang: the lines of the last pip that runs on that Python (before 3.9 strings have no
// removesuffix). REQUIRES: a checked entry point (dotted identifiers).
std::string wrapper(const packaging::EntryPoint& script, std::string_view interpreter, int python_major, int python_minor);

// `content` with its "#!python..." line replaced by "#!INTERPRETER" (pip's rule: no sh trick, arguments are lost).
std::string with_interpreter(std::string_view content, std::string_view interpreter);

}  // namespace pipit::wheel
