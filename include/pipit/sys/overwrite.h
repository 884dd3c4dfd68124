// Overwriting in place: for small records of which a few bytes change often (a date), where making and renaming a file would
// cost more than everything else. Not atomic: who calls it must be able to live with any mixture of the old and the new bytes.
#pragma once

#include <string>
#include <string_view>

#include "pipit/base/result.h"
#include "pipit/sys/dir.h"

namespace pipit::sys {

// Replaces the content of the regular file `name`, without following links, if it is exactly `expected`, of the size of
// `replacement`, and known by this one name. False: it is not, and was left alone. After an error it may hold a mixture.
Result<bool> overwrite_if_same(const Dir& dir, const std::string& name, std::string_view expected, std::string_view replacement);

}  // namespace pipit::sys
