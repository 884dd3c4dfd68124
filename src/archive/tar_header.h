// Tar headers, strictly: one 512-byte block and the records that may stand before it (pax "x", GNU "L" and "K").
//
//   block  = name:100 mode:8 uid:8 gid:8 size:12 mtime:12 checksum:8 type:1 linkname:100 "ustar" ... prefix:155
//   record = length " " keyword "=" value "\n"           (pax; POSIX.1-2017, pax, "pax Header Block")
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "pipit/base/result.h"
#include "pipit/base/sink.h"

namespace pipit::archive {

inline constexpr std::size_t kTarBlock = 512;
using TarBlock = std::array<std::byte, kTarBlock>;

struct TarHeader {
  char type = '0';  // '0' file, '1' hard link, '2' symlink, '5' directory, 'x' 'g' 'L' 'K' extensions
  std::string path, link;
  std::uint64_t size = 0;
  std::uint32_t mode = 0;
  std::optional<std::int64_t> modified_ns;  // since 1970; not there if the field says nothing usable
};

// Fails with a text that follows "the header at byte N". A block of zeros gives nullopt.
tl::expected<std::optional<TarHeader>, std::string> read_tar_header(const TarBlock& block);

// The keywords of an extension; refused if malformed, doubled, or with a NUL in a value.
tl::expected<std::map<std::string, std::string>, std::string> read_pax_records(std::string_view text);

std::optional<std::uint64_t> parse_decimal(std::string_view text);
// A pax time, "SECONDS" or "SECONDS.FRACTION", in nanoseconds.
std::optional<std::int64_t> parse_time(std::string_view text);

}  // namespace pipit::archive
