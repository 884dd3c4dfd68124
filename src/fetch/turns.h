// Turns: of several pipits that need the same file, one downloads it while the others wait. Whose turn it is says a lock on
// KEY.lock beside the unfinished downloads, so who dies gives way. Where nothing can be locked nobody waits. Threads: done()
// from any, each key's once; the rest from one.
#pragma once

#include <filesystem>
#include <string>

#include "pipit/sys/dir.h"
#include "pipit/sys/file_lock.h"

namespace pipit::fetch {

class Turns {
 public:
  explicit Turns(const std::filesystem::path& directory) {
    if (directory.empty() || !sys::make_directories(directory, 0700)) return;
    if (auto opened = sys::Dir::open(sys::real_os(), directory)) directory_ = std::move(*opened);
  }

  // Holds a key until done(), or nothing.
  struct Turn {
    std::string name;
    sys::FileLock lock;
  };
  enum class Whose { ours, others };
  Whose take(const std::string& key, Turn& turn) const {
    if (!directory_) return Whose::ours;
    turn.name = key + ".lock";
    auto lock = sys::FileLock::acquire(directory_, turn.name, sys::FileLock::Mode::exclusive, std::chrono::milliseconds(0), {}, {});
    if (lock) turn.lock = std::move(*lock);
    return !lock && lock.error().code == sys::kLockTimeout ? Whose::others : Whose::ours;
  }
  // The file goes first: whoever waits for it finds that its name is gone and makes it anew.
  void done(Turn& turn) const {
    if (turn.lock) static_cast<void>(directory_.remove_file(turn.name));
    turn.lock.unlock();
  }

 private:
  sys::Dir directory_;
};

}  // namespace pipit::fetch
