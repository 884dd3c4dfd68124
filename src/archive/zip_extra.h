// The extra field of a header: sizes beyond 32 bits, and the second name that some writers give. Fields of other kinds
// are stepped over, but every byte must belong to one.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "archive/zip_format.h"

namespace pipit::archive {

// What may be replaced by zip64 values; a value of all ones says "look in the extra field".
struct ZipSizes {
  std::uint64_t size = 0, compressed_size = 0, header_offset = 0;
};
enum class HeaderKind { local, central };

// Fills in the 64-bit values. Returns what is wrong, in words that follow the member's name, or "" if nothing is.
// `name` is the header's name and `disk` its 16-bit disk field.
std::string_view apply_extra(Bytes extra, HeaderKind kind, std::string_view name, ZipSizes& sizes);

}  // namespace pipit::archive
