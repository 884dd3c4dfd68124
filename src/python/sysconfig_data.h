// The build-time variables of a Python, from `_sysconfigdata_*.py` (a dict literal) or `_sysconfig_vars_*.json` (3.14+).
// There are a thousand; only those that are asked for are kept, as text: a string's content, an integer's digits. Linear; the
// file is a stranger's. Pure.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pipit::python {

using SysconfigData = std::map<std::string, std::string, std::less<>>;

// Reads `build_time_vars = {'K': 'a' 'b', 'N': 1, ...}`: strings, implicitly joined strings, integers. Returns nullopt if
// the text is no such literal.
std::optional<SysconfigData> parse_sysconfig_literal(std::string_view text, std::span<const std::string_view> keys);
std::optional<SysconfigData> parse_sysconfig_json(std::string_view text, std::span<const std::string_view> keys);
// "_sysconfigdata_t_linux_x86_64-linux-gnu.py" -> "t"; nullopt if it is not such a name.
std::optional<std::string> abi_flags_of_sysconfig_name(std::string_view file_name);

}  // namespace pipit::python
