#include <fmt/format.h>

#include "cli/bindings.h"
#include "cli/commands/commands.h"
#include "pipit/base/text.h"
#include "pipit/ops/versions.h"

namespace pipit::cli {

Result<int> command_index(CommandContext& context) {
  const auto& words = context.line.arguments;
  if (words.empty() || words[0] != "versions") return complain(context, "Need an action (versions) to perform.");
  if (words.size() != 2) return complain(context, "You need to specify exactly one argument");
  PIPIT_TRY(const ops::ResolveOptions options, bind_resolve(context));
  PIPIT_TRY(auto session, context.session());
  PIPIT_TRY(const ops::AvailableVersions available, ops::available_versions(words[1], options, *session));
  if (context.settings.flag("json")) {
    context.console.data(ops::versions_json(available) + "\n");
    return kSuccess;
  }
  std::string text = fmt::format("{} ({})\nAvailable versions: {}\n", available.name, available.latest(), join(available.versions, ", "));
  if (available.installed)
    text += fmt::format("  INSTALLED: {}\n  LATEST:    {}{}\n", *available.installed, available.latest(),
                        available.latest_is_prerelease ? " (pre-release; install with `pip install --pre`)" : "");
  text.pop_back();
  context.console.info(text);
  return kSuccess;
}

}  // namespace pipit::cli
