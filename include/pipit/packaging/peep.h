// peep's dialect: "# sha256:" comments, and the text of `peep hash` and `peep port` (docs/peep.md). Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/packaging/requirements_file.h"

namespace pipit::packaging {

inline constexpr ErrorCode kInvalidPeepHash{"invalid-peep-hash"};

// The hash of a hash line ("# sha256: HASH", maybe with a remark), or nullopt: the line is an ordinary comment.
//   hash-line = *WS "#" 1*WS "sha256:" 1*WS hash *WS [ "#" *any ]
// Nothing checks the hash itself; peep compares it as text.
std::optional<std::string> parse_peep_hash_line(std::string_view line);
// True for a comment that was probably meant as a hash line but is none ("#sha256: x", "# sha256 x", "# SHA256: x").
bool is_near_peep_hash_line(std::string_view line);

// "# sha256: <43 characters>", no line end. REQUIRES: 32 bytes.
std::string peep_hash_line(std::span<const std::uint8_t> sha256);
// Hex of a 43-character hash (one "=" of padding allowed); fails with invalid-peep-hash unless it is exactly 32 bytes.
Result<std::string> peep_hash_to_hex(std::string_view hash);

// What `peep port` prints for the parsed files, in order: a header at each change of file, then one requirement a line
// with its hashes as --hash options. Markers are kept, and URLs too where there are no hashes (both lost by peep 3.1.2).
// Fails with every hash that does not decode, naming file and line.
Result<std::string> peep_port(std::span<const RequirementLine> lines);

}  // namespace pipit::packaging
