// The operations of pipit-vectors that concern file formats: dependency groups and requirements files.
#pragma once

#include <nlohmann/json.hpp>

namespace pipit::vectors {

// groups.resolve: false if the groups must be rejected; else `value` is the list of requirements.
bool answer_groups(const nlohmann::json& args, nlohmann::json& value);
// pipit-vectors reqfile [-c] ENTRY: prints one JSON object and returns the exit status. argv[0] is the first word
// behind "reqfile".
int run_reqfile(int argc, char** argv);

}  // namespace pipit::vectors
