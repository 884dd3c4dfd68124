// Manifest: what an unpacked wheel holds, written once when it is unpacked and verified, read instead of walking the tree.
// Paths are the archive's (validated: relative, no "..", no control characters, no case collisions). Plain value with one
// binary form of its own (versioned, checksummed); reading it never trusts a length. The texts of files, directories and
// rows are views into `texts`, which copies share: a wheel of ten thousand files is read with a handful of allocations.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/base/text_pool.h"
#include "pipit/packaging/entry_points.h"
#include "pipit/packaging/metadata.h"
#include "pipit/packaging/record.h"
#include "pipit/packaging/tags.h"

namespace pipit::wheel {

inline constexpr ErrorCode kBadManifest{"bad-manifest"};

struct ManifestFile {  // a regular file below the tree
  std::string_view path;    // in the archive
  std::uint64_t size = 0;
  bool executable = false;
  std::string_view record_hash;  // "sha256=..." of the bytes as unpacked
  std::int64_t mtime_ns = 0;  // of the unpacked file in the store: a later change is noticed (together with size)
};

// A file of .data/scripts whose first line is to name the target's interpreter: it is rewritten, never linked.
struct PythonScript {
  std::string path;     // in the archive
  std::string content;  // as unpacked, "#!python..." included
};

struct Manifest {
  std::string filename;                      // of the wheel
  std::string archive_sha256;                // hex; key of the store
  std::string name, version;                 // as METADATA writes them
  std::string dist_info;                     // directory name, e.g. "foo-1.0.dist-info"
  bool root_is_purelib = true;
  std::vector<std::string_view> directories;  // parents first
  std::vector<ManifestFile> files;           // by path; RECORD itself is not among them
  std::vector<packaging::RecordRowView> record;  // the wheel's own rows, as written; sorted
  std::vector<packaging::EntryPoint> scripts;  // console_scripts and gui_scripts, names and values checked
  std::vector<packaging::Tag> tags;
  std::string requires_python;               // "" if absent
  std::vector<std::string> requires_dist;    // as written
  std::vector<std::string> provides_extra;
  std::vector<PythonScript> python_scripts;
  std::vector<std::string> allowances;       // ids that had to be allowed for this wheel to pass ("bad-record")
  std::shared_ptr<const TextPool> texts;

  std::string to_bytes() const;
  static Result<Manifest> from_bytes(std::string bytes);
};

}  // namespace pipit::wheel
