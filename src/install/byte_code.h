// Byte code names the second in which its source was last changed. A source that was linked has the time that the byte code was
// made for; one that had to be copied, or was written anew, is younger, and its staged byte code must say so.
#pragma once

#include "install/staging.h"

namespace pipit::install {

Status correct_byte_code(const StagingInput& input, const sys::Dir& new_dir);

}  // namespace pipit::install
