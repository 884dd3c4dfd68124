#include "archive/zip_central.h"

#include <fmt/format.h>

#include <algorithm>

#include "archive/member_names.h"
#include "archive/zip_extra.h"

namespace pipit::archive {
namespace {

constexpr std::uint32_t kTypeMask = 0170000, kRegular = 0100000, kDirectory = 0040000, kSymlink = 0120000;
// Deflate cannot shrink by more: 258 bytes in two bits, less the block's overhead (RFC 1951).
constexpr std::uint64_t kDeflateRatioMax = 1032;

struct CentralRecord {
  Bytes fixed;  // kCentralSize bytes
  std::string_view name;
  Bytes extra;
  std::size_t size = 0;  // of the whole record
};

// Returns nullopt if the bytes at `at` are not a whole central header.
std::optional<CentralRecord> central_at(Bytes central, std::size_t at) {
  if (!holds(central, at, kCentralSize) || u32_at(central, at) != kCentralSignature) return std::nullopt;
  const Bytes fixed = slice(central, at, kCentralSize);
  const std::size_t name = u16_at(fixed, 28), extra = u16_at(fixed, 30), comment = u16_at(fixed, 32);
  if (!holds(central, at + kCentralSize, name + extra + comment)) return std::nullopt;
  const Bytes rest = central.subspan(at + kCentralSize);
  return CentralRecord{fixed, as_text(rest.first(name)), rest.subspan(name, extra), kCentralSize + name + extra + comment};
}

void check_flags(const ZipMember& member, std::uint16_t method, std::uint64_t at, Problems& problems) {
  if ((member.flags & (kFlagEncrypted | kFlagStrong | kFlagMasked)) != 0) problems.add(kZipEncrypted, member.name, at, "is encrypted");
  else if ((member.flags & ~kFlagsAllowed) != 0)
    problems.add(kZipUnsupportedFlag, member.name, at, fmt::format("uses the unsupported flags {:#06x}", member.flags & ~kFlagsAllowed));
  if (method != kMethodStored && method != kMethodDeflated)
    problems.add(kZipUnsupportedMethod, member.name, at, fmt::format("uses compression method {}; only 0 (stored) and 8 (deflated) are allowed", method));
}

void check_kind(const ZipMember& member, std::uint64_t at, Problems& problems) {
  const std::uint32_t type = member.mode & kTypeMask;
  if (type == kSymlink) problems.add(kZipLink, member.name, at, "is a symbolic link");
  else if (type != 0 && type != kRegular && type != kDirectory)
    problems.add(kZipSpecialFile, member.name, at, fmt::format("is a special file (mode {:o})", member.mode));
  else if (type != 0 && (type == kDirectory) != member.directory)
    problems.add(kZipDirectoryWithData, member.name, at, "is a file by its name and a directory by its mode, or the reverse");
  if (member.directory && (member.size != 0 || member.compressed_size > 2 || (member.compressed_size != 0 && !member.deflated)))
    problems.add(kZipDirectoryWithData, member.name, at, "is a directory that carries data");
}

void check_sizes(const ZipMember& member, std::uint64_t at, const ZipLimits& limits, Problems& problems) {
  if (member.size > limits.member_size_max_bytes)
    problems.add(kZipBomb, member.name, at, fmt::format("claims {} bytes; the limit is {}", member.size, limits.member_size_max_bytes));
  else if (!member.deflated && member.size != member.compressed_size)
    problems.add(kZipBadData, member.name, at, fmt::format("is stored as {} bytes but claims {}", member.compressed_size, member.size));
  else if (member.deflated && member.size / kDeflateRatioMax > member.compressed_size)
    problems.add(kZipBomb, member.name, at, fmt::format("claims {} bytes from {}, more than deflate can give", member.size, member.compressed_size));
}

ZipMember read_member(const CentralRecord& record, std::uint64_t at, Problems& problems) {
  const Bytes h = record.fixed;
  ZipMember member;
  member.name = record.name;
  member.flags = u16_at(h, 8);
  member.deflated = u16_at(h, 10) == kMethodDeflated;
  member.crc32 = u32_at(h, 16);
  member.mode = u32_at(h, 38) >> 16;
  member.directory = !record.name.empty() && record.name.back() == '/';
  ZipSizes sizes{u32_at(h, 24), u32_at(h, 20), u32_at(h, 42)};
  const std::string_view extra_problem = apply_extra(record.extra, HeaderKind::central, record.name, sizes);
  if (!extra_problem.empty()) problems.add(kZipBadExtra, member.name, at, extra_problem);
  member.size = sizes.size;
  member.compressed_size = sizes.compressed_size;
  member.header_offset = sizes.header_offset;
  if (u16_at(h, 34) != 0) problems.add(kZipMultiDisk, member.name, at, "lies on another disk");
  check_flags(member, u16_at(h, 10), at, problems);
  return member;
}

// A name outside ASCII needs the UTF-8 flag: without it some readers see code page 437, some UTF-8, some the locale.
void check_member_name(const ZipMember& member, std::uint64_t at, const ZipLimits& limits, NameSet& names, Problems& problems) {
  const bool ascii = std::all_of(member.name.begin(), member.name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!ascii && (member.flags & kFlagUtf8) == 0)
    return problems.add(kZipPathNotUtf8, member.name, at, "has a name that is not marked as UTF-8");
  const auto problem = check_name(member.name, member.directory, limits);
  if (problem) problems.add(problem->code, member.name, at, problem->text);
  if (!problem || problem->code == kZipPathNotPortable) names.add(member.name, member.directory, at, problems);
}

void check_totals(const std::vector<ZipMember>& members, const ZipEnd& end, const ZipLimits& limits, Problems& problems) {
  std::uint64_t total = 0;  // cannot overflow: member_size_max_bytes * members_max < 2^64, larger members are refused already
  for (const ZipMember& member : members) total += std::min(member.size, limits.member_size_max_bytes);
  const std::uint64_t archive_size = end.central_offset + end.central_size;
  if (total > limits.total_size_max_bytes)
    problems.add(kZipBomb, fmt::format("it would unpack to {} bytes; the limit is {}", total, limits.total_size_max_bytes));
  else if (total > limits.ratio_floor_bytes && total / limits.ratio_max > archive_size)
    problems.add(kZipBomb, fmt::format("it would unpack to {} bytes, more than {} times its own {}", total, limits.ratio_max, archive_size));
}

}  // namespace

Result<std::vector<ZipMember>> read_central(Bytes central, const ZipEnd& end, std::string_view archive_name, const ZipLimits& limits,
                                            Problems& problems) {
  std::vector<ZipMember> members;
  members.reserve(std::min<std::uint64_t>(end.members, central.size() / kCentralSize));
  NameSet names;
  std::size_t at = 0;
  while (at < central.size()) {
    const auto record = central_at(central, at);
    const std::uint64_t offset = end.central_offset + at;
    if (!record || members.size() == end.members)
      return fail(make_error(kZipDamagedHeader, fmt::format("{}: the central directory has something else than its {} members at byte {}",
                                                            archive_name, end.members, offset)));
    ZipMember member = read_member(*record, offset, problems);
    check_kind(member, offset, problems);
    check_sizes(member, offset, limits, problems);
    check_member_name(member, offset, limits, names, problems);
    members.push_back(member);
    at += record->size;
  }
  if (members.size() != end.members)
    return fail(make_error(kZipEndMismatch, fmt::format("{}: the end record claims {} members, the central directory has {}", archive_name,
                                                        end.members, members.size())));
  check_totals(members, end, limits, problems);
  return members;
}

}  // namespace pipit::archive
