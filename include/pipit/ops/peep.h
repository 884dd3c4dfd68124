// peep's verbs (its version 3.1.2, whose holes are closed: docs/peep.md): hash lines, the way to --hash, and an install that
// accepts nothing whose hash was not written down. What is printed is peep's own text, made here; cli chooses stream and exit
// code. One run, one thread; errors are values.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/ops/install.h"
#include "pipit/ops/options.h"
#include "pipit/ops/session.h"

namespace pipit::ops {

inline constexpr ErrorCode kNotForPeep{"not-for-peep"};

// "# sha256: <43 characters>" of a file.
Result<std::string> peep_hash_line_of(const std::filesystem::path& path);

// peep files in pip's syntax: flattened, hashes as --hash options. Fails with everything that cannot be carried over.
Result<std::string> peep_port(const std::vector<std::string>& files, Session& session);

struct PeepOutcome {
  bool installable = false;               // false: something is wrong with a requirement, nothing was touched
  std::vector<InstalledName> installed;   // sorted
  std::string report;                     // for standard output, last
};
// Checks every requirement of every file, then installs all of them, without dependencies, in one transaction. Each file is
// read with the options given plus its own. Fails (rather than reports) only where no requirement is to blame: no target, a
// destination that may not be written, a transaction that did not succeed.
Result<PeepOutcome> peep_install(const InstallOptions& options, Session& session);

}  // namespace pipit::ops
