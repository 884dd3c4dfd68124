// config: pip's actions and texts over the same files. `debug` says in addition where every effective setting comes from.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/commands/commands.h"
#include "cli/ini_edit.h"
#include "pipit/base/text.h"
#include "pipit/base/url.h"
#include "pipit/sys/attached_process.h"
#include "pipit/sys/file.h"

namespace pipit::cli {

namespace {

using Words = std::vector<std::string>;

// Python's repr() of a text.
std::string python_repr(std::string_view text) {
  const char quote = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out(1, quote);
  for (char c : text) {
    if (c == quote || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + quote;
}

using Values = std::map<std::string, std::string>;  // of one file (or the variables), by "section.key"

Values values_of(const ConfigFile& file) {
  Values values;
  for (const auto& [key, value] : file.entries) values[key] = value;
  return values;
}

std::map<std::string, std::string> pip_variables(const CommandContext& context) {
  std::map<std::string, std::string> found;
  if (context.line.has("isolated")) return found;
  for (const auto& [name, value] : context.variables)
    if (name.starts_with("PIP_") && name != "PIP_VERSION" && name != "PIP_HELP") found["PIP_" + ascii_upper(std::string_view(name).substr(4))] = value;
  return found;
}

Values variable_values(const CommandContext& context) {
  Values values;
  for (const auto& [name, value] : pip_variables(context)) values[":env:." + normalize_key(std::string_view(name).substr(4))] = value;
  return values;
}

// The level named by --global, --user or --site; nullopt: none is. Two are an error.
Result<std::optional<ConfigLevel>> named_level(const CommandContext& context) {
  std::optional<ConfigLevel> level;
  static constexpr std::pair<std::string_view, ConfigLevel> kFlags[] = {
      {"global", ConfigLevel::global}, {"config-user", ConfigLevel::user}, {"site", ConfigLevel::site}};
  for (const auto& [id, meaning] : kFlags)
    if (context.settings.flag(id)) {
      if (level) return fail(make_pip_error(kBadSetting, "Need exactly one file to operate upon (--user, --site, --global) to perform."));
      level = meaning;
    }
  return level;
}

// Without a level named, get and set work on the environment's file if there is one, otherwise on the user's.
ConfigLevel working_level(const CommandContext& context, std::optional<ConfigLevel> named) {
  if (named) return *named;
  for (const ConfigFile& file : context.config_files)
    if (file.level == ConfigLevel::site && file.exists) return ConfigLevel::site;
  return ConfigLevel::user;
}

bool is_read_for(const ConfigFile& file, std::optional<ConfigLevel> level) {
  return !level || file.level == *level || (file.level == ConfigLevel::env_file && *level == ConfigLevel::user);
}

struct Key {
  std::string section, name;
  std::string str() const { return section + "." + name; }
};

Result<Key> parse_key(const std::string& text) {
  const std::string key = normalize_key(text);
  const std::size_t dot = key.find('.');
  if (dot == std::string::npos)
    return fail(make_pip_error(kBadSetting, fmt::format("Key does not contain dot separated section and key. Perhaps you wanted to use 'global.{}' instead?", key)));
  return Key{key.substr(0, dot), key.substr(dot + 1)};
}

// The file that is changed: the strongest of its level that has the key, or the strongest.
Result<std::filesystem::path> file_to_change(const CommandContext& context, ConfigLevel level, const std::optional<Key>& key) {
  const ConfigFile* chosen = nullptr;
  bool has_key = false;
  for (const ConfigFile& file : context.config_files) {
    if (file.level != level) continue;
    const bool has = key && values_of(file).count(key->str()) != 0;
    if (has || !has_key) chosen = &file;
    has_key = has_key || has;
  }
  if (chosen) return chosen->path;
  const std::string named = variable(context.variables, "PIP_CONFIG_FILE").value_or("");
  if (named == "/dev/null") return fail(make_pip_error(kBadSetting, "Cannot write to PIP_CONFIG_VALUE when it is set to /dev/null"));
  if (!named.empty() && level != ConfigLevel::site) {
    context.console.warn("", fmt::format("Because PIP_CONFIG_FILE is set, changes will be applied to '{}', not to '{}'. To restore normal behavior, unset PIP_CONFIG_FILE.",
                                         named, level_name(level)));
    return context.current_directory / named;
  }
  return fail(make_error(kBadSetting, fmt::format("there is no {} settings file to change here", level_name(level))));
}

// Links (of people who keep their settings elsewhere) and the mode stay.
Status write_settings(CommandContext& context, const std::filesystem::path& path, std::string_view text) {
  context.console.info("Writing to " + path.string());
  std::filesystem::path real = path;
  if (sys::exists(path)) {
    PIPIT_TRY(real, sys::real_path(path));
  } else {
    PIPIT_CHECK(sys::make_directories(path.parent_path()));
  }
  PIPIT_TRY(const auto stat, sys::stat_path(real));
  return sys::replace_file(sys::real_os(), real, text, stat ? stat->mode : 0666);
}

Result<std::string> text_of(const std::filesystem::path& path) {
  if (!sys::exists(path)) return std::string();
  return sys::read_file(path, 1u << 20);
}

Result<int> list_values(CommandContext& context, const Words&) {
  PIPIT_TRY(const auto level, named_level(context));
  std::map<std::string, Values> by_file;
  for (const ConfigFile& file : context.config_files)
    if (is_read_for(file, level)) by_file[file.path.string()] = values_of(file);
  by_file[":env:"] = variable_values(context);
  std::string text;
  for (const auto& [file, values] : by_file)
    for (const auto& [key, value] : values) text += fmt::format("{}={}\n", key, python_repr(value));
  context.console.data(printable(text));
  return kSuccess;
}

Result<int> get_value(CommandContext& context, const Words& words) {
  PIPIT_TRY(const auto named, named_level(context));
  const ConfigLevel level = working_level(context, named);
  Values values;
  for (const ConfigFile& file : context.config_files)
    if (is_read_for(file, level))
      for (const auto& [key, value] : file.entries) values[key] = value;
  for (const auto& [key, value] : variable_values(context)) values[key] = value;
  auto found = values.find(normalize_key(words[0]));
  if (found == values.end()) {
    PIPIT_CHECK(parse_key(words[0]));
    return fail(make_pip_error(kBadSetting, "No such key - " + words[0]));
  }
  context.console.data(printable(found->second) + "\n");
  return kSuccess;
}

Result<int> set_value(CommandContext& context, const Words& words) {
  PIPIT_TRY(const auto named, named_level(context));
  PIPIT_TRY(const std::filesystem::path path, file_to_change(context, working_level(context, named), std::nullopt));
  PIPIT_TRY(const Key key, parse_key(words[0]));
  PIPIT_TRY(const std::string before, text_of(path));
  PIPIT_TRY(const std::string after, set_in_ini(before, key.section, key.name, words[1]));
  PIPIT_CHECK(write_settings(context, path, after));
  return kSuccess;
}

Result<int> unset_value(CommandContext& context, const Words& words) {
  PIPIT_TRY(const auto named, named_level(context));
  PIPIT_TRY(const Key key, parse_key(words[0]));
  PIPIT_TRY(const std::filesystem::path path, file_to_change(context, working_level(context, named), key));
  PIPIT_TRY(const std::string before, text_of(path));
  const auto after = unset_in_ini(before, key.section, key.name);
  if (!after) return fail(make_pip_error(kBadSetting, "No such key - " + words[0]));
  PIPIT_CHECK(write_settings(context, path, *after));
  return kSuccess;
}

Result<int> edit(CommandContext& context, const Words&) {
  PIPIT_TRY(const auto named, named_level(context));
  std::optional<std::string> editor = context.settings.value("editor");
  for (const char* name : {"VISUAL", "EDITOR"})
    if (!editor) editor = variable(context.variables, name);
  if (!editor) return fail(make_pip_error(kBadSetting, "Could not determine editor to use."));
  PIPIT_TRY(const std::filesystem::path path, file_to_change(context, working_level(context, named), std::nullopt));
  PIPIT_CHECK(sys::make_directories(path.parent_path()));
  // The editor is a command with options; the file is an argument of its own, whatever its name holds.
  PIPIT_TRY(const int code, sys::run_attached("/bin/sh", {"-c", *editor + " \"$1\"", "sh", path.string()}, context.variables));
  if (code != 0) return fail(make_pip_error(kBadSetting, fmt::format("Editor Subprocess exited with exit code {}", code)));
  return kSuccess;
}

const OptionSpec* known_option(std::string_view section, std::string_view key) {
  const CommandSpec* command = find_command(section);
  const std::string name = "--" + std::string(key);
  auto has_name = [&](const OptionSpec& option) { return std::find(option.names.begin(), option.names.end(), name) != option.names.end(); };
  for (const OptionSpec& option : all_options())
    if (has_name(option) && (!command || (option.groups & (command->groups | kGeneral)) != 0)) return &option;
  return nullptr;
}

// Every setting that counts, and who says so: [global] of every file, [pipit], a command's own section, PIP_*.
std::string effective_settings(const CommandContext& context) {
  struct Said {
    std::string value, source;
  };
  std::map<std::string, Said> general;
  std::map<std::pair<std::string, std::string>, Said> of_commands;  // by command and option
  std::string unknown;
  for (std::string_view wanted : {"global", "pipit", ""})
    for (const ConfigFile& file : context.config_files)
      for (const auto& [key, value] : file.entries) {
        const std::string section = key.substr(0, key.find('.')), name = key.substr(key.find('.') + 1);
        const bool is_general = section == "global" || section == "pipit";
        if (value.empty() || (wanted.empty() ? is_general : section != wanted)) continue;
        const OptionSpec* option = is_general || find_command(section) ? known_option(section, name) : nullptr;
        const Said said{value, fmt::format("{} [{}]", file.path.string(), section)};
        if (!option) {
          unknown += fmt::format("  {} ({}): no option of this name\n", key, file.path.string());
        } else if (is_general) {
          general[std::string(option->id)] = said;
        } else {
          of_commands[{section, std::string(option->id)}] = said;
        }
      }
  for (const auto& [name, value] : pip_variables(context))
    if (const OptionSpec* option = value.empty() ? nullptr : known_option("", normalize_key(std::string_view(name).substr(4)))) {
      general[std::string(option->id)] = {value, name};
      std::erase_if(of_commands, [&](const auto& item) { return item.first.second == option->id; });
    }
  std::string text;
  auto add = [&](const std::string& name, const Said& said) { text += fmt::format("  {}={} ({})\n", name, python_repr(mask_credentials(said.value)), said.source); };
  for (const auto& [id, said] : general) add(id, said);
  for (const auto& [place, said] : of_commands) add(place.first + "." + place.second, said);
  return "effective:\n" + text + (unknown.empty() ? "" : "ignored:\n" + unknown);
}

Result<int> show_sources(CommandContext& context, const Words&) {
  PIPIT_CHECK(named_level(context));
  std::string text = "env_var:\n";
  for (const auto& [name, value] : pip_variables(context)) text += fmt::format("  {}={}\n", name, python_repr(mask_credentials(value)));
  static constexpr std::pair<ConfigLevel, std::string_view> kTitles[] = {
      {ConfigLevel::env_file, "env"}, {ConfigLevel::global, "global"}, {ConfigLevel::site, "site"}, {ConfigLevel::user, "user"}};
  for (const auto& [level, title] : kTitles) {
    const bool any = std::any_of(context.config_files.begin(), context.config_files.end(), [&, wanted = level](const ConfigFile& file) { return file.level == wanted; });
    if (any || level != ConfigLevel::user) text += fmt::format("{}:\n", title);
    for (const ConfigFile& file : context.config_files) {
      if (file.level != level) continue;
      text += fmt::format("  {}, exists: {}\n", file.path.string(), file.exists ? "True" : "False");
      for (const auto& [key, value] : file.entries) text += fmt::format("    {}: {}\n", key, mask_credentials(value));
    }
  }
  context.console.data(printable(text + effective_settings(context)));
  return kSuccess;
}

struct Action {
  std::string_view name;
  Result<int> (*run)(CommandContext&, const Words&);
  std::vector<std::string_view> arguments;
};

const std::vector<Action>& actions() {
  static const std::vector<Action> table = {{"list", list_values, {}},           {"edit", edit, {}},
                                            {"get", get_value, {"name"}},        {"set", set_value, {"name", "value"}},
                                            {"unset", unset_value, {"name"}},    {"debug", show_sources, {}}};
  return table;
}

Result<int> run_action(CommandContext& context, const Action& action, const Words& words) {
  if (words.size() == action.arguments.size()) return action.run(context, words);
  std::string example(action.name);
  for (std::string_view argument : action.arguments) example += fmt::format(" [{}]", argument);
  return complain(context, fmt::format("Got unexpected number of arguments, expected {}. (example: \"{} config {}\")", action.arguments.size(), context.program, example));
}

}  // namespace

Result<int> command_config(CommandContext& context) {
  const Words& words = context.line.arguments;
  for (const Action& action : actions()) {
    if (words.empty() || words[0] != action.name) continue;
    auto code = run_action(context, action, {words.begin() + 1, words.end()});
    if (code || code.error().code != kBadSetting) return code;
    return complain(context, code.error().message);  // exit 1: only settings that pipit itself must read end with 2
  }
  return complain(context, "Need an action (debug, edit, get, list, set, unset) to perform.");
}

}  // namespace pipit::cli
