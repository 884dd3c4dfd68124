#include "pipit/index/find_links.h"

#include <fmt/format.h>

#include <algorithm>

#include "index/file_link.h"
#include "pipit/base/text.h"
#include "pipit/base/url.h"
#include "pipit/packaging/filename.h"
#include "pipit/packaging/name.h"
#include "pipit/sys/file.h"

namespace pipit::index {
namespace {

bool is_html_name(std::string_view name) {
  const std::string lower = ascii_lower(name);
  return lower.ends_with(".html") || lower.ends_with(".htm");
}

bool is_wheel_name(std::string_view name) { return name.ends_with(".whl"); }

// In a directory only names that are a wheel's or an sdist's in full count (pip: anything else is not worth a look).
bool is_package_name(std::string_view name) {
  return is_wheel_name(name) ? packaging::WheelFilename::parse(name).has_value() : packaging::SdistFilename::parse(name).has_value();
}

model::DistFile local_file(const std::filesystem::path& path, std::string source) {
  model::DistFile file;
  file.filename = path.filename().string();
  file.url = Url::from_path(path.string()).str();
  file.source = std::move(source);
  return file;
}

void read_directory(const Location& location, LocalLinks& links, std::vector<model::DistFile>& files) {
  Result<std::vector<sys::DirEntry>> entries = sys::list_directory(location.path);
  if (!entries) {
    if (!links.unreadable) links.unreadable = std::move(entries).error().while_("looking at the links in " + escape_for_terminal(location.text));
    return;
  }
  for (const sys::DirEntry& entry : *entries) {
    if (!is_safe_filename(entry.name)) continue;
    if (is_html_name(entry.name)) links.html_pages.push_back(location.path / entry.name);
    else if (is_package_name(entry.name)) files.push_back(local_file(location.path / entry.name, location.url));
  }
}

}  // namespace

void LinkCatalog::add(std::vector<model::DistFile> files) {
  for (model::DistFile& file : files) {
    if (is_wheel_name(file.filename)) {
      wheels_[packaging::normalize_name(std::string_view(file.filename).substr(0, file.filename.find('-')))].push_back(files_.size());
    } else {
      sdists_.emplace_back(packaging::normalize_name(file.filename), files_.size());
    }
    files_.push_back(std::move(file));
  }
  std::sort(sdists_.begin(), sdists_.end());
}

std::vector<model::DistFile> LinkCatalog::of(const std::string& normalized_name) const {
  std::vector<std::size_t> found;
  if (const auto at = wheels_.find(normalized_name); at != wheels_.end()) found = at->second;
  const std::string start = normalized_name + "-";
  for (auto at = std::lower_bound(sdists_.begin(), sdists_.end(), std::pair(start, std::size_t{0})); at != sdists_.end() && at->first.starts_with(start); ++at)
    found.push_back(at->second);
  std::sort(found.begin(), found.end());
  std::vector<model::DistFile> out;
  for (std::size_t i : found) out.push_back(files_[i]);
  return out;
}

Location locate(const std::string& text) {
  Location location;
  location.text = text;
  if (sys::exists(text)) {
    location.path = sys::absolute(text);
    location.url = Url::from_path(location.path.string()).str();
  } else if (looks_like_url(text)) {
    const Result<Url> url = Url::parse(text);
    if (!url) return location;
    location.url = url->str();
    if (url->scheme != "file") {
      location.kind = LocationKind::remote;
      return location;
    }
    const Result<std::string> path = url->to_path();
    if (!path) return location;
    location.path = sys::absolute(*path);
  } else {
    return location;
  }
  if (sys::is_directory(location.path)) location.kind = LocationKind::directory;
  else if (sys::is_regular_file(location.path)) location.kind = is_html_name(location.path.filename().string()) ? LocationKind::html_file : LocationKind::archive_file;
  return location;
}

LocalLinks read_local_links(const std::vector<Location>& locations, Diagnostics& diagnostics) {
  LocalLinks links;
  std::vector<model::DistFile> files;
  for (const Location& location : locations) {
    switch (location.kind) {
      case LocationKind::remote: break;
      case LocationKind::directory: read_directory(location, links, files); break;
      case LocationKind::html_file: links.html_pages.push_back(location.path); break;
      case LocationKind::archive_file: files.push_back(local_file(location.path, location.url)); break;
      case LocationKind::missing:
        diagnostics.warn("find-links-missing",
                         fmt::format("Location '{}' is ignored: it is {}", mask_credentials(escape_for_terminal(location.text)),
                                     location.path.empty() ? "either a non-existing path or lacks a specific scheme." : "neither a file nor a directory."));
    }
  }
  // Of equal files the one with the smaller URL wins, and later ones win: so the order is descending.
  std::sort(files.begin(), files.end(), [](const model::DistFile& a, const model::DistFile& b) { return a.url > b.url; });
  links.files.add(std::move(files));
  return links;
}

}  // namespace pipit::index
