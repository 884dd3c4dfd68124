// From a finished search to the values that leave the room: a Resolution, or a Conflict. No decision is made here.
#pragma once

#include "pipit/base/diagnostics.h"
#include "pipit/model/resolution.h"
#include "pipit/resolve/conflict.h"
#include "resolve/search.h"

namespace pipit::resolve {

model::Resolution make_resolution(const Search& search, Facts& facts, Diagnostics& diagnostics);
Conflict make_conflict(const Search& search, const Facts& facts);

}  // namespace pipit::resolve
