#include <cerrno>

#include "install/moves.h"
#include "install/private_folder.h"
#include "pipit/install/transaction.h"
#include "pipit/verify/digest.h"

namespace pipit::install {
namespace {

constexpr std::uint64_t kJournalMax = 1u << 30;

Result<bool> has(const sys::Dir& dir, const char* name) {
  PIPIT_TRY(const auto found, dir.stat(name));
  return found.has_value();
}

Status carry_on(const sys::Dir& root, const sys::Dir& transaction, const char* state, Status (*work)(const Journal&, const Places&)) {
  PIPIT_TRY(const std::string bytes, transaction.read_file(state, kJournalMax));
  PIPIT_TRY(const Journal journal, Journal::from_bytes(bytes));
  PIPIT_TRY(const Places places, Places::open(journal, root, transaction));
  PIPIT_CHECK(work(journal, places));
  PIPIT_CHECK(sync_all(journal, places, root));
  return change_state(transaction, state, kStateDone, true);
}

// A folder without a state that counts has changed nothing that anybody sees.
Result<Recovered> recover_one(const sys::Dir& root, const PrivateFolder& folder, const std::string& name) {
  Recovered recovered = Recovered::nothing;
  {
    PIPIT_TRY(const sys::Dir transaction, folder.dir.open_dir(name));
    PIPIT_TRY(const bool committed, has(transaction, kStateCommitted));
    PIPIT_TRY(const bool rolling_back, has(transaction, kStateRollback));
    PIPIT_TRY(const bool done, has(transaction, kStateDone));
    if (committed) PIPIT_CHECK(carry_on(root, transaction, kStateCommitted, redo));
    if (rolling_back) PIPIT_CHECK(carry_on(root, transaction, kStateRollback, undo));
    recovered = committed || done ? Recovered::finished : Recovered::undone;
  }
  PIPIT_CHECK(folder.dir.remove_tree(name));
  return recovered;
}

Result<Recovered> recover_all(const sys::Dir& root, const PrivateFolder& folder) {
  Recovered recovered = Recovered::nothing;
  PIPIT_TRY(const auto entries, folder.dir.list());
  for (const sys::DirEntry& entry : entries) {
    if (!entry.name.starts_with(kTransactionPrefix)) continue;
    PIPIT_TRY(recovered, recover_one(root, folder, entry.name));
  }
  return recovered;
}

// A stamp alone is an environment at rest. A lock file may belong to a run that is just beginning or ending: only a free one
// is litter.
enum class Contents { at_rest, locked, unfinished };
Contents look_into(const sys::Dir& folder) {
  const auto entries = folder.list();
  if (!entries) return Contents::unfinished;
  bool stamped = false, locked = false;
  for (const sys::DirEntry& entry : *entries) {
    if (entry.name != kLockFile && entry.name != kStampFile) return Contents::unfinished;
    (entry.name == kStampFile ? stamped : locked) = true;
  }
  return stamped && !locked ? Contents::at_rest : Contents::locked;
}

}  // namespace

Result<Recovered> recover(sys::Os& os, const std::filesystem::path& root_path, const LockWait& lock, std::stop_token stop) {
  PIPIT_TRY(const auto there, sys::stat_path(root_path / kPrivateFolder, sys::Follow::no));
  if (!there) return Recovered::nothing;
  PIPIT_TRY(const sys::Dir root, sys::Dir::open(os, root_path));
  PIPIT_TRY(const sys::Dir found, root.open_dir(kPrivateFolder));
  const Contents contents = look_into(found);
  if (contents == Contents::at_rest) return Recovered::nothing;
  const bool only_locked = contents == Contents::locked;
  auto folder = PrivateFolder::enter(root, only_locked ? LockWait{std::chrono::milliseconds(0), {}} : lock, stop);
  if (!folder && only_locked && folder.error().code == sys::kLockTimeout) return Recovered::nothing;
  if (!folder) return fail(std::move(folder).error());
  auto recovered = recover_all(root, *folder);
  folder->leave(root);
  if (!recovered) return fail(std::move(recovered).error().while_("recovering `" + root_path.string() + "` from a run that was killed"));
  return recovered;
}

Result<sys::FileLock> lock_environment(sys::Os& os, const std::filesystem::path& directory, const std::filesystem::path& root,
                                       const LockWait& lock, std::stop_token stop) {
  PIPIT_CHECK(sys::make_directories(directory, 0700));
  PIPIT_TRY(const sys::Dir dir, sys::Dir::open(os, directory));
  const auto real = sys::real_path(root);
  const std::string named = real ? real->string() : sys::absolute(root).string();
  const std::string name = "env-" + verify::sha256_hex(as_bytes_view(named)).substr(0, 32) + ".lock";
  return sys::FileLock::acquire(dir, name, sys::FileLock::Mode::exclusive, lock.timeout, lock.on_wait, stop);
}

}  // namespace pipit::install
