// Inline script metadata (PEP 723): the "# /// script" block of a Python file. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/packaging/requirement.h"

namespace pipit::packaging {

inline constexpr ErrorCode kInvalidScriptMetadata{"invalid-script-metadata"};

struct ScriptMetadata {
  std::vector<Requirement> dependencies;
  std::optional<std::string> requires_python;
  // nullopt: the file has no such block. `file` stands in the messages.
  static Result<std::optional<ScriptMetadata>> parse(std::string_view script, std::string_view file);
};

// The TOML text of the block of a type, comment marks removed; nullopt if there is none, an error if there are two.
Result<std::optional<std::string>> script_block(std::string_view script, std::string_view type, std::string_view file);

}  // namespace pipit::packaging
