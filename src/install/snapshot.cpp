#include "pipit/install/snapshot.h"

#include <algorithm>
#include <cerrno>

#include "pipit/install/transaction.h"
#include "pipit/sys/dir.h"

namespace pipit::install {
namespace {

// What a running Python, or we ourselves, may add at any time.
bool is_of_no_account(std::string_view name) { return name == "__pycache__" || name == ".pipit"; }

bool is_metadata(std::string_view name) { return name.ends_with(".dist-info") || name.ends_with(".egg-info"); }

Result<Snapshot::Directory> look_at(sys::Os& os, const std::string& path) {
  Snapshot::Directory seen;
  seen.path = path;
  auto dir = sys::Dir::open(os, path);
  if (!dir && dir.error().os_errno == ENOENT) return seen;
  if (!dir) return fail(std::move(dir).error());
  seen.exists = true;
  PIPIT_TRY(const auto entries, dir->list());
  for (const sys::DirEntry& entry : entries) {
    if (is_of_no_account(entry.name)) continue;
    seen.names.push_back(entry.name);
    if (!is_metadata(entry.name)) continue;
    PIPIT_TRY(const auto info, dir->stat(entry.name));
    if (info) seen.metadata.push_back({entry.name, info->inode, info->mtime_ns});
  }
  return seen;
}

std::string first_difference(const Snapshot::Directory& before, const Snapshot::Directory& now) {
  std::vector<std::string> different;
  std::set_symmetric_difference(before.names.begin(), before.names.end(), now.names.begin(), now.names.end(), std::back_inserter(different));
  if (!different.empty()) return different.front();
  for (std::size_t i = 0; i < before.metadata.size() && i < now.metadata.size(); ++i)
    if (before.metadata[i] != now.metadata[i]) return now.metadata[i].name;
  return {};
}

}  // namespace

Result<Snapshot> take_snapshot(sys::Os& os, const std::vector<std::string>& site_directories) {
  Snapshot snapshot;
  for (const std::string& path : site_directories) {
    PIPIT_TRY(Snapshot::Directory seen, look_at(os, path));
    snapshot.directories.push_back(std::move(seen));
  }
  return snapshot;
}

Status check_unchanged(sys::Os& os, const Snapshot& before) {
  for (const Snapshot::Directory& directory : before.directories) {
    PIPIT_TRY(const Snapshot::Directory seen, look_at(os, directory.path));
    if (!directory.exists && seen.names.empty()) continue;
    if (seen.names == directory.names && seen.metadata == directory.metadata) continue;
    return fail(make_error(kEnvironmentChanged, "another program changed `" + first_difference(directory, seen) + "` in `" +
                                                    directory.path + "` meanwhile; nothing was installed or removed")
                    .hint("run the command again when the other program has finished"));
  }
  return ok();
}

}  // namespace pipit::install
