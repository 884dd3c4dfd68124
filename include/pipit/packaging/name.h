// Project and extra names (PEP 503, 508, 685): validity and normal form. Pure.
#pragma once

#include <string>
#include <string_view>

namespace pipit::packaging {

// ^[A-Z0-9]([A-Z0-9._-]*[A-Z0-9])?\Z, case-insensitive, ASCII only.
bool is_valid_name(std::string_view name);
// Runs of "-", "_" and "." become "-"; lower case. Does not validate.
std::string normalize_name(std::string_view name);

}  // namespace pipit::packaging
