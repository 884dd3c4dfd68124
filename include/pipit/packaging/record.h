// RECORD (PEP 376, 427, 627): rows of path, hash, size as CSV. Reads what real wheels carry; writes what pip writes
// (CRLF, minimal quoting, sorted by (path, hash, size)). All bad rows are reported, with line numbers. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"

namespace pipit::packaging {

inline constexpr ErrorCode kBadRecord{"bad-record"};

struct RecordRow {
  std::string path;
  std::string hash;  // "sha256=<base64url>" as written, or empty
  std::string size;  // decimal as written, or empty
  friend auto operator<=>(const RecordRow&, const RecordRow&) = default;
};

// A row whose texts belong to somebody else.
struct RecordRowView {
  std::string_view path, hash, size;
  friend auto operator<=>(const RecordRowView&, const RecordRowView&) = default;
};

Result<std::vector<RecordRow>> parse_record(std::string_view text);
// Sorts and prints.
std::string print_record(const std::vector<RecordRow>& rows);
std::string print_record(std::vector<RecordRowView> rows);

}  // namespace pipit::packaging
