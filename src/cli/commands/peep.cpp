// peep's three commands. Everything peep says goes to standard output, its errors, too; only usage errors and what other rooms
// say on the way go to standard error. Exit codes are peep's: 0, 1 and 2.
#include <fmt/format.h>

#include <algorithm>

#include "cli/bindings.h"
#include "cli/commands/commands.h"
#include "cli/commands/peep.h"
#include "pipit/ops/peep.h"

namespace pipit::cli {

namespace {

constexpr const char* kNothingToPort = "Please specify one or more requirements files so I have something to port.\n\n";

Error usage_error(const CommandContext& context, std::string message) {
  Error error = make_pip_error(kUsageError, std::move(message));
  error.details.push_back(usage_text(context.line.command, context.program));
  return error;
}

// The name in peep's own usage line: a link may be called peep-3.11.
std::string shown_program(const CommandContext& context) {
  const std::string name = context.started_as.filename().string();
  return name.starts_with("peep") ? name : "peep";
}

// What would bring in something that no file of hashes speaks for, or change what the files say. peep 3.1.2 hands the first
// two to a plain pip, unchecked.
Status refuse_unchecked(const CommandContext& context) {
  if (!context.line.arguments.empty())
    return fail(usage_error(context, fmt::format("`{}` is not in a requirements file, so there is no hash to check it by", context.line.arguments[0])));
  for (const char* id : {"editable", "group", "requirements-from-script", "override", "report", "explain"})
    if (!context.settings.source(id).empty()) return fail(usage_error(context, fmt::format("--{} cannot be used with peep ({})", id, context.settings.source(id))));
  if (context.settings.flag("only-deps")) return fail(usage_error(context, "--only-deps cannot be used with peep, which follows no dependencies"));
  return ok();
}

bool names_a_file(const CommandContext& context) {
  const auto& typed = context.settings.typed();  // PIP_REQUIREMENT alone does not count, as with peep
  return std::any_of(typed.begin(), typed.end(), [](const GivenOption& option) { return option.spec->id == "requirement"; });
}

Result<int> install(CommandContext& context) {
  PIPIT_CHECK(refuse_unchecked(context));
  PIPIT_TRY(const ops::InstallOptions options, bind_install(context));
  PIPIT_TRY(auto session, context.session());
  PIPIT_TRY(const ops::PeepOutcome outcome, ops::peep_install(options, *session));
  std::string names;
  for (const ops::InstalledName& item : outcome.installed) names += fmt::format(" {}-{}", item.name, item.version);
  if (!names.empty()) context.console.info((options.dry_run ? "Would install" : "Successfully installed") + names);
  context.console.data(printable(outcome.report));
  return outcome.installable ? kSuccess : kFailure;
}

}  // namespace

bool mentions_requirements_file(std::span<const std::string> words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const bool followed = i + 1 < words.size();
    if (word.starts_with("--")) {
      if (word.starts_with("--requirement") && (followed || word.find('=') != std::string::npos)) return true;
    } else if (const std::size_t at = word.find('r'); word.starts_with('-') && at != std::string::npos) {
      if (followed || at + 1 < word.size()) return true;
    }
  }
  return false;
}

Result<int> command_peep_install(CommandContext& context) {
  if (!names_a_file(context)) {
    context.console.data(kPeepWithoutFiles);
    return kUsage;
  }
  auto result = install(context);
  if (!result) context.console.data("\n");  // every run of peep ends with an empty line
  return result;
}

Result<int> command_peep_hash(CommandContext& context) {
  if (context.line.has("algorithm")) return fail(usage_error(context, "peep hashes with sha256 only; --algorithm cannot be used with it"));
  if (context.line.arguments.empty()) {
    context.console.data(fmt::format("Usage: {} hash file [file ...]\n\n", shown_program(context)));
    return kUsage;
  }
  std::optional<Error> problems;
  for (const std::string& path : context.line.arguments) {
    auto line = ops::peep_hash_line_of(context.current_directory / path);
    if (!line && problems) {
      problems->also.push_back(std::move(line).error());
    } else if (!line) {
      problems = std::move(line).error();
    } else if (!problems) {  // no line behind a gap: lines carry no file names
      context.console.data(*line + "\n");
    }
  }
  if (problems) return fail(std::move(*problems));
  return kSuccess;
}

Result<int> command_port(CommandContext& context) {
  if (context.line.arguments.empty()) {
    context.console.data(kNothingToPort);
    return kUsage;
  }
  PIPIT_TRY(auto session, context.session());
  PIPIT_TRY(const std::string text, ops::peep_port(context.line.arguments, *session));
  context.console.data(text);
  return kSuccess;
}

}  // namespace pipit::cli
