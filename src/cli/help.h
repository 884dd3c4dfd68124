// --help, help CMD, --version: made from the option table.
#pragma once

#include "cli/app.h"

namespace pipit::cli {

Result<int> show_help(CommandContext& context, const CommandSpec* command);
Result<int> show_version(CommandContext& context);
// A screen (24 lines) of what people do first, or every command with its summary.
std::string overview_text(const std::string& program, bool everything);
std::string command_help_text(const CommandSpec& command, const std::string& program, bool everything);

}  // namespace pipit::cli
