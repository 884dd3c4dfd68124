// Scenario files: a universe and cases over it, as data (fixtures/scenarios/resolve, fixtures/explanations).
//   universe: name -> version -> [requirements] or {requires, extras, yanked, unavailable, no_file, bad_metadata, requires_python}
//   urls: url -> {version, requires, extras};  missing: name -> why the index does not have it
//   a case: roots ("text" or ["text", "file", line]), constraints, overrides, installed, upgrade, strategy, pre, all_releases,
//   only_final, no_deps, and what is expected
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "unit/resolve/table_provider.h"

namespace pipit::resolve::test {

nlohmann::json read_json(const std::string& path);
TableProvider provider_of(const nlohmann::json& scenario);
SolverOptions options_of(const nlohmann::json& given);

}  // namespace pipit::resolve::test
