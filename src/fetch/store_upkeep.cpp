// The wheel store's housekeeping: what it holds, what is damaged, and what may go.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <tuple>
#include <utility>

#include "fetch/store_layout.h"
#include "pipit/fetch/wheel_store.h"

namespace pipit::fetch {
namespace {

constexpr std::int64_t kRecountAfterNs = 86'400'000'000'000;

// Every directory that is named like an entry.
Result<std::vector<std::string>> entries_of(const sys::Dir& root) {
  std::vector<std::string> found;
  PIPIT_TRY(const auto shelves, root.list());
  for (const sys::DirEntry& shelf : shelves) {
    if (shelf.name.size() != 2) continue;
    const auto dir = root.open_dir(shelf.name);
    if (!dir) continue;
    PIPIT_TRY(const auto names, dir->list());
    for (const sys::DirEntry& entry : names)
      if (is_sha256(entry.name) && entry.name.starts_with(shelf.name)) found.push_back(entry.name);
  }
  return found;
}

std::uint64_t size_of(const wheel::Manifest& manifest) {
  std::uint64_t size = 0;
  for (const wheel::ManifestFile& file : manifest.files) size += file.size;
  return size;
}

bool is_intact(const sys::Dir& tree, const wheel::ManifestFile& file) {
  auto opened = tree.open_read(std::string(file.path));
  if (!opened) return false;
  const auto mapped = sys::MappedFile::map(*opened);
  return mapped && mapped->bytes().size() == file.size && verify::record_hash(verify::sha256(mapped->bytes())) == file.record_hash;
}

}  // namespace

Result<std::vector<StoredWheel>> WheelStore::list() const {
  PIPIT_TRY(const auto entries, entries_of(root_));
  std::vector<StoredWheel> wheels;
  for (const std::string& sha256 : entries) {
    PIPIT_TRY(const auto manifest, read_manifest(sha256));
    StoredWheel wheel{sha256, {}, {}, {}, 0, 0, 0};
    if (manifest) wheel = {sha256, manifest->filename, manifest->name, manifest->version, size_of(*manifest), manifest->files.size(), 0};
    const auto keys = code_keys(sha256);
    for (const std::string& key : keys ? *keys : std::vector<std::string>{})
      if (const auto code = read_code_manifest(sha256, key)) {
        wheel.size_bytes += size_of(*code);
        wheel.files += code->files.size();
      }
    PIPIT_TRY(const auto facts, root_.stat(entry_path(sha256) + "/manifest"));
    if (facts) wheel.last_used_ns = facts->mtime_ns;
    wheels.push_back(std::move(wheel));
  }
  std::sort(wheels.begin(), wheels.end(), [](const StoredWheel& a, const StoredWheel& b) {
    return std::tie(a.name, a.version, a.filename, a.sha256) < std::tie(b.name, b.version, b.filename, b.sha256);
  });
  return wheels;
}

Result<std::vector<StoreDamage>> WheelStore::verify(sys::Executor& executor, Heal heal) {
  PIPIT_TRY(const auto entries, entries_of(root_));
  std::vector<StoreDamage> damages;
  for (const std::string& sha256 : entries) {
    PIPIT_TRY(const auto manifest, read_manifest(sha256));
    StoreDamage damage{sha256, manifest ? manifest->filename : std::string(), {}};
    const auto tree = root_.open_dir(entry_path(sha256) + "/tree");
    std::vector<char> intact(manifest ? manifest->files.size() : 0, 0);  // not vector<bool>: threads write side by side
    if (manifest && tree)
      sys::parallel_for(executor, intact.size(), [&](std::size_t i) { intact[i] = is_intact(*tree, manifest->files[i]) ? 1 : 0; });
    for (std::size_t i = 0; i < intact.size(); ++i)
      if (intact[i] == 0) damage.paths.emplace_back(manifest->files[i].path);
    // Byte code is made again when it is wanted; the wheel it was made of is whole.
    const auto keys = code_keys(sha256);
    for (const std::string& key : keys ? *keys : std::vector<std::string>{})
      if (heal == Heal::yes && writable_ && !is_code_intact(sha256, key, executor)) PIPIT_CHECK(forget_code(sha256, key));
    if (manifest && damage.paths.empty()) continue;
    if (heal == Heal::yes && writable_) PIPIT_CHECK(forget(sha256));
    damages.push_back(std::move(damage));
  }
  return damages;
}

bool WheelStore::is_code_intact(const std::string& sha256, const std::string& key, sys::Executor& executor) const {
  const auto manifest = read_code_manifest(sha256, key);
  const auto tree = root_.open_dir(code_path(sha256, key) + "/tree");
  if (!manifest || !tree) return false;
  std::atomic<bool> intact = true;
  sys::parallel_for(executor, manifest->files.size(), [&](std::size_t i) {
    if (intact && !is_intact(*tree, manifest->files[i])) intact = false;
  });
  return intact;
}

// Our own shared lock would keep us out; whoever comes in between sees whole entries or none.
Result<sys::FileLock> WheelStore::take_exclusive_lock(std::chrono::milliseconds patience) {
  if (!writable_) return fail(make_error(kCacheUnusable, fmt::format("the cache `{}` cannot be written", path_.string())));
  lock_.unlock();
  auto lock = sys::FileLock::acquire(root_, std::string(kLockFile), sys::FileLock::Mode::exclusive, patience, {}, {});
  if (lock) return lock;
  PIPIT_CHECK(take_shared_lock());
  if (lock.error().code != sys::kLockTimeout) return lock;
  return fail(make_error(kCacheBusy, fmt::format("another pipit is using the cache `{}`", path_.string())));
}

Result<std::uint64_t> WheelStore::remove(const std::vector<std::string>& sha256s, std::chrono::milliseconds patience) {
  PIPIT_TRY(sys::FileLock lock, take_exclusive_lock(patience));
  std::uint64_t freed = 0;
  Status status = ok();
  for (const std::string& sha256 : sha256s) {
    const auto manifest = is_sha256(sha256) ? read_manifest(sha256) : std::nullopt;
    status = forget(sha256);
    if (!status) break;
    if (manifest && *manifest) freed += size_of(**manifest);
  }
  lock.unlock();
  PIPIT_CHECK(take_shared_lock());
  if (!status) return fail(std::move(status).error());
  return freed;
}

Result<std::uint64_t> WheelStore::purge(std::chrono::milliseconds patience) {
  PIPIT_TRY(const auto entries, entries_of(root_));
  return remove(entries, patience);
}

Result<std::uint64_t> WheelStore::prune(std::uint64_t size_max_bytes, std::chrono::milliseconds patience) {
  PIPIT_TRY(auto wheels, list());
  std::uint64_t total = 0;
  for (const StoredWheel& wheel : wheels) total += wheel.size_bytes;
  std::sort(wheels.begin(), wheels.end(), [](const StoredWheel& a, const StoredWheel& b) { return a.last_used_ns < b.last_used_ns; });
  std::vector<std::string> victims;
  for (const StoredWheel& wheel : wheels) {
    if (total <= size_max_bytes && !wheel.filename.empty()) continue;  // an entry without a readable manifest always goes
    victims.push_back(wheel.sha256);
    total -= wheel.size_bytes;
  }
  std::uint64_t freed = 0;
  if (!victims.empty()) {
    PIPIT_TRY(freed, remove(victims, patience));
  }
  if (writable_) static_cast<void>(note_size(total));
  return freed;
}

Status WheelStore::note_size(std::uint64_t bytes) {
  PIPIT_TRY(const std::string staged, make_staging());
  Status noted = root_.write_file(staged + "/size", std::to_string(bytes), 0644);
  if (noted) noted = root_.rename(staged + "/size", root_, std::string(kSizeFile));
  static_cast<void>(root_.remove_tree(staged));
  return noted;
}

// The size file may be behind where several added at once. It is not believed near the cap, nor when it is a day old.
Status WheelStore::keep_below(std::uint64_t size_max_bytes, std::uint64_t added_bytes) {
  if (!writable_ || added_bytes == 0) return ok();
  const auto text = root_.read_file(std::string(kSizeFile), 32);
  const auto facts = root_.stat(std::string(kSizeFile));
  std::uint64_t known = 0;
  const bool starts_here = std::exchange(is_new_, false) && facts && !*facts;  // what this run added is all there is to count
  const bool told = starts_here || (text && std::from_chars(text->data(), text->data() + text->size(), known).ec == std::errc());
  const std::int64_t now = std::chrono::duration_cast<std::chrono::nanoseconds>(clock_.now().time_since_epoch()).count();
  const bool fresh = starts_here || (facts && *facts && now - (*facts)->mtime_ns < kRecountAfterNs);
  if (told && fresh && known + added_bytes <= size_max_bytes) return note_size(known + added_bytes);
  const auto freed = prune(size_max_bytes, std::chrono::milliseconds(0));
  if (!freed && freed.error().code != kCacheBusy) return fail(freed.error());
  return ok();
}

}  // namespace pipit::fetch
