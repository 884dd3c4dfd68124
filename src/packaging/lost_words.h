// Which words of a line pip reads and then forgets: "--pre foo", "foo -r other.txt", a hash behind -e, the second -f.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "packaging/requirements_options.h"

namespace pipit::packaging {

// Of a line that is options only.
std::vector<std::string> words_lost_by_option_line(const LineOptions& options);
// Of a line that is a requirement, or an editable one.
std::vector<std::string> words_lost_by_requirement(const LineOptions& options, bool editable, const std::string& text);
// Whether `seen` (as parse_line_options() notes it) says where packages come from: -i, -f, --trusted-host and their like.
bool names_source(std::string_view seen);

}  // namespace pipit::packaging
