#include "archive/libarchive_member.h"

#include <archive_entry.h>

#include <array>
#include <vector>

#include "archive/inflate.h"
#include "archive/libarchive_handle.h"
#include "archive/zip_format.h"

namespace pipit::archive {
namespace {

constexpr std::size_t kBlockBytes = 256u << 10;

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>((value >> (8 * i)) & 0xff);
}

// 4.3.7 with a zip64 field (4.5.3) only where the sizes need it.
std::string local_header(const ZipMember& member) {
  const bool zip64 = member.size >= kFull32 || member.compressed_size >= kFull32;
  std::string h;
  put(h, kLocalSignature, 4);
  put(h, zip64 ? 45 : 20, 2);
  put(h, 0, 2);                // flags: the sizes stand in front
  put(h, kMethodDeflated, 2);
  put(h, 0, 4);                // time and date
  put(h, member.crc32, 4);
  put(h, zip64 ? kFull32 : member.compressed_size, 4);
  put(h, zip64 ? kFull32 : member.size, 4);
  put(h, 1, 2);                // length of the name
  put(h, zip64 ? 20 : 0, 2);   // length of the extra field
  h += 'm';
  if (!zip64) return h;
  put(h, 1, 2);
  put(h, 16, 2);
  put(h, member.size, 8);
  put(h, member.compressed_size, 8);
  return h;
}

// Hands libarchive the header, then the data in blocks (it may look ahead no further than the member).
struct Source {
  std::string header;
  Bytes data;
  bool header_sent = false;
};

la_ssize_t next_block(struct archive*, void* client, const void** buffer) {
  Source& source = *static_cast<Source*>(client);
  if (!source.header_sent) {
    source.header_sent = true;
    *buffer = source.header.data();
    return static_cast<la_ssize_t>(source.header.size());
  }
  const Bytes block = source.data.first(std::min(kBlockBytes, source.data.size()));
  source.data = source.data.subspan(block.size());
  *buffer = block.data();
  return static_cast<la_ssize_t>(block.size());
}

}  // namespace

Status stream_by_libarchive(Bytes data, const ZipMember& member, std::string_view archive_name, Sink& out) {
  const ReaderHandle reader(archive_read_new());
  Source source{local_header(member), data};
  archive_entry* entry = nullptr;
  if (reader == nullptr || archive_read_support_format_zip_streamable(reader.get()) != ARCHIVE_OK ||
      archive_read_open(reader.get(), &source, nullptr, &next_block, nullptr) != ARCHIVE_OK ||
      archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK)
    return fail(bad_data(archive_name, member));
  std::uint64_t written = 0;
  std::uint32_t crc = 0;
  std::vector<std::byte> block(kBlockBytes);
  while (true) {
    const la_ssize_t got = archive_read_data(reader.get(), block.data(), block.size());
    if (got == 0) break;
    if (got < 0 || written + static_cast<std::uint64_t>(got) > member.size) return fail(bad_data(archive_name, member));
    const Bytes bytes = Bytes(block).first(static_cast<std::size_t>(got));
    written += bytes.size();
    crc = crc32_of(bytes, crc);
    PIPIT_CHECK(out.write(bytes));
  }
  if (written != member.size) return fail(bad_data(archive_name, member));
  if (crc != member.crc32) return fail(bad_crc(archive_name, member, crc));
  return ok();
}

}  // namespace pipit::archive
