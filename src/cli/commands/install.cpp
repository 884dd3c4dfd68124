#include <fmt/format.h>

#include "cli/bindings.h"
#include "cli/commands/commands.h"
#include "pipit/ops/install.h"

namespace pipit::cli {

Result<int> command_install(CommandContext& context) {
  if (context.personality == Personality::peep) return command_peep_install(context);
  PIPIT_TRY(const ops::InstallOptions options, bind_install(context));
  PIPIT_TRY(auto session, context.session());
  PIPIT_TRY(const ops::InstallReport report, ops::install(options, *session));
  if (report.installed.empty()) return kSuccess;
  std::string names;
  for (const ops::InstalledName& item : report.installed) names += fmt::format(" {}-{}", item.name, item.version);
  context.console.info((report.dry_run ? "Would install" : "Successfully installed") + names);
  return kSuccess;
}

Result<int> command_uninstall(CommandContext& context) {
  PIPIT_TRY(auto session, context.session());
  PIPIT_TRY(const ops::UninstallReport report, ops::uninstall(bind_uninstall(context), *session));
  static_cast<void>(report);
  return kSuccess;
}

Result<int> command_repair(CommandContext& context) {
  PIPIT_TRY(auto session, context.session());
  PIPIT_TRY(const bool repaired, ops::repair(*session));
  context.console.info(repaired ? "An interrupted run was found and settled." : "Nothing to repair.");
  return kSuccess;
}

}  // namespace pipit::cli
