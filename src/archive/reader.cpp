#include "pipit/archive/reader.h"

#include "archive/inflate.h"
#include "archive/zip_format.h"

namespace pipit::archive {

Result<std::string> read_member(Bytes archive, const ZipDirectory& directory, const ZipMember& member, std::uint64_t size_max_bytes) {
  return inflate_to_string(slice(archive, member.data_offset, member.compressed_size), member, directory.archive_name(), size_max_bytes);
}

}  // namespace pipit::archive
