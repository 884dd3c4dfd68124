// The form under which two file names are one file on some file system: canonical decomposition (NFD) after full case
// folding, as Unicode 14 defines them. No locale is consulted. Pure.
#pragma once

#include <string>
#include <string_view>

namespace pipit::archive {

// `text` is valid UTF-8 (invalid bytes are kept as they are).
std::string collision_key(std::string_view text);

}  // namespace pipit::archive
