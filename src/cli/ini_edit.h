// Changing one setting in the text of a pip.conf: comments, blank lines, other settings and their order stay as they are.
// Pure. The grammar is that of parse_ini (settings.h). Keys are compared after normalize_key; sections byte by byte.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pipit/base/result.h"

namespace pipit::cli {

// The text with [section] key = value; added at the end of the section, or in a new section at the end. Of a key that is
// set several times the last one, which counts, is changed. Fails if the value would not read back as it is.
Result<std::string> set_in_ini(std::string_view text, std::string_view section, std::string_view key, std::string_view value);
// Without the key, and without its section if not even a comment is left there; nullopt if it is not set.
std::optional<std::string> unset_in_ini(std::string_view text, std::string_view section, std::string_view key);

}  // namespace pipit::cli
