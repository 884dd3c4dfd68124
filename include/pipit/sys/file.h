// Files: an owned descriptor, whole-file reads and writes, mappings, atomic replacement. Errors carry os_errno and name
// the path. Everything that writes goes through an Os (os.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "pipit/base/result.h"
#include "pipit/base/sink.h"
#include "pipit/sys/os.h"

namespace pipit::sys {

inline constexpr ErrorCode kOsError{"os-error"};          // any failed system call; os_errno tells which
inline constexpr ErrorCode kFileNotFound{"file-not-found"};
inline constexpr ErrorCode kNotARegularFile{"not-a-regular-file"};
inline constexpr ErrorCode kFileTooLarge{"file-too-large"};

// pip's form of an OSError: "[Errno 2] No such file or directory: 'x'".
std::string errno_text(int error_number, std::string_view path);
Error os_error(int error_number, std::string_view doing, std::string_view path);
// Does the error say that nothing is there (or that it is no regular file), rather than that it could not be read?
bool is_absent(const Error& error);

// An owned descriptor; closes on destruction (close errors are reported only by close()).
class File {
 public:
  File() = default;
  File(Os& os, int fd) : os_(&os), fd_(fd) {}
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();
  static Result<File> open_read(Os& os, const std::filesystem::path& path);

  int fd() const { return fd_; }
  Os& os() const { return *os_; }
  explicit operator bool() const { return fd_ >= 0; }
  Status write_all(Bytes bytes);                                   // loops over short writes and EINTR
  Result<std::string> read_all(std::uint64_t size_max_bytes);      // from the current offset
  Result<std::string> read_all(const struct stat& info, std::uint64_t size_max_bytes);  // for who has asked stat() already
  Result<struct stat> stat() const;
  Status sync();
  Status close();                                                  // reports EIO, ENOSPC
  int release();

 private:
  Os* os_ = nullptr;
  int fd_ = -1;
};

// A read-only mapping of a whole regular file. An empty file maps to an empty view.
class MappedFile {
 public:
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();
  static Result<MappedFile> open(const std::filesystem::path& path);
  static Result<MappedFile> map(const File& file);
  Bytes bytes() const { return {data_, size_}; }
  std::string_view text() const { return as_text(bytes()); }
  void let_go() const;  // what was looked at need not stay in memory; it comes back when it is looked at

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// Refuses directories, FIFOs and devices (kNotARegularFile), and more than size_max_bytes (kFileTooLarge).
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t size_max_bytes = 256u << 20);
// Writes beside (O_EXCL, random name, O_NOFOLLOW), then renames over `path`.
Status replace_file(Os& os, const std::filesystem::path& path, std::string_view content, mode_t mode = 0666);
// For a file that a person named, as the shell's `>` does it: links are followed, pipes and devices are written to, and a file that
// is there keeps its place, owner and mode. It is overwritten before it is cut, so that its blocks need not be given back.
Status write_output(Os& os, const std::filesystem::path& path, std::string_view content);

struct FileStat {
  enum class Kind { regular, directory, symlink, other } kind = Kind::other;
  std::uint64_t size = 0;
  std::uint32_t mode = 0;  // permission bits
  std::uint32_t uid = 0;
  std::uint64_t device = 0, inode = 0;
  std::int64_t mtime_ns = 0, ctime_ns = 0;
};
enum class Follow { no, yes };
// Returns nullopt if nothing is there (or a parent is no directory).
Result<std::optional<FileStat>> stat_path(const std::filesystem::path& path, Follow follow = Follow::yes);
bool exists(const std::filesystem::path& path);
bool is_directory(const std::filesystem::path& path);
bool is_regular_file(const std::filesystem::path& path);
bool is_executable(const std::filesystem::path& path);  // regular, and we may run it (access X_OK)
bool is_writable(const std::filesystem::path& path);    // access W_OK
Result<std::vector<DirEntry>> list_directory(const std::filesystem::path& path);  // sorted by name
Result<std::string> read_link(const std::filesystem::path& path);

std::filesystem::path current_directory();
std::filesystem::path absolute(const std::filesystem::path& path);   // against the current directory, lexically normal; links kept
Result<std::filesystem::path> real_path(const std::filesystem::path& path);
Status make_directories(const std::filesystem::path& path, mode_t mode = 0777);
Status remove_tree(const std::filesystem::path& path);  // never follows links; absent is fine

// A private (0700, random name) directory that disappears with its owner.
class TempDir {
 public:
  TempDir() = default;
  TempDir(TempDir&& other) noexcept;
  TempDir& operator=(TempDir&& other) noexcept;
  ~TempDir();
  // In `parent`, or in $TMPDIR or /tmp when parent is empty.
  static Result<TempDir> create(const std::filesystem::path& parent, std::string_view prefix);
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path release();  // keep it

 private:
  std::filesystem::path path_;
};

std::string random_name(std::string_view prefix);  // nobody can guess it
std::uint32_t effective_user_id();
std::uint32_t current_umask();
bool is_terminal(int fd);
int terminal_columns(int fd, int otherwise);
// The whole environment as a value; main() takes it once and hands it down.
std::vector<std::pair<std::string, std::string>> environment_variables();

}  // namespace pipit::sys
