// Manual pages, made from the option table as --help is, in the man(7) macros.
#pragma once

#include <string>

#include "cli/option_table.h"

namespace pipit::cli {

// pipit.1 for null, else pipit-COMMAND.1. The same text for every machine and day.
std::string man_page(const CommandSpec* command);

}  // namespace pipit::cli
