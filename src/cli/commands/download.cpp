#include "pipit/ops/download.h"

#include "cli/bindings.h"
#include "cli/commands/commands.h"
#include "pipit/base/text.h"
#include "pipit/packaging/pylock.h"
#include "pipit/sys/file.h"

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
  if (!names.empty()) context.console.info("Successfully downloaded " + join(names, " "));
  return kSuccess;
}

Result<int> command_wheel(CommandContext& context) {
  ops::DownloadOptions options;
  PIPIT_TRY(options.resolve, bind_resolve(context));
  options.directory = directory_of(context, "wheel-dir");
  PIPIT_TRY(auto session, context.session());
  PIPIT_CHECK(ops::make_wheels(options, *session));
  return kSuccess;
}

Result<int> command_lock(CommandContext& context) {
  ops::DownloadOptions options;
  PIPIT_TRY(options.resolve, bind_resolve(context));
  const std::string output = context.settings.value("output").value_or("pylock.toml");
  const std::filesystem::path path = context.current_directory / output;
  if (output != "-") {
    options.directory = path.parent_path().string();
    if (!packaging::is_pylock_filename(path.filename().string())) context.console.warn("", output + " is not a valid lock file name.");
  }
  PIPIT_TRY(auto session, context.session());
  PIPIT_TRY(const std::string text, ops::lock(options, *session));
  if (output == "-") {
    context.console.data(text);
  } else {
    PIPIT_CHECK(sys::write_output(sys::real_os(), path, text));
  }
  return kSuccess;
}

}  // namespace pipit::cli
