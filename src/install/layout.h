// Layout: where absolute destinations lie, as a held directory (anchor) and a path beneath it. Scheme directories may be
// reached through links (lib64 -> lib, a linked site-packages): they are resolved once, here; below them nothing is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/install/transaction.h"
#include "pipit/sys/dir.h"

namespace pipit::install {

struct Spot {
  std::size_t anchor = 0;
  std::string path;  // relative, plain
  friend auto operator<=>(const Spot&, const Spot&) = default;
};

// "DIRECTORY/REST", or "REST" if the directory is the anchor itself.
void append_joined(std::string& text, std::string_view directory, std::string_view rest);

class Layout {
 public:
  static Result<Layout> resolve(sys::Os& os, const Target& target);

  // Fails with outside-scheme.
  Result<Spot> locate(std::string_view absolute) const;
  // What is true of all files below a directory, so that it need be asked only once: where they lie, but for those below the
  // `inner` ones, which are scheme directories themselves; and whether they lie directly in purelib or platlib. Empty if the
  // directory is not a scheme's or below one.
  struct Region {
    Spot spot;
    bool is_site = false;
    std::vector<std::string> inner;  // below the directory, without a slash in front
    bool covers(std::string_view rest) const;
  };
  std::optional<Region> region(std::string_view directory) const;
  // A scheme directory or one above it: never removed, never replaced.
  bool is_fixed(std::size_t anchor, std::string_view path) const;
  // Below purelib or platlib, where a link in place of a package is replaced as a link.
  bool is_in_site(std::size_t anchor, std::string_view path) const;

  const std::string& root() const { return root_; }          // real path
  bool root_exists() const { return root_exists_; }
  const std::vector<std::string>& anchors() const { return anchors_; }  // real paths; [0] is the root
  // Whose metadata a file would be: the *.dist-info directory directly below purelib or platlib that holds it, or "".
  std::string_view metadata_directory(const Spot& spot) const;
  static std::string_view metadata_directory_in_site(std::string_view rest);
  std::string shown(const Spot& spot) const;

 private:
  struct Directory {
    std::string prefix;  // as the images spell it
    Spot spot;
    bool site = false;
  };
  Status add_directory(const std::string& directory, bool site);

  std::string root_;
  bool root_exists_ = false;
  std::vector<std::string> anchors_;
  std::vector<Directory> directories_;  // longest prefix first
};

}  // namespace pipit::install
