// Layout: where absolute destinations lie, as a held directory (anchor) and a path beneath it. Scheme directories may be
// reached through links (lib64 -> lib, a linked site-packages): they are resolved once, here; below them nothing is.
#pragma once

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

class Layout {
 public:
  static Result<Layout> resolve(sys::Os& os, const Target& target);

  // Fails with outside-scheme.
  Result<Spot> locate(std::string_view absolute) const;
  // A scheme directory or one above it: never removed, never replaced.
  bool is_fixed(std::size_t anchor, std::string_view path) const;
  // Below purelib or platlib, where a link in place of a package is replaced as a link.
  bool is_in_site(std::size_t anchor, std::string_view path) const;

  const std::string& root() const { return root_; }          // real path
  bool root_exists() const { return root_exists_; }
  const std::vector<std::string>& anchors() const { return anchors_; }  // real paths; [0] is the root
  // Whose metadata a file would be: the *.dist-info directory directly below purelib or platlib that holds it, or "".
  std::string_view metadata_directory(const Spot& spot) const;
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

// No component of the path is empty, "." or ".."; no NUL.
bool is_plain(std::string_view path);

}  // namespace pipit::install
