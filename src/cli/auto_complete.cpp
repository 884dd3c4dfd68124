#include "cli/auto_complete.h"

#include <algorithm>
#include <charconv>

#include "cli/completion.h"
#include "cli/option_table.h"
#include "pipit/base/text.h"
#include "pipit/sys/file.h"

namespace pipit::cli {

namespace {

enum class Paths { none, all, directories };

bool takes_value(const OptionSpec& option) { return option.kind == OptionKind::value || option.kind == OptionKind::list; }

// What kind of path an option's value is.
Paths paths_of(const OptionSpec& option) {
  if (option.metavar == "DIR") return Paths::directories;
  for (std::string_view part : split(option.metavar, '|'))
    if (part == "FILE" || part == "DIR" || part == "PATH" || part == "EXE") return Paths::all;
  return Paths::none;
}

Paths paths_behind(const TypedWords& typed, const std::vector<const OptionSpec*>& options) {
  if (typed.position < 2 || typed.position - 2 >= typed.words.size()) return Paths::none;
  const std::string before = typed.words[typed.position - 2].substr(0, typed.words[typed.position - 2].find('='));
  for (const OptionSpec* option : options)
    if (std::find(option->names.begin(), option->names.end(), before) != option->names.end()) return paths_of(*option);
  return Paths::none;
}

std::string path_lines(const std::string& current, Paths wanted, const std::filesystem::path& directory) {
  const std::size_t slash = current.rfind('/');
  const std::string shown = slash == std::string::npos ? "" : current.substr(0, slash + 1);
  const std::string begin = current.substr(shown.size());
  auto entries = sys::list_directory(shown.empty() ? directory : directory / shown);
  std::string lines;
  if (!entries) return lines;
  for (const sys::DirEntry& entry : *entries) {
    if (!entry.name.starts_with(begin)) continue;
    const std::filesystem::path path = (shown.empty() ? directory : directory / shown) / entry.name;
    if (sys::is_directory(path)) lines += shown + entry.name + "/\n";
    else if (wanted == Paths::all) lines += shown + entry.name + "\n";
  }
  return lines;
}

std::string option_lines(const TypedWords& typed, const std::string& current, const std::vector<const OptionSpec*>& options) {
  std::vector<std::string> given;
  for (std::size_t i = 1; i + 1 < typed.position && i < typed.words.size(); ++i) given.push_back(typed.words[i].substr(0, typed.words[i].find('=')));
  std::string lines;
  for (const OptionSpec* option : options) {
    if (option->help.empty()) continue;
    for (std::string_view name : option->names)
      if (name.starts_with(current) && std::find(given.begin(), given.end(), name) == given.end())
        lines += std::string(name) + (takes_value(*option) && name.starts_with("--") ? "=\n" : "\n");
  }
  return lines;
}

std::string action_lines(const TypedWords& typed, const std::string& current, const CommandSpec& command) {
  const std::vector<std::string> actions = actions_of(command);
  std::string lines;
  for (const std::string& action : actions) {
    if (std::find(typed.words.begin(), typed.words.end(), action) != typed.words.end()) return {};
    if (action.starts_with(current)) lines += action + "\n";
  }
  return lines;
}

std::string installed_lines(const TypedWords& typed, const std::string& current, const CompletionSources& sources) {
  std::string lines;
  for (const std::string& name : sources.installed_names())
    if (name.starts_with(ascii_lower(current)) && std::find(typed.words.begin() + 1, typed.words.end(), name) == typed.words.end()) lines += name + "\n";
  return lines;
}

// Before there is a command: its name, or a general option.
std::string first_lines(const TypedWords& typed, const std::string& current, const CompletionSources& sources) {
  const std::vector<const OptionSpec*> options = options_of(CommandSpec{"", 0, "", {}, "", {}, true});
  std::vector<std::string> words;
  if (const Paths paths = paths_behind(typed, options); paths != Paths::none && !current.starts_with('-')) {
    const std::string lines = path_lines(current, paths, sources.directory);
    for (std::string_view line : split(lines, '\n')) words.emplace_back(line);
    std::erase(words, "");
    return join(words, " ") + "\n";
  }
  for (const CommandSpec& command : all_commands())
    if (!command.hidden && command.name.starts_with(current)) words.emplace_back(command.name);
  if (current.starts_with('-'))
    for (const OptionSpec* option : options)
      for (std::string_view name : option->names)
        if (!option->help.empty() && name.starts_with(current)) words.emplace_back(name);
  return join(words, " ") + "\n";
}

}  // namespace

std::optional<TypedWords> words_to_complete(const Variables& variables) {
  TypedWords typed;
  bool asked = false;
  std::string words, position;
  for (const auto& [name, value] : variables) {
    if (name == "PIP_AUTO_COMPLETE") asked = true;
    if (name == "COMP_WORDS") words = value;
    if (name == "COMP_CWORD") position = value;
  }
  const auto [end, problem] = std::from_chars(position.data(), position.data() + position.size(), typed.position);
  if (!asked || words.empty() || position.empty() || problem != std::errc() || end != position.data() + position.size()) return std::nullopt;
  std::replace_if(words.begin(), words.end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  for (std::string_view word : split(words, ' '))
    if (!word.empty()) typed.words.emplace_back(word);
  if (!typed.words.empty()) typed.words.erase(typed.words.begin());
  return typed;
}

std::string completions(const TypedWords& typed, const CompletionSources& sources) {
  const std::string current = typed.position >= 1 && typed.position - 1 < typed.words.size() ? typed.words[typed.position - 1] : "";
  const CommandSpec* command = nullptr;
  for (const std::string& word : typed.words)
    if (!command)
      if (const CommandSpec* found = find_command(word); found && !found->hidden) command = found;
  if (!command) return first_lines(typed, current, sources);
  if (command->name == "help") return {};
  const bool is_option = current.starts_with('-');
  if (!is_option && completes_installed(*command))
    if (std::string lines = installed_lines(typed, current, sources); !lines.empty()) return lines;
  if (!is_option && command->name == "install") return path_lines(current, Paths::all, sources.directory);
  const std::vector<const OptionSpec*> options = options_of(*command);
  if (const Paths paths = paths_behind(typed, options); paths != Paths::none) return path_lines(current, paths, sources.directory);
  return option_lines(typed, current, options) + action_lines(typed, current, *command);
}

}  // namespace pipit::cli
