#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/help.h"
#include "cli/man_page.h"
#include "pipit/ops/about.h"
#include "pipit/ops/hash.h"

namespace pipit::cli {

Result<int> command_hash(CommandContext& context) {
  if (context.personality == Personality::peep || context.settings.flag("peep")) return command_peep_hash(context);
  if (context.line.arguments.empty()) {
    Error error = make_pip_error(kUsageError, "You must give at least one file to hash");
    return fail(std::move(error));
  }
  const std::string algorithm = context.settings.value("algorithm").value_or("sha256");
  for (const std::string& path : context.line.arguments) {
    PIPIT_TRY(const std::string hex, ops::hash_file(context.current_directory / path, algorithm));
    context.console.data(fmt::format("{}:\n--hash={}:{}\n", path, algorithm, hex));
  }
  return kSuccess;
}

Result<int> command_help(CommandContext& context) {
  const bool man = context.settings.flag("man");
  if (context.line.arguments.empty()) {
    if (!man) return show_help(context, nullptr);
    context.console.data(man_page(nullptr));
    return kSuccess;
  }
  const CommandSpec* command = find_command(context.line.arguments[0]);
  if (!command) {
    auto unknown = parse_command_line(std::span(context.line.arguments).first(1), context.program);
    return fail(std::move(unknown).error());
  }
  context.console.data(man ? man_page(command) : command_help_text(*command, context.program, false));
  return kSuccess;
}

Result<int> command_search(CommandContext&) {
  return fail(make_error(ErrorCode{"search-unsupported"}, "package indexes no longer answer `search`; look at the index's own pages"));
}

Result<int> command_debug(CommandContext& context) {
  PIPIT_TRY(auto session, context.session());
  PIPIT_TRY(const std::string text, ops::debug_text(*session));
  context.console.data(text);
  return kSuccess;
}

}  // namespace pipit::cli
