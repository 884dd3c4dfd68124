// Files that no package may write and no RECORD may remove: the interpreter, pyvenv.cfg, activate scripts (S3, S8, S9),
// and pipit's own folder. Pure.
#pragma once

#include <string>
#include <string_view>

#include "pipit/wheel/install_wheel.h"

namespace pipit::install {

// `absolute` is spelled through the scheme's directories; case is ignored, as on file systems that ignore it.
bool is_protected(std::string_view absolute, std::string_view root, const wheel::Scheme& scheme, std::string_view interpreter);

// Nothing below this directory is, whatever it is called: it lies in a site-packages of its own.
bool nothing_is_protected_in(std::string_view directory, std::string_view root, const wheel::Scheme& scheme);

}  // namespace pipit::install
