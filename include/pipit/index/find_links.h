// Find-links: files offered by directories, single archives and pages of links, for any project (as opposed to an index,
// which has a page for each). Reading a directory and asking which of its files may belong to a project are kept apart.
// Knows the disk through sys; remote pages are fetched by the index client and handed to a LinkCatalog here.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipit/base/diagnostics.h"
#include "pipit/base/result.h"
#include "pipit/model/dist_file.h"

namespace pipit::index {

// Files by the project they may belong to. Wheels know their project; the name of an sdist may be read several ways
// ("a-b-1.0.tar.gz"), so it is offered to every project whose name it starts with.
class LinkCatalog {
 public:
  void add(std::vector<model::DistFile> files);
  // In the order added.
  std::vector<model::DistFile> of(const std::string& normalized_name) const;
  std::size_t size() const { return files_.size(); }

 private:
  std::vector<model::DistFile> files_;
  std::map<std::string, std::vector<std::size_t>> wheels_;
  std::vector<std::pair<std::string, std::size_t>> sdists_;  // normalised file name, position; sorted by name
};

// What a location given by the user turned out to be.
enum class LocationKind { missing, directory, html_file, archive_file, remote };
struct Location {
  LocationKind kind = LocationKind::missing;
  std::string text;             // as given
  std::string url;              // absolute URL; may hold credentials
  std::filesystem::path path;   // local ones
};
// A path, a file: URL or an http(s) URL.
Location locate(const std::string& text);

struct LocalLinks {
  LinkCatalog files;                              // archives in directories and single files
  std::vector<std::filesystem::path> html_pages;  // pages in directories, and single ones, in order
  std::optional<Error> unreadable;                // a directory that is there and cannot be read: what it offers is not known
};
// Reads the directories (files directly inside; html files are pages). Missing locations are pip's warnings.
LocalLinks read_local_links(const std::vector<Location>& locations, Diagnostics& diagnostics);

}  // namespace pipit::index
