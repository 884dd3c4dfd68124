// DistFile: one file that an index, a directory or the user offers. Nothing is downloaded; nothing is judged. Plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "pipit/packaging/hash.h"

namespace pipit::model {

struct DistFile {
  std::string filename;
  std::string url;                              // absolute, without fragment; file: for local ones; may hold credentials
  packaging::Hashes hashes;                     // what the index (or the URL fragment) advertises
  std::optional<std::uint64_t> size_bytes;
  std::optional<std::string> requires_python;
  std::optional<std::string> yanked;            // the reason ("" if none given); nullopt: not yanked
  bool core_metadata = false;                   // a .metadata sidecar is advertised
  packaging::Hashes core_metadata_hashes;
  std::optional<std::string> upload_time;       // RFC 3339, as given
  std::string source;                           // the page, index or directory it came from (may hold credentials)
  friend bool operator==(const DistFile&, const DistFile&) = default;
};

}  // namespace pipit::model
