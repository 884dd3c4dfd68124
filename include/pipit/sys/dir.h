// Dir: a directory held by descriptor. All names are relative and beneath it: "..", absolute names and symlinks in any
// component are refused by the kernel (openat2) or by hand, so a planted symlink is never followed. One Dir may be used
// from several threads for reading and creating different names.
#pragma once

#include <string>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/sys/file.h"

namespace pipit::sys {

class Dir {
 public:
  Dir() = default;
  // Follows links in `path` itself once (an environment may be reached through a link), then holds it by descriptor.
  static Result<Dir> open(Os& os, const std::filesystem::path& path);

  Result<Dir> open_dir(const std::string& name) const;            // beneath, no symlinks
  Result<Dir> reopen() const;                                     // the same directory once more
  Result<File> open_read(const std::string& name) const;
  Result<File> create(const std::string& name, mode_t mode) const;  // O_CREAT|O_EXCL|O_WRONLY
  Status write_file(const std::string& name, std::string_view content, mode_t mode) const;  // create + write_all + close
  Result<std::string> read_file(const std::string& name, std::uint64_t size_max_bytes) const;
  Status make_dir(const std::string& name, mode_t mode = 0777) const;             // fails if it exists
  Status make_dirs(const std::string& name, mode_t mode = 0777) const;            // all missing parents, existing is fine
  Status rename(const std::string& from, const Dir& to_dir, const std::string& to, unsigned flags = 0) const;
  Status link(const std::string& from, const Dir& to_dir, const std::string& to) const;
  Status symlink(const std::string& target, const std::string& name) const;
  Status remove_file(const std::string& name) const;
  Status remove_dir(const std::string& name) const;
  Status remove_tree(const std::string& name) const;              // never follows links; absent is fine
  Result<std::optional<FileStat>> stat(const std::string& name) const;  // lstat; nullopt if absent
  Result<std::string> read_link(const std::string& name) const;
  Result<std::vector<DirEntry>> list() const;                     // sorted by name
  Status sync() const;                                            // fsync of the directory
  Status sync_file_system() const;                                // syncfs
  Result<std::uint64_t> free_bytes() const;

  const std::filesystem::path& path() const { return path_; }     // for messages only
  int fd() const { return file_.fd(); }
  Os& os() const { return file_.os(); }
  explicit operator bool() const { return static_cast<bool>(file_); }

 private:
  File file_;
  std::filesystem::path path_;
};

}  // namespace pipit::sys
