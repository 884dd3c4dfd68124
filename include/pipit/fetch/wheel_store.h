// WheelStore: unpacked, verified wheels, content-addressed by the sha256 of their archive, below the cache directory:
//
//   <cache>/wheels-v1/lock                      shared while a store is open, exclusive while one is tidied
//   <cache>/wheels-v1/staging/<random>/         an entry being made, or being removed
//   <cache>/wheels-v1/<2 hex>/<sha256>/manifest tree/
//   <cache>/wheels-v1/<2 hex>/<sha256>/code-<key>/manifest tree/      byte code made of it; the key says for whom
//   <cache>/wheels-v1/size                      what all of it takes, nearly; counted anew when that is near the cap
//
// An entry appears by one rename, after every RECORD row was checked; it is never changed afterwards (its manifest's mtime
// tells when it was last used). Files carry the modes that the umask gives, so another umask than 022 has a directory of
// its own (wheels-v1-u077). Two processes may fill one store at once: who comes second uses what is there.
//
// It does not know environments, indexes, or where archives come from. Threads: find(), add() and forget() from any; the
// rest from one. Errors: cache-unusable (who may not be trusted or written, with the reason: go on with temporary()),
// os-error with os_errno (full disk), and whatever is wrong with a wheel. A failed add() leaves nothing behind.
// Everything that writes goes through the sys::Os it is given.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipit/archive/extractor.h"
#include "pipit/base/diagnostics.h"
#include "pipit/sys/clock.h"
#include "pipit/sys/dir.h"
#include "pipit/sys/file_lock.h"
#include "pipit/sys/worker_pool.h"
#include "pipit/wheel/prepared_wheel.h"

namespace pipit::fetch {

inline constexpr ErrorCode kCacheUnusable{"cache-unusable"};
inline constexpr ErrorCode kCacheBusy{"cache-busy"};  // tidying must wait: another pipit uses the store

struct StoredWheel {
  std::string sha256, filename, name, version;
  std::uint64_t size_bytes = 0;  // of the unpacked files
  std::uint64_t files = 0;
  std::int64_t last_used_ns = 0;
};

// Byte code of a wheel, as prepared as the wheel itself.
struct ByteCode {
  std::shared_ptr<const wheel::Manifest> manifest;  // only paths, sizes, digests and times count
  std::filesystem::path tree;
};
struct ByteCodeFile {
  std::string path, bytes;
};

// An entry that does not hold what its manifest says.
struct StoreDamage {
  std::string sha256, filename;
  std::vector<std::string> paths;  // changed or missing files; empty if the manifest itself is damaged
};

class WheelStore {
 public:
  // Opens the store below `cache`, making both where they are missing. A cache that cannot be written is opened for reading.
  static Result<std::unique_ptr<WheelStore>> open(sys::Os& os, const std::filesystem::path& cache, std::uint32_t umask, const sys::Clock& clock);
  // A private store that disappears with its object; `parent` empty: the system's directory for temporary files.
  static Result<std::unique_ptr<WheelStore>> temporary(sys::Os& os, const std::filesystem::path& parent, const sys::Clock& clock);

  // Returns nullopt if the wheel is not stored, its manifest is damaged, or it passed only by allowances that this run does
  // not give. `filename`, if not empty, must be the stored one (another name is another claim: add() checks it).
  // The files themselves are compared with the manifest when they are linked (install) and by verify().
  Result<std::optional<wheel::PreparedWheel>> find(const std::string& sha256, std::string_view filename,
                                                   const std::vector<std::string>& allowances);
  // Proves, unpacks and publishes a wheel. `checked` must be of these bytes. Warnings about it go to `diagnostics`.
  Result<wheel::PreparedWheel> add(Bytes archive, const verify::Checked& checked, std::string_view filename,
                                   const std::vector<std::string>& allowances, sys::Executor& executor, Diagnostics& diagnostics);
  Result<wheel::PreparedWheel> add(const std::filesystem::path& archive, const verify::Checked& checked, std::string_view filename,
                                   const std::vector<std::string>& allowances, sys::Executor& executor, Diagnostics& diagnostics);
  // Who is going to sync says so before add().
  void flush_soon() { flush_ = archive::Flush::soon; }
  // Everything that was published is on the disk afterwards (and what else waits for that file system).
  Status sync() const { return root_.sync_file_system(); }
  // Removes an entry that was found edited, so that add() makes it anew.
  Status forget(const std::string& sha256);

  // `key`: lower-case hex. What it stands for is the caller's: the same key must mean the same bytes would do.
  std::optional<ByteCode> find_code(const std::string& sha256, const std::string& key) const;
  Result<ByteCode> add_code(const wheel::Manifest& wheel, const std::string& key, const std::vector<ByteCodeFile>& files);
  Status forget_code(const std::string& sha256, const std::string& key);

  bool writable() const { return writable_; }
  const std::filesystem::path& path() const { return path_; }

  Result<std::vector<StoredWheel>> list() const;            // sorted by name, version, filename
  // Re-hashes every file against its manifest; damaged entries are removed where `heal` says so and the store is writable.
  enum class Heal { no, yes };
  Result<std::vector<StoreDamage>> verify(sys::Executor& executor, Heal heal);
  // The next three wait up to `patience` for other pipits to finish, then fail with cache-busy. They return the bytes freed.
  Result<std::uint64_t> remove(const std::vector<std::string>& sha256s, std::chrono::milliseconds patience);
  Result<std::uint64_t> purge(std::chrono::milliseconds patience);
  // Removes the least recently used entries until the rest takes at most size_max_bytes.
  Result<std::uint64_t> prune(std::uint64_t size_max_bytes, std::chrono::milliseconds patience);
  // The same for whoever has just added `added_bytes`: at once if nobody else uses the store, else not at all, and nothing is
  // listed while the store is known to be far from the cap.
  Status keep_below(std::uint64_t size_max_bytes, std::uint64_t added_bytes);

 private:
  explicit WheelStore(const sys::Clock& clock) : clock_(clock) {}
  Status take_shared_lock();
  Status tidy_staging();
  Result<sys::FileLock> take_exclusive_lock(std::chrono::milliseconds patience);
  Result<std::string> make_staging();
  Result<wheel::PreparedWheel> publish(const std::string& staged, wheel::Manifest manifest, const verify::Checked& checked,
                                       const std::vector<std::string>& allowances);
  struct Entry {
    wheel::Manifest manifest;
    std::int64_t last_used_ns = 0;
  };
  std::optional<Entry> read_entry(const std::string& sha256) const;  // nullopt also for one that cannot be read
  Result<std::optional<wheel::Manifest>> read_manifest(const std::string& sha256) const;
  Result<std::vector<std::string>> code_keys(const std::string& sha256) const;
  std::optional<wheel::Manifest> read_code_manifest(const std::string& sha256, const std::string& key) const;
  Status move_out(const std::string& path);
  Status note_size(std::uint64_t bytes);
  bool is_code_intact(const std::string& sha256, const std::string& key, sys::Executor& executor) const;
  void mark_used(const std::string& sha256, std::int64_t last_used_ns) const;
  wheel::PreparedWheel prepared(wheel::Manifest manifest, const verify::Checked& checked, bool from_store) const;

  const sys::Clock& clock_;
  std::filesystem::path path_;
  sys::Dir root_;
  archive::Flush flush_ = archive::Flush::later;
  sys::TempDir temporary_;  // owns path_ of a private store
  sys::FileLock lock_;
  bool writable_ = false;
  bool is_new_ = false;  // made by open(): nothing is in it that is not this run's
  std::atomic<std::uint64_t> next_staging_{0};
};

}  // namespace pipit::fetch
