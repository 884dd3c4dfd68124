// The end of a zip archive: where its central directory lies. Both end records must agree, be the last bytes of the file,
// and follow the central directory without a gap.
#pragma once

#include <cstdint>
#include <string_view>

#include "archive/zip_format.h"
#include "pipit/archive/zip_directory.h"

namespace pipit::archive {

struct ZipEnd {
  std::uint64_t central_offset = 0, central_size = 0, members = 0;
};

// `tail` is the last tail.size() bytes of an archive of `archive_size` bytes.
Result<ZipEnd> read_end(Bytes tail, std::uint64_t archive_size, std::string_view archive_name, const ZipLimits& limits);

}  // namespace pipit::archive
