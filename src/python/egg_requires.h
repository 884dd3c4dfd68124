// requires.txt of egg-info directories: one requirement a line, under `[extra:marker]` headings. Turned into Requires-Dist
// header lines, which only count where PKG-INFO has none of its own (as in importlib.metadata). Pure.
#pragma once

#include <string>
#include <string_view>

namespace pipit::python {

std::string with_egg_requires(std::string_view pkg_info, std::string_view requires_txt);

}  // namespace pipit::python
