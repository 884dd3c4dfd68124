// The home directory the user database names, for when $HOME is not set. Empty if it names none.
#pragma once

#include <string>

namespace pipit::sys {

std::string home_in_user_database();

}  // namespace pipit::sys
