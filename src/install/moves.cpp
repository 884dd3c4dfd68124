#include "install/moves.h"

#include <cerrno>
#include <cstdio>
#include <ranges>

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

Status apply_one(const Move& move, const std::string& number, const Places& places) {
  const sys::Dir& anchor = places.anchors[move.anchor];
  if (move.takes_old) {
    Status taken = anchor.rename(move.path, places.old_dir, number);
    if (!taken && taken.error().os_errno == ENOENT) return fail(changed(anchor, move, std::move(taken).error()));
    PIPIT_CHECK(std::move(taken));
  }
  if (!move.puts_new) return ok();
  Status put = rename_to_free_name(places.new_dir, number, anchor, move.path);
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

Status redo_one(const Move& move, const std::string& number, const Places& places) {
  const sys::Dir& anchor = places.anchors[move.anchor];
  if (move.puts_new) {
    PIPIT_TRY(const bool waiting, is_there(places.new_dir, number));
    if (!waiting) return ok();  // it was put, so the old had been taken
  }
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
  if (move.puts_new) {
    PIPIT_TRY(const bool waiting, is_there(places.new_dir, number));
    PIPIT_TRY(const bool occupied, is_there(anchor, move.path));
    if (!waiting && occupied) PIPIT_CHECK(anchor.rename(move.path, places.new_dir, number));
  }
  if (!move.takes_old) return ok();
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

Status apply(const Journal& journal, const Places& places) {
  for (std::size_t i = 0; i < journal.moves.size(); ++i) PIPIT_CHECK(apply_one(journal.moves[i], std::to_string(i), places));
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
  if (sync) PIPIT_CHECK(root.sync_file_system());
  return change_state(transaction, kStateRollback, kStateDone, sync);
}

}  // namespace pipit::install
