// Carrying a journal out, taking it back, and doing either again after a crash at any point in between.
//
// A move's state can be read off the disk: new/I exists until it was put, old/I exists once the old was taken and until
// the folder is deleted. Redo and undo look before they rename, so they may be repeated, and they are right for any
// subset of renames that survived a power cut. Where a rename is impossible (copies.h) old/I and new/I are there from the
// beginning to the end, and what stands in the environment is compared with them.
#pragma once

#include <vector>

#include "install/journal.h"
#include "pipit/base/diagnostics.h"
#include "pipit/sys/dir.h"

namespace pipit::install {

// The directories that a journal speaks about, held open.
struct Places {
  std::vector<sys::Dir> anchors;  // as Journal::anchors
  sys::Dir old_dir, new_dir;      // of the transaction's folder

  static Result<Places> open(const Journal& journal, const sys::Dir& root, const sys::Dir& transaction);
};

// Finds out which moves renames cannot make, and backs up what those will take. Nothing in the environment changes. The
// transaction's folder is beside old/ and new/.
Status choose_ways(Journal& journal, const sys::Dir& root, const sys::Dir& transaction);

// First time: what the journal says is true, and anything else means that somebody changed the environment under us.
Status apply(const Journal& journal, const Places& places);
Status redo(const Journal& journal, const Places& places);
Status undo(const Journal& journal, const Places& places);

// Everything the moves changed is on the disk, on whatever file system it lies.
Status sync_all(const Journal& journal, const Places& places, const sys::Dir& root);

// The state changes by renaming the journal; the name is durable before this returns.
Status change_state(const sys::Dir& transaction, const char* from, const char* to, bool sync);

// After apply() failed or its sync did: puts everything back. Leaves the folder in state `done` or, if even that is
// impossible, in a state from which recover() will do it.
Status take_back(const Journal& journal, const Places& places, const sys::Dir& root, const sys::Dir& transaction, bool sync);

}  // namespace pipit::install
