// Digests of local archives, for `hash`.
#pragma once

#include <filesystem>
#include <string>

#include "pipit/base/result.h"

namespace pipit::ops {

// Lower-case hex. `algorithm`: sha256, sha384 or sha512.
Result<std::string> hash_file(const std::filesystem::path& path, const std::string& algorithm);

}  // namespace pipit::ops
