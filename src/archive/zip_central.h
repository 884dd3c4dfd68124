// The central directory: one ZipMember per header, names and kinds checked. Needs only the directory's own bytes, so that
// it serves whole archives and fetched tails alike.
#pragma once

#include <vector>

#include "archive/problems.h"
#include "archive/zip_end.h"
#include "archive/zip_format.h"

namespace pipit::archive {

// `central` is the directory, which lies at end.central_offset in the archive. Problems of single members go to
// `problems`; a directory that cannot be walked fails at once.
Result<std::vector<ZipMember>> read_central(Bytes central, const ZipEnd& end, std::string_view archive_name, const ZipLimits& limits,
                                            Problems& problems);

// The local header at the beginning of `bytes` (which reach from it to the next header) must tell what the central one
// told; the data and its descriptor must fill `bytes` exactly. Sets member.data_offset. Returns false after a report.
bool check_local(Bytes bytes, ZipMember& member, Problems& problems);

}  // namespace pipit::archive
