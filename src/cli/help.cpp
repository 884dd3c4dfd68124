#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipit/ops/about.h"

namespace pipit::cli {

namespace {

constexpr std::size_t kNameColumn = 34;

std::string option_names(const OptionSpec& option) {
  std::string names;
  for (std::string_view name : option.names) {
    if (names.size() > kNameColumn) break;
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  if (!option.metavar.empty()) names += " " + std::string(option.metavar);
  return names;
}

std::string option_line(const OptionSpec& option) {
  const std::string names = option_names(option);
  if (names.size() > kNameColumn) return fmt::format("  {}\n  {:<{}}  {}\n", names, "", kNameColumn, option.help);
  return fmt::format("  {:<{}}  {}\n", names, kNameColumn, option.help);
}

}  // namespace

namespace {

// What the first screen explains; the others of a section are only named there.
constexpr std::string_view kExplainedFirst[] = {"install", "uninstall", "venv", "lock", "freeze", "list", "show", "check", "verify", "cache", "config"};

bool is_explained_first(const CommandSpec& command) {
  return std::find(std::begin(kExplainedFirst), std::end(kExplainedFirst), command.name) != std::end(kExplainedFirst);
}

std::string section_text(std::string_view section, bool everything) {
  std::string lines, others;
  for (const CommandSpec& command : all_commands()) {
    if (command.hidden || command.section != section) continue;
    if (everything || is_explained_first(command)) {
      lines += fmt::format("  {:<12} {}\n", command.name, command.summary);
    } else {
      others += (others.empty() ? " (also: " : ", ") + std::string(command.name);
    }
  }
  return fmt::format("{}{}:\n{}", section, others.empty() ? "" : others + ")", lines);
}

}  // namespace

std::string overview_text(const std::string& program, bool everything) {
  std::string text = usage_text(nullptr, program) + (everything ? "" : "\n");
  std::vector<std::string_view> sections;
  for (const CommandSpec& command : all_commands())
    if (!command.hidden && std::find(sections.begin(), sections.end(), command.section) == sections.end()) sections.push_back(command.section);
  for (std::string_view section : sections) text += (everything ? "\n" : "") + section_text(section, everything);
  if (everything) return text + fmt::format("\n`{} help <command>` shows the options people use first, `{} <command> --help` all of them.\n", program, program);
  return text + fmt::format("\n`{} help commands`: every command; `{} help <command>`: its options.\n", program, program);
}

std::string command_help_text(const CommandSpec& command, const std::string& program, bool everything) {
  std::string text = usage_text(&command, program);
  text += fmt::format("\nDescription:\n  {}.\n", command.summary);
  const auto options = options_of(command);
  if (!command.first.empty()) {
    text += "\nMost used:\n";
    for (std::string_view id : command.first)
      for (const OptionSpec* option : options)
        if (option->id == id) text += option_line(*option);
  }
  if (!everything) return text + fmt::format("\n`{} {} --help` shows every option.\n", program, command.name);
  for (bool general : {false, true}) {
    std::string lines;
    for (const OptionSpec* option : options) {
      const bool shown = std::find(command.first.begin(), command.first.end(), option->id) != command.first.end();
      if (((option->groups & kGeneral) != 0) == general && !option->help.empty() && !shown) lines += option_line(*option);
    }
    if (!lines.empty()) text += fmt::format("\n{}:\n{}", general ? "General options" : "More options", lines);
  }
  return text;
}

Result<int> show_help(CommandContext& context, const CommandSpec* command) {
  context.console.data(command ? command_help_text(*command, context.program, true) : overview_text(context.program, false));
  return kSuccess;
}

// pip's banner keeps its shape, so that scripts find "(python X.Y)" at the end.
Result<int> show_version(CommandContext& context) {
  if (context.personality == Personality::pipit && context.settings.count("verbose") == 0) {
    context.console.data("pipit " PIPIT_VERSION "\n");
    return kSuccess;
  }
  if (context.personality == Personality::pipit) {
    context.console.data("pipit " PIPIT_VERSION "\n" + ops::libraries_text() + command_line_library() + "\n");
    return kSuccess;
  }
  PIPIT_TRY(auto session, context.session());
  auto target = session->target();
  const std::string python = target ? fmt::format("{}.{}", (*target)->major, (*target)->minor) : "unknown";
  context.console.data(fmt::format("pip {} from {} (python {})\n", ops::kPipVersion, context.started_as.string(), python));
  return kSuccess;
}

}  // namespace pipit::cli
