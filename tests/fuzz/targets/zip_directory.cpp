#include "../fuzz.h"

#include <cstdint>

#include "pipit/archive/reader.h"
#include "pipit/archive/zip_directory.h"

using namespace pipit;

FUZZ_TEXT_TARGET(text) {
  const Bytes bytes = as_bytes_view(text);
  const auto directory = archive::ZipDirectory::read(bytes, "fuzz.zip");
  if (!directory) return;
  std::uint64_t accounted = 0;
  for (const archive::ZipMember& member : directory->members()) {
    must(member.data_offset <= bytes.size() && member.compressed_size <= bytes.size() - member.data_offset, "a member lies in the file");
    must(member.name.find("..") != 0 && !member.name.starts_with('/'), "no member leads outside");
    accounted += member.compressed_size;
    const auto content = archive::read_member(bytes, *directory, member, 1u << 20);
    must(!content || content->size() == member.size, "content has its declared size");
  }
  must(accounted <= bytes.size(), "members do not overlap");
}
