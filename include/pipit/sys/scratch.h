// ScratchDir: one run's directory for temporary files, below $TMPDIR (or /tmp), 0700, named pipit-RANDOM. A lock in it is
// held as long as the run lives, so that the next run can tell what a killed one left behind, and removes it. Not copied;
// gone with its owner; one thread.
#pragma once

#include "pipit/sys/file_lock.h"

namespace pipit::sys {

class ScratchDir {
 public:
  ScratchDir() = default;
  static Result<ScratchDir> create();
  const std::filesystem::path& path() const { return dir_.path(); }

 private:
  TempDir dir_;    // destroyed after the lock is given up
  FileLock lock_;
};

}  // namespace pipit::sys
