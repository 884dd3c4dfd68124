#include "pipit/install/target_directory.h"

#include <algorithm>
#include <map>
#include <set>

#include "pipit/packaging/name.h"
#include "pipit/sys/file.h"

namespace pipit::install {
namespace {

using std::filesystem::path;

// The first component below the target, or empty for a path elsewhere.
std::string top_entry(const path& target, const std::string& file) {
  const std::string& top = target.native();
  if (file.size() <= top.size() + 1 || !file.starts_with(top) || file[top.size()] != '/') return {};
  const std::size_t begin = top.size() + 1;
  return file.substr(begin, file.find('/', begin) - begin);
}

// Directories that many packages fill; pip replaces them whole and loses what the others put there.
bool is_shared(std::string_view entry) { return entry == "bin" || entry == "include" || entry == "share" || entry == "etc" || entry == "man"; }

void add_files_below(const path& directory, std::vector<std::string>& files) {
  std::vector<path> waiting{directory};
  while (!waiting.empty()) {
    const path at = std::move(waiting.back());
    waiting.pop_back();
    const auto info = sys::stat_path(at, sys::Follow::no);
    if (!info || !*info) continue;
    if ((*info)->kind != sys::FileStat::Kind::directory) {
      files.push_back(at.string());
      continue;
    }
    const auto entries = sys::list_directory(at);
    if (!entries) continue;
    for (const sys::DirEntry& entry : *entries) waiting.push_back(at / entry.name);
  }
}

void drop_entry(std::vector<wheel::InstallImage>& images, const path& target, const std::string& entry) {
  for (wheel::InstallImage& image : images)
    std::erase_if(image.files, [&](const wheel::ImageFile& file) { return top_entry(target, file.path()) == entry; });
}

}  // namespace

Result<RemovalSet> fit_into_target(const path& target, std::vector<wheel::InstallImage>& images, Upgrade upgrade,
                                   const std::vector<python::InstalledDist>& installed, Diagnostics& diagnostics) {
  RemovalSet removal;
  removal.location = target;
  PIPIT_TRY(const auto there, sys::stat_path(target));
  if (!there) return removal;
  if (there->kind != sys::FileStat::Kind::directory)
    return fail(make_pip_error(kTargetNotADirectory, "Target path exists but is not a directory, will not continue."));
  std::set<std::string> entries, projects;
  for (const wheel::InstallImage& image : images) {
    projects.insert(packaging::normalize_name(image.name));
    for (const wheel::ImageFile& file : image.files) entries.insert(top_entry(target, file.path()));
  }
  for (const std::string& entry : entries) {
    const auto standing = sys::stat_path(target / entry, sys::Follow::no);
    if (entry.empty() || !standing || !*standing || is_shared(entry)) continue;
    const std::string shown = (target / entry).string();
    if (upgrade == Upgrade::yes && (*standing)->kind != sys::FileStat::Kind::symlink) {
      add_files_below(target / entry, removal.files);
      continue;
    }
    diagnostics.warn({}, upgrade == Upgrade::no ? "Target directory " + shown + " already exists. Specify --upgrade to force replacement."
                                                : "Target directory " + shown + " already exists and is a link. pip will not automatically replace links, please remove if replacement is desired.");
    drop_entry(images, target, entry);
  }
  for (const python::InstalledDist& dist : installed)
    if (upgrade == Upgrade::yes && projects.contains(dist.normalized_name) && dist.location == target) add_files_below(dist.metadata_path, removal.files);
  std::sort(removal.files.begin(), removal.files.end());
  removal.files.erase(std::unique(removal.files.begin(), removal.files.end()), removal.files.end());
  return removal;
}

}  // namespace pipit::install
