#include "pipit/ops/download.h"

#include "cli/bindings.h"
#include "cli/commands/commands.h"
#include "pipit/base/text.h"

namespace pipit::cli {

namespace {

// A leading ~ is the shell's business except where a settings file names the directory.
std::string directory_of(const CommandContext& context, std::string_view id) {
  std::string path = context.settings.value(id).value_or(".");
  if (path == "~" || path.starts_with("~/")) path = variable(context.variables, "HOME").value_or("") + path.substr(1);
  return path;
}

}  // namespace

Result<int> command_download(CommandContext& context) {
  ops::DownloadOptions options;
  PIPIT_TRY(options.resolve, bind_resolve(context));
  options.directory = directory_of(context, "dest");
  PIPIT_TRY(auto session, context.session());
  PIPIT_TRY(const auto names, ops::download(options, *session));
  if (!names.empty()) context.console.data(printable("Successfully downloaded " + join(names, " ")) + "\n");
  return kSuccess;
}

Result<int> command_wheel(CommandContext& context) {
  ops::DownloadOptions options;
  PIPIT_TRY(options.resolve, bind_resolve(context));
  options.directory = directory_of(context, "wheel-dir");
  PIPIT_TRY(auto session, context.session());
  PIPIT_TRY(const auto built, ops::make_wheels(options, *session));
  if (!built.empty()) context.console.info("Successfully built " + join(built, " "));
  return kSuccess;
}

}  // namespace pipit::cli
