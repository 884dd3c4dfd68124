// Copies: for files that a rename cannot move, because they lie on another mount than .pipit or because their file system
// does not move the directory (overlayfs: one that comes from a lower layer). What goes is backed up below .pipit before
// anything changes; what comes stays below .pipit until all is done. So each of these may be repeated after a crash.
//
// `model` is the directory below .pipit, `name` a file, link or directory in it; `place` and `path` say where it stands, or
// is to stand, in the environment. Links are never followed. Threads: any, on different names.
#pragma once

#include <string>

#include "pipit/sys/dir.h"

namespace pipit::install {

// strict: what is found is not what is expected (kEnvironmentChanged). lenient: after a crash nearly anything may be found.
enum class Expect { strict, lenient };

// Makes place/path stand at model/name: hard links where the file system permits, which keep owner and times, else copies.
Status back_up(const sys::Dir& place, const std::string& path, const sys::Dir& model, const std::string& name);
// Takes from place/path what model/name holds, and the directories that are empty then. Other content is left alone.
Status clear_like(const sys::Dir& model, const std::string& name, const sys::Dir& place, const std::string& path, Expect expect);
// Makes place/path what model/name is. strict: nothing stands there. lenient: what is equal stays, what differs is replaced.
Status stand_like(const sys::Dir& model, const std::string& name, const sys::Dir& place, const std::string& path, Expect expect);

// Does a rename between the two directories cross a mount? Asked without renaming anything.
Result<bool> are_on_different_mounts(const sys::Dir& a, const sys::Dir& b);
// Can this directory not be moved as a whole? `full` is a directory in `beside` that is not empty.
Result<bool> is_immovable(const sys::Dir& place, const std::string& path, const sys::Dir& beside, const std::string& full);

}  // namespace pipit::install
