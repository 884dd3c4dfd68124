#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "pipit/base/text.h"
#include "pipit/ops/self.h"

namespace pipit::cli {

namespace {

// As sha256sum prints it. With a digest: is it the one?
Result<int> verify_self(CommandContext& context, std::span<const std::string> expected) {
  PIPIT_TRY(const std::string digest, ops::own_digest());
  context.console.data(fmt::format("{}  {}\n", digest, printable(context.started_as.string())));
  if (expected.empty()) return kSuccess;
  std::string_view wanted = expected[0];
  if (wanted.starts_with("sha256:")) wanted.remove_prefix(7);
  if (ascii_iequals(wanted, digest)) return kSuccess;
  return complain(context, fmt::format("this program is not the one with the digest {}", printable(wanted)));
}

Result<int> embed(CommandContext& context, const std::string& directory) {
  PIPIT_TRY(const ops::EmbeddedSelf made, ops::embed_self(context.current_directory / directory, sys::real_os()));
  context.console.info(fmt::format("Wrote {} (sha256:{})", printable(made.program.string()), made.sha256));
  context.console.info(fmt::format("Wrote {}; commit both", printable(made.script.string())));
  if (made.needs_libraries)
    context.console.say({Severity::warning, "needs-libraries",
                         "this pipit is a developer's build: it runs only where its shared libraries are installed; embed a released one", {}});
  return kSuccess;
}

}  // namespace

Result<int> command_self(CommandContext& context) {
  const std::span<const std::string> arguments = context.line.arguments;
  const std::string_view action = arguments.empty() ? std::string_view() : std::string_view(arguments[0]);
  if (action == "verify" && arguments.size() <= 2) return verify_self(context, arguments.subspan(1));
  if (action == "embed" && arguments.size() == 2) return embed(context, arguments[1]);
  return fail(make_error(kUsageError, "self needs `verify` or `embed` and what belongs to it").detail(usage_text(context.line.command, context.program)));
}

}  // namespace pipit::cli
