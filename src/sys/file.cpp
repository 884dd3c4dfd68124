#include "pipit/sys/file.h"

#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "pipit/base/text.h"
#include "pipit/sys/dir.h"
#include "sys/file_stat.h"
#include "sys/retry.h"

namespace pipit::sys {
namespace {

// Python's repr() of a str, as OSError prints a file name: double quotes only when that saves an escape.
std::string python_quoted(std::string_view text) {
  const char quote = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote || c == '\\') out += '\\';
    out += c;
  }
  return out + quote;
}

std::string description(int error_number) { return std::generic_category().message(error_number); }

// FIFOs must not block the open, terminals must not become ours.
Result<int> open_for_reading(Os& os, const std::filesystem::path& path) {
  const int fd = retry_eintr([&] { return os.openat(AT_FDCWD, path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0); });
  if (fd < 0) return fail(os_error(-fd, "open", path.string()));
  return fd;
}

Status require_regular(const struct stat& info, const std::filesystem::path& path) {
  if (S_ISREG(info.st_mode)) return ok();
  return fail(make_error(kNotARegularFile, "`" + path.string() + "` is not a regular file").at(path.string()));
}

// The name a descriptor was opened under, for messages: files do not carry it along. It may have been renamed since.
std::string name_of(int fd) {
  std::array<char, 4096> name;
  const ssize_t size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), name.data(), name.size());
  return size > 0 && name[0] == '/' ? std::string(name.data(), static_cast<std::size_t>(size)) : "a file";
}

Error too_large(std::uint64_t size_max_bytes) {
  return make_error(kFileTooLarge, "the file is larger than the limit of " + format_size(size_max_bytes));
}

}  // namespace

std::string errno_text(int error_number, std::string_view path) {
  return "[Errno " + std::to_string(error_number) + "] " + description(error_number) + ": " + python_quoted(path);
}

bool is_absent(const Error& error) {
  return error.os_errno == ENOENT || error.os_errno == ENOTDIR || (error.os_errno == 0 && (error.code == kFileNotFound || error.code == kNotARegularFile));
}

Error os_error(int error_number, std::string_view doing, std::string_view path) {
  const ErrorCode code = error_number == ENOENT ? kFileNotFound : kOsError;
  Error error = make_error(code, "could not " + std::string(doing) + " `" + std::string(path) + "`: " + description(error_number));
  error.os_errno = error_number;
  return error;
}

File::File(File&& other) noexcept : os_(other.os_), fd_(std::exchange(other.fd_, -1)) {}

File& File::operator=(File&& other) noexcept {
  File old(std::move(*this));
  os_ = other.os_;
  fd_ = std::exchange(other.fd_, -1);
  return *this;
}

File::~File() {
  if (fd_ >= 0) os_->close(fd_);
}

Result<File> File::open_read(Os& os, const std::filesystem::path& path) {
  PIPIT_TRY(const int fd, open_for_reading(os, path));
  return File(os, fd);
}

Status File::write_all(Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = retry_eintr([&] { return os_->write(fd_, bytes.data(), bytes.size()); });
    if (written < 0) return fail(os_error(static_cast<int>(-written), "write", name_of(fd_)));
    if (written == 0) return fail(os_error(ENOSPC, "write", name_of(fd_)));
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return ok();
}

Result<std::string> File::read_all(std::uint64_t size_max_bytes) {
  PIPIT_TRY(const struct stat info, stat());
  return read_all(info, size_max_bytes);
}

// The size that fstat tells is only a hint: files of /proc say 0, and another process may be writing.
Result<std::string> File::read_all(const struct stat& info, std::uint64_t size_max_bytes) {
  std::string text;
  const std::uint64_t expected = info.st_size > 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
  if (S_ISREG(info.st_mode) && expected > size_max_bytes) return fail(too_large(size_max_bytes));
  std::size_t filled = 0;
  text.resize(static_cast<std::size_t>(std::min(expected, size_max_bytes)) + 1);
  for (;;) {
    const ssize_t got = retry_eintr([&] { return os_->read(fd_, text.data() + filled, text.size() - filled); });
    if (got < 0) return fail(os_error(static_cast<int>(-got), "read", name_of(fd_)));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
    if (filled > size_max_bytes) return fail(too_large(size_max_bytes));
    if (S_ISREG(info.st_mode) && filled == expected) break;  // there was room for one byte more
    if (filled == text.size()) text.resize(std::max<std::size_t>(4096, text.size() * 2));
  }
  text.resize(filled);
  return text;
}

Result<struct stat> File::stat() const {
  struct stat info {};
  if (const int result = retry_eintr([&] { return os_->fstat(fd_, &info); }); result < 0) return fail(os_error(-result, "look at", name_of(fd_)));
  return info;
}

// Never retried: after a failed fsync the kernel may have dropped the pages, and a second one would lie.
Status File::sync() {
  if (const int result = os_->fsync(fd_); result < 0) return fail(os_error(-result, "sync", name_of(fd_)));
  return ok();
}

// The descriptor is gone whatever close says; on Linux EINTR means closed as well.
Status File::close() {
  const int fd = std::exchange(fd_, -1);
  const int result = os_->close(fd);
  if (result < 0 && result != -EINTR) return fail(os_error(-result, "close", "a file that was written"));
  return ok();
}

int File::release() { return std::exchange(fd_, -1); }

MappedFile::MappedFile(MappedFile&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  MappedFile old(std::move(*this));
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

MappedFile::~MappedFile() {
  if (size_ > 0) ::munmap(const_cast<std::byte*>(data_), size_);
}

void MappedFile::let_go() const {
  constexpr std::size_t kWorthIt = 64u << 10;
  if (size_ >= kWorthIt) static_cast<void>(::madvise(const_cast<std::byte*>(data_), size_, MADV_DONTNEED));
}

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  PIPIT_TRY(const File file, File::open_read(real_os(), path));
  auto mapped = map(file);
  if (!mapped && mapped.error().where.empty()) return fail(std::move(mapped).error().at(path.string()));
  return mapped;
}

Result<MappedFile> MappedFile::map(const File& file) {
  PIPIT_TRY(const struct stat info, file.stat());
  if (!S_ISREG(info.st_mode)) return fail(make_error(kNotARegularFile, "only a regular file can be mapped"));
  MappedFile mapped;
  if (info.st_size == 0) return mapped;
  void* data = ::mmap(nullptr, static_cast<std::size_t>(info.st_size), PROT_READ, MAP_PRIVATE, file.fd(), 0);
  if (data == MAP_FAILED) return fail(os_error(errno, "map", name_of(file.fd())));
  mapped.data_ = static_cast<const std::byte*>(data);
  mapped.size_ = static_cast<std::size_t>(info.st_size);
  return mapped;
}

Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t size_max_bytes) {
  PIPIT_TRY(File file, File::open_read(real_os(), path));
  PIPIT_TRY(const struct stat info, file.stat());
  PIPIT_CHECK(require_regular(info, path));
  auto text = file.read_all(info, size_max_bytes);
  if (!text) return fail(std::move(text).error().at(path.string()));
  return text;
}

Status replace_file(Os& os, const std::filesystem::path& path, std::string_view content, mode_t mode) {
  PIPIT_TRY(const Dir parent, Dir::open(os, path.has_parent_path() ? path.parent_path() : "."));
  const std::string beside = random_name(".pipit-new-");
  Status done = parent.write_file(beside, content, mode);
  if (done) done = parent.rename(beside, parent, path.filename().string());
  if (!done) (void)parent.remove_file(beside);
  return done;
}

Status write_output(Os& os, const std::filesystem::path& path, std::string_view content) {
  const int fd = retry_eintr([&] { return os.openat(AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666); });
  if (fd < 0) return fail(os_error(-fd, "open", path.string()));
  File file(os, fd);
  PIPIT_TRY(const struct stat before, file.stat());
  PIPIT_CHECK(file.write_all(as_bytes_view(content)));
  if (S_ISREG(before.st_mode) && static_cast<std::uint64_t>(before.st_size) > content.size()) {
    const int cut = retry_eintr([&] { return os.ftruncate(fd, static_cast<off_t>(content.size())); });
    if (cut < 0) return fail(os_error(-cut, "cut", path.string()));
  }
  return file.close();
}

FileStat to_file_stat(const struct stat& info) {
  FileStat out;
  out.kind = S_ISREG(info.st_mode)   ? FileStat::Kind::regular
             : S_ISDIR(info.st_mode) ? FileStat::Kind::directory
             : S_ISLNK(info.st_mode) ? FileStat::Kind::symlink
                                     : FileStat::Kind::other;
  out.size = static_cast<std::uint64_t>(info.st_size);
  out.mode = info.st_mode & 07777;
  out.uid = info.st_uid;
  out.device = info.st_dev;
  out.inode = info.st_ino;
  out.mtime_ns = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
  out.ctime_ns = info.st_ctim.tv_sec * 1'000'000'000 + info.st_ctim.tv_nsec;
  return out;
}

Result<std::optional<FileStat>> stat_path(const std::filesystem::path& path, Follow follow) {
  struct stat info {};
  const int flags = follow == Follow::yes ? 0 : AT_SYMLINK_NOFOLLOW;
  const int result = retry_eintr([&] { return real_os().fstatat(AT_FDCWD, path.c_str(), &info, flags); });
  if (result == -ENOENT || result == -ENOTDIR) return std::optional<FileStat>();
  if (result < 0) return fail(os_error(-result, "look at", path.string()));
  return std::optional<FileStat>(to_file_stat(info));
}

namespace {

bool is_kind(const std::filesystem::path& path, FileStat::Kind kind) {
  const auto info = stat_path(path);
  return info && *info && (*info)->kind == kind;
}

}  // namespace

bool exists(const std::filesystem::path& path) {
  const auto info = stat_path(path);
  return info && *info;
}
bool is_directory(const std::filesystem::path& path) { return is_kind(path, FileStat::Kind::directory); }
bool is_regular_file(const std::filesystem::path& path) { return is_kind(path, FileStat::Kind::regular); }
bool is_executable(const std::filesystem::path& path) { return sys::is_regular_file(path) && ::access(path.c_str(), X_OK) == 0; }
bool is_writable(const std::filesystem::path& path) { return ::access(path.c_str(), W_OK) == 0; }

Result<std::vector<DirEntry>> list_directory(const std::filesystem::path& path) {
  PIPIT_TRY(const Dir dir, Dir::open(real_os(), path));
  return dir.list();
}

Result<std::string> read_link(const std::filesystem::path& path) {
  std::array<char, 4096> target;
  const ssize_t size = real_os().readlinkat(AT_FDCWD, path.c_str(), target.data(), target.size());
  if (size < 0) return fail(os_error(static_cast<int>(-size), "read link", path.string()));
  return std::string(target.data(), static_cast<std::size_t>(size));
}

std::filesystem::path current_directory() {
  std::array<char, 4096> buffer;
  return ::getcwd(buffer.data(), buffer.size()) != nullptr ? buffer.data() : "/";
}

std::filesystem::path absolute(const std::filesystem::path& path) {
  std::filesystem::path normal = (path.is_absolute() ? path : current_directory() / path).lexically_normal();
  return normal.has_filename() || normal == normal.root_path() ? normal : normal.parent_path();  // no trailing slash
}

Result<std::filesystem::path> real_path(const std::filesystem::path& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return fail(os_error(errno, "resolve", path.string()));
  std::filesystem::path out = resolved;
  ::free(resolved);
  return out;
}

Status make_directories(const std::filesystem::path& path, mode_t mode) {
  if (sys::is_directory(path)) return ok();
  std::filesystem::path so_far;
  for (const auto& part : sys::absolute(path)) {
    so_far /= part;
    const int result = retry_eintr([&] { return real_os().mkdirat(AT_FDCWD, so_far.c_str(), mode); });
    if (result < 0 && !sys::is_directory(so_far)) return fail(os_error(-result, "make directory", so_far.string()));
  }
  return ok();
}

Status remove_tree(const std::filesystem::path& path) {
  const std::filesystem::path whole = sys::absolute(path);
  auto parent = Dir::open(real_os(), whole.parent_path());
  if (!parent) return parent.error().os_errno == ENOENT || parent.error().os_errno == ENOTDIR ? ok() : fail(std::move(parent).error());
  return parent->remove_tree(whole.filename().string());
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}

TempDir& TempDir::operator=(TempDir&& other) noexcept {
  TempDir old(std::move(*this));
  path_ = std::exchange(other.path_, {});
  return *this;
}

// Tried once more: a passing fault must not leave litter.
TempDir::~TempDir() {
  if (!path_.empty() && !remove_tree(path_)) (void)remove_tree(path_);
}

Result<TempDir> TempDir::create(const std::filesystem::path& parent, std::string_view prefix) {
  std::filesystem::path where = parent;
  if (where.empty()) {
    const char* chosen = ::getenv("TMPDIR");
    where = chosen != nullptr && *chosen != '\0' && is_directory(chosen) ? sys::absolute(chosen) : "/tmp";  // as Python's tempfile
  }
  for (int attempt = 0;; ++attempt) {
    const std::filesystem::path path = where / random_name(prefix);
    const int result = retry_eintr([&] { return real_os().mkdirat(AT_FDCWD, path.c_str(), 0700); });
    if (result < 0 && (result != -EEXIST || attempt == 10)) return fail(os_error(-result, "make directory", path.string()));
    if (result < 0) continue;
    TempDir made;
    made.path_ = path;
    return made;
  }
}

std::filesystem::path TempDir::release() { return std::exchange(path_, {}); }

std::string random_name(std::string_view prefix) {
  static constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz012345";
  std::array<unsigned char, 12> random{};
  for (std::size_t filled = 0; filled < random.size();) {
    const ssize_t got = ::getrandom(random.data() + filled, random.size() - filled, 0);
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
  std::string name(prefix);
  for (const unsigned char byte : random) name += kLetters[byte % kLetters.size()];
  return name;
}

std::uint32_t effective_user_id() { return ::geteuid(); }

// umask(2) can only be read by setting it, which another thread would notice; Linux 4.7 and later tell it here.
std::uint32_t current_umask() {
  static constexpr std::string_view kField = "\nUmask:\t";
  if (const auto status = read_file("/proc/self/status"); status) {
    if (const std::size_t at = status->find(kField); at != std::string::npos)
      return static_cast<std::uint32_t>(std::strtoul(status->c_str() + at + kField.size(), nullptr, 8));
  }
  const mode_t mask = ::umask(022);
  ::umask(mask);
  return mask;
}

}  // namespace pipit::sys
