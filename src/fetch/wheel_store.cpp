#include "pipit/fetch/wheel_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "fetch/store_layout.h"
#include "pipit/wheel/source.h"

namespace pipit::fetch {
namespace {

constexpr std::int64_t kDayNs = 86'400'000'000'000;
constexpr std::chrono::seconds kSharedLockPatience{600};
// Room that a file system needs beyond the files' own bytes; refusing early saves most partial unpacking.
constexpr std::uint64_t kSpareBytes = 16u << 20;

Error unusable(const std::filesystem::path& path, std::string_view why) {
  return make_error(kCacheUnusable, fmt::format("the cache `{}` is not used: {}", path.string(), why)).at(path.string());
}

// Who else can write here could put anything into every environment made from here.
Status check_trust(const sys::Dir& dir) {
  struct stat facts {};
  const int result = dir.os().fstat(dir.fd(), &facts);
  if (result < 0) return fail(sys::os_error(-result, "looking at", dir.path().string()));
  if (facts.st_uid != sys::effective_user_id()) return fail(unusable(dir.path(), fmt::format("it belongs to another user (uid {})", facts.st_uid)));
  if ((facts.st_mode & 0022) != 0) return fail(unusable(dir.path(), fmt::format("others may write to it (mode {:04o})", facts.st_mode & 07777)));
  return ok();
}

bool is_read_only(const Error& error) { return error.os_errno == EROFS || error.os_errno == EACCES || error.os_errno == EPERM; }

verify::Checked known(const std::string& sha256) {
  const packaging::Hashes digest = {{"sha256", sha256}};
  return *verify::check(digest, {digest, {}}, sha256);  // equal to itself: the entry's name is the digest it was checked by
}

}  // namespace

Result<std::unique_ptr<WheelStore>> WheelStore::open(sys::Os& os, const std::filesystem::path& cache, std::uint32_t umask,
                                                     const sys::Clock& clock) {
  std::unique_ptr<WheelStore> store(new WheelStore(clock));
  if (Status made = sys::make_directories(cache, 0700); !made && !is_read_only(made.error())) return fail(unusable(cache, made.error().message));
  auto dir = sys::Dir::open(os, cache);
  if (!dir) return fail(unusable(cache, dir.error().message));
  PIPIT_CHECK(check_trust(*dir));
  const std::string name = store_name(umask);
  store->path_ = cache / name;
  // 0700: a group-writable umask makes group-writable files inside, and nobody else shall reach them.
  Status made = dir->make_dir(name, 0700);
  store->is_new_ = made.has_value();
  store->writable_ = store->is_new_ || made.error().os_errno == EEXIST;
  auto root = dir->open_dir(name);
  if (!root) return fail(unusable(store->path_, made ? root.error().message : made.error().message));
  store->root_ = std::move(*root);
  PIPIT_CHECK(check_trust(store->root_));
  if (store->writable_) {
    Status staging = store->root_.make_dir(std::string(kStaging), 0700);
    store->writable_ = staging.has_value() || staging.error().os_errno == EEXIST;
  }
  PIPIT_CHECK(store->tidy_staging());
  PIPIT_CHECK(store->take_shared_lock());
  return store;
}

Result<std::unique_ptr<WheelStore>> WheelStore::temporary(sys::Os& os, const std::filesystem::path& parent, const sys::Clock& clock) {
  std::unique_ptr<WheelStore> store(new WheelStore(clock));
  PIPIT_TRY(store->temporary_, sys::TempDir::create(parent, "pipit-wheels-"));
  store->path_ = store->temporary_.path();
  PIPIT_TRY(store->root_, sys::Dir::open(os, store->path_));
  PIPIT_CHECK(store->root_.make_dir(std::string(kStaging), 0700));
  store->writable_ = true;
  return store;
}

// A lock that a read-only cache does not have is not missed: nobody can remove anything there either.
Status WheelStore::take_shared_lock() {
  auto lock = sys::FileLock::acquire(root_, std::string(kLockFile), sys::FileLock::Mode::shared, kSharedLockPatience, {}, {});
  if (lock) lock_ = std::move(*lock);
  else if (writable_) return fail(unusable(path_, lock.error().message));
  return ok();
}

// What a killed pipit left half-made or half-removed. Only when nobody else is here.
Status WheelStore::tidy_staging() {
  if (!writable_) return ok();
  PIPIT_TRY(const sys::Dir staging, root_.open_dir(std::string(kStaging)));
  PIPIT_TRY(const auto entries, staging.list());
  if (entries.empty()) return ok();
  auto lock = sys::FileLock::acquire(root_, std::string(kLockFile), sys::FileLock::Mode::exclusive, std::chrono::milliseconds(0), {}, {});
  if (!lock) return ok();
  for (const sys::DirEntry& entry : entries) static_cast<void>(staging.remove_tree(entry.name));
  return ok();
}

std::optional<WheelStore::Entry> WheelStore::read_entry(const std::string& sha256) const {
  auto file = root_.open_read(entry_path(sha256) + "/manifest");
  if (!file) return std::nullopt;
  const auto info = file->stat();
  if (!info || !S_ISREG(info->st_mode)) return std::nullopt;
  auto text = file->read_all(*info, kManifestMaxBytes);
  if (!text) return std::nullopt;
  auto manifest = wheel::Manifest::from_bytes(std::move(*text));
  if (!manifest || manifest->archive_sha256 != sha256) return std::nullopt;
  return Entry{std::move(*manifest), info->st_mtim.tv_sec * 1'000'000'000 + info->st_mtim.tv_nsec};
}

Result<std::optional<wheel::Manifest>> WheelStore::read_manifest(const std::string& sha256) const {
  auto entry = read_entry(sha256);
  return entry ? std::optional(std::move(entry->manifest)) : std::nullopt;
}

wheel::PreparedWheel WheelStore::prepared(wheel::Manifest manifest, const verify::Checked& checked, bool from_store) const {
  std::vector<std::string> allowances;
  for (const std::string& id : manifest.allowances) allowances.push_back(id + ":" + manifest.name);
  const std::filesystem::path tree = path_ / entry_path(manifest.archive_sha256) / "tree";
  return {std::make_shared<const wheel::Manifest>(std::move(manifest)), tree, checked, from_store, std::move(allowances)};
}

Result<std::optional<wheel::PreparedWheel>> WheelStore::find(const std::string& sha256, std::string_view filename,
                                                             const std::vector<std::string>& allowances) {
  if (!is_sha256(sha256)) return std::nullopt;
  auto entry = read_entry(sha256);
  if (!entry || (!filename.empty() && entry->manifest.filename != filename)) return std::nullopt;
  const std::vector<std::string> allowed = wheel::allowed_ids(allowances, entry->manifest.name);
  for (const std::string& id : entry->manifest.allowances)
    if (std::find(allowed.begin(), allowed.end(), id) == allowed.end()) return std::nullopt;
  mark_used(sha256, entry->last_used_ns);
  return prepared(std::move(entry->manifest), known(sha256), true);
}

// Once a day is enough for an order of eviction. Setting the size it has is a change of the mtime alone.
void WheelStore::mark_used(const std::string& sha256, std::int64_t last_used_ns) const {
  const std::int64_t now = std::chrono::duration_cast<std::chrono::nanoseconds>(clock_.now().time_since_epoch()).count();
  if (!writable_ || now - last_used_ns < kDayNs) return;
  const std::string path = entry_path(sha256) + "/manifest";
  sys::Os& os = root_.os();
  const int fd = os.open_beneath(root_.fd(), path.c_str(), O_WRONLY | O_NOFOLLOW, 0);
  if (fd < 0) return;
  sys::File file(os, fd);
  if (const auto facts = file.stat()) os.ftruncate(file.fd(), facts->st_size);
}

Result<wheel::PreparedWheel> WheelStore::add(const std::filesystem::path& archive, const verify::Checked& checked, std::string_view filename,
                                             const std::vector<std::string>& allowances, sys::Executor& executor,
                                             Diagnostics& diagnostics) {
  PIPIT_TRY(const sys::MappedFile file, sys::MappedFile::open(archive));
  return add(file.bytes(), checked, filename, allowances, executor, diagnostics);
}

Result<wheel::PreparedWheel> WheelStore::add(Bytes archive, const verify::Checked& checked, std::string_view filename,
                                             const std::vector<std::string>& allowances, sys::Executor& executor,
                                             Diagnostics& diagnostics) {
  // Unpacked by an earlier run: its files are looked at again before they are used.
  if (auto there = find(checked.sha256_hex(), filename, allowances); there && *there)
    return wheel::PreparedWheel{(*there)->manifest, (*there)->tree, checked, true, (*there)->allowances};
  PIPIT_TRY(const wheel::WheelSource source, wheel::WheelSource::open(archive, filename, allowances, diagnostics));
  if (!writable_) return fail(unusable(path_, "it cannot be written"));
  PIPIT_TRY(const std::uint64_t room, root_.free_bytes());
  if (room < source.unpacked_size() + kSpareBytes) {
    Error full = make_error(sys::kOsError, fmt::format("{} needs {} bytes and {} to spare in `{}`, which has {} left", filename, source.unpacked_size(), kSpareBytes, path_.string(), room));
    full.os_errno = ENOSPC;
    return fail(std::move(full));
  }
  PIPIT_TRY(const std::string staged, make_staging());
  const auto stage = [&]() -> Result<wheel::PreparedWheel> {
    PIPIT_CHECK(root_.make_dir(staged + "/tree", 0755));
    PIPIT_TRY(const sys::Dir tree, root_.open_dir(staged + "/tree"));
    PIPIT_TRY(wheel::Manifest manifest, source.unpack(tree, executor, archive::Engine::fast, flush_));
    manifest.archive_sha256 = checked.sha256_hex();
    return publish(staged, std::move(manifest), checked, allowances);
  };
  auto result = stage();
  static_cast<void>(root_.remove_tree(staged));  // gone already where it was published
  return result;
}

Result<std::string> WheelStore::make_staging() {
  const auto seed = static_cast<std::uint64_t>(clock_.monotonic().time_since_epoch().count());
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const std::string name = fmt::format("{}/{:x}-{}", kStaging, seed, next_staging_++);
    Status made = root_.make_dir(name, 0700);
    if (made) return name;
    if (made.error().os_errno != EEXIST) return fail(std::move(made).error());
  }
  return fail(make_error(kInternalError, "no free name in the wheel store's staging directory"));
}

Result<wheel::PreparedWheel> WheelStore::publish(const std::string& staged, wheel::Manifest manifest, const verify::Checked& checked,
                                                 const std::vector<std::string>& allowances) {
  const std::string& sha256 = manifest.archive_sha256;
  if (!is_sha256(sha256)) return fail(make_error(kInternalError, "a wheel without a sha256 digest cannot be stored"));
  PIPIT_CHECK(root_.write_file(staged + "/manifest", manifest.to_bytes(), 0644));
  Status shelf = root_.make_dir(sha256.substr(0, 2), 0755);
  if (!shelf && shelf.error().os_errno != EEXIST) return fail(std::move(shelf).error());
  for (int attempt = 0; attempt < 100; ++attempt) {
    Status moved = root_.rename(staged, root_, entry_path(sha256), RENAME_NOREPLACE);
    if (moved) return prepared(std::move(manifest), checked, false);
    if (moved.error().os_errno != EEXIST && moved.error().os_errno != ENOTEMPTY) return fail(std::move(moved).error());
    PIPIT_TRY(auto there, find(sha256, manifest.filename, allowances));
    if (there) return wheel::PreparedWheel{there->manifest, there->tree, checked, true, there->allowances};
    PIPIT_CHECK(forget(sha256));  // damaged, or of another name: ours takes its place
  }
  return fail(make_error(kInternalError, "the wheel store's entry " + sha256 + " cannot be replaced"));
}

Status WheelStore::forget(const std::string& sha256) { return is_sha256(sha256) ? move_out(entry_path(sha256)) : ok(); }

// Gone from its place at once, then deleted.
Status WheelStore::move_out(const std::string& path) {
  PIPIT_TRY(const std::string grave, make_staging());
  const Status moved = root_.rename(path, root_, grave + "/entry");
  const Status removed = root_.remove_tree(grave);
  if (!moved && moved.error().os_errno != ENOENT && moved.error().code != sys::kFileNotFound) return moved;
  return removed;
}

}  // namespace pipit::fetch
