// .pipit at the root of an environment: made and locked when somebody is about to write. At rest it holds the stamp, or is gone.
#pragma once

#include <stop_token>
#include <string>

#include "pipit/install/transaction.h"
#include "pipit/sys/dir.h"

namespace pipit::install {

inline constexpr const char* kPrivateFolder = ".pipit";
inline constexpr const char* kLockFile = "lock";
inline constexpr const char* kStampFile = "stamp";  // pipit/install/stamp.h
inline constexpr const char* kTransactionPrefix = "txn-";

// Names of the journal: its state (transaction.h).
inline constexpr const char* kStateJournal = "journal";
inline constexpr const char* kStateCommitted = "committed";
inline constexpr const char* kStateRollback = "rollback";
inline constexpr const char* kStateDone = "done";

// Held while an environment is written to. Not a guard: leave() says how it went.
struct PrivateFolder {
  sys::Dir dir;
  sys::FileLock lock;

  static Result<PrivateFolder> enter(const sys::Dir& root, const LockWait& wait, std::stop_token stop);
  // Deletes lock file and, where no stamp lies in it, the folder; then unlocks. What does not go at the first try is tried once
  // more; a folder with other things in it stays as it is.
  void leave(const sys::Dir& root);
};

// remove_tree, tried once more: a fault on the way out must not leave litter.
Status remove_tree_stubbornly(const sys::Dir& dir, const std::string& name);

}  // namespace pipit::install
