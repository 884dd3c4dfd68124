// Arrangement: what one transaction will do, decided in full before the first byte is written. Additions become units: a
// file that merges into a directory that is there, or a whole new directory with all that goes into it. Units and the
// removals' takes become the moves of the journal. Every conflict is found here, all of them at once. Reads only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "install/ground.h"
#include "install/journal.h"
#include "install/layout.h"
#include "pipit/base/text_pool.h"

namespace pipit::install {

// Of ten thousand files each has some fifty bytes here and no text of its own.
struct StagedFile {
  std::uint32_t addition = 0;
  std::uint32_t file = 0;                            // index into the image's files, or into `rewrites` if addition is kRewrite
  std::uint32_t move = 0;                            // it stands in new/MOVE, or is it
  std::uint32_t skip = 0;                            // how much of its path is the move's
  std::string_view directory, rest;                  // its path: below the move's anchor, and below that

  std::string path() const;                          // below new/
  void append_path(std::string& text) const;
};
inline constexpr std::uint32_t kRewrite = static_cast<std::uint32_t>(-1);

struct StagedDirectory {
  std::string path;                                  // below new/
  std::size_t file = 0;                              // the first one in it or below it: index into Arrangement::files
};

struct Arrangement {
  Journal journal;
  std::vector<StagedDirectory> directories;          // in the order of their files, parents first
  std::vector<StagedFile> files;
  std::vector<std::string_view> rewrites;            // what removals leave of files that lose a line; the stamp
  TextPool texts;                                    // of the files' directories
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
