#include "install/ground.h"

#include <algorithm>
#include <cerrno>

namespace pipit::install {
namespace {

constexpr int kDepthMax = 256;  // of directories; deeper ones are taken file by file

}  // namespace

Result<Ground> Ground::open(sys::Os& os, const Layout& layout) {
  Ground ground;
  ground.layout_ = &layout;
  for (std::size_t i = 0; i < layout.anchors().size(); ++i) {
    sys::Dir dir;
    if (i > 0 || layout.root_exists()) {
      PIPIT_TRY(dir, sys::Dir::open(os, layout.anchors()[i]));
    }
    ground.anchors_.push_back(std::move(dir));
  }
  const std::size_t count = layout.anchors().size();
  ground.files_.resize(count);
  ground.units_.resize(count);
  ground.wholly_.resize(count);
  ground.known_.resize(count);
  return ground;
}

void Ground::remove(const Spot& file) { files_[file.anchor].insert(file.path); }

Result<bool> Ground::look_inside(std::size_t anchor, const std::string& directory, int depth) {
  PIPIT_TRY(const auto info, anchors_[anchor].stat(directory));
  if (!info || info->kind != sys::FileStat::Kind::directory) return false;
  PIPIT_TRY(const sys::Dir dir, anchors_[anchor].open_dir(directory));
  PIPIT_TRY(const auto entries, dir.list());
  for (const sys::DirEntry& entry : entries) {
    const std::string path = directory + "/" + entry.name;
    if (files_[anchor].contains(path)) continue;
    PIPIT_TRY(const bool wholly, is_wholly_removed(anchor, path, depth + 1));
    if (!wholly) return false;
  }
  seen_.push_back({{anchor, directory}, info->mtime_ns, info->inode});
  return true;
}

// A file that is not removed is not a directory and ends the search.
Result<bool> Ground::is_wholly_removed(std::size_t anchor, const std::string& directory, int depth) {
  if (depth > kDepthMax || layout_->is_fixed(anchor, directory)) return false;
  if (const auto known = wholly_[anchor].find(directory); known != wholly_[anchor].end()) return known->second;
  PIPIT_TRY(const bool wholly, look_inside(anchor, directory, depth));
  wholly_[anchor][directory] = wholly;
  return wholly;
}

Result<std::vector<Spot>> Ground::takes() {
  std::vector<Spot> takes;
  for (std::size_t anchor = 0; anchor < files_.size(); ++anchor) {
    for (const std::string& file : files_[anchor]) {
      std::string unit = file;
      for (std::size_t slash = file.find('/'); slash != std::string::npos; slash = file.find('/', slash + 1)) {
        PIPIT_TRY(const bool wholly, is_wholly_removed(anchor, file.substr(0, slash), 0));
        if (!wholly) continue;
        unit = file.substr(0, slash);
        break;
      }
      if (units_[anchor].insert(unit).second) takes.push_back({anchor, unit});
    }
  }
  std::sort(takes.begin(), takes.end());
  return takes;
}

bool Ground::is_removed(std::size_t anchor, const std::string& path) const {
  if (units_[anchor].empty()) return false;
  if (files_[anchor].contains(path) || units_[anchor].contains(path)) return true;
  for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
    if (units_[anchor].contains(path.substr(0, slash))) return true;
  return false;
}

// Null if there is no such directory.
Result<sys::Dir*> Ground::parent_of(std::size_t anchor, const std::string& path) {
  if (path.empty()) return &anchors_[anchor];
  if (held_ && held_->anchor == anchor && held_->path == path) return &held_->dir;
  auto dir = anchors_[anchor].open_dir(path);
  if (!dir && (dir.error().os_errno == ENOENT || dir.error().os_errno == ENOTDIR)) return nullptr;
  if (!dir) return fail(std::move(dir).error());
  held_ = Held{anchor, path, std::move(*dir)};
  return &held_->dir;
}

Result<Ground::Kind> Ground::at(std::size_t anchor, const std::string& path) {
  if (!anchors_[anchor] || is_removed(anchor, path)) return Kind::missing;
  if (const auto known = known_[anchor].find(path); known != known_[anchor].end()) return known->second;
  const std::size_t slash = path.rfind('/');
  PIPIT_TRY(const sys::Dir* const parent, parent_of(anchor, path.substr(0, slash == std::string::npos ? 0 : slash)));
  std::optional<sys::FileStat> info;
  if (parent != nullptr) {
    PIPIT_TRY(info, parent->stat(slash == std::string::npos ? path : path.substr(slash + 1)));
  }
  const Kind kind = !info                                           ? Kind::missing
                    : info->kind == sys::FileStat::Kind::directory  ? Kind::directory
                    : info->kind == sys::FileStat::Kind::symlink    ? Kind::link
                                                                    : Kind::other;
  known_[anchor].emplace(path, kind);
  return kind;
}

Status Ground::check_unchanged() const {
  for (const Seen& seen : seen_) {
    PIPIT_TRY(const auto info, anchors_[seen.directory.anchor].stat(seen.directory.path));
    if (info && info->mtime_ns == seen.mtime_ns && info->inode == seen.inode) continue;
    const std::string shown = layout_->shown(seen.directory);
    return fail(make_error(kEnvironmentChanged, "`" + shown + "` was changed by another program meanwhile").at(shown));
  }
  return ok();
}

}  // namespace pipit::install
