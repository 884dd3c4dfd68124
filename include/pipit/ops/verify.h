// verify: is every installed file what its RECORD says, and, given requirements files with hashes, does every project come
// from an archive that was promised? Changes nothing, asks no index.
//
// What an archive was is told by direct_url.json (URLs and files), by the store (if the promised archive lies unpacked there,
// the installed RECORD must list its files with its digests), or by the environment's stamp (install/stamp.h says what that
// proves and what not). The store's word outweighs the stamp's. Where none can tell, pipit did not install the project: it is
// `unproved`, which is a finding: an unproved environment is not a verified one.
#pragma once

#include <string>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/install/verify_environment.h"
#include "pipit/ops/options.h"
#include "pipit/ops/session.h"

namespace pipit::ops {

struct ArchiveFinding {
  enum class Kind {
    not_installed,
    other_version,   // installed, but the specifiers do not admit the version
    other_archive,   // known to come from something else
    unproved,
    no_hash,         // the file promises no hash for a project; an error only where some line does
  };
  Kind kind;
  std::string requirement;  // as written
  std::string place;        // "-r requirements.txt (line 3)"
  std::string detail;       // completes "demo==1.0: ..."
};

struct VerifyReport {
  install::Verification environment;
  std::vector<ArchiveFinding> archives;
  std::size_t archives_proved = 0;
  std::size_t archives_proved_by_stamp = 0;  // of these: nothing but the stamp says so
  bool is_clean() const { return environment.is_clean() && archives.empty(); }
};

// Of `options`, the requirement and constraint files count.
Result<VerifyReport> verify_installed(const ResolveOptions& options, Session& session);
// An object with "clean", counts, "findings" and "archives"; indented.
std::string verify_json(const VerifyReport& report);

// "missing", "changed", "unreadable", "extra", "no-record".
std::string_view kind_name(install::Finding::Kind kind);
std::string_view kind_name(ArchiveFinding::Kind kind);

}  // namespace pipit::ops
