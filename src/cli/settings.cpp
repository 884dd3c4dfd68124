#include "cli/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "pipit/base/text.h"
#include "pipit/sys/file.h"

namespace pipit::cli {

namespace {

constexpr std::uint64_t kConfigFileMaxBytes = 1u << 20;
constexpr std::size_t kEntriesMax = 1u << 20;  // defaults times sections
constexpr std::size_t kShownLineMax = 200, kShownProblemsMax = 4000;  // of a file that is no INI

std::filesystem::path home_directory(const Variables& variables) { return variable(variables, "HOME").value_or(""); }

void add_file(std::vector<ConfigFile>& files, ConfigLevel level, const std::filesystem::path& path) {
  files.push_back({level, path, sys::is_regular_file(path), {}});
}

std::vector<ConfigFile> candidate_files(const Variables& variables, const std::filesystem::path& site_root, bool isolated) {
  std::vector<ConfigFile> files;
  const std::string chosen = variable(variables, "PIP_CONFIG_FILE").value_or("");  // also under --isolated, as pip
  if (chosen == "/dev/null") return files;
  std::string directories = variable(variables, "XDG_CONFIG_DIRS").value_or("");
  if (directories.empty()) directories = "/etc/xdg";
  for (std::string_view directory : split(directories, ':'))
    if (directory.starts_with('/')) add_file(files, ConfigLevel::global, std::filesystem::path(directory) / "pip/pip.conf");
  add_file(files, ConfigLevel::global, "/etc/pip.conf");
  const std::filesystem::path home = home_directory(variables);
  if (!isolated && !(!chosen.empty() && sys::exists(chosen)) && home.is_absolute()) {
    add_file(files, ConfigLevel::user, home / ".pip/pip.conf");
    const std::string xdg = variable(variables, "XDG_CONFIG_HOME").value_or("");
    add_file(files, ConfigLevel::user, (xdg.starts_with('/') ? std::filesystem::path(xdg) : home / ".config") / "pip/pip.conf");
  }
  if (!site_root.empty()) add_file(files, ConfigLevel::site, site_root / "pip.conf");
  if (!chosen.empty()) add_file(files, ConfigLevel::env_file, chosen);
  return files;
}

// pip's words for what is neither true nor false.
Result<bool> to_boolean(std::string_view text, std::string_view id) {
  const std::string word = ascii_lower(trim(text));
  for (std::string_view yes : {"y", "yes", "t", "true", "on", "1"})
    if (word == yes) return true;
  for (std::string_view no : {"n", "no", "f", "false", "off", "0"})
    if (word == no) return false;
  return fail(make_pip_error(kBadSetting, fmt::format("{} is not a valid value for {} option, please specify a boolean value like "
                                                      "yes/no, true/false or 1/0 instead.", text, id)).at(std::string(id)));
}

const OptionSpec* option_for_key(const CommandSpec* command, std::string_view key) {
  static const CommandSpec no_command{"", 0, "", {}, "", {}, true};
  const std::string name = "--" + std::string(key);
  for (const OptionSpec* option : options_of(command ? *command : no_command))
    if (std::find(option->names.begin(), option->names.end(), name) != option->names.end()) return option;
  return nullptr;
}

struct RawSetting {
  std::string value, source;
};

// The option as the variable names it.
std::string bad_value(const RawSetting& setting, const OptionSpec& spec, const std::string& what) {
  const std::string name = setting.source.starts_with("PIP_") ? normalize_key(std::string_view(setting.source).substr(4)) : std::string(spec.id);
  return fmt::format("An error occurred during configuration: option {}: {}. Check your pip configuration files or environment variables for this value. See "
                     "https://pip.pypa.io/en/stable/topics/configuration/ for more information.", name, what);
}

}  // namespace

std::optional<std::string> variable(const Variables& variables, std::string_view name) {
  for (const auto& [key, value] : variables)
    if (key == name) return value;
  return std::nullopt;
}

std::string_view level_name(ConfigLevel level) {
  switch (level) {
    case ConfigLevel::global: return "global";
    case ConfigLevel::user: return "user";
    case ConfigLevel::site: return "site";
    case ConfigLevel::env_file: return "env-var";
  }
  return "";
}

std::string normalize_key(std::string_view key) {
  std::string name = ascii_lower(key);
  std::replace(name.begin(), name.end(), '_', '-');
  if (name.starts_with("--")) name.erase(0, 2);
  return name;
}

namespace {

// configparser's [DEFAULT]: what it says holds in each other section of the file that does not say it itself.
void spread_defaults(std::vector<std::pair<std::string, std::string>>& entries, const std::vector<std::string>& sections) {
  constexpr std::string_view kDefault = "DEFAULT.";
  std::vector<std::pair<std::string, std::string>> defaults;
  std::set<std::string> said;
  for (const auto& [key, value] : entries) {
    said.insert(key);
    if (key.starts_with(kDefault)) defaults.emplace_back(key.substr(kDefault.size()), value);
  }
  if (defaults.empty()) return;
  std::erase_if(entries, [&](const auto& entry) { return entry.first.starts_with(kDefault); });
  for (const std::string& section : sections)
    for (const auto& [key, value] : defaults)
      if (entries.size() < kEntriesMax && said.insert(section + "." + key).second) entries.emplace_back(section + "." + key, value);
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> parse_ini(std::string_view text, const std::string& shown_path) {
  std::vector<std::pair<std::string, std::string>> entries;
  std::string section;
  std::vector<std::string> sections;
  std::set<std::string> seen;
  std::string unread;  // configparser's list of lines it cannot read
  bool open = false;  // the last entry may be continued by an indented line
  int number = 0;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  auto bad = [&](const std::string& what) { return fail(make_pip_error(kBadSetting, "Configuration file could not be loaded.\n" + what)); };
  auto quoted = [](std::string_view line) { return "'" + escape_for_terminal(line.substr(0, kShownLineMax)) + "\\n'"; };
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string_view content = trim(line);
    if (content.empty() || content[0] == '#' || content[0] == ';') continue;
    if (is_space(line[0]) && open) {
      entries.back().second += "\n" + std::string(content);
      continue;
    }
    if (content[0] == '[') {
      const std::size_t end = content.rfind(']');
      if (end != std::string_view::npos && end >= 2) {
        section = content.substr(1, end - 1);
        if (!seen.insert("[" + section).second) return bad(fmt::format("While reading from '{}' [line {:2}]: section '{}' already exists", shown_path, number, section));
        if (section != "DEFAULT") sections.push_back(section);
        open = false;
        continue;
      }
    }
    const std::size_t delimiter = content.find_first_of("=:");
    if (section.empty()) return bad(fmt::format("File contains no section headers.\nfile: '{}', line: {}\n{}", shown_path, number, quoted(line)));
    if (delimiter == std::string_view::npos || delimiter == 0) {
      if (unread.size() < kShownProblemsMax) unread += fmt::format("\n\t[line {:2}]: {}", number, quoted(line));
      continue;
    }
    const std::string key = ascii_lower(trim(content.substr(0, delimiter)));
    if (!seen.insert(section + "." + key).second)
      return bad(fmt::format("While reading from '{}' [line {:2}]: option '{}' in section '{}' already exists", shown_path, number, key, section));
    entries.emplace_back(section + "." + normalize_key(key), std::string(trim(content.substr(delimiter + 1))));
    open = true;
  }
  if (!unread.empty()) return bad(fmt::format("Source contains parsing errors: '{}'{}", shown_path, unread));
  spread_defaults(entries, sections);
  return entries;
}

Result<std::vector<ConfigFile>> load_config_files(const Variables& variables, const std::filesystem::path& site_root, bool isolated) {
  std::vector<ConfigFile> files = candidate_files(variables, site_root, isolated);
  for (ConfigFile& file : files) {
    if (!file.exists) continue;
    auto text = sys::read_file(file.path, kConfigFileMaxBytes);
    if (!text) {
      if (text.error().os_errno == EACCES) continue;  // as configparser: an unreadable file is no file
      return fail(std::move(text).error());
    }
    if (!is_valid_utf8(*text))
      return fail(make_pip_error(kBadSetting, fmt::format("Configuration file contains invalid UTF-8 characters in {}.", file.path.string())));
    PIPIT_TRY(file.entries, parse_ini(*text, file.path.string()));
  }
  return files;
}

Result<Settings> Settings::merge(const CommandLine& line, const std::vector<ConfigFile>& files, const Variables& variables,
                                 Diagnostics& diagnostics) {
  // What files and variables say, strongest last: [global] of every file, [pipit], the command's section, PIP_*.
  std::map<const OptionSpec*, RawSetting> raw;
  std::vector<std::string> sections = {"global", "pipit"};
  if (line.command) sections.emplace_back(line.command->name);
  for (const std::string& section : sections)
    for (const ConfigFile& file : files)
      for (const auto& [key, value] : file.entries)
        if (key.starts_with(section + ".") && !value.empty())
          if (const OptionSpec* spec = option_for_key(line.command, std::string_view(key).substr(section.size() + 1)))
            raw[spec] = {value, fmt::format("{} [{}]", file.path.string(), section)};
  if (!line.has("isolated"))
    for (const auto& [name, value] : variables) {
      if (!name.starts_with("PIP_") || value.empty() || name == "PIP_VERSION" || name == "PIP_HELP") continue;
      if (const OptionSpec* spec = option_for_key(line.command, normalize_key(std::string_view(name).substr(4)))) raw[spec] = {value, name};
    }

  Settings settings;
  for (const auto& [spec, setting] : raw) {
    Entry entry;
    entry.source = setting.source;
    switch (spec->kind) {
      case OptionKind::flag:
        if (spec->id == "no-cache-dir") {  // any boolean at all switches the cache off
          PIPIT_CHECK(to_boolean(setting.value, spec->id));
          entry.on = true;
        } else {
          PIPIT_TRY(entry.on, to_boolean(setting.value, spec->id));
        }
        break;
      case OptionKind::flag_off: {
        PIPIT_TRY(const bool stays, to_boolean(setting.value, spec->id));
        entry.on = !stays;
        diagnostics.warn("inverted-setting", fmt::format("{} = {} means that the feature stays {}, as pip reads it", setting.source,
                                                         setting.value, stays ? "on" : "off"));
        break;
      }
      case OptionKind::count: {
        int number = 0;
        const char* end = setting.value.data() + setting.value.size();
        if (auto [stop, problem] = std::from_chars(setting.value.data(), end, number); problem != std::errc() || stop != end || number < 0) {
          auto boolean = to_boolean(setting.value, spec->id);
          if (!boolean || number < 0)
            return fail(make_pip_error(kBadSetting, fmt::format("{} is not a valid value for {} option, please instead specify either a "
                                                                "non-negative integer or a boolean value like yes/no or false/true which is "
                                                                "equivalent to 1/0.", setting.value, spec->id)).at(std::string(spec->id)));
          number = *boolean ? 1 : 0;
        }
        entry.count = number;
        break;
      }
      case OptionKind::value:
        entry.values = {setting.value};
        break;
      case OptionKind::list:
        for (std::string_view word : split_words(setting.value)) entry.values.emplace_back(word);
        break;
    }
    if (!spec->choices.empty())
      for (const std::string& value : entry.values)
        if (std::find(spec->choices.begin(), spec->choices.end(), value) == spec->choices.end())
          return fail(make_pip_error(kBadTypedSetting, bad_value(setting, *spec, fmt::format("invalid choice: '{}' (choose from '{}')", value,
                                                                                             fmt::join(spec->choices, "', '")))));
    if (const std::string_view kind = number_kind(*spec); !kind.empty() && !entry.values.empty() && !is_number(kind, entry.values[0]))
      return fail(make_pip_error(kBadTypedSetting, bad_value(setting, *spec, fmt::format("invalid {} value: '{}'", kind, entry.values[0]))));
    settings.entries_[std::string(spec->id)] = std::move(entry);
  }

  settings.typed_ = line.options;
  for (const GivenOption& option : line.options) {
    Entry& entry = settings.entries_[std::string(option.spec->id)];
    entry.source = "command line";
    switch (option.spec->kind) {
      case OptionKind::flag:
      case OptionKind::flag_off: entry.on = true; break;
      case OptionKind::count: ++entry.count; break;  // PIP_VERBOSE=1 and -v make two
      case OptionKind::value: entry.values = {option.value}; break;
      case OptionKind::list: entry.values.push_back(option.value); break;
    }
  }
  return settings;
}

bool Settings::flag(std::string_view id) const { return tri(id).value_or(false); }

std::optional<bool> Settings::tri(std::string_view id) const {
  auto found = entries_.find(id);
  if (found == entries_.end()) return std::nullopt;
  return found->second.on;
}

int Settings::count(std::string_view id) const {
  auto found = entries_.find(id);
  return found == entries_.end() ? 0 : found->second.count;
}

std::optional<std::string> Settings::value(std::string_view id) const {
  auto found = entries_.find(id);
  if (found == entries_.end() || found->second.values.empty()) return std::nullopt;
  return found->second.values.back();
}

std::vector<std::string> Settings::list(std::string_view id) const {
  auto found = entries_.find(id);
  return found == entries_.end() ? std::vector<std::string>{} : found->second.values;
}

Result<std::optional<double>> Settings::number(std::string_view id) const {
  auto found = entries_.find(id);
  if (found == entries_.end() || found->second.values.empty()) return std::optional<double>();
  const std::string& text = found->second.values.back();
  double number = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem == std::errc() && end == text.data() + text.size()) return std::optional<double>(std::max(number, 0.0));
  const std::string message = fmt::format("option --{}: invalid {} value: '{}'", id, id == "timeout" ? "float" : "integer", text);
  if (found->second.source == "command line") return fail(make_pip_error(kUsageError, message));
  return fail(make_pip_error(kBadTypedSetting, "An error occurred during configuration: " + message).at(found->second.source));
}

std::string Settings::source(std::string_view id) const {
  auto found = entries_.find(id);
  return found == entries_.end() ? "" : found->second.source;
}

std::vector<std::string> Settings::ids() const {
  std::vector<std::string> ids;
  for (const auto& [id, entry] : entries_) ids.push_back(id);
  return ids;
}

}  // namespace pipit::cli
