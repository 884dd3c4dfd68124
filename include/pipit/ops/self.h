// self: the program as a file. It can prove what it is, and copy itself into a repository together with a script that checks
// it before it runs: the root of a chain of trust that begins with what was committed.
#pragma once

#include <filesystem>
#include <string>

#include "pipit/base/result.h"
#include "pipit/sys/os.h"

namespace pipit::ops {

inline constexpr ErrorCode kSelfUnreadable{"self-unreadable"};
inline constexpr ErrorCode kNotOurs{"not-ours"};

// Lower-case hex SHA-256 of the running program's own bytes, whatever lies under its name by now.
Result<std::string> own_digest();

struct EmbeddedSelf {
  std::filesystem::path program, script;
  std::string sha256;
  bool needs_libraries = false;  // a developer's build: it runs only where its shared libraries are
};

// Writes DIRECTORY/pipit and DIRECTORY/bootstrap.sh, making the directory if need be. Older ones that were made by this
// function are replaced, each at once; a bootstrap.sh of somebody else is refused, and then nothing is written. The program
// comes first: after an interruption the script refuses it rather than believing it.
Result<EmbeddedSelf> embed_self(const std::filesystem::path& directory, sys::Os& os);

}  // namespace pipit::ops
