#include "archive/inflate.h"

#include <fmt/format.h>
#include <libdeflate.h>

#include "archive/problems.h"

namespace pipit::archive {

void Inflater::Free::operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
Inflater::Inflater() : decompressor_(libdeflate_alloc_decompressor()) {}

bool Inflater::inflate(Bytes compressed, std::span<std::byte> out) const {
  if (decompressor_ == nullptr) return false;
  std::byte nothing{};  // an empty buffer still needs an address
  std::size_t read = 0, written = 0;
  const libdeflate_result result = libdeflate_deflate_decompress_ex(decompressor_.get(), compressed.data(), compressed.size(),
                                                                    out.empty() ? &nothing : out.data(), out.size(), &read, &written);
  return result == LIBDEFLATE_SUCCESS && read == compressed.size() && written == out.size();
}

std::uint32_t crc32_of(Bytes bytes, std::uint32_t so_far) { return libdeflate_crc32(so_far, bytes.data(), bytes.size()); }

Error bad_data(std::string_view archive_name, const ZipMember& member) {
  return make_error(kZipBadData, fmt::format("{}: the data of member {} at byte {} is damaged or does not give the {} bytes it claims",
                                             archive_name, quote_name(member.name), member.header_offset, member.size));
}

Error bad_crc(std::string_view archive_name, const ZipMember& member, std::uint32_t computed) {
  Error error = make_error(kZipBadCrc, fmt::format("{}: the data of member {} at byte {} does not have its CRC-32", archive_name,
                                                   quote_name(member.name), member.header_offset));
  error.details = {fmt::format("expected  crc-32 {:08x}", member.crc32), fmt::format("got       crc-32 {:08x}", computed)};
  return error;
}

Result<std::string> inflate_to_string(Bytes data, const ZipMember& member, std::string_view archive_name, std::uint64_t size_max_bytes) {
  if (member.size > size_max_bytes)
    return fail(make_error(kZipBomb, fmt::format("{}: member {} has {} bytes; the limit for it is {}", archive_name, quote_name(member.name),
                                                 member.size, size_max_bytes)));
  std::string content(static_cast<std::size_t>(member.size), '\0');
  if (!member.deflated) content.assign(as_text(data));
  else if (!Inflater().inflate(data, std::as_writable_bytes(std::span(content.data(), content.size()))))
    return fail(bad_data(archive_name, member));
  const std::uint32_t crc = crc32_of(as_bytes_view(content));
  if (crc != member.crc32) return fail(bad_crc(archive_name, member, crc));
  return content;
}

}  // namespace pipit::archive
