#include "cli/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/option_table.h"
#include "pipit/base/text.h"

namespace pipit::cli {

namespace {

using Words = std::vector<std::string>;

std::vector<const CommandSpec*> shown_commands() {
  std::vector<const CommandSpec*> shown;
  for (const CommandSpec& command : all_commands())
    if (!command.hidden) shown.push_back(&command);
  return shown;
}

Words command_names() {
  Words names;
  for (const CommandSpec* command : shown_commands()) names.emplace_back(command->name);
  return names;
}

const std::vector<const OptionSpec*>& general_options() {
  static const CommandSpec none{"", 0, "", {}, "", {}, true};
  static const std::vector<const OptionSpec*> options = options_of(none);
  return options;
}

bool takes_value(const OptionSpec& option) { return option.kind == OptionKind::value || option.kind == OptionKind::list; }
bool is_shown(const OptionSpec& option) { return !option.help.empty(); }

Words option_words(const std::vector<const OptionSpec*>& options) {
  Words words;
  for (const OptionSpec* option : options)
    if (is_shown(*option))
      for (std::string_view name : option->names) words.emplace_back(name);
  return words;
}

Words choices_of(const OptionSpec& option) { return {option.choices.begin(), option.choices.end()}; }

std::string identifier(const std::string& program) {
  std::string name;
  for (char c : program) name += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
  return name;
}

// In single quotes for a POSIX shell; for fish, whose quotes know \' and \\.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}
std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out + "'";
}

// case arms "--link-mode) values='auto copy' ;;" for options with a choice.
std::string choice_arms(const std::vector<const OptionSpec*>& options, const std::string& indent) {
  std::string text;
  for (const OptionSpec* option : options) {
    if (option->choices.empty() || !is_shown(*option)) continue;
    text += fmt::format("{}{}) values={} ;;\n", indent, fmt::join(option->names, "|"), quoted(join(choices_of(*option), " ")));
  }
  return text;
}

// What bash and zsh share: sets `options`, `actions` and `values` for the command in $command and the word before in $prev.
std::string posix_tables() {
  std::string text = "  case \"$command\" in\n";
  text += fmt::format("    '') options={}; actions={}\n", quoted(join(option_words(general_options()), " ")), quoted(join(command_names(), " ")));
  text += "      case \"$prev\" in\n" + choice_arms(general_options(), "        ") + "      esac ;;\n";
  for (const CommandSpec* command : shown_commands()) {
    const auto options = options_of(*command);
    text += fmt::format("    {}) options={}", command->name, quoted(join(option_words(options), " ")));
    if (const Words actions = command->name == "help" ? command_names() : actions_of(*command); !actions.empty())
      text += fmt::format("; actions={}", quoted(join(actions, " ")));
    text += completes_installed(*command) ? "; installed=1\n" : "\n";
    text += "      case \"$prev\" in\n" + choice_arms(options, "        ") + "      esac ;;\n";
  }
  return text + "  esac\n";
}

std::string bash_script(const std::string& program) {
  const std::string name = identifier(program);
  return fmt::format(R"~(# bash completion for {0}: eval "$({0} completion --bash)"
_{1}_completion() {{
  local cur="${{COMP_WORDS[COMP_CWORD]}}" prev="${{COMP_WORDS[COMP_CWORD-1]}}"
  local command='' options='' actions='' values='' installed='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case " {2} " in
      *" ${{COMP_WORDS[i]}} "*) command="${{COMP_WORDS[i]}}"; break ;;
    esac
  done
{3}  COMPREPLY=()
  if [[ -n "$values" ]]; then
    COMPREPLY=($(compgen -W "$values" -- "$cur"))
  elif [[ "$cur" == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
  elif [[ -n "$installed" ]]; then
    COMPREPLY=($(compgen -W "$("${{COMP_WORDS[@]:0:i}}" completion --names 2>/dev/null)" -- "$cur"))
  elif [[ -n "$actions" ]]; then
    COMPREPLY=($(compgen -W "$actions" -- "$cur"))
  fi
}}
complete -o default -F _{1}_completion {0}
)~", program, name, join(command_names(), " "), posix_tables());
}

std::string zsh_script(const std::string& program) {
  const std::string name = identifier(program);
  std::string described;
  for (const CommandSpec* command : shown_commands()) described += fmt::format("    {}\n", quoted(fmt::format("{}:{}", command->name, command->summary)));
  return fmt::format(R"~(#compdef {0}
# zsh completion for {0}: eval "$({0} completion --zsh)" after compinit, or this file as _{0} in a directory of $fpath
_{1}() {{
  local cur="$words[CURRENT]" prev="$words[CURRENT-1]"
  local command='' options='' actions='' values='' installed=''
  local -a described
  local -i i
  for ((i = 2; i < CURRENT; i++)); do
    case ' {2} ' in
      *" $words[i] "*) command="$words[i]"; break ;;
    esac
  done
{3}  described=(
{4}  )
  if [[ -n "$values" ]]; then
    compadd -- ${{=values}}
  elif [[ "$cur" == -* ]]; then
    compadd -- ${{=options}}
  elif [[ -z "$command" ]]; then
    _describe 'command' described
  elif [[ -n "$installed" ]]; then
    compadd -- ${{(f)"$("${{(@)words[1,i-1]}}" completion --names 2>/dev/null)"}}
  elif [[ -n "$actions" ]]; then
    compadd -- ${{=actions}}
  else
    _files
  fi
}}
if [[ "$funcstack[1]" == _{1} ]]; then _{1} "$@"; else compdef _{1} {0}; fi
)~", program, name, join(command_names(), " "), posix_tables(), described);
}

std::string fish_option(const OptionSpec& option) {
  std::string text;
  for (std::string_view option_name : option.names)
    text += option_name.starts_with("--") ? fmt::format(" -l {}", option_name.substr(2)) : fmt::format(" -s {}", option_name.substr(1));
  if (!option.choices.empty()) text += fmt::format(" -x -a {}", fish_quoted(join(choices_of(option), " ")));
  else if (takes_value(option)) text += " -r";
  return text + " -d " + fish_quoted(option.help);
}

std::string fish_script(const std::string& program) {
  const std::string name = identifier(program), commands = join(command_names(), " ");
  std::string text = fmt::format(R"~(# fish completion for {0}: {0} completion --fish | source
function __{1}_command
  for word in (commandline -opc)[2..-1]
    if contains -- $word {2}
      echo $word
      return
    end
  end
end
function __{1}_is
  set -l command (__{1}_command)
  contains -- "$command" $argv
end
function __{1}_names
  set -l before
  for word in (commandline -opc)
    contains -- $word uninstall show; and break
    set -a before $word
  end
  $before completion --names 2>/dev/null
end
)~", program, name, commands);
  auto add = [&](const std::string& condition, const std::string& rest) { text += fmt::format("complete -c {} -n {}{}\n", program, fish_quoted(condition), rest); };
  for (const CommandSpec* command : shown_commands())
    add(fmt::format("__{}_is ''", name), fmt::format(" -f -a {} -d {}", command->name, fish_quoted(command->summary)));
  for (const OptionSpec* option : general_options())
    if (is_shown(*option)) text += fmt::format("complete -c {}{}\n", program, fish_option(*option));
  for (const CommandSpec* command : shown_commands()) {
    const std::string condition = fmt::format("__{}_is {}", name, command->name);
    for (const OptionSpec* option : options_of(*command))
      if (is_shown(*option) && (option->groups & kGeneral) == 0) add(condition, fish_option(*option));
    if (const Words actions = command->name == "help" ? command_names() : actions_of(*command); !actions.empty())
      add(condition, fmt::format(" -f -a {}", fish_quoted(join(actions, " "))));
    if (completes_installed(*command)) add(condition, fmt::format(" -f -a '(__{}_names)'", name));
  }
  return text;
}

std::string powershell_script(const std::string& program) {
  std::string tables;
  auto list = [](const Words& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "'" : ", '") + word + "'";
    return "@(" + text + ")";
  };
  for (const CommandSpec* command : shown_commands()) {
    Words words = option_words(options_of(*command));
    for (const std::string& action : actions_of(*command)) words.push_back(action);
    tables += fmt::format("    '{}' = {}\n", command->name, list(words));
  }
  Words first = command_names();
  for (const std::string& word : option_words(general_options())) first.push_back(word);
  return fmt::format(R"~(# PowerShell completion for {0}: {0} completion --powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName {0} -ScriptBlock {{
  param($wordToComplete, $commandAst, $cursorPosition)
  $first = {1}
  $words = @{{
{2}  }}
  $typed = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object {{ $_.ToString() }})
  if ($wordToComplete) {{ $typed = @($typed | Select-Object -SkipLast 1) }}
  $command = $typed | Where-Object {{ $words.ContainsKey($_) }} | Select-Object -First 1
  $offered = if ($command) {{ $words[$command] }} else {{ $first }}
  if (($command -eq 'uninstall' -or $command -eq 'show') -and -not $wordToComplete.StartsWith('-')) {{
    $offered = & {0} completion --names 2>$null
  }}
  $offered | Where-Object {{ $_.StartsWith($wordToComplete) }} | ForEach-Object {{ [System.Management.Automation.CompletionResult]::new($_) }}
}}
)~", program, list(first), tables);
}

}  // namespace

std::string completion_script(std::string_view shell, const std::string& program) {
  if (shell == "bash") return bash_script(program);
  if (shell == "zsh") return zsh_script(program);
  if (shell == "fish") return fish_script(program);
  return powershell_script(program);
}

// `cache dir`, `config get`, `index versions`: the first word of each usage that is neither an option nor a placeholder.
std::vector<std::string> actions_of(const CommandSpec& command) {
  Words actions;
  for (std::string_view usage : command.usage) {
    for (std::size_t end = 0; usage.starts_with('['); usage.remove_prefix(end == usage.npos ? usage.size() : end + 2)) end = usage.find("] ");
    if (!usage.empty() && usage[0] >= 'a' && usage[0] <= 'z') actions.emplace_back(usage.substr(0, usage.find(' ')));
  }
  return actions;
}

bool completes_installed(const CommandSpec& command) { return command.name == "uninstall" || command.name == "show"; }

}  // namespace pipit::cli
