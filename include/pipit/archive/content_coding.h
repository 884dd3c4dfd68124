// Content codings of HTTP (RFC 9110 section 8.4.1), undone for a whole body at once: gzip (RFC 1952, all members of it) and
// deflate (RFC 1950, or RFC 1951 alone as some servers mean it). Knows no HTTP. Threads: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pipit/base/sink.h"

namespace pipit::archive {

enum class Decoded { fine, damaged, too_large };  // damaged: also a coding that is not known, or bytes behind the end

// `out` is what was sent; up to size_max_bytes of it. Undefined unless fine.
Decoded decode_content(std::string_view coding, Bytes sent, std::uint64_t size_max_bytes, std::string& out);

}  // namespace pipit::archive
