// The local header of a member against its central one (rows Z1, Z2, Z10 of the attack catalogue: readers that stream and
// readers that seek must see the same archive).
#include <fmt/format.h>

#include "archive/zip_central.h"
#include "archive/zip_extra.h"

namespace pipit::archive {
namespace {

// 4.3.9, with its signature; 8-byte sizes if the local header has a zip64 field. 0 bytes if the flag is off.
std::size_t descriptor_size(const ZipMember& member, bool zip64) {
  if ((member.flags & kFlagDescriptor) == 0) return 0;
  return zip64 ? 24 : 16;
}

bool descriptor_is_honest(Bytes d, const ZipMember& member) {
  if (u32_at(d, 0) != kDescriptorSignature || u32_at(d, 4) != member.crc32) return false;
  if (d.size() == 24) return u64_at(d, 8) == member.compressed_size && u64_at(d, 16) == member.size;
  return u32_at(d, 8) == member.compressed_size && u32_at(d, 12) == member.size;
}

// A streaming writer did not know the values yet and wrote zeros; everybody else must write the truth.
bool same_values(std::uint32_t crc, const ZipSizes& sizes, const ZipMember& member) {
  if ((member.flags & kFlagDescriptor) != 0 && crc == 0 && sizes.size == 0 && sizes.compressed_size == 0) return true;
  return crc == member.crc32 && sizes.size == member.size && sizes.compressed_size == member.compressed_size;
}

}  // namespace

bool check_local(Bytes bytes, ZipMember& member, Problems& problems) {
  const std::uint64_t at = member.header_offset;
  const auto report = [&](ErrorCode code, std::string_view text) {
    problems.add(code, member.name, at, text);
    return false;
  };
  if (bytes.size() < kLocalSize || u32_at(bytes, 0) != kLocalSignature) return report(kZipDamagedHeader, "has no local header there");
  const std::size_t name_size = u16_at(bytes, 26), extra_size = u16_at(bytes, 28);
  if (!holds(bytes, kLocalSize, name_size + extra_size)) return report(kZipDamagedHeader, "has a local header that is cut short");
  const std::string_view name = as_text(slice(bytes, kLocalSize, name_size));
  if (name != member.name) return report(kZipLocalCentralMismatch, fmt::format("is called {} by its local header", quote_name(name)));
  if (u16_at(bytes, 6) != member.flags) return report(kZipLocalCentralMismatch, "has different flags in its local header");
  if (u16_at(bytes, 8) != (member.deflated ? kMethodDeflated : kMethodStored))
    return report(kZipLocalCentralMismatch, "has a different compression method in its local header");

  const bool zip64 = u32_at(bytes, 18) == kFull32 && u32_at(bytes, 22) == kFull32;
  ZipSizes sizes{u32_at(bytes, 22), u32_at(bytes, 18), 0};
  const std::string_view problem = apply_extra(slice(bytes, kLocalSize + name_size, extra_size), HeaderKind::local, name, sizes);
  if (!problem.empty()) return report(kZipBadExtra, problem);
  if (!same_values(u32_at(bytes, 14), sizes, member))
    return report(kZipLocalCentralMismatch, "has a different size or CRC in its local header");

  const std::size_t header = kLocalSize + name_size + extra_size;
  const std::size_t descriptor = descriptor_size(member, zip64);
  const std::uint64_t space = bytes.size() - header;
  if (member.compressed_size > space) return report(kZipOverlap, "reaches into what follows it");
  const std::uint64_t gap = space - member.compressed_size;
  if (gap < descriptor) return report(kZipDescriptorLies, "has no room for its data descriptor");
  if (descriptor != 0 && !descriptor_is_honest(slice(bytes, header + member.compressed_size, descriptor), member))
    return report(kZipDescriptorLies, "has a data descriptor without signature, or one that disagrees with the central directory");
  if (gap > descriptor) {
    const Bytes rest = slice(bytes, header + member.compressed_size + descriptor, gap - descriptor);
    if (rest.size() >= 4 && u32_at(rest, 0) == kLocalSignature)
      return report(kZipHiddenMember, "is followed by a member that the central directory does not list");
    return report(kZipUnaccountedBytes, fmt::format("is followed by {} bytes that belong to nothing", rest.size()));
  }
  member.data_offset = at + header;
  return true;
}

}  // namespace pipit::archive
