#include <algorithm>
#include <cctype>

#include "cli/bindings.h"
#include "cli/commands/commands.h"
#include "cli/completion.h"
#include "pipit/ops/inspect.h"

namespace pipit::cli {

namespace {

// What the scripts ask while somebody types: no prose, and nothing on standard error that would disturb the prompt.
Result<int> print_installed_names(CommandContext& context) {
  PIPIT_TRY(auto session, context.session());
  PIPIT_TRY(const auto packages, ops::installed_packages({}, *session));
  std::string text;
  for (const auto& package : packages) text += package.normalized_name + "\n";  // as pip completes them
  context.console.data(printable(text));
  return kSuccess;
}

// The name that people type: a link may be called pip3.
std::string completed_program(const CommandContext& context) {
  const std::string name = context.started_as.filename().string();
  const bool is_plain = !name.empty() && name[0] != '-' && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
  });
  return is_plain ? name : context.program;
}

}  // namespace

Result<int> command_completion(CommandContext& context) {
  if (context.settings.flag("names")) return print_installed_names(context);
  for (const char* shell : {"bash", "zsh", "fish", "powershell"})
    if (context.settings.flag(shell)) {
      context.console.data(completion_script(shell, completed_program(context)));
      return kSuccess;
    }
  context.console.say({Severity::error, {}, "You must pass --bash or --fish or --powershell or --zsh", {}});
  return kSuccess;  // as pip
}

}  // namespace pipit::cli
