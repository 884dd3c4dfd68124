// Arrangement: what one transaction will do, decided in full before the first byte is written. Additions become units: a
// file that merges into a directory that is there, or a whole new directory with all that goes into it. Units and the
// removals' takes become the moves of the journal. Every conflict is found here, all of them at once. Reads only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "install/ground.h"
#include "install/journal.h"
#include "install/layout.h"

namespace pipit::install {

struct StagedFile {
  std::size_t addition = 0;
  std::size_t file = 0;                              // index into the image's files, or into `rewrites` if addition is kRewrite
  const wheel::ManifestFile* source = nullptr;       // null: content is given
  std::string path;                                  // below new/
};
inline constexpr std::size_t kRewrite = static_cast<std::size_t>(-1);

struct StagedDirectory {
  std::string path;                                  // below new/
  std::size_t file = 0;                              // the first one in it or below it: index into Arrangement::files
};

struct Arrangement {
  Journal journal;
  std::vector<StagedDirectory> directories;          // in the order of their files, parents first
  std::vector<StagedFile> files;
  std::vector<wheel::ImageFile> rewrites;            // what removals leave of files that lose a line
};

struct ArrangementInput {
  const Target& target;
  const TransactionOptions& options;
  const Layout& layout;
  const std::vector<RemovalSet>& removals;
  const std::vector<Addition>& additions;
};

Result<Arrangement> arrange(const ArrangementInput& input, Ground& ground, Diagnostics& diagnostics);

}  // namespace pipit::install
