// ZipDirectory: reads and proves the structure of a zip archive that lies in memory (usually a mapping), before a byte of
// it is unpacked. Every byte of the file must belong to exactly one member, to the central directory or to the end record;
// local and central headers must tell the same story; names must be safe and distinct on every file system. It does not
// know wheels, and it inflates nothing.
//
// Ownership: member names are views into the archive's bytes and die with them. Threads: immutable after read().
// Errors: all problems found are reported together (`also`); each is one sentence with the archive, the member and the
// byte offset. Hostile input costs time linear in the size of its central directory, no recursion, and no allocation
// from a declared number. Format: APPNOTE.TXT 6.3.9, the subset that wheels need (stored, deflated, zip64, no encryption).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/base/sink.h"

namespace pipit::archive {

// The file as a whole.
inline constexpr ErrorCode kZipNotAZip{"zip-not-a-zip"};                    // no end record: cut short, or something else
inline constexpr ErrorCode kZipTrailingBytes{"zip-trailing-bytes"};
inline constexpr ErrorCode kZipLeadingBytes{"zip-leading-bytes"};
inline constexpr ErrorCode kZipComment{"zip-comment"};
inline constexpr ErrorCode kZipEndMismatch{"zip-end-mismatch"};             // end records disagree with each other or the file
inline constexpr ErrorCode kZipMultiDisk{"zip-multi-disk"};
inline constexpr ErrorCode kZipTooManyMembers{"zip-too-many-members"};
inline constexpr ErrorCode kZipBomb{"zip-bomb"};                            // ratio, total size or size of one member
inline constexpr ErrorCode kZipUnaccountedBytes{"zip-unaccounted-bytes"};
inline constexpr ErrorCode kZipHiddenMember{"zip-hidden-member"};           // a local header without a central one
inline constexpr ErrorCode kZipOverlap{"zip-overlap"};
// One member's headers.
inline constexpr ErrorCode kZipDamagedHeader{"zip-damaged-header"};
inline constexpr ErrorCode kZipLocalCentralMismatch{"zip-local-central-mismatch"};
inline constexpr ErrorCode kZipBadExtra{"zip-bad-extra"};
inline constexpr ErrorCode kZipDescriptorLies{"zip-descriptor-lies"};
inline constexpr ErrorCode kZipEncrypted{"zip-encrypted"};
inline constexpr ErrorCode kZipUnsupportedMethod{"zip-unsupported-method"};
inline constexpr ErrorCode kZipUnsupportedFlag{"zip-unsupported-flag"};
// Names and kinds.
inline constexpr ErrorCode kZipPathEscapes{"zip-path-escapes"};             // a ".." component
inline constexpr ErrorCode kZipPathAbsolute{"zip-path-absolute"};
inline constexpr ErrorCode kZipPathBackslash{"zip-path-backslash"};
inline constexpr ErrorCode kZipPathNotPortable{"zip-path-not-portable"};    // ":", device names, trailing dot or space
inline constexpr ErrorCode kZipPathNotNormal{"zip-path-not-normal"};        // empty, ".", "a//b"
inline constexpr ErrorCode kZipPathNotUtf8{"zip-path-not-utf8"};
inline constexpr ErrorCode kZipPathControl{"zip-path-control-character"};   // also bidi overrides, zero-width characters
inline constexpr ErrorCode kZipPathTooLong{"zip-path-too-long"};            // or too deep
inline constexpr ErrorCode kZipDuplicateMember{"zip-duplicate-member"};
inline constexpr ErrorCode kZipNameCollision{"zip-name-collision"};         // equal after case folding and normalisation
inline constexpr ErrorCode kZipFileIsDirectory{"zip-file-is-directory"};    // "a" is a file and "a/b" exists
inline constexpr ErrorCode kZipDirectoryWithData{"zip-directory-with-data"};
inline constexpr ErrorCode kZipLink{"zip-link"};
inline constexpr ErrorCode kZipSpecialFile{"zip-special-file"};             // FIFO, device, socket
// The data (reader.h, extractor.h).
inline constexpr ErrorCode kZipBadCrc{"zip-bad-crc"};
inline constexpr ErrorCode kZipBadData{"zip-bad-data"};                     // broken stream, wrong length, garbage after its end

struct ZipLimits {
  std::uint32_t members_max = 200'000;
  std::uint64_t central_directory_max_bytes = 64u << 20;
  std::uint64_t member_size_max_bytes = std::uint64_t{8} << 30;
  std::uint64_t total_size_max_bytes = std::uint64_t{32} << 30;
  // An archive that unpacks to more than ratio_floor_bytes may grow at most ratio_max times (the package index's own rule).
  std::uint64_t ratio_floor_bytes = 64u << 20;
  std::uint64_t ratio_max = 50;
  std::size_t path_max_bytes = 2048, component_max_bytes = 255, depth_max = 128;
};

struct ZipMember {
  std::string_view name;            // as written; a directory's ends in "/"
  std::uint64_t header_offset = 0;  // of the local header
  std::uint64_t data_offset = 0;    // of the (compressed) data; 0 if only the central directory was read
  std::uint64_t compressed_size = 0, size = 0;
  std::uint32_t crc32 = 0;
  std::uint32_t mode = 0;           // st_mode from the external attributes, 0 if the writer gave none
  std::uint16_t flags = 0;          // general purpose bits, as both headers have them
  bool deflated = false;
  bool directory = false;
  // pip's rule: a regular file with any execute bit.
  bool executable() const { return (mode & 0170000) == 0100000 && (mode & 0111) != 0; }
};

class ZipDirectory {
 public:
  // `archive_name` is for messages. Problems whose code is in `allowed` are not reported (only rules about names may be
  // allowed: see is_allowable); which of them were met is told by allowances_used().
  static Result<ZipDirectory> read(Bytes archive, std::string_view archive_name, const ZipLimits& limits = {},
                                   const std::vector<std::string>& allowed = {});
  // In the order of the central directory (pip installs in this order).
  const std::vector<ZipMember>& members() const { return members_; }
  const ZipMember* find(std::string_view name) const;
  std::uint64_t total_size() const { return total_size_; }
  const std::string& archive_name() const { return archive_name_; }
  const std::vector<std::string>& allowances_used() const { return allowances_used_; }

 private:
  std::vector<ZipMember> members_;
  std::string archive_name_;
  std::uint64_t total_size_ = 0;
  std::vector<std::string> allowances_used_;
};

// Rules that a user may lift for one package: none of them lets a file leave the tree or hides one.
bool is_allowable(std::string_view error_id);

// The end of an archive that lies elsewhere: enough to find one member and ask for its bytes (range requests).
class ZipTail {
 public:
  struct Range {
    std::uint64_t offset = 0, size = 0;
  };
  // `tail` is the last tail.size() bytes of an archive of `archive_size` bytes. Returns nullopt if the central directory
  // begins before the tail; `needed` then holds the number of last bytes that suffices.
  static Result<std::optional<ZipTail>> read(std::string tail, std::uint64_t archive_size, std::string_view archive_name,
                                             std::uint64_t* needed, const ZipLimits& limits = {});
  const std::vector<ZipMember>& members() const { return members_; }
  // Local header, data and whatever belongs to the member, up to the next one.
  Range range_of(const ZipMember& member) const;
  // `bytes` is what lies at range_of(member). Checks the local header, inflates, checks the CRC.
  Result<std::string> read_member(const ZipMember& member, Bytes bytes, std::uint64_t size_max_bytes) const;

 private:
  std::shared_ptr<const std::string> tail_;  // keeps the names
  std::vector<ZipMember> members_;
  std::uint64_t central_offset_ = 0;
  std::string archive_name_;
};

}  // namespace pipit::archive
