// The conformance protocol: one JSON object {"id","op","args"} a line in, one answer a line out: {"id","ok":true,"value"},
// {"id","ok":false} for what must be rejected or is undefined, {"id","skip":true} for an operation not known here.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

namespace pipit::vectors {

enum class Verdict { accepted, rejected, unknown_operation };

// Fills `value` if accepted.
Verdict answer(const std::string& op, const nlohmann::json& args, nlohmann::json& value);

// One line of JSON; numbers of any size are numbers.
std::string print(const nlohmann::json& reply);

}  // namespace pipit::vectors
