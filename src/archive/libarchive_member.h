// One deflated member through libarchive, in blocks. libarchive is shown a zip of this one member with a local header that
// we wrote ourselves: it never sees the stranger's headers, so no name passes through the locale (in the C locale it would
// lose every name outside ASCII) and no second opinion about sizes exists.
#pragma once

#include <string_view>

#include "pipit/archive/zip_directory.h"
#include "pipit/base/sink.h"

namespace pipit::archive {

// `data` is the member's compressed data. libarchive checks size and CRC; its warnings are failures here.
Status stream_by_libarchive(Bytes data, const ZipMember& member, std::string_view archive_name, Sink& out);

}  // namespace pipit::archive
