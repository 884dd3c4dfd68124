// Reads single members of a checked zip into memory (METADATA, WHEEL, RECORD: small files), each with its CRC checked.
// REQUIRES of every function: `archive` is the byte string that `directory` was read from. Threads: any.
#pragma once

#include <cstdint>
#include <string>

#include "pipit/archive/zip_directory.h"

namespace pipit::archive {

Result<std::string> read_member(Bytes archive, const ZipDirectory& directory, const ZipMember& member, std::uint64_t size_max_bytes);

}  // namespace pipit::archive
