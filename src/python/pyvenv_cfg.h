// pyvenv.cfg (PEP 405): UTF-8 lines `key = value`, split at the first '='; keys in any case, white space around both
// dropped; other lines mean nothing. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pipit::python {

struct PyvenvCfg {
  std::optional<std::string> home;       // the first one counts, as in CPython's getpath
  bool system_site_packages = true;      // CPython: an absent key means yes; only "true" (any case) is yes
  std::optional<std::string> version;    // `version` or `version_info`; stale once the base was upgraded
};
PyvenvCfg parse_pyvenv_cfg(std::string_view text);

// A Python string literal that evaluates to the UTF-8 `text` (as repr() writes the prompt).
std::string python_repr(std::string_view text);

}  // namespace pipit::python
