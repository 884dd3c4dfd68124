// When a file says it was last written: build tools compare it, so unpacked sources keep what their archive says.
#pragma once

#include <cstdint>

#include "pipit/sys/file.h"

namespace pipit::sys {

// Nanoseconds since 1970. Nothing depends on its success: a file system may not keep times.
void set_modified(const File& file, std::int64_t nanoseconds);

}  // namespace pipit::sys
