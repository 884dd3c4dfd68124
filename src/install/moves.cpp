#include "install/moves.h"

#include <cerrno>
#include <cstdio>
#include <map>
#include <ranges>
#include <set>

#include "install/copies.h"
#include "install/private_folder.h"
#include "pipit/install/transaction.h"

namespace pipit::install {
namespace {

Error changed(const sys::Dir& anchor, const Move& move, Error cause) {
  Error error = make_error(kEnvironmentChanged, "`" + (anchor.path() / move.path).string() + "` was changed by another program meanwhile");
  error.os_errno = cause.os_errno;
  return error;
}

Result<bool> is_there(const sys::Dir& dir, const std::string& name) {
  PIPIT_TRY(const auto found, dir.stat(name));
  return found.has_value();
}

// File systems without RENAME_NOREPLACE answer EINVAL.
Status rename_to_free_name(const sys::Dir& from, const std::string& name, const sys::Dir& to, const std::string& path) {
  Status moved = from.rename(name, to, path, RENAME_NOREPLACE);
  if (moved || moved.error().os_errno != EINVAL) return moved;
  PIPIT_TRY(const bool taken, is_there(to, path));
  if (taken) return fail(sys::os_error(EEXIST, "rename to", (to.path() / path).string()));
  return from.rename(name, to, path);
}

// The directory that a move's path lies in, held for the moves that follow: most are in the same.
class Parent {
 public:
  explicit Parent(const Places& places) : places_(places) {}

  Status look_for(const Move& move) {
    const std::size_t slash = move.path.rfind('/');
    leaf_ = slash == std::string::npos ? move.path : move.path.substr(slash + 1);
    const std::string path = slash == std::string::npos ? std::string() : move.path.substr(0, slash);
    if (dir_ && anchor_ == move.anchor && path_ == path) return ok();
    dir_ = sys::Dir();
    PIPIT_TRY(dir_, path.empty() ? places_.anchors[move.anchor].reopen() : places_.anchors[move.anchor].open_dir(path));
    anchor_ = move.anchor;
    path_ = path;
    return ok();
  }
  const sys::Dir& dir() const { return dir_; }
  const std::string& leaf() const { return leaf_; }  // of the move that was looked for

 private:
  const Places& places_;
  sys::Dir dir_;
  std::size_t anchor_ = 0;
  std::string path_, leaf_;
};

Status take(const Move& move, const std::string& number, const Places& places, const Parent& parent) {
  const sys::Dir& anchor = places.anchors[move.anchor];
  if (move.takes_by_copy) return clear_like(places.old_dir, number, anchor, move.path, Expect::strict);
  Status taken = parent.dir().rename(parent.leaf(), places.old_dir, number);
  if (!taken && taken.error().os_errno == ENOENT) return fail(changed(anchor, move, std::move(taken).error()));
  return taken;
}

Status apply_one(const Move& move, const std::string& number, const Places& places, Parent& parent) {
  const sys::Dir& anchor = places.anchors[move.anchor];
  if (Status found = parent.look_for(move); !found) return found.error().os_errno == ENOENT ? Status(fail(changed(anchor, move, std::move(found).error()))) : found;
  if (move.takes_old) PIPIT_CHECK(take(move, number, places, parent));
  if (!move.puts_new) return ok();
  if (move.puts_by_copy) return stand_like(places.new_dir, number, anchor, move.path, Expect::strict);
  Status put = rename_to_free_name(places.new_dir, number, parent.dir(), parent.leaf());
  if (!put && (put.error().os_errno == EEXIST || put.error().os_errno == ENOENT)) return fail(changed(anchor, move, std::move(put).error()));
  return put;
}

// The parent may be gone if somebody tidied up between the crash and us.
Status bring(const sys::Dir& from, const std::string& number, const sys::Dir& anchor, const std::string& path) {
  Status moved = from.rename(number, anchor, path);
  const std::size_t slash = path.rfind('/');
  if (moved || moved.error().os_errno != ENOENT || slash == std::string::npos) return moved;
  PIPIT_CHECK(anchor.make_dirs(path.substr(0, slash)));
  return from.rename(number, anchor, path);
}

// What the old left behind in the way of the new was made by somebody else after the crash.
Status redo_put(const Move& move, const std::string& number, const Places& places) {
  if (!move.puts_new) return ok();
  PIPIT_CHECK(places.anchors[move.anchor].remove_tree(move.path));
  return bring(places.new_dir, number, places.anchors[move.anchor], move.path);
}

Status redo_one(const Move& move, const std::string& number, const Places& places) {
  const sys::Dir& anchor = places.anchors[move.anchor];
  if (move.puts_new) {
    PIPIT_TRY(const bool waiting, is_there(places.new_dir, number));
    if (!waiting) return ok();  // it was put, so the old had been taken
  }
  if (move.takes_by_copy) PIPIT_CHECK(clear_like(places.old_dir, number, anchor, move.path, Expect::lenient));
  if (move.puts_by_copy) return stand_like(places.new_dir, number, anchor, move.path, Expect::lenient);
  if (move.takes_by_copy) return redo_put(move, number, places);
  PIPIT_TRY(const bool occupied, is_there(anchor, move.path));
  PIPIT_TRY(const bool taken, is_there(places.old_dir, number));
  // Both only if somebody else made the path anew after the crash: that stays, unless it stands where something belongs.
  if (occupied && taken && !move.puts_new) return ok();
  if (occupied && taken) PIPIT_CHECK(places.old_dir.remove_tree(number));
  if (occupied) PIPIT_CHECK(anchor.rename(move.path, places.old_dir, number));
  return move.puts_new ? bring(places.new_dir, number, anchor, move.path) : ok();
}

Status undo_one(const Move& move, const std::string& number, const Places& places) {
  const sys::Dir& anchor = places.anchors[move.anchor];
  if (move.puts_by_copy) PIPIT_CHECK(clear_like(places.new_dir, number, anchor, move.path, Expect::lenient));
  if (move.puts_new && !move.puts_by_copy) {
    PIPIT_TRY(const bool waiting, is_there(places.new_dir, number));
    PIPIT_TRY(const bool occupied, is_there(anchor, move.path));
    if (!waiting && occupied) PIPIT_CHECK(anchor.rename(move.path, places.new_dir, number));
  }
  if (!move.takes_old) return ok();
  if (move.takes_by_copy) return stand_like(places.old_dir, number, anchor, move.path, Expect::lenient);
  PIPIT_TRY(const bool taken, is_there(places.old_dir, number));
  return taken ? bring(places.old_dir, number, anchor, move.path) : ok();
}

// A real path holds no links; if there is one by now, somebody planted it.
Result<sys::Dir> open_real_path(sys::Os& os, const std::string& path) {
  PIPIT_TRY(const sys::Dir top, sys::Dir::open(os, "/"));
  return path == "/" ? top.reopen() : top.open_dir(path.substr(1));
}

}  // namespace

Result<Places> Places::open(const Journal& journal, const sys::Dir& root, const sys::Dir& transaction) {
  Places places;
  for (const std::string& path : journal.anchors) {
    PIPIT_TRY(sys::Dir anchor, path.empty() ? root.reopen() : open_real_path(root.os(), path));
    places.anchors.push_back(std::move(anchor));
  }
  PIPIT_TRY(places.old_dir, transaction.open_dir("old"));
  PIPIT_TRY(places.new_dir, transaction.open_dir("new"));
  return places;
}

namespace {

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/') == std::string::npos ? 0 : path.rfind('/')); }

// This directory, or the nearest one above it that is there.
Result<sys::Dir> nearest_directory(const sys::Dir& anchor, std::string path) {
  for (; !path.empty(); path = parent_of(path)) {
    auto dir = anchor.open_dir(path);
    if (dir || dir.error().os_errno != ENOENT) return dir;
  }
  return anchor.reopen();
}

Result<std::uint64_t> device_of(const sys::Dir& dir) {
  struct stat info {};
  int result = -EINTR;
  while (result == -EINTR) result = dir.os().fstat(dir.fd(), &info);
  if (result < 0) return fail(sys::os_error(-result, "look at", dir.path().string()));
  return static_cast<std::uint64_t>(info.st_dev);
}

constexpr const char* kProbe = "probe";

class Ways {
 public:
  Ways(const Places& places, const sys::Dir& transaction) : places_(places), transaction_(transaction) {}

  Status choose(Move& move) {
    const sys::Dir& anchor = places_.anchors[move.anchor];
    const auto [known, is_first] = other_mount_.try_emplace({move.anchor, parent_of(move.path)}, false);
    if (is_first) {
      PIPIT_TRY(const sys::Dir above, nearest_directory(anchor, parent_of(move.path)));
      PIPIT_TRY(known->second, are_on_different_mounts(above, transaction_));
    }
    move.puts_by_copy = move.puts_new && known->second;
    move.takes_by_copy = move.takes_old && known->second;
    if (!move.takes_old || move.takes_by_copy) return ok();
    PIPIT_TRY(const auto info, anchor.stat(move.path));
    if (!info || info->kind != sys::FileStat::Kind::directory) return ok();
    PIPIT_CHECK(make_probe());
    auto immovable = is_immovable(anchor, move.path, transaction_, kProbe);
    if (!immovable) return fail(immovable.error().os_errno == ENOENT ? changed(anchor, move, std::move(immovable).error()) : std::move(immovable).error());
    move.takes_by_copy = *immovable;
    return ok();
  }

 private:
  Status make_probe() {
    if (std::exchange(probe_made_, true)) return ok();
    PIPIT_CHECK(transaction_.make_dir(kProbe));
    return transaction_.make_dir(std::string(kProbe) + "/full");
  }

  const Places& places_;
  const sys::Dir& transaction_;
  std::map<std::pair<std::size_t, std::string>, bool> other_mount_;
  bool probe_made_ = false;
};

}  // namespace

Status choose_ways(Journal& journal, const sys::Dir& root, const sys::Dir& transaction) {
  PIPIT_TRY(const Places places, Places::open(journal, root, transaction));
  Ways ways(places, transaction);
  for (std::size_t i = 0; i < journal.moves.size(); ++i) {
    Move& move = journal.moves[i];
    PIPIT_CHECK(ways.choose(move));
    if (move.takes_by_copy) PIPIT_CHECK(back_up(places.anchors[move.anchor], move.path, places.old_dir, std::to_string(i)));
  }
  return ok();
}

Status sync_all(const Journal& journal, const Places& places, const sys::Dir& root) {
  PIPIT_TRY(const std::uint64_t device, device_of(root));
  std::set<std::uint64_t> synced{device};
  std::set<std::pair<std::size_t, std::string>> parents;
  for (const Move& move : journal.moves)
    if (move.takes_by_copy || move.puts_by_copy) parents.emplace(move.anchor, parent_of(move.path));
  for (const auto& [anchor, path] : parents) {
    PIPIT_TRY(const sys::Dir above, nearest_directory(places.anchors[anchor], path));
    PIPIT_TRY(const std::uint64_t its_device, device_of(above));
    if (synced.insert(its_device).second) PIPIT_CHECK(above.sync_file_system());
  }
  return root.sync_file_system();
}

Status apply(const Journal& journal, const Places& places) {
  Parent parent(places);
  for (std::size_t i = 0; i < journal.moves.size(); ++i) PIPIT_CHECK(apply_one(journal.moves[i], std::to_string(i), places, parent));
  return ok();
}

Status redo(const Journal& journal, const Places& places) {
  for (std::size_t i = 0; i < journal.moves.size(); ++i) PIPIT_CHECK(redo_one(journal.moves[i], std::to_string(i), places));
  return ok();
}

Status undo(const Journal& journal, const Places& places) {
  for (std::size_t i = journal.moves.size(); i-- > 0;) PIPIT_CHECK(undo_one(journal.moves[i], std::to_string(i), places));
  return ok();
}

Status change_state(const sys::Dir& transaction, const char* from, const char* to, bool sync) {
  PIPIT_CHECK(transaction.rename(from, transaction, to));
  return sync ? transaction.sync() : ok();
}

// Renames that failed once are tried once more: what made the apply fail may have been a passing fault.
Status take_back(const Journal& journal, const Places& places, const sys::Dir& root, const sys::Dir& transaction, bool sync) {
  Status marked = transaction.rename(kStateCommitted, transaction, kStateRollback);
  if (!marked) marked = transaction.rename(kStateCommitted, transaction, kStateRollback);
  PIPIT_CHECK(std::move(marked));
  if (sync) PIPIT_CHECK(transaction.sync());
  Status undone = undo(journal, places);
  if (!undone) undone = undo(journal, places);
  PIPIT_CHECK(std::move(undone));
  if (sync) PIPIT_CHECK(sync_all(journal, places, root));
  return change_state(transaction, kStateRollback, kStateDone, sync);
}

}  // namespace pipit::install
