// Ground: what stands in the environment once the removals are through. A directory all of whose files are removed counts
// as removed itself, so that taking it away is one rename, and so that the new version's directory can be put as one.
// Reads the disk, each directory at most once; remembers what it saw, so that a later change can be noticed.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "install/layout.h"

namespace pipit::install {

class Ground {
 public:
  enum class Kind { missing, directory, link, other };

  static Result<Ground> open(sys::Os& os, const Layout& layout);
  void remove(const Spot& file);

  // The renames that take the removed files away: whole directories where possible. Call once all removals are known.
  Result<std::vector<Spot>> takes();
  // After takes(): what is at this path, not counting what is removed. All components but the last must be directories.
  Result<Kind> at(std::size_t anchor, const std::string& path);
  bool is_removed(std::size_t anchor, const std::string& path) const;

  // Fails with environment-changed if a directory that takes() gives away whole has another content by now.
  Status check_unchanged() const;
  const sys::Dir& anchor(std::size_t index) const { return anchors_[index]; }

 private:
  struct Seen {
    Spot directory;
    std::int64_t mtime_ns;
    std::uint64_t inode;
  };
  Result<bool> is_wholly_removed(std::size_t anchor, const std::string& directory, int depth);
  Result<sys::Dir*> parent_of(std::size_t anchor, const std::string& path);
  Result<bool> look_inside(std::size_t anchor, const std::string& directory, int depth);

  const Layout* layout_ = nullptr;
  std::vector<sys::Dir> anchors_;  // without a directory if the root is not there yet
  std::vector<std::unordered_set<std::string>> files_, units_;
  std::vector<std::unordered_map<std::string, bool>> wholly_;
  std::vector<std::unordered_map<std::string, Kind>> known_;
  std::vector<Seen> seen_;
  struct Held {
    std::size_t anchor;
    std::string path;
    sys::Dir dir;
  };
  std::optional<Held> held_;  // the directory that was looked into last: neighbours are asked for one after the other
};

}  // namespace pipit::install
