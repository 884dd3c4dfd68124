// struct stat as the value that other rooms see.
#pragma once

#include "pipit/sys/file.h"

namespace pipit::sys {

FileStat to_file_stat(const struct stat& info);

}  // namespace pipit::sys
