// SourceTree: the tree that a source archive would make, in memory. Every path is judged against it before anything is
// written: nothing goes through a link, and links must stay inside (PEP 721; rows T1-T3 of the attack catalogue).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipit/base/result.h"

namespace pipit::archive {

class SourceTree {
 public:
  enum class Kind { directory, file, link };
  explicit SourceTree(std::string_view filename) : filename_(filename) {}

  // "./a//b/" -> "a/b"; "" for the root itself. Fails for names that lead outside or are no names.
  Result<std::string> clean(std::string_view name) const;
  // Notes a member; parents become directories. Fails if a parent is a link or a file, or the kinds differ.
  // True if the path is there already.
  Result<bool> add(const std::string& path, Kind kind);
  Status add_link(const std::string& path, const std::string& target);
  bool is_file(const std::string& path) const;
  // The one top directory of all, or "".
  std::string common_top() const;
  // Every link resolved over the tree must stay inside it (inside `top` if that will be taken off).
  Status check_links(const std::string& top) const;
  const std::vector<std::pair<std::string, std::string>>& links() const { return links_; }

 private:
  Error error(ErrorCode code, std::string_view path, std::string_view text) const;
  Status check_link(const std::string& path, const std::string& target, const std::string& top) const;
  const std::string* target_of(const std::string& path) const;

  std::string_view filename_;
  std::map<std::string, Kind> kinds_;
  std::map<std::string, std::string> targets_;
  std::vector<std::pair<std::string, std::string>> links_;  // in archive order
};

}  // namespace pipit::archive
