#include <fmt/format.h>

#include "cli/bindings.h"
#include "cli/commands/commands.h"
#include "cli/help.h"
#include "cli/man_page.h"
#include "pipit/ops/about.h"
#include "pipit/ops/hash.h"

namespace pipit::cli {

Result<int> command_hash(CommandContext& context) {
  if (context.personality == Personality::peep || context.settings.flag("peep")) return command_peep_hash(context);
  if (context.line.arguments.empty()) {
    Error usage = make_pip_error(kUsageError, "");  // pip says no more, and its exit code is not that of a wrong option
    usage.details.push_back(usage_text(context.line.command, context.program));
    context.console.usage(usage);
    return kFailure;
  }
  const std::string algorithm = context.settings.value("algorithm").value_or("sha256");
  for (const std::string& path : context.line.arguments) {
    PIPIT_TRY(const std::string hex, ops::hash_file(context.current_directory / path, algorithm));
    context.console.info(fmt::format("{}:\n--hash={}:{}", path, algorithm, hex));
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
  if (context.line.arguments[0] == "commands" && !man) {
    context.console.data(overview_text(context.program, true));
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
  PIPIT_TRY(const ops::ForeignTarget foreign, bind_foreign_target(context));
  context.console.warn("", "This command is only meant for debugging. Do not use this with automation for parsing and getting these details, since the output and "
                           "options of this command may change without notice.");
  PIPIT_TRY(auto session, context.session());
  const auto shown = context.console.verbosity() > 0 ? ops::ShownTags::all : ops::ShownTags::first;
  PIPIT_TRY(const std::string text, ops::debug_text(*session, foreign, shown));
  context.console.data(text);
  return kSuccess;
}

}  // namespace pipit::cli
