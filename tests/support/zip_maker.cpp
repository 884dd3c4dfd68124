#include "support/zip_maker.h"

#include <libdeflate.h>

#include <cstdlib>
#include <memory>

namespace pipit::test {
namespace {

std::string little_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>((value >> (8 * i)) & 0xff);
  return text;
}

using Compressor = std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)>;

template <class Function>
std::string compress(std::string_view bytes, Function function, std::size_t bound_extra) {
  const Compressor compressor(libdeflate_alloc_compressor(6), &libdeflate_free_compressor);
  std::string out(libdeflate_deflate_compress_bound(compressor.get(), bytes.size()) + bound_extra, '\0');
  out.resize(function(compressor.get(), bytes.data(), bytes.size(), out.data(), out.size()));
  return out;
}

std::string local_header(const ZipFields& f) {
  return "PK\3\4" + le16(f.version_needed) + le16(f.flags) + le16(f.method) + le16(f.time) + le16(f.date) + le32(f.crc) +
         le32(f.compressed_size) + le32(f.size) + le16(static_cast<std::uint16_t>(f.name.size())) +
         le16(static_cast<std::uint16_t>(f.extra.size())) + f.name + f.extra;
}

std::string central_header(const ZipEntry& e, std::uint32_t offset) {
  const ZipFields& f = e.central;
  return "PK\1\2" + le16(e.version_made_by) + le16(f.version_needed) + le16(f.flags) + le16(f.method) + le16(f.time) + le16(f.date) +
         le32(f.crc) + le32(f.compressed_size) + le32(f.size) + le16(static_cast<std::uint16_t>(f.name.size())) +
         le16(static_cast<std::uint16_t>(f.extra.size())) + le16(static_cast<std::uint16_t>(e.comment.size())) + le16(e.disk) +
         le16(e.internal) + le32(e.external) + le32(e.offset.value_or(offset)) + f.name + f.extra + e.comment;
}

std::string zip64_records(const ZipEnd& end, std::uint64_t own_offset) {
  return "PK\6\6" + le64(44) + le16(45) + le16(45) + le32(0) + le32(0) + le64(end.entries) + le64(end.entries) + le64(end.central_size) +
         le64(end.central_offset) + "PK\6\7" + le32(0) + le64(own_offset) + le32(1);
}

std::string end_record(const ZipEnd& end) {
  const auto comment_size = end.comment_size.value_or(static_cast<std::uint16_t>(end.comment.size()));
  return "PK\5\6" + le16(end.disk) + le16(end.central_disk) + le16(end.entries_here) + le16(end.entries) + le32(end.central_size) +
         le32(end.central_offset) + le16(comment_size) + end.comment;
}

}  // namespace

std::string le16(std::uint32_t value) { return little_endian(value, 2); }
std::string le32(std::uint64_t value) { return little_endian(value, 4); }
std::string le64(std::uint64_t value) { return little_endian(value, 8); }
std::uint32_t crc32_of(std::string_view bytes) { return libdeflate_crc32(0, bytes.data(), bytes.size()); }
std::string deflate(std::string_view bytes) { return compress(bytes, libdeflate_deflate_compress, 0); }
std::string gzip(std::string_view bytes) { return compress(bytes, libdeflate_gzip_compress, 64); }
std::string zip_extra(std::uint16_t id, std::string_view payload) {
  return le16(id) + le16(static_cast<std::uint16_t>(payload.size())) + std::string(payload);
}

void ZipEntry::use_descriptor() {
  descriptor = "PK\7\10" + le32(central.crc) + le32(central.compressed_size) + le32(central.size);
  local.crc = local.compressed_size = local.size = 0;
  both([](ZipFields& fields) { fields.flags |= kFlagDescriptor; });
}

ZipEntry& ZipMaker::add(std::string name, std::string_view content, std::uint16_t method, std::uint32_t mode) {
  ZipEntry entry;
  const bool directory = !name.empty() && name.back() == '/';
  if (directory) method = kStored;
  if (directory && mode == 0100644) mode = 040755;
  entry.data = method == kDeflated ? deflate(content) : std::string(content);
  ZipFields& fields = entry.local;
  for (const char c : name)
    if (static_cast<unsigned char>(c) >= 0x80) fields.flags |= kFlagUtf8;
  fields.name = std::move(name);
  fields.method = method;
  fields.crc = crc32_of(content);
  fields.compressed_size = static_cast<std::uint32_t>(entry.data.size());
  fields.size = static_cast<std::uint32_t>(content.size());
  entry.central = fields;
  entry.set_mode(mode);
  entries_.push_back(std::move(entry));
  return entries_.back();
}

ZipEntry& ZipMaker::at(std::string_view name) {
  for (ZipEntry& entry : entries_)
    if (entry.central.name == name) return entry;
  std::abort();
}

std::string ZipMaker::finish() const {
  std::string out, central;
  ZipEnd end;
  for (const ZipEntry& entry : entries_) {
    if (entry.in_body) out += entry.before;
    const auto offset = static_cast<std::uint32_t>(out.size());
    if (entry.in_body) out += local_header(entry.local) + entry.data + entry.descriptor;
    if (!entry.in_central) continue;
    central += central_header(entry, offset);
    ++end.entries;
  }
  out += before_central;
  end.entries_here = end.entries;
  end.central_offset = static_cast<std::uint32_t>(out.size());
  end.central_size = static_cast<std::uint32_t>(central.size());
  out += central + after_central;
  if (zip64_end) {
    std::string records = zip64_records(end, out.size());
    if (edit_zip64_end) edit_zip64_end(records);
    out += records;
  }
  if (edit_end) edit_end(end);
  return out + end_record(end) + after_end;
}

}  // namespace pipit::test
