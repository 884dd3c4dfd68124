#include "pipit/archive/zip_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "archive/inflate.h"
#include "archive/problems.h"
#include "archive/zip_central.h"
#include "archive/zip_end.h"
#include "archive/zip_format.h"

namespace pipit::archive {
namespace {

// Member indexes by offset of their local header.
std::vector<std::uint32_t> by_offset(const std::vector<ZipMember>& members) {
  std::vector<std::uint32_t> order(members.size());
  std::iota(order.begin(), order.end(), 0u);
  const auto less = [&](std::uint32_t a, std::uint32_t b) { return members[a].header_offset < members[b].header_offset; };
  if (!std::is_sorted(order.begin(), order.end(), less)) std::sort(order.begin(), order.end(), less);
  return order;
}

void report_leading_bytes(Bytes archive, std::uint64_t first, Problems& problems) {
  if (archive.size() >= 4 && u32_at(archive, 0) == kLocalSignature)
    return problems.add(kZipHiddenMember, "it begins with a member that the central directory does not list");
  problems.add(kZipLeadingBytes, fmt::format("{} bytes stand before its first member", first));
}

// Members must lie one behind the other from the first byte to the central directory. Decided from ranges alone.
void check_layout(Bytes archive, const ZipEnd& end, std::vector<ZipMember>& members, Problems& problems) {
  const std::vector<std::uint32_t> order = by_offset(members);
  const std::uint64_t first = order.empty() ? end.central_offset : members[order.front()].header_offset;
  if (first != 0) report_leading_bytes(archive, std::min(first, end.central_offset), problems);
  for (std::size_t i = 0; i < order.size(); ++i) {
    ZipMember& member = members[order[i]];
    const std::uint64_t next = i + 1 < order.size() ? members[order[i + 1]].header_offset : end.central_offset;
    if (member.header_offset >= end.central_offset)
      problems.add(kZipDamagedHeader, member.name, member.header_offset, "would lie behind the central directory");
    else if (next == member.header_offset)
      problems.add(kZipOverlap, member.name, member.header_offset, "shares its place with another member");
    else
      check_local(slice(archive, member.header_offset, std::min(next, end.central_offset) - member.header_offset), member, problems);
  }
}

}  // namespace

bool is_allowable(std::string_view error_id) {
  return error_id == kZipPathNotPortable.id || error_id == kZipNameCollision.id || error_id == kZipBomb.id;
}

Result<ZipDirectory> ZipDirectory::read(Bytes archive, std::string_view archive_name, const ZipLimits& limits,
                                        const std::vector<std::string>& allowed) {
  std::vector<std::string> allowable;
  for (const std::string& id : allowed)
    if (is_allowable(id)) allowable.push_back(id);
  Problems problems(archive_name, allowable);
  PIPIT_TRY(const ZipEnd end, read_end(archive, archive.size(), archive_name, limits));
  ZipDirectory directory;
  directory.archive_name_ = archive_name;
  PIPIT_TRY(directory.members_,
            read_central(slice(archive, end.central_offset, end.central_size), end, archive_name, limits, problems));
  check_layout(archive, end, directory.members_, problems);
  PIPIT_CHECK(problems.status());
  for (const ZipMember& member : directory.members_) directory.total_size_ += member.size;
  directory.allowances_used_ = problems.allowances_used();
  return directory;
}

const ZipMember* ZipDirectory::find(std::string_view name) const {
  for (const ZipMember& member : members_)
    if (member.name == name) return &member;
  return nullptr;
}

Result<std::optional<ZipTail>> ZipTail::read(std::string tail, std::uint64_t archive_size, std::string_view archive_name,
                                             std::uint64_t* needed, const ZipLimits& limits) {
  ZipTail result;
  result.archive_name_ = archive_name;
  result.tail_ = std::make_shared<const std::string>(std::move(tail));
  const Bytes bytes = as_bytes_view(*result.tail_);
  if (bytes.size() > archive_size)
    return fail(make_error(kZipEndMismatch, fmt::format("{}: {} bytes were sent of an archive of {}", archive_name, bytes.size(), archive_size)));
  PIPIT_TRY(const ZipEnd end, read_end(bytes, archive_size, archive_name, limits));
  *needed = archive_size - end.central_offset;
  if (*needed > bytes.size()) return std::nullopt;
  Problems problems(archive_name);
  PIPIT_TRY(result.members_,
            read_central(slice(bytes, bytes.size() - *needed, end.central_size), end, archive_name, limits, problems));
  PIPIT_CHECK(problems.status());
  result.central_offset_ = end.central_offset;
  return result;
}

ZipTail::Range ZipTail::range_of(const ZipMember& member) const {
  std::uint64_t next = central_offset_;
  for (const ZipMember& other : members_)
    if (other.header_offset > member.header_offset) next = std::min(next, other.header_offset);
  return {member.header_offset, next - std::min(next, member.header_offset)};
}

Result<std::string> ZipTail::read_member(const ZipMember& member, Bytes bytes, std::uint64_t size_max_bytes) const {
  Problems problems(archive_name_);
  ZipMember checked = member;
  check_local(bytes, checked, problems);
  PIPIT_CHECK(problems.status());
  return inflate_to_string(slice(bytes, checked.data_offset - member.header_offset, member.compressed_size), checked, archive_name_,
                           size_max_bytes);
}

}  // namespace pipit::archive
