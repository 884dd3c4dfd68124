// One function per command: bind, call, draw, return. Each is about one screen.
#pragma once

#include "cli/app.h"

namespace pipit::cli {

Result<int> command_install(CommandContext& context);
Result<int> command_uninstall(CommandContext& context);
Result<int> command_venv(CommandContext& context);
Result<int> command_repair(CommandContext& context);
Result<int> command_list(CommandContext& context);
Result<int> command_show(CommandContext& context);
Result<int> command_freeze(CommandContext& context);
Result<int> command_check(CommandContext& context);
Result<int> command_inspect(CommandContext& context);
Result<int> command_hash(CommandContext& context);
Result<int> command_port(CommandContext& context);
Result<int> command_peep_install(CommandContext& context);
Result<int> command_peep_hash(CommandContext& context);
Result<int> command_help(CommandContext& context);
Result<int> command_search(CommandContext& context);
Result<int> command_debug(CommandContext& context);
Result<int> command_index(CommandContext& context);
Result<int> command_verify(CommandContext& context);
Result<int> command_cache(CommandContext& context);
Result<int> command_config(CommandContext& context);
Result<int> command_completion(CommandContext& context);
std::vector<std::string> installed_names(const CommandContext& context);  // normalised; none where nothing can be read
Result<int> command_download(CommandContext& context);
Result<int> command_wheel(CommandContext& context);
Result<int> command_lock(CommandContext& context);
Result<int> command_self(CommandContext& context);

// pip's way of refusing a command's own words: one line on standard error, exit 1.
Result<int> complain(CommandContext& context, std::string sentence);

}  // namespace pipit::cli
