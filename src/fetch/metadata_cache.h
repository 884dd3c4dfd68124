// MetadataCache: METADATA files that were read before, by the address and digest of their archive, so that a warm run asks
// nobody. One file each: CACHE/metadata/XX/YYYY, first line "pipit-metadata 3 SIZE CHECKSUM SIZE CHECKSUM" of the header and of
// the description (a torn file must not pass for one with fewer dependencies). Local archives are not kept. Safe from any
// thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "pipit/model/dist_file.h"

namespace pipit::fetch {

class MetadataCache {
 public:
  enum class Part { header, whole };  // resolving needs the header, a report tells the description as well
  explicit MetadataCache(std::filesystem::path cache_directory, Part part = Part::header) : root_(std::move(cache_directory)), part_(part) {}
  std::optional<std::string> find(const model::DistFile& file) const;
  void keep(const model::DistFile& file, std::string_view metadata) const;

 private:
  std::optional<std::filesystem::path> path_of(const model::DistFile& file) const;
  std::filesystem::path root_;
  Part part_;
};

// Everything before the body: what resolving needs.
std::string_view header_part(std::string_view metadata);

}  // namespace pipit::fetch
