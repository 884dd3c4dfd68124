// One requirement as a line or an argument gives it (pip 26.3's forms): PEP 508, bare URL, VCS URL, path, editable.
#pragma once

#include <string>
#include <string_view>

#include "pipit/base/result.h"
#include "pipit/packaging/requirements_file.h"

namespace pipit::packaging {

// `source` is "line 3 of base.txt" or empty; it stands in pip's messages. Fills the parts of `line` that the text gives.
// Fails with pip's text as message.
Status parse_requirement_form(std::string_view text, bool editable, std::string_view source, const RequirementsParseContext& context,
                              RequirementLine& line);

}  // namespace pipit::packaging
