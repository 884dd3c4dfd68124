// Which wrappers an environment gets for a wheel's entry points: pip's rules, with its special cases for pip and
// easy_install, whose versioned names must be those of the target's Python and not of the one that built the wheel.
#pragma once

#include <vector>

#include "pipit/packaging/entry_points.h"

namespace pipit::wheel {

std::vector<packaging::EntryPoint> script_specs(const std::vector<packaging::EntryPoint>& scripts, int python_major, int python_minor);

}  // namespace pipit::wheel
