// Everything a sealed child needs, worked out before it is made: afterwards only async-signal-safe calls are allowed, so no
// path is joined and nothing allocated there.
#pragma once

#include <string>
#include <vector>

#include "pipit/sys/seal.h"

namespace pipit::sys {

// A place that is shown again where a hidden directory covers it, or that becomes writable.
struct SealPlace {
  std::string path;
  bool is_directory = true;
  std::string link;      // not empty: a symbolic link with this target is made instead
  int fd = -1;           // opened by the child before anything is covered
};

struct SealPlan {
  std::vector<std::string> hidden_directories, hidden_files;  // real paths, outermost first
  std::vector<SealPlace> visible;                             // below hidden directories only, outermost first
  std::vector<SealPlace> writable;
  bool network = false;
  bool keep_file_privileges = false;   // root building a tree of somebody else's
  std::string uid_map, gid_map;        // what the parent writes into the child's maps
  bool deny_setgroups = false;
  // Where our own arguments lie, which may hold passwords: the first process of the seal shows no others' (/proc/1/cmdline).
  std::uintptr_t arguments_begin = 0, arguments_end = 0;
};

SealPlan plan_seal(const SealSpec& spec);

}  // namespace pipit::sys
