// Transaction: one run's removals and additions, carried out together or not at all, whatever happens in between.
//
//   begin ─ remove/add ─ check (reads only) ─ stage (new files beside, under .pipit) ─ commit (a journal, then renames)
//
// On disk, below the environment's root; at rest all but the stamp is gone again:
//   .pipit/stamp                which archives are installed (stamp.h); one of the moves
//   .pipit/lock                 flock of whoever writes
//   .pipit/txn-RANDOM/new/I     what will stand at move I's path: one file, or a whole new directory
//   .pipit/txn-RANDOM/old/I     what stood there
//   .pipit/txn-RANDOM/STATE     the journal (src/install/journal.h); its name is the state:
//     journal    nothing visible has changed      recovery: delete the folder              -> exactly old
//     committed  every byte is on the disk        recovery: finish the renames             -> exactly new
//     rollback   an error came during the renames recovery: take them back                 -> exactly old
//     done       nothing is left to do but to delete the folder
// What no rename can move (another mount; overlayfs: a directory of a lower layer) is copied: which moves those are is
// found out before the journal is written, and their old files are backed up below old/ before the first move.
//
// It does not know the network, the resolver or what a wheel means: an InstallImage says which bytes stand where.
// Ownership: the trees that additions link from must outlive commit(). Threads: one; staging may use an executor.
// Errors: everything before the renames leaves the old environment; an error in them is taken back. Paths of images are
// absolute; below the environment every component is opened without following links.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "pipit/base/diagnostics.h"
#include "pipit/base/result.h"
#include "pipit/install/snapshot.h"
#include "pipit/install/uninstall.h"
#include "pipit/python/installed.h"
#include "pipit/sys/file_lock.h"
#include "pipit/sys/worker_pool.h"
#include "pipit/wheel/install_wheel.h"

namespace pipit::install {

inline constexpr ErrorCode kOverlap{"overlap"};                    // two owners for one file
inline constexpr ErrorCode kProtectedFile{"protected-file"};       // interpreter, pyvenv.cfg, activate scripts
inline constexpr ErrorCode kForeignMetadata{"foreign-metadata"};   // another distribution's *.dist-info
inline constexpr ErrorCode kOutsideScheme{"outside-scheme"};
inline constexpr ErrorCode kInTheWay{"in-the-way"};                // a directory where a file belongs, a link, ...
inline constexpr ErrorCode kStaleStoreFile{"stale-store-file"};    // Error::where names it; stale_additions() the wheels
inline constexpr ErrorCode kNotEnoughSpace{"not-enough-space"};
inline constexpr ErrorCode kEnvironmentChanged{"environment-changed"};

enum class LinkMode { automatic, hardlink, reflink, copy };

struct LockWait {
  std::chrono::milliseconds timeout = std::chrono::minutes(15);
  std::function<void(const std::string& holder)> on_wait;
};

struct Target {
  std::filesystem::path root;       // of the environment; made if it is missing (--target)
  wheel::Scheme scheme;             // where files may go; resolved once, then held
  std::string interpreter;          // absolute; never overwritten
};

struct TransactionOptions {
  LinkMode link_mode = LinkMode::automatic;
  bool sync = true;                                // false: survives kill -9, not a power cut
  std::vector<std::string> allow_overlap;          // normalised names
  std::vector<python::InstalledDist> staying;      // what is installed and is not removed by this run
  std::optional<std::string> stamp;                // its bytes after this run; "": none; absent: left as it is
  Snapshot snapshot;                               // taken when planning began; empty: changes are not looked for
  LockWait lock;
  sys::Executor* executor = nullptr;               // null: one thread
};

struct Addition {
  wheel::InstallImage image;
  std::filesystem::path tree;                      // the image's sources lie below it
  bool from_store = true;                          // false: unpacked by this process just now, so not looked at again
  bool is_byte_code = false;                       // of sources that other additions bring; it may overwrite what is there
};

class Transaction {
 public:
  static Result<Transaction> begin(sys::Os& os, Target target, TransactionOptions options);
  Transaction(Transaction&&) noexcept;
  Transaction& operator=(Transaction&&) noexcept;
  ~Transaction();  // rolls back what was staged and not committed

  void remove(RemovalSet removal);
  void add(Addition addition);
  bool is_empty() const;

  // Everything that can be refused without writing; all problems in one error (Error::also). stage() calls it if nobody did.
  Status check(Diagnostics& diagnostics);
  Status stage(Diagnostics& diagnostics, std::stop_token stop);
  // Not interruptible once the journal is committed: `stop` is looked at before that, and never after.
  Status commit(Diagnostics& diagnostics, std::stop_token stop);
  Status rollback();

  // After kStaleStoreFile: which additions (in order of add) must be unpacked anew.
  const std::vector<std::size_t>& stale_additions() const;

 private:
  struct State;
  explicit Transaction(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// What recovery did, for one line to the user.
enum class Recovered { nothing, finished, undone };

// Brings an environment that a killed run left behind to exactly the old or the new state. Idempotent, itself killable,
// and one stat if there is nothing. Every command calls it before it looks at the environment.
Result<Recovered> recover(sys::Os& os, const std::filesystem::path& root, const LockWait& lock, std::stop_token stop);

// Before the writing phase .pipit does not exist: runs on one environment exclude each other by this lock, which lies in
// `directory` (the cache's or the runtime directory, made if missing) and is named after the environment's real path.
Result<sys::FileLock> lock_environment(sys::Os& os, const std::filesystem::path& directory, const std::filesystem::path& root,
                                       const LockWait& lock, std::stop_token stop);

}  // namespace pipit::install
