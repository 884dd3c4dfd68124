// Stamp: which archive each project of an environment came from, kept as ENV/.pipit/stamp and changed by the transaction
// that changes the environment, so both are old or both are new.
//
//   stamp = "pipit-stamp 1" LF { NAME SP VERSION SP DIST-INFO SP RECORD-SHA256 { SP ALGORITHM:HEX } LF } SHA256-OF-ALL-BEFORE LF
//
// What it proves: pipit put these files here out of that archive, and they are as it put them. An entry counts only while the
// RECORD beside it is, byte for byte, the one that was written then, and RECORD speaks for the files; so whatever pip, uv, an
// editor or a failing disk do afterwards is seen. What it cannot prove: that nobody who may write to the environment wrote a
// stamp of his own. No secret protects it: whoever runs pipit could read it as well. So it is believed only where no more
// people can write it than can write the environment, what the cache knows of the archive always outweighs it, and whoever
// reports a proof says that it rests on the stamp.
//
// Values. Reading touches the disk through the Os given; nothing here writes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/packaging/hash.h"
#include "pipit/sys/os.h"

namespace pipit::install {

inline constexpr ErrorCode kBadStamp{"bad-stamp"};

struct Stamped {
  std::string name;              // normalised
  std::string version;
  std::string dist_info;         // name of the directory
  std::string record_sha256;     // hex, of the RECORD file
  packaging::Hashes archive;     // of what the index or the user offered: of the sdist where the wheel was built from one
  friend bool operator==(const Stamped&, const Stamped&) = default;
};

struct Stamp {
  std::vector<Stamped> projects;  // by name

  const Stamped* find(std::string_view dist_info) const;
  std::string to_bytes() const;   // "" if there are no projects
  // Fails with bad-stamp for anything that to_bytes() did not write.
  static Result<Stamp> from_bytes(std::string_view bytes);
};

// The stamp of the environment at `root`; an empty one if there is none. Fails with bad-stamp, saying why, if it is damaged, is
// no regular file, or somebody could have written it (or its folder) who may not write to the environment itself.
Result<Stamp> read_stamp(sys::Os& os, const std::filesystem::path& root);

}  // namespace pipit::install
