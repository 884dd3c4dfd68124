#include <fmt/format.h>

#include "cli/bindings.h"
#include "cli/commands/commands.h"
#include "pipit/base/text.h"
#include "pipit/ops/install.h"

namespace pipit::cli {

Result<int> command_venv(CommandContext& context) {
  if (context.line.arguments.size() != 1)
    return fail(make_error(kUsageError, "venv needs exactly one directory").detail(usage_text(context.line.command, context.program)));
  const Settings& settings = context.settings;
  ops::VenvOptions options;
  options.directory = context.line.arguments[0];
  options.clear = settings.flag("clear");
  options.system_site_packages = settings.flag("system-site-packages");
  options.pip_shim = settings.flag("pip-shim");
  options.prompt = settings.value("prompt");
  options.command_line = context.program + " " + join(context.words, " ");
  if (!settings.list("requirement").empty()) {
    PIPIT_TRY(options.install, bind_install(context));
    options.install->resolve.arguments.clear();
  }
  PIPIT_TRY(auto session, context.session());
  PIPIT_CHECK(ops::make_environment(options, *session));
  return kSuccess;
}

}  // namespace pipit::cli
