#include "cli/app.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <set>

#include "cli/auto_complete.h"
#include "cli/bindings.h"
#include "cli/commands/commands.h"
#include "cli/commands/peep.h"
#include "cli/help.h"
#include "pipit/base/text.h"
#include "pipit/sys/about.h"
#include "pipit/sys/clock.h"
#include "pipit/sys/file.h"
#include "pipit/sys/interrupt.h"
#include "pipit/sys/process.h"

namespace pipit::cli {

namespace {

Personality personality_of(std::string_view program) {
  if (program == "peep" || program.starts_with("peep-")) return Personality::peep;
  if (program == "pip" || program.starts_with("pip3") || program.starts_with("pip2")) return Personality::pip;
  return Personality::pipit;
}

// Absolute path of the name we were started by, links kept: argv[0] as given, or found in PATH.
std::filesystem::path started_path(const std::string& argv0, const Variables& variables) {
  if (argv0.find('/') != std::string::npos) return sys::absolute(argv0);
  return sys::find_program(argv0, variable(variables, "PATH").value_or("")).value_or("");
}

bool wants_color(const CommandLine& line, const Variables& variables) {
  if (line.has("no-color") || !variable(variables, "NO_COLOR").value_or("").empty()) return false;
  return sys::is_terminal(2) && variable(variables, "TERM") != "dumb";
}

bool wants_unicode(const Variables& variables) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (const std::string value = ascii_lower(variable(variables, name).value_or("")); !value.empty())
      return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  return false;
}

ConsoleOptions console_options(const CommandLine& line, const Settings& settings, const Variables& variables, const std::string& command_line) {
  ConsoleOptions options;
  options.verbosity = settings.count("verbose") - settings.count("quiet");
  options.color = wants_color(line, variables) && !settings.flag("no-color");
  const std::string bar = settings.value("progress-bar").value_or("auto");
  options.raw_progress = bar == "raw";
  const bool in_ci = variable(variables, "CI").has_value();
  options.progress = bar == "on" || (bar == "auto" && sys::is_terminal(2) && !in_ci);
  options.unicode = wants_unicode(variables);
  options.may_ask = !settings.flag("no-input");
  options.info_to_stderr = settings.value("report") == "-" || settings.value("output") == "-";
  const std::string_view command = line.command ? line.command->name : std::string_view();
  options.debug_to_stderr = command != "install" && command != "download" && command != "wheel" && command != "uninstall" && command != "lock";
  options.log_file = settings.value("log").value_or("");
  options.command_line = command_line;
  return options;
}

int report_error(Console& console, const Error& error) {
  const ExitCode code = exit_code(error);
  if ((error.code == kUsageError && !error.details.empty()) || error.code == kBadTypedSetting) {
    console.usage(error);
  } else {
    console.error(error);
  }
  return code;
}

// Settings of files and variables that cannot be: pip's usage of whoever has the option, then the sentence, without "ERROR: ".
int report_bad_setting(Console& console, Error error, const CommandLine* line, const std::string& program) {
  if (error.code != kBadSetting && error.code != kBadTypedSetting) return report_error(console, error);
  error.details.clear();
  const OptionSpec* option = find_option_by_id(error.where);
  if (line && error.code == kBadSetting) error.details.push_back(usage_text(option && (option->groups & kGeneral) == 0 ? line->command : nullptr, program));
  console.usage(error);
  return exit_code(error);
}

std::optional<std::string> typed_python(const CommandLine& line) {
  for (const GivenOption& option : line.options)
    if (option.spec->id == "python") return option.value;
  return std::nullopt;
}

struct Invocation {
  Variables variables;
  std::vector<std::string> words;
  std::filesystem::path started_as;
  std::string program;
  Personality personality;
};

// `pipit [general options] peep ...` is the same as being started as peep. The word is the command only where the parser
// sees it as such: in `pipit --python peep install` it is a value.
void take_peep_word(Invocation& invocation) {
  for (std::size_t i = 0; i < invocation.words.size(); ++i) {
    if (invocation.words[i] != "peep") continue;
    const auto line = parse_command_line(std::span(invocation.words).first(i + 1), invocation.program);
    if (!line || !line->command) continue;
    if (line->command->name != "peep" || !line->arguments.empty()) return;
    invocation.words.erase(invocation.words.begin() + static_cast<std::ptrdiff_t>(i));
    invocation.personality = Personality::peep;
    invocation.program = "peep";
    return;
  }
}

// peep asks for its files before it looks at options, and ends every installation with an empty line, also one that ends at
// its command line.
int report_bad_command_line(Console& console, const Invocation& invocation, const Error& error) {
  const auto install = std::find(invocation.words.begin(), invocation.words.end(), "install");
  if (invocation.personality != Personality::peep || install == invocation.words.end()) return report_error(console, error);
  if (!mentions_requirements_file(std::span(install, invocation.words.end()))) {
    console.data(kPeepWithoutFiles);
    return kUsage;
  }
  const int code = report_error(console, error);
  console.data("\n");
  return code;
}

// peep's question for its files comes before its help.
bool asks_for_files(const CommandContext& context) {
  return context.personality == Personality::peep && context.line.command->name == "install" && !context.line.has("requirement");
}

// pip's words, for switches that no longer switch anything.
void warn_of_permanent_features(const Settings& settings, Console& console) {
  std::set<std::string> given;
  for (const std::string& feature : settings.list("use-feature"))
    if (feature == "truststore" || feature == "no-binary-enable-wheel-cache" || feature == "build-constraint") given.insert(feature);
  if (!given.empty()) console.warn("", "The following features are always enabled: " + join(std::vector(given.begin(), given.end()), ", ") + ". ");
}

Result<int> run_command(const Invocation& invocation, const CommandLine& line, const Settings& settings, const std::vector<ConfigFile>& files,
                        Console& console, sys::InterruptGuard& guard) {
  CommandContext context{line, settings, files, console, invocation.variables, sys::current_directory(), invocation.started_as,
                         invocation.personality, invocation.program, invocation.words, guard.token()};
  if (line.has("version")) return show_version(context);
  if (!line.command || (line.has("help") && !asks_for_files(context))) return show_help(context, line.command);
  Command command = find_command_function(line.command->name);
  if (!command) return fail(make_error(kInternalError, fmt::format("the command {} has no function", line.command->name)));
  guard.watch();
  return command(context);
}

// Nothing but words goes out, whatever is wrong: somebody is typing. pip ends with 1.
int complete(const TypedWords& typed, const Invocation& invocation, const sys::InterruptGuard& guard) {
  Console console{ConsoleOptions{}};
  const CommandLine line;
  const auto root = ops::guess_environment_root(std::nullopt, invocation.started_as, invocation.variables);
  auto installed = [&]() -> std::vector<std::string> {
    Diagnostics quiet;
    const auto files = load_config_files(invocation.variables, root, false);
    const auto settings = files ? Settings::merge(line, *files, invocation.variables, quiet) : Result<Settings>(fail(files.error()));
    if (!settings) return {};
    const CommandContext context{line, *settings, *files, console, invocation.variables, sys::current_directory(), invocation.started_as,
                                 invocation.personality, invocation.program, invocation.words, guard.token()};
    return installed_names(context);
  };
  console.data(printable(completions(typed, {installed, sys::current_directory()})));
  console.finish();
  return kFailure;
}

int run_invocation(const Invocation& invocation, sys::InterruptGuard& guard) {
  if (const auto typed = words_to_complete(invocation.variables)) return complete(*typed, invocation, guard);
  Console plain{ConsoleOptions{}};
  auto line = parse_command_line(invocation.words, invocation.program);
  if (!line) return report_bad_command_line(plain, invocation, line.error());
  const bool isolated = line->has("isolated") || variable(invocation.variables, "PIP_ISOLATED").value_or("").starts_with('1');
  const auto root = ops::guess_environment_root(typed_python(*line), invocation.started_as, invocation.variables);
  auto files = load_config_files(invocation.variables, root, isolated);
  if (!files) return report_bad_setting(plain, files.error(), nullptr, invocation.program);
  Diagnostics diagnostics;
  auto settings = Settings::merge(*line, *files, invocation.variables, diagnostics);
  if (!settings) return report_bad_setting(plain, settings.error(), &*line, invocation.program);

  Console console(console_options(*line, *settings, invocation.variables, invocation.program + " " + join(invocation.words, " ")));
  for (const Diagnostic& diagnostic : diagnostics.take()) console.say(diagnostic);
  warn_of_permanent_features(*settings, console);
  auto result = run_command(invocation, *line, *settings, *files, console, guard);
  int code = result ? *result : guard.signal() ? kFailure : report_error(console, result.error());
  if (const int signal = guard.signal(); signal != 0 && !result) {
    console.say({Severity::error, {}, "Operation cancelled by user", {}});
    code = 128 + signal;
  }
  if (!console.finish() && code == kSuccess) {
    plain.say({Severity::error, {}, "Pipe to stdout was broken", {}});
    code = kBrokenOutput;
  }
  return code;
}

}  // namespace

Result<std::unique_ptr<ops::Session>> CommandContext::session() const {
  PIPIT_TRY(auto options, bind_session(*this));
  if (console.verbosity() >= 2) {
    Console* sink = &console;
    options.http.on_debug = [sink](const std::string& text) { sink->say({Severity::debug, {}, text, {}}); };
  }
  Console* sink = &console;
  options.http.on_warning = [sink](const std::string& text) { sink->say({Severity::warning, {}, text, {}}); };
  return std::make_unique<ops::Session>(std::move(options), console, stop, sys::real_os(), sys::real_clock());
}

int run(int argc, char** argv) {
  sys::share_heaps();
  Invocation invocation;
  invocation.variables = sys::environment_variables();
  for (int i = 1; i < argc; ++i) invocation.words.emplace_back(argv[i]);
  const std::string argv0 = argc > 0 ? argv[0] : "pipit";
  invocation.started_as = started_path(argv0, invocation.variables);
  const std::string name = std::filesystem::path(argv0).filename().string();
  invocation.personality = personality_of(name);
  invocation.program = invocation.personality == Personality::pip ? "pip" : invocation.personality == Personality::peep ? "peep" : "pipit";
  take_peep_word(invocation);
  // Variables, settings files and build back ends are the caller's: nobody may lend them somebody else's rights.
  if (sys::has_borrowed_rights()) {
    Console{ConsoleOptions{}}.error(make_error(ErrorCode{"borrowed-rights"}, "pipit does not run as a setuid or setgid program"));
    return kFailure;
  }
  sys::InterruptGuard guard;
  try {
    const int code = run_invocation(invocation, guard);
    guard.stay_quiet();
    return code;
  } catch (const std::exception& stray) {
    Console console{ConsoleOptions{}};
    console.error(make_error(kInternalError, fmt::format("an unexpected failure inside pipit: {}", stray.what())));
    return kUsage;
  }
}

}  // namespace pipit::cli
