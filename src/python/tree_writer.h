// TreeWriter: changes below one directory that can be taken back. Every change is noted before the next one is made; if
// commit() is not reached, the destructor undoes them in reverse order. Never follows a link: names are beneath the Dir.
// Owns nothing but its notes; one thread.
#pragma once

#include <string>
#include <vector>

#include "pipit/sys/dir.h"

namespace pipit::python {

class TreeWriter {
 public:
  explicit TreeWriter(sys::Dir root) : root_(std::move(root)) {}
  TreeWriter(const TreeWriter&) = delete;
  TreeWriter& operator=(const TreeWriter&) = delete;
  ~TreeWriter();

  const sys::Dir& root() const { return root_; }
  Status make_dirs(const std::string& name);  // existing directories are kept
  // New, or in place of the file or link of that name. Equal content is left alone.
  Status put_file(const std::string& name, const std::string& content);
  Status put_link(const std::string& name, const std::string& target);
  // Moves everything that is in the directory aside; commit() removes it.
  Status set_contents_aside();
  Status commit();

 private:
  struct Change {
    enum class Kind { made_file, made_dir, replaced, moved } kind;
    std::string name, kept_as;
  };
  Result<std::string> free_name(const std::string& base) const;
  Status put(const std::string& name, const std::string& beside);
  void undo(const Change& change);

  sys::Dir root_;
  std::vector<Change> changes_;
  std::string aside_;  // name of the directory that holds the old contents
};

}  // namespace pipit::python
