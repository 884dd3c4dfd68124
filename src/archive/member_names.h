// Which member names are safe, one by one and together. The rules are the same on every system, so that an archive means
// the same tree everywhere: what a case-insensitive or a Windows file system would confuse is refused here too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "archive/problems.h"
#include "pipit/archive/zip_directory.h"

namespace pipit::archive {

struct NameProblem {
  ErrorCode code;
  std::string_view text;  // follows the member's name in a sentence
};
// Returns nullopt for a good name: relative, normal, portable, printable UTF-8. A directory's name ends in "/".
std::optional<NameProblem> check_name(std::string_view name, bool directory, const ZipLimits& limits);

// The names of one archive: no two of them may be one file, and no file may be a directory.
class NameSet {
 public:
  // Reports to `problems` what `name` collides with. Names are kept by view.
  void add(std::string_view name, bool directory, std::uint64_t offset, Problems& problems);

 private:
  struct Entry {
    std::string_view name;
    bool directory = false, listed = false;  // listed: has its own header, not only implied by a longer name
    bool told = false;                       // that its spellings differ
  };
  // A directory that is there already, spelled otherwise.
  static void compare_spelling(Entry& known, std::string_view name, std::uint64_t offset, Problems& problems);
  void add_parents(std::string_view name, std::uint64_t offset, Problems& problems);
  std::unordered_map<std::string, Entry> entries_;  // by collision key
  std::string_view last_parent_;
};

}  // namespace pipit::archive
