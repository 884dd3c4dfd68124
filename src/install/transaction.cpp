#include "pipit/install/transaction.h"

#include <cerrno>
#include <optional>

#include "install/arrangement.h"
#include "install/byte_code.h"
#include "install/moves.h"
#include "install/private_folder.h"
#include "install/staging.h"
#include "pipit/sys/file.h"

namespace pipit::install {

struct Transaction::State {
  State(sys::Os& os_in, Target target_in, TransactionOptions options_in)
      : os(os_in), target(std::move(target_in)), options(std::move(options_in)) {}

  sys::Os& os;
  Target target;
  TransactionOptions options;
  std::vector<RemovalSet> removals;
  std::vector<Addition> additions;
  std::vector<std::size_t> stale;

  std::optional<Layout> layout;
  std::optional<Ground> ground;
  std::optional<Arrangement> arrangement;  // after check()

  // From here on only once the writing phase has begun.
  sys::Dir root;
  std::vector<std::filesystem::path> made_roots;  // directories made so that the root exists, outermost first
  std::optional<PrivateFolder> folder;
  std::string name;                // txn-...
  sys::Dir transaction, new_dir;
  bool staged = false;

  StagingInput staging_input() const { return {options, additions, *arrangement, sys::current_umask()}; }

  Status make_root();
  void unmake_root();
  Status enter(std::stop_token stop);
  Status add_stamp();
  Status write_stage(std::stop_token stop);
  Status write_journal();
  Status make_moves(Diagnostics& diagnostics);
  Status clean_up();
  Status abandon(Status why);
};

Transaction::Transaction(std::unique_ptr<State> state) : state_(std::move(state)) {}
Transaction::Transaction(Transaction&&) noexcept = default;
Transaction& Transaction::operator=(Transaction&&) noexcept = default;

Transaction::~Transaction() {
  if (state_) (void)rollback();
}

Result<Transaction> Transaction::begin(sys::Os& os, Target target, TransactionOptions options) {
  target.root = sys::absolute(target.root);
  auto state = std::make_unique<State>(os, std::move(target), std::move(options));
  PIPIT_TRY(state->layout, Layout::resolve(os, state->target));
  return Transaction(std::move(state));
}

void Transaction::remove(RemovalSet removal) {
  if (!removal.outside_environment) state_->removals.push_back(std::move(removal));
}
void Transaction::add(Addition addition) { state_->additions.push_back(std::move(addition)); }
bool Transaction::is_empty() const { return state_->removals.empty() && state_->additions.empty(); }
const std::vector<std::size_t>& Transaction::stale_additions() const { return state_->stale; }

Status Transaction::check(Diagnostics& diagnostics) {
  PIPIT_TRY(state_->ground, Ground::open(state_->os, *state_->layout));
  const ArrangementInput input{state_->target, state_->options, *state_->layout, state_->removals, state_->additions};
  PIPIT_TRY(state_->arrangement, arrange(input, *state_->ground, diagnostics));
  return ok();
}

// Not atomic: a kill in between leaves an empty directory where --target was to be, which the next run uses.
Status Transaction::State::make_root() {
  std::vector<std::filesystem::path> missing;
  for (std::filesystem::path at = layout->root(); !sys::exists(at); at = at.parent_path()) missing.push_back(at);
  for (auto it = missing.rbegin(); it != missing.rend(); ++it) {
    const int result = os.mkdirat(AT_FDCWD, it->c_str(), 0777);
    if (result < 0 && result != -EEXIST) return fail(sys::os_error(-result, "make directory", it->string()));
    if (result == 0) made_roots.push_back(*it);
  }
  return ok();
}

void Transaction::State::unmake_root() {
  for (auto it = made_roots.rbegin(); it != made_roots.rend(); ++it)
    if (os.unlinkat(AT_FDCWD, it->c_str(), AT_REMOVEDIR) < 0) (void)os.unlinkat(AT_FDCWD, it->c_str(), AT_REMOVEDIR);
  made_roots.clear();
}

Status Transaction::State::enter(std::stop_token stop) {
  PIPIT_CHECK(make_root());
  PIPIT_TRY(root, sys::Dir::open(os, layout->root()));
  struct stat info {};
  if (const int result = os.fstat(root.fd(), &info); result < 0) return fail(sys::os_error(-result, "look at", layout->root()));
  PIPIT_TRY(const SpaceNeed need, space_needed(staging_input(), info.st_dev, os));
  PIPIT_CHECK(check_space(need, root));
  PIPIT_TRY(folder, PrivateFolder::enter(root, options.lock, stop));
  PIPIT_TRY(const auto left_over, folder->dir.list());
  for (const sys::DirEntry& entry : left_over)
    if (entry.name.starts_with(kTransactionPrefix))
      return fail(make_error(kEnvironmentChanged, "another run on `" + layout->root() + "` was killed meanwhile").hint("run the command again"));
  return ok();
}

// The stamp is a move like any other, the last one. Where it stands is known only now that the folder is ours.
Status Transaction::State::add_stamp() {
  if (!options.stamp) return ok();
  PIPIT_TRY(const auto there, folder->dir.stat(kStampFile));
  const bool comes = !options.stamp->empty();
  if (!there && !comes) return ok();
  auto& moves = arrangement->journal.moves;
  if (comes) {
    arrangement->files.push_back({kRewrite, static_cast<std::uint32_t>(arrangement->rewrites.size()), static_cast<std::uint32_t>(moves.size()), 0, {}, {}});
    arrangement->rewrites.push_back(*options.stamp);
  }
  moves.push_back({0, std::string(kPrivateFolder) + "/" + kStampFile, there.has_value(), comes});
  return ok();
}

Status Transaction::State::write_stage(std::stop_token stop) {
  name = sys::random_name(kTransactionPrefix);
  PIPIT_CHECK(folder->dir.make_dir(name, 0700));
  PIPIT_TRY(transaction, folder->dir.open_dir(name));
  PIPIT_CHECK(transaction.make_dir("new"));
  PIPIT_CHECK(transaction.make_dir("old"));
  PIPIT_CHECK(choose_ways(arrangement->journal, root, transaction));
  PIPIT_TRY(new_dir, transaction.open_dir("new"));
  PIPIT_CHECK(stage_files(staging_input(), new_dir, stale, stop));
  return correct_byte_code(staging_input(), new_dir);
}

Status Transaction::stage(Diagnostics& diagnostics, std::stop_token stop) {
  if (!state_->arrangement) PIPIT_CHECK(check(diagnostics));
  if (stop.stop_requested()) return fail(make_error(kCancelled, "the installation was cancelled"));
  Status status = state_->enter(stop);
  if (status) status = state_->add_stamp();
  if (status) status = state_->write_stage(stop);
  if (!status) return state_->abandon(std::move(status));
  state_->staged = true;
  return ok();
}

// Everything staged goes to the disk with one syncfs, the journal with it; the name that makes it count comes after.
Status Transaction::State::write_journal() {
  PIPIT_CHECK(transaction.write_file(kStateJournal, arrangement->journal.to_bytes(), 0600));
  if (options.sync) PIPIT_CHECK(root.sync_file_system());
  return ok();
}

// From the rename of the journal on, a kill ends in the new state.
Status Transaction::State::make_moves(Diagnostics& diagnostics) {
  PIPIT_TRY(const Places places, Places::open(arrangement->journal, root, transaction));
  PIPIT_CHECK(transaction.rename(kStateJournal, transaction, kStateCommitted));
  Status status = options.sync ? transaction.sync() : ok();
  if (status) status = apply(arrangement->journal, places);
  if (status && options.sync) status = sync_all(arrangement->journal, places, root);
  if (!status) {
    Status taken_back = take_back(arrangement->journal, places, root, transaction, options.sync);
    if (!taken_back) {
      diagnostics.warn("rollback-incomplete", "the environment could not be put back: " + taken_back.error().message +
                                                  "; the next pipit command on it, or `pipit repair`, will do it");
      name.clear();  // the journal is needed
    }
    return status;
  }
  Status done = transaction.rename(kStateCommitted, transaction, kStateDone);
  if (!done) done = transaction.rename(kStateCommitted, transaction, kStateDone);
  if (!done) name.clear();  // recovery finds nothing left to rename and deletes the folder
  // So that after a power cut nobody carries out a journal whose folder was half deleted and whose environment has gone
  // on. If it fails, the new state is on the disk all the same, and redo looks before it renames.
  if (done && options.sync) (void)transaction.sync();
  return ok();
}

Status Transaction::commit(Diagnostics& diagnostics, std::stop_token stop) {
  if (!state_->staged) return fail(make_error(kInternalError, "commit without stage"));
  Status status = check_unchanged(state_->os, state_->options.snapshot);
  if (status) status = state_->ground->check_unchanged();
  if (status && stop.stop_requested()) status = fail(make_error(kCancelled, "the installation was cancelled"));
  if (status) status = state_->write_journal();
  if (status && stop.stop_requested()) status = fail(make_error(kCancelled, "the installation was cancelled"));
  if (status) status = state_->make_moves(diagnostics);
  if (!status) return state_->abandon(std::move(status));
  state_->made_roots.clear();
  const Status cleaned = state_->clean_up();
  if (!cleaned) diagnostics.warn("cleanup", "what the installation replaced could not be deleted yet: " + cleaned.error().message);
  return ok();
}

Status Transaction::State::clean_up() {
  staged = false;
  new_dir = sys::Dir();
  transaction = sys::Dir();
  Status status = ok();
  if (folder && !name.empty()) status = remove_tree_stubbornly(folder->dir, name);
  name.clear();
  if (folder) folder->leave(root);
  folder.reset();
  return status;
}

Status Transaction::State::abandon(Status why) {
  const Status cleaned = clean_up();
  unmake_root();
  if (!why && !cleaned) why.error().details.push_back("what was staged could not be deleted: " + cleaned.error().message);
  return why;
}

Status Transaction::rollback() { return state_->folder || !state_->made_roots.empty() ? state_->abandon(ok()) : ok(); }

}  // namespace pipit::install
