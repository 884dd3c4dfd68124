// The activate scripts of an environment: what each shell is told, with every path quoted for that shell, so that spaces,
// quotes, `$`, back-ticks and line ends in a name stay a name (CVE-2024-9287 in CPython's). All keep CPython's variable
// names (_OLD_VIRTUAL_PATH ...), so that activating another tool's environment on top puts things back. Pure.
#pragma once

#include <string>
#include <string_view>

namespace pipit::python {

std::string quote_sh(std::string_view text);
std::string quote_csh(std::string_view text);
std::string quote_fish(std::string_view text);
std::string quote_powershell(std::string_view text);

std::string activate_sh(std::string_view directory, std::string_view prompt);
std::string activate_csh(std::string_view directory, std::string_view prompt);
std::string activate_fish(std::string_view directory, std::string_view prompt);
std::string activate_powershell(std::string_view directory, std::string_view prompt);

}  // namespace pipit::python
