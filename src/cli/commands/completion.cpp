#include <algorithm>
#include <cctype>

#include "cli/bindings.h"
#include "cli/commands/commands.h"
#include "cli/completion.h"
#include "pipit/base/text.h"
#include "pipit/ops/inspect.h"

namespace pipit::cli {

namespace {

// What the scripts ask while somebody types: no prose, and nothing on standard error that would disturb the prompt.
Result<int> print_installed_names(CommandContext& context) {
  context.console.data(printable(join(installed_names(context), "\n") + "\n"));
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

std::vector<std::string> installed_names(const CommandContext& context) {
  std::vector<std::string> names;
  auto session = context.session();
  if (!session) return names;
  const auto packages = ops::installed_packages({}, **session);
  if (!packages) return names;
  for (const auto& package : *packages) names.push_back(package.normalized_name);  // as pip completes them
  return names;
}

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
