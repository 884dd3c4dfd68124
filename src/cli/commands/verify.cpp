#include <fmt/format.h>

#include "cli/bindings.h"
#include "cli/commands/commands.h"
#include "pipit/base/text.h"
#include "pipit/ops/verify.h"

namespace pipit::cli {

namespace {

std::string listing(const ops::VerifyReport& report) {
  std::string text;
  for (const ops::ArchiveFinding& finding : report.archives)
    text += fmt::format("{}: {}: {}{}\n", ops::kind_name(finding.kind), finding.requirement, finding.detail,
                        finding.place.empty() ? "" : " (from " + finding.place + ")");
  for (const auto& finding : report.environment.findings) {
    text += fmt::format("{}: {} ({})", ops::kind_name(finding.kind), finding.path, finding.distribution);
    if (!finding.expected.empty()) text += ": expected " + finding.expected;
    if (!finding.got.empty()) text += (finding.expected.empty() ? ": got " : ", got ") + finding.got;
    text += "\n";
  }
  return text;
}

std::string summary(const ops::VerifyReport& report, bool with_archives) {
  const std::size_t problems = report.archives.size() + report.environment.findings.size();
  std::string text = fmt::format("Verified {} packages, {} files ({})", report.environment.distributions, report.environment.files,
                                 format_size(report.environment.bytes));
  if (with_archives) text += fmt::format(", {} archives", report.archives_proved);
  if (report.archives_proved_by_stamp != 0) text += fmt::format(" ({} by the environment's stamp alone)", report.archives_proved_by_stamp);
  return text + (problems == 0 ? ": nothing is wrong." : fmt::format(": {} problem{} found.", problems, problems == 1 ? "" : "s"));
}

}  // namespace

Result<int> command_verify(CommandContext& context) {
  if (!context.line.arguments.empty()) return complain(context, "verify takes no arguments; it looks at the whole environment");
  PIPIT_TRY(const ops::ResolveOptions options, bind_resolve(context));
  PIPIT_TRY(auto session, context.session());
  PIPIT_TRY(const ops::VerifyReport report, ops::verify_installed(options, *session));
  if (context.settings.flag("json")) {
    context.console.data(ops::verify_json(report));
  } else {
    context.console.data(printable(listing(report)));
    context.console.info(summary(report, !options.requirement_files.empty()));
  }
  return report.is_clean() ? kSuccess : kFailure;
}

}  // namespace pipit::cli
