// Unpacks source archives (.tar.gz .tgz .tar.bz2 .tar.xz .tar .zip) under PEP 721's rules and stricter ones (rows T1-T8 of
// the attack catalogue): nothing lands outside `destination`, links are resolved in memory over the archive's own tree and
// must stay inside, devices and the like are refused, a pax record that contradicts its header is refused, caps on
// everything. Only execute bits survive. A common top directory is taken off, as pip does. It does not know what the
// source is. On failure `destination` holds partial files: the caller gives a private directory and removes it.
// Threads: any, one call per destination. Decompression is libarchive's; tar headers are read by our own strict reader,
// because libarchive silently merges contradicting headers.
#pragma once

#include <cstdint>
#include <string_view>

#include "pipit/base/result.h"
#include "pipit/base/sink.h"
#include "pipit/sys/dir.h"

namespace pipit::archive {

inline constexpr ErrorCode kTarNotATar{"tar-not-a-tar"};                  // not an archive of the kind its name says
inline constexpr ErrorCode kTarBadHeader{"tar-bad-header"};               // checksum, numbers, sizes, unknown kinds
inline constexpr ErrorCode kTarHeadersDisagree{"tar-headers-disagree"};   // pax against ustar, global or repeated records
inline constexpr ErrorCode kTarPathEscapes{"tar-path-escapes"};           // absolute, "..", through a link
inline constexpr ErrorCode kTarBadPath{"tar-bad-path"};                   // not UTF-8, control characters, too long
inline constexpr ErrorCode kTarLinkEscapes{"tar-link-escapes"};           // also loops and hard links to what is not there
inline constexpr ErrorCode kTarSpecialFile{"tar-special-file"};
inline constexpr ErrorCode kTarTruncated{"tar-truncated"};
inline constexpr ErrorCode kTarTrailingBytes{"tar-trailing-bytes"};       // after the archive, or a second compressed stream
inline constexpr ErrorCode kTarBomb{"tar-bomb"};

struct SourceLimits {
  std::uint64_t total_size_max_bytes = std::uint64_t{8} << 30;
  std::uint64_t ratio_floor_bytes = 256u << 20;  // above this, at most ratio_max times the archive's size
  std::uint64_t ratio_max = 100;
  std::uint32_t members_max = 500'000;
};

// `filename` decides the format (its suffix) and names the archive in messages.
Status unpack_source(Bytes archive, std::string_view filename, const sys::Dir& destination, const SourceLimits& limits = {});

}  // namespace pipit::archive
