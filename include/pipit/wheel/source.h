// WheelSource: a wheel file that lies in memory, proved before anything of it is unpacked: the zip's structure, its
// dist-info directory, METADATA and WHEEL against the file name, RECORD against the members, script names and data
// directories against what they must not replace. unpack() then writes the files and compares every one with its RECORD
// row while writing. It does not know environments, the store, or where the bytes came from.
//
// Ownership: refers to the archive's bytes, which must outlive it. Threads: open() and unpack() belong to one thread;
// unpack() spreads its work over the executor. Errors: everything found wrong is reported together (`also`).
// Rules: binary-distribution-format.rst; rows A20-A21, M1-M18, S1-S10 of the attack catalogue.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipit/archive/extractor.h"
#include "pipit/archive/zip_directory.h"
#include "pipit/base/diagnostics.h"
#include "pipit/packaging/filename.h"
#include "pipit/packaging/record.h"
#include "pipit/sys/dir.h"
#include "pipit/sys/worker_pool.h"
#include "pipit/wheel/install_wheel.h"
#include "pipit/wheel/manifest.h"

namespace pipit::wheel {

// RECORD is missing rows, has too many, or says something else than the files: `--allow bad-record:NAME`.
using packaging::kBadRecord;
// METADATA, WHEEL or the dist-info directory contradict the file name.
inline constexpr ErrorCode kWheelNameMismatch{"wheel-name-mismatch"};
inline constexpr ErrorCode kWheelTagMismatch{"wheel-tag-mismatch"};        // allowable
inline constexpr ErrorCode kWheelVersionUnsupported{"wheel-version-unsupported"};
inline constexpr ErrorCode kBadScriptName{"bad-script-name"};              // S1, S2
inline constexpr ErrorCode kBadEntryPoint{"bad-entry-point"};              // S4
inline constexpr ErrorCode kReplacesInterpreter{"replaces-interpreter"};   // S3, S8, S9: python, activate, pyvenv.cfg
inline constexpr ErrorCode kBadDataDirectory{"bad-data-directory"};        // S10
inline constexpr ErrorCode kForeignBytecode{"foreign-bytecode"};           // A21

// The ids that `allowances` ("bad-record:torch", as written after --allow) lift for a project.
std::vector<std::string> allowed_ids(const std::vector<std::string>& allowances, std::string_view project);

class WheelSource {
 public:
  // `filename` is what the archive is called where it was asked for. Warnings go to `diagnostics`.
  static Result<WheelSource> open(Bytes archive, std::string_view filename, const std::vector<std::string>& allowances,
                                  Diagnostics& diagnostics);
  // What is known before unpacking: everything but the files' mtimes (and, where bad-record is allowed, their hashes).
  const Manifest& manifest() const { return manifest_; }
  const packaging::WheelFilename& filename() const { return filename_; }
  std::uint64_t unpacked_size() const { return directory_.total_size(); }
  // The text of METADATA.
  const std::string& metadata_text() const { return metadata_text_; }

  // Writes every file below `tree`, an empty directory. Modes are pip's under the process's umask: 0666, or 0777 where
  // the archive has an execute bit. On failure the caller removes the tree.
  Result<Manifest> unpack(const sys::Dir& tree, sys::Executor& executor, archive::Engine engine = archive::Engine::fast,
                          archive::Flush flush = archive::Flush::later) const;

 private:
  friend class WheelOpener;
  WheelSource() = default;

  Bytes archive_;
  archive::ZipDirectory directory_;
  packaging::WheelFilename filename_;
  std::string metadata_text_;
  Manifest manifest_;
  std::vector<const archive::ZipMember*> members_;  // of manifest_.files, in their order
  std::vector<packaging::RecordRow> expected_;      // the row of each file; an empty hash where there is none
  bool record_may_lie_ = false;
};

}  // namespace pipit::wheel
