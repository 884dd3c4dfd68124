#include "pipit/sys/scratch.h"

#include <chrono>

namespace pipit::sys {
namespace {

constexpr std::string_view kPrefix = "pipit-";
constexpr const char* kLock = "lock";
constexpr const char* kLockBeingMade = "lock.new";
constexpr std::chrono::hours kTimeToLock{1};  // a directory without a lock is that of a run that died making it, by then

// The lock is held before it has its name: whoever sees it can tell whether its run lives.
Result<FileLock> lock_in(const std::filesystem::path& path) {
  PIPIT_TRY(const Dir dir, Dir::open(real_os(), path));
  PIPIT_TRY(FileLock lock, FileLock::acquire(dir, kLockBeingMade, FileLock::Mode::exclusive, std::chrono::milliseconds(0), {}, {}));
  PIPIT_CHECK(dir.rename(kLockBeingMade, dir, kLock));
  return lock;
}

bool is_old(const FileStat& info) {
  const std::chrono::nanoseconds changed(info.ctime_ns);
  return std::chrono::system_clock::now().time_since_epoch() - changed > kTimeToLock;
}

bool belongs_to_a_dead_run(const Dir& parent, const std::string& name) {
  const auto info = parent.stat(name);
  if (!info || !*info || (*info)->kind != FileStat::Kind::directory || (*info)->uid != effective_user_id() || (*info)->mode != 0700) return false;
  const auto dir = parent.open_dir(name);
  if (!dir) return false;
  const auto lock = dir->stat(kLock);
  if (!lock) return false;
  if (!*lock) return is_old(**info) && dir->list().value_or(std::vector<DirEntry>{{}, {}}).size() <= 1;
  return FileLock::acquire(*dir, kLock, FileLock::Mode::exclusive, std::chrono::milliseconds(0), {}, {}).has_value();
}

// A courtesy: what cannot be removed stays for the next run.
void remove_dead_ones(const std::filesystem::path& directory) {
  const auto parent = Dir::open(real_os(), directory);
  const auto entries = parent ? parent->list() : Result<std::vector<DirEntry>>(fail(parent.error()));
  if (!entries) return;
  for (const DirEntry& entry : *entries)
    if (entry.name.starts_with(kPrefix) && belongs_to_a_dead_run(*parent, entry.name)) (void)parent->remove_tree(entry.name);
}

}  // namespace

Result<ScratchDir> ScratchDir::create() {
  ScratchDir scratch;
  PIPIT_TRY(scratch.dir_, TempDir::create({}, kPrefix));
  remove_dead_ones(scratch.path().parent_path());
  // A file system without locks works, too: then nobody tidies up after a kill.
  if (auto lock = lock_in(scratch.path())) scratch.lock_ = std::move(*lock);
  return scratch;
}

}  // namespace pipit::sys
