// openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS) for kernels that lack it: every component is opened on its own with
// O_NOFOLLOW. Refuses absolute names and "..". Returns a descriptor or -errno (ELOOP for a link, EXDEV for an escape).
#pragma once

#include <sys/types.h>

namespace pipit::sys {

int open_by_hand(int dirfd, const char* path, int flags, mode_t mode);

}  // namespace pipit::sys
