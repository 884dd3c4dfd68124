// Snapshot: what the site directories held when planning began, so that a pip or uv that works on them meanwhile is
// noticed before anything is changed. Compares names, and inode and mtime of every metadata directory; byte-code caches
// that a running Python makes do not count. Value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/sys/os.h"

namespace pipit::install {

struct Snapshot {
  struct Metadata {
    std::string name;
    std::uint64_t inode = 0;
    std::int64_t mtime_ns = 0;
    friend bool operator==(const Metadata&, const Metadata&) = default;
  };
  struct Directory {
    std::string path;
    bool exists = false;
    std::vector<std::string> names;    // sorted
    std::vector<Metadata> metadata;    // *.dist-info and *.egg-info
    friend bool operator==(const Directory&, const Directory&) = default;
  };
  std::vector<Directory> directories;
};

Result<Snapshot> take_snapshot(sys::Os& os, const std::vector<std::string>& site_directories);
// Fails with environment-changed, naming what came or went.
Status check_unchanged(sys::Os& os, const Snapshot& before);

}  // namespace pipit::install
