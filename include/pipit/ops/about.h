// What pipit is made of and what it stands in for.
#pragma once

#include <string>

#include "pipit/base/result.h"
#include "pipit/ops/options.h"
#include "pipit/ops/session.h"

namespace pipit::ops {

// The pip whose behaviour is followed; shown where scripts ask for pip's version.
inline constexpr const char* kPipVersion = "26.3";

// One line per library inside, with its version.
std::string libraries_text();

// What pipit believes about the target, certificates and caches, for `pipit debug`, and which tags it takes, or a foreign
// target would: the first ten, or all.
enum class ShownTags { first, all };
Result<std::string> debug_text(Session& session, const ForeignTarget& foreign, ShownTags shown);

}  // namespace pipit::ops
