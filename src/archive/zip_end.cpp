#include "archive/zip_end.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "archive/problems.h"

namespace pipit::archive {
namespace {

Error end_error(ErrorCode code, std::string_view archive_name, std::string_view text) {
  return make_error(code, fmt::format("{}: {}", archive_name, text));
}

// Why does the file not end with an end record? Looks for one in the last 64 KiB: it says which lie is being told.
Error explain_missing_end(Bytes tail, std::uint64_t archive_size, std::string_view archive_name) {
  const std::size_t searched = std::min(tail.size(), kEndSize + kFull16);
  for (std::size_t back = kEndSize; back <= searched; ++back) {
    const std::size_t at = tail.size() - back;
    if (u32_at(tail, at) != kEndSignature) continue;
    const std::uint64_t offset = archive_size - back;
    if (u16_at(tail, at + 20) == back - kEndSize)
      return end_error(kZipComment, archive_name, fmt::format("the end record at byte {} carries a comment of {} bytes", offset, back - kEndSize));
    return end_error(kZipTrailingBytes, archive_name, fmt::format("{} bytes follow the end record at byte {}", back - kEndSize, offset));
  }
  return end_error(kZipNotAZip, archive_name, "it is not a zip archive, or its end is missing (no end record in its last bytes)");
}

// The 32-bit record may hold "all ones" for a value that only the zip64 record gives; otherwise the two must agree.
bool agree(std::uint64_t small, std::uint64_t full, std::uint64_t escape) { return small == escape || small == full; }

struct Zip64End {
  ZipEnd end;
  std::uint64_t begins_at = 0;  // offset of the zip64 end record in the archive
};

Result<std::optional<Zip64End>> read_zip64_end(Bytes tail, std::uint64_t archive_size, std::string_view archive_name) {
  if (tail.size() < kEndSize + kZip64LocatorSize) return std::nullopt;
  const std::size_t locator = tail.size() - kEndSize - kZip64LocatorSize;
  if (u32_at(tail, locator) != kZip64LocatorSignature) return std::nullopt;
  const auto bad = [&](std::string_view text) { return fail(end_error(kZipEndMismatch, archive_name, text)); };
  if (tail.size() < kEndSize + kZip64LocatorSize + kZip64EndSize) return bad("the zip64 end locator points nowhere");
  const std::size_t record = locator - kZip64EndSize;
  const std::uint64_t record_offset = archive_size - tail.size() + record;
  if (u64_at(tail, locator + 8) != record_offset || u32_at(tail, record) != kZip64EndSignature)
    return bad(fmt::format("the zip64 end locator does not point at a zip64 end record at byte {}", record_offset));
  if (u64_at(tail, record + 4) != kZip64EndSize - 12) return bad("the zip64 end record has an unexpected size");
  if (u32_at(tail, record + 16) != 0 || u32_at(tail, record + 20) != 0 || u32_at(tail, locator + 4) != 0 || u32_at(tail, locator + 16) != 1)
    return fail(end_error(kZipMultiDisk, archive_name, "the zip64 end record describes an archive split over several disks"));
  if (u64_at(tail, record + 24) != u64_at(tail, record + 32)) return bad("the zip64 end record gives two different numbers of members");
  return Zip64End{{u64_at(tail, record + 48), u64_at(tail, record + 40), u64_at(tail, record + 32)}, record_offset};
}

}  // namespace

Result<ZipEnd> read_end(Bytes tail, std::uint64_t archive_size, std::string_view archive_name, const ZipLimits& limits) {
  if (tail.size() < kEndSize || u32_at(tail, tail.size() - kEndSize) != kEndSignature || u16_at(tail, tail.size() - 2) != 0)
    return fail(explain_missing_end(tail, archive_size, archive_name));
  const Bytes record = tail.last(kEndSize);
  if (u16_at(record, 4) != 0 || u16_at(record, 6) != 0)
    return fail(end_error(kZipMultiDisk, archive_name, "the end record describes an archive split over several disks"));
  const auto bad = [&](std::string_view text) { return fail(end_error(kZipEndMismatch, archive_name, text)); };
  if (u16_at(record, 8) != u16_at(record, 10)) return bad("the end record gives two different numbers of members");

  ZipEnd end{u32_at(record, 16), u32_at(record, 12), u16_at(record, 10)};
  std::uint64_t central_end = archive_size - kEndSize;
  PIPIT_TRY(const auto zip64, read_zip64_end(tail, archive_size, archive_name));
  if (zip64) {
    if (!agree(end.members, zip64->end.members, kFull16) || !agree(end.central_size, zip64->end.central_size, kFull32) ||
        !agree(end.central_offset, zip64->end.central_offset, kFull32))
      return bad("the zip64 end record and the end record disagree");
    end = zip64->end;
    central_end = zip64->begins_at;
  } else if (end.members == kFull16 || end.central_size == kFull32 || end.central_offset == kFull32) {
    return bad("the end record refers to a zip64 end record that is not there");
  }
  if (end.members > limits.members_max)
    return fail(end_error(kZipTooManyMembers, archive_name, fmt::format("it claims {} members; the limit is {}", end.members, limits.members_max)));
  if (end.central_size > limits.central_directory_max_bytes)
    return fail(end_error(kZipTooManyMembers, archive_name, fmt::format("its central directory claims {} bytes; the limit is {}",
                                                                        end.central_size, limits.central_directory_max_bytes)));
  if (end.central_offset > central_end || end.central_size != central_end - end.central_offset)
    return bad(fmt::format("the central directory (byte {}, {} bytes) does not end where the end record begins (byte {})",
                           end.central_offset, end.central_size, central_end));
  return end;
}

}  // namespace pipit::archive
