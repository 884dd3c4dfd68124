#include "install/staging.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <deque>
#include <mutex>
#include <optional>

#include "pipit/base/text.h"

namespace pipit::install {
namespace {

template <class Call>
auto again_if_interrupted(Call call) {
  auto value = call();
  while (value == -EINTR) value = call();
  return value;
}

// The store's tree an addition links from. What one file system pair can do is found out once and shared by its trees.
// A task holds the one it is at: a plan of a thousand packages must do with few descriptors.
struct Tree {
  std::uint32_t addition = kRewrite;
  sys::Dir dir;
  std::atomic<LinkMode>* mode = nullptr;
  std::string source, target;  // of the file that is looked at: below the tree and below new/; with a NUL, as the kernel wants it
};

// Hands out 0 to count - 1. Every other worker takes from the end, so that two of them are seldom in one directory, where the
// kernel lets only one make names at a time.
class Batches {
 public:
  explicit Batches(std::size_t count) : end_(count) {}
  std::optional<std::size_t> take(bool from_the_end) {
    const std::scoped_lock lock(mutex_);
    if (next_ == end_) return std::nullopt;
    return from_the_end ? --end_ : next_++;
  }

 private:
  std::mutex mutex_;
  std::size_t next_ = 0, end_;
};

bool means_never(int error) {
  return error == -EXDEV || error == -EPERM || error == -EOPNOTSUPP || error == -ENOSYS || error == -EINVAL || error == -ENOTTY || error == -EACCES;
}

class Stager {
 public:
  Stager(const StagingInput& input, const sys::Dir& new_dir, std::vector<std::size_t>& stale)
      : input_(input), os_(new_dir.os()), new_dir_(new_dir), stale_(stale) {}

  Status run(const std::stop_token& stop) {
    const auto& files = input_.arrangement.files;
    const std::size_t batches = (files.size() + kPerBatch - 1) / kPerBatch;
    std::vector<Status> results(batches, ok());
    std::vector<std::size_t> next(batches);
    for (std::size_t number = 0; number < batches; ++number) next[number] = number * kPerBatch;
    std::atomic<bool> failed{false};
    const auto work = [&](std::size_t number, Tree& tree) {
      const std::size_t end = std::min(files.size(), (number + 1) * kPerBatch);
      auto directory = first_directory_of(next[number]);
      for (std::size_t& i = next[number]; i < end && !failed; ++i) {
        results[number] = stop.stop_requested() ? Status(fail(make_error(kCancelled, "the installation was cancelled"))) : stage(i, directory, tree);
        if (lacks_descriptors(results[number])) {
          tree = Tree();  // others may need its descriptor
          return;
        }
        if (!results[number]) failed = failed || results[number].error().code != kStaleStoreFile;
      }
    };
    Batches left(batches);
    const auto lane = [&](std::size_t number) {
      Tree tree;
      while (const auto batch = left.take(number % 2 == 1)) work(*batch, tree);
    };
    const bool alone = input_.options.executor == nullptr || files.size() < kWorthThreads;
    if (alone) lane(0);
    else sys::parallel_for(*input_.options.executor, std::min(batches, input_.options.executor->width()), lane);
    // What found no free descriptor while others worked is done once more, alone. It had made no file yet.
    for (std::size_t number = 0; number < batches; ++number) {
      if (!lacks_descriptors(results[number])) continue;
      Tree tree;
      work(number, tree);
    }
    for (Status& result : results)
      if (!result && result.error().code != kStaleStoreFile) return std::move(result);
    if (stale_error_) return fail(std::move(*stale_error_));
    return ok();
  }

 private:
  using Directories = std::vector<StagedDirectory>::const_iterator;

  static constexpr std::size_t kPerBatch = 256;
  static constexpr std::size_t kWorthThreads = 1024;  // files; below that a second thread costs more than it brings

  Directories first_directory_of(std::size_t file) const {
    const auto& all = input_.arrangement.directories;
    return std::lower_bound(all.begin(), all.end(), file, [](const StagedDirectory& directory, std::size_t number) { return directory.file < number; });
  }

  // Directories are made by whoever comes to them first: the batch they belong to or, if its file lies in one of another
  // batch's whose turn is not yet, the batch that misses it.
  Status stage(std::size_t file, Directories& directory, Tree& tree) {
    for (; directory != input_.arrangement.directories.end() && directory->file == file; ++directory) {
      Status made = make_directory(directory->path);
      if (is_missing(made)) made = make_directories_to(directory->path + '/');
      PIPIT_CHECK(std::move(made));
    }
    const StagedFile& staged = input_.arrangement.files[file];
    tree.target.clear();
    staged.append_path(tree.target);
    Status done = stage_one(staged, tree);
    if (!is_missing(done)) return done;
    PIPIT_CHECK(make_directories_to(tree.target));
    return stage_one(staged, tree);
  }

  static bool is_missing(const Status& status) { return !status && status.error().os_errno == ENOENT; }

  Status make_directories_to(const std::string& path) {
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) PIPIT_CHECK(make_directory(path.substr(0, slash)));
    return ok();
  }

  Status make_directory(const std::string& path) {
    const int made = again_if_interrupted([&] { return os_.mkdirat(new_dir_.fd(), path.c_str(), 0777); });
    return made < 0 && made != -EEXIST ? Status(fail(sys::os_error(-made, "make directory", shown(path)))) : ok();
  }

  std::string shown(const std::string& path) const { return (new_dir_.path() / path).string(); }

  Status open_tree(std::uint32_t addition, Tree& tree) {
    if (tree.addition == addition) return ok();
    const std::filesystem::path& path = input_.additions[addition].tree;
    tree.addition = kRewrite;
    tree.dir = sys::Dir();
    PIPIT_TRY(tree.dir, sys::Dir::open(os_, path));
    struct stat info {};
    const int result = again_if_interrupted([&] { return os_.fstat(tree.dir.fd(), &info); });
    if (result < 0) return fail(sys::os_error(-result, "look at", path.string()));
    tree.mode = mode_of(info.st_dev);
    tree.addition = addition;
    return ok();
  }

  std::atomic<LinkMode>* mode_of(std::uint64_t device) {
    const std::scoped_lock lock(mutex_);
    for (const auto& known : modes_)
      if (known.first == device) return const_cast<std::atomic<LinkMode>*>(&known.second);
    modes_.emplace_back(device, input_.options.link_mode == LinkMode::automatic ? LinkMode::hardlink : input_.options.link_mode);
    return &modes_.back().second;
  }

  static bool lacks_descriptors(const Status& status) { return !status && status.error().os_errno == EMFILE; }

  // pip's modes: 0666 and, if the archive says executable, 0777 with all x bits, both within the umask.
  mode_t wanted_mode(bool executable) const {
    return executable ? static_cast<mode_t>((0777 & ~input_.umask) | 0111) : static_cast<mode_t>(0666 & ~input_.umask);
  }

  Status stage_one(const StagedFile& staged, Tree& tree) {
    if (staged.addition == kRewrite) return create(tree.target, input_.arrangement.rewrites[staged.file], false);
    const Addition& addition = input_.additions[staged.addition];
    const wheel::ImageFile& file = addition.image.files[staged.file];
    if (file.source == nullptr) return create(tree.target, file.content, file.executable);
    PIPIT_CHECK(open_tree(staged.addition, tree));
    tree.source = file.source->path;
    mode_t mode = wanted_mode(file.source->executable);
    if (addition.from_store) {
      struct stat info {};
      const int result = again_if_interrupted([&] { return os_.fstatat(tree.dir.fd(), tree.source.c_str(), &info, AT_SYMLINK_NOFOLLOW); });
      if (result < 0 && result != -ENOENT && result != -ENOTDIR) return fail(sys::os_error(-result, "look at", (tree.dir.path() / tree.source).string()));
      if (result < 0 || !is_as_promised(info, *file.source)) return report_stale(staged, file);
      mode = info.st_mode & 07777;
    }
    return bring(file, tree, mode == wanted_mode(file.executable));
  }

  static bool is_as_promised(const struct stat& info, const wheel::ManifestFile& promised) {
    const std::int64_t mtime_ns = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
    return S_ISREG(info.st_mode) && static_cast<std::uint64_t>(info.st_size) == promised.size && mtime_ns == promised.mtime_ns;
  }

  Status report_stale(const StagedFile& staged, const wheel::ImageFile& file) {
    const std::string path = (input_.additions[staged.addition].tree / file.source->path).string();
    const std::scoped_lock lock(mutex_);
    if (std::find(stale_.begin(), stale_.end(), staged.addition) == stale_.end()) stale_.push_back(staged.addition);
    Error error = make_error(kStaleStoreFile, "`" + path + "` in the cache was changed since it was unpacked").at(path);
    if (!stale_error_) stale_error_ = error;
    return fail(std::move(error));
  }

  // A file of another mode than the one wanted cannot share an inode with it.
  Status bring(const wheel::ImageFile& file, const Tree& tree, bool mode_fits) {
    if (tree.mode->load(std::memory_order_relaxed) == LinkMode::hardlink && mode_fits) {
      const int result =
          again_if_interrupted([&] { return os_.linkat(tree.dir.fd(), tree.source.c_str(), new_dir_.fd(), tree.target.c_str()); });
      if (result == 0) return ok();
      if (means_never(result))
        tree.mode->store(LinkMode::reflink, std::memory_order_relaxed);
      else if (result != -EMLINK)  // this one file has as many names as it can have
        return fail(sys::os_error(-result, "link", shown(tree.target)));
    }
    return copy(file, tree);
  }

  Result<sys::File> create_file(const std::string& path, bool executable) {
    const int fd = again_if_interrupted([&] {
      return os_.openat(new_dir_.fd(), path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, executable ? 0777 : 0666);
    });
    if (fd < 0) return fail(sys::os_error(-fd, "create", shown(path)));
    sys::File made(os_, fd);
    if (executable && (input_.umask & 0111) != 0) {
      const int result = again_if_interrupted([&] { return os_.fchmod(fd, wanted_mode(true)); });
      if (result < 0) return fail(sys::os_error(-result, "set the mode of", shown(path)));
    }
    return made;
  }

  Status finish(sys::File& made, Status written, const std::string& path) {
    if (written) written = made.close();
    if (!written) written.error().where = shown(path);
    return written;
  }

  Status create(const std::string& path, std::string_view content, bool executable) {
    PIPIT_TRY(sys::File made, create_file(path, executable));
    return finish(made, made.write_all(as_bytes_view(content)), path);
  }

  Status copy(const wheel::ImageFile& file, const Tree& tree) {
    PIPIT_TRY(sys::File from, tree.dir.open_read(tree.source));
    PIPIT_TRY(sys::File made, create_file(tree.target, file.executable));
    return finish(made, copy_bytes(from, made, file.source->size, tree), tree.target);
  }

  Status copy_bytes(sys::File& from, sys::File& to, std::uint64_t size, const Tree& tree) {
    std::atomic<LinkMode>& mode = *tree.mode;
    if (mode.load(std::memory_order_relaxed) != LinkMode::copy && size > 0) {
      const int cloned = again_if_interrupted([&] { return os_.clone_file(from.fd(), to.fd()); });
      if (cloned == 0) return ok();
      if (!means_never(cloned)) return fail(sys::os_error(-cloned, "clone", shown(tree.target)));
      if (mode.load(std::memory_order_relaxed) == LinkMode::reflink) mode.store(LinkMode::copy, std::memory_order_relaxed);
    }
    std::uint64_t copied = 0;
    while (copied < size) {
      const ssize_t got = again_if_interrupted([&] { return os_.copy_file_range(from.fd(), to.fd(), static_cast<std::size_t>(size - copied)); });
      if (got < 0 && copied == 0 && means_never(static_cast<int>(got))) return read_and_write(from, to, size, tree);
      if (got < 0) return fail(sys::os_error(static_cast<int>(-got), "copy", shown(tree.target)));
      if (got == 0) return fail(sys::os_error(EIO, "copy the whole of", shown(tree.target)));
      copied += static_cast<std::uint64_t>(got);
    }
    return ok();
  }

  Status read_and_write(sys::File& from, sys::File& to, std::uint64_t size, const Tree& tree) {
    std::vector<std::byte> buffer(1u << 16);
    std::uint64_t copied = 0;
    for (;;) {
      const ssize_t got = again_if_interrupted([&] { return os_.read(from.fd(), buffer.data(), buffer.size()); });
      if (got < 0) return fail(sys::os_error(static_cast<int>(-got), "read", shown(tree.target)));
      if (got == 0) break;
      PIPIT_CHECK(to.write_all(Bytes(buffer.data(), static_cast<std::size_t>(got))));
      copied += static_cast<std::uint64_t>(got);
    }
    return copied == size ? ok() : fail(sys::os_error(EIO, "copy the whole of", shown(tree.target)));
  }

  const StagingInput& input_;
  sys::Os& os_;
  const sys::Dir& new_dir_;
  std::vector<std::size_t>& stale_;
  std::deque<std::pair<std::uint64_t, std::atomic<LinkMode>>> modes_;
  std::mutex mutex_;  // of modes_, stale_ and stale_error_
  std::optional<Error> stale_error_;
};

}  // namespace

Status stage_files(const StagingInput& input, const sys::Dir& new_dir, std::vector<std::size_t>& stale, std::stop_token stop) {
  return Stager(input, new_dir, stale).run(stop);
}

// Directories and small files take a block each; a link takes room in its directory only.
Result<SpaceNeed> space_needed(const StagingInput& input, std::uint64_t device, sys::Os& os) {
  constexpr std::uint64_t kBlock = 4096;
  std::vector<bool> linked;
  for (const Addition& addition : input.additions) {
    struct stat info {};
    const int result = addition.tree.empty() ? -ENOENT : os.fstatat(AT_FDCWD, addition.tree.c_str(), &info, 0);
    linked.push_back(result == 0 && info.st_dev == device && input.options.link_mode != LinkMode::copy);
  }
  SpaceNeed need{kBlock, 8 + input.arrangement.directories.size()};
  need.bytes += input.arrangement.directories.size() * kBlock;
  for (const StagedFile& staged : input.arrangement.files) {
    const wheel::ImageFile* file = staged.addition == kRewrite ? nullptr : &input.additions[staged.addition].image.files[staged.file];
    if (file != nullptr && file->source != nullptr && linked[staged.addition]) continue;
    const std::uint64_t size = file == nullptr ? kBlock : file->source != nullptr ? file->source->size : file->content.size();
    need.bytes += (size + kBlock - 1) / kBlock * kBlock;
    ++need.inodes;
  }
  return need;
}

Status check_space(const SpaceNeed& need, const sys::Dir& root) {
  struct statvfs info {};
  const int result = again_if_interrupted([&] { return root.os().fstatvfs(root.fd(), &info); });
  if (result < 0) return fail(sys::os_error(-result, "look at", root.path().string()));
  const std::uint64_t free_bytes = static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  const bool counts_bytes = info.f_blocks > 0, counts_inodes = info.f_files > 0;  // some file systems tell neither
  if ((!counts_bytes || free_bytes >= need.bytes) && (!counts_inodes || info.f_favail >= need.inodes)) return ok();
  Error error = make_error(kNotEnoughSpace, "there is not enough space on the file system of `" + root.path().string() + "`");
  error.os_errno = ENOSPC;
  return fail(std::move(error)
                  .detail("needed  " + format_size(need.bytes) + " and " + std::to_string(need.inodes) + " files")
                  .detail("free    " + format_size(free_bytes) + " and " + std::to_string(info.f_favail) + " files"));
}

}  // namespace pipit::install
