#include "pipit/sys/dir.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "sys/file_stat.h"
#include "sys/retry.h"

namespace pipit::sys {
namespace {

constexpr int kHoldDirectory = O_RDONLY | O_DIRECTORY;  // not O_PATH: it must be possible to fsync it

// Names come from wheels and journals; anything that is not a plain relative path is a bug or an attack.
bool is_plain_relative(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find('\0') != std::string_view::npos) return false;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return true;
}

// The directory that holds the last component of a name, opened beneath, and that component.
struct Spot {
  File holder;  // empty: the Dir itself
  int fd = -1;
  const char* leaf = nullptr;  // points into the caller's name
};

std::string shown(const Dir& dir, std::string_view name) { return (dir.path() / name).string(); }

Result<Spot> find_spot(const Dir& dir, const std::string& name) {
  if (!is_plain_relative(name)) return fail(os_error(EXDEV, "use", shown(dir, name)));
  const std::size_t slash = name.rfind('/');
  Spot spot;
  spot.fd = dir.fd();
  spot.leaf = name.c_str();
  if (slash == std::string::npos) return spot;
  const std::string parent = name.substr(0, slash);
  const int fd = retry_eintr([&] { return dir.os().open_beneath(dir.fd(), parent.c_str(), O_PATH | O_DIRECTORY, 0); });
  if (fd < 0) return fail(os_error(-fd, "open", shown(dir, parent)));
  spot.holder = File(dir.os(), fd);
  spot.fd = fd;
  spot.leaf = name.c_str() + slash + 1;
  return spot;
}

template <class Call>
Status at_spot(const Dir& dir, const std::string& name, std::string_view doing, Call call) {
  PIPIT_TRY(const Spot spot, find_spot(dir, name));
  const int result = retry_eintr([&] { return call(spot.fd, spot.leaf); });
  if (result < 0) return fail(os_error(-result, doing, shown(dir, name)));
  return ok();
}

Result<File> open_at(const Dir& dir, const std::string& name, int flags, mode_t mode, std::string_view doing) {
  if (!is_plain_relative(name)) return fail(os_error(EXDEV, doing, shown(dir, name)));
  const int fd = retry_eintr([&] { return dir.os().open_beneath(dir.fd(), name.c_str(), flags, mode); });
  if (fd < 0) return fail(os_error(-fd, doing, shown(dir, name)));
  return File(dir.os(), fd);
}

}  // namespace

Result<Dir> Dir::open(Os& os, const std::filesystem::path& path) {
  const int fd = retry_eintr([&] { return os.openat(AT_FDCWD, path.c_str(), kHoldDirectory, 0); });
  if (fd < 0) return fail(os_error(-fd, "open", path.string()));
  Dir dir;
  dir.file_ = File(os, fd);
  dir.path_ = path;
  return dir;
}

Result<Dir> Dir::open_dir(const std::string& name) const {
  Dir dir;
  PIPIT_TRY(dir.file_, open_at(*this, name, kHoldDirectory, 0, "open"));
  dir.path_ = path_ / name;
  return dir;
}

Result<Dir> Dir::reopen() const {
  const int again = retry_eintr([&] { return os().openat(fd(), ".", kHoldDirectory, 0); });
  if (again < 0) return fail(os_error(-again, "open", path_.string()));
  Dir dir;
  dir.file_ = File(os(), again);
  dir.path_ = path_;
  return dir;
}

// O_NONBLOCK: opening a FIFO that somebody planted must not hang; it has no effect on regular files.
Result<File> Dir::open_read(const std::string& name) const { return open_at(*this, name, O_RDONLY | O_NONBLOCK, 0, "open"); }

Result<File> Dir::create(const std::string& name, mode_t mode) const {
  return open_at(*this, name, O_CREAT | O_EXCL | O_WRONLY, mode, "create");
}

Status Dir::write_file(const std::string& name, std::string_view content, mode_t mode) const {
  PIPIT_TRY(File file, create(name, mode));
  Status written = file.write_all(as_bytes_view(content));
  if (written) written = file.close();
  if (!written) written.error().where = shown(*this, name);
  return written;
}

Result<std::string> Dir::read_file(const std::string& name, std::uint64_t size_max_bytes) const {
  PIPIT_TRY(File file, open_read(name));
  PIPIT_TRY(const struct stat info, file.stat());
  if (!S_ISREG(info.st_mode)) return fail(make_error(kNotARegularFile, "`" + shown(*this, name) + "` is not a regular file"));
  auto text = file.read_all(info, size_max_bytes);
  if (!text) return fail(std::move(text).error().at(shown(*this, name)));
  return text;
}

Status Dir::make_dir(const std::string& name, mode_t mode) const {
  return at_spot(*this, name, "make directory", [&](int fd, const char* leaf) { return os().mkdirat(fd, leaf, mode); });
}

Status Dir::make_dirs(const std::string& name, mode_t mode) const {
  for (std::size_t end = 0; end != std::string::npos;) {
    end = name.find('/', end + 1);
    Status made = make_dir(name.substr(0, end), mode);
    if (!made && made.error().os_errno != EEXIST) return made;
  }
  PIPIT_TRY(const auto info, stat(name));
  if (!info || info->kind != FileStat::Kind::directory) return fail(os_error(ENOTDIR, "make directory", shown(*this, name)));
  return ok();
}

Status Dir::rename(const std::string& from, const Dir& to_dir, const std::string& to, unsigned flags) const {
  PIPIT_TRY(const Spot source, find_spot(*this, from));
  PIPIT_TRY(const Spot target, find_spot(to_dir, to));
  const int result = retry_eintr([&] { return os().renameat2(source.fd, source.leaf, target.fd, target.leaf, flags); });
  if (result < 0) return fail(os_error(-result, "rename", shown(*this, from) + "` to `" + shown(to_dir, to)));
  return ok();
}

Status Dir::link(const std::string& from, const Dir& to_dir, const std::string& to) const {
  PIPIT_TRY(const Spot source, find_spot(*this, from));
  PIPIT_TRY(const Spot target, find_spot(to_dir, to));
  const int result = retry_eintr([&] { return os().linkat(source.fd, source.leaf, target.fd, target.leaf); });
  if (result < 0) return fail(os_error(-result, "link", shown(*this, from) + "` to `" + shown(to_dir, to)));
  return ok();
}

Status Dir::symlink(const std::string& target, const std::string& name) const {
  return at_spot(*this, name, "link", [&](int fd, const char* leaf) { return os().symlinkat(target.c_str(), fd, leaf); });
}

Status Dir::remove_file(const std::string& name) const {
  return at_spot(*this, name, "remove", [&](int fd, const char* leaf) { return os().unlinkat(fd, leaf, 0); });
}

Status Dir::remove_dir(const std::string& name) const {
  return at_spot(*this, name, "remove", [&](int fd, const char* leaf) { return os().unlinkat(fd, leaf, AT_REMOVEDIR); });
}

// Depth first with a list of names instead of recursion: one descriptor at a time, however deep the tree is.
Status Dir::remove_tree(const std::string& name) const {
  PIPIT_TRY(const auto info, stat(name));
  if (!info) return ok();
  if (info->kind != FileStat::Kind::directory) return remove_file(name);
  std::vector<std::string> found{name};
  for (std::size_t i = 0; i < found.size(); ++i) {
    PIPIT_TRY(const Dir inside, open_dir(found[i]));
    PIPIT_TRY(const auto entries, inside.list());
    for (const DirEntry& entry : entries) {
      bool is_directory = entry.type == DT_DIR;
      if (entry.type == DT_UNKNOWN) {
        PIPIT_TRY(const auto kind, inside.stat(entry.name));
        is_directory = kind && kind->kind == FileStat::Kind::directory;
      }
      if (is_directory)
        found.push_back(found[i] + "/" + entry.name);
      else
        PIPIT_CHECK(inside.remove_file(entry.name));
    }
  }
  for (auto it = found.rbegin(); it != found.rend(); ++it) PIPIT_CHECK(remove_dir(*it));
  return ok();
}

Result<std::optional<FileStat>> Dir::stat(const std::string& name) const {
  auto spot = find_spot(*this, name);
  if (!spot && (spot.error().os_errno == ENOENT || spot.error().os_errno == ENOTDIR)) return std::optional<FileStat>();
  if (!spot) return fail(std::move(spot).error());
  struct stat info {};
  const int result = retry_eintr([&] { return os().fstatat(spot->fd, spot->leaf, &info, AT_SYMLINK_NOFOLLOW); });
  if (result == -ENOENT) return std::optional<FileStat>();
  if (result < 0) return fail(os_error(-result, "look at", shown(*this, name)));
  return std::optional<FileStat>(to_file_stat(info));
}

Result<std::string> Dir::read_link(const std::string& name) const {
  PIPIT_TRY(const Spot spot, find_spot(*this, name));
  std::array<char, 4096> target;
  const ssize_t size = retry_eintr([&] { return os().readlinkat(spot.fd, spot.leaf, target.data(), target.size()); });
  if (size < 0) return fail(os_error(static_cast<int>(-size), "read link", shown(*this, name)));
  return std::string(target.data(), static_cast<std::size_t>(size));
}

Result<std::vector<DirEntry>> Dir::list() const {
  std::vector<DirEntry> entries;
  const int result = retry_eintr([&] {
    entries.clear();
    return os().list(fd(), &entries);
  });
  if (result < 0) return fail(os_error(-result, "list", path_.string()));
  std::sort(entries.begin(), entries.end(), [](const DirEntry& a, const DirEntry& b) { return a.name < b.name; });
  return entries;
}

// Never retried, not even for EINTR: after a failed fsync the kernel may have forgotten what was not written.
Status Dir::sync() const {
  if (const int result = os().fsync(fd()); result < 0) return fail(os_error(-result, "sync", path_.string()));
  return ok();
}

Status Dir::sync_file_system() const {
  if (const int result = os().syncfs(fd()); result < 0) return fail(os_error(-result, "sync", path_.string()));
  return ok();
}

Result<std::uint64_t> Dir::free_bytes() const {
  struct statvfs info {};
  const int result = retry_eintr([&] { return os().fstatvfs(fd(), &info); });
  if (result < 0) return fail(os_error(-result, "look at", path_.string()));
  return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

}  // namespace pipit::sys
