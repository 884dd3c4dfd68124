// Settings: flags > PIP_* variables > pip.conf > defaults, as pip merges them (facts: configuration). Every value knows
// where it came from. Reading touches the disk through sys; nothing is ever read from the current directory.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command_line.h"
#include "pipit/base/diagnostics.h"
#include "pipit/base/result.h"

namespace pipit::cli {

inline constexpr ErrorCode kBadSetting{"bad-setting"};            // exit 2 (booleans, unreadable files)
inline constexpr ErrorCode kBadTypedSetting{"bad-typed-setting"};  // exit 3, on stdout, as pip

using Variables = std::vector<std::pair<std::string, std::string>>;
std::optional<std::string> variable(const Variables& variables, std::string_view name);

enum class ConfigLevel { global, user, site, env_file };
std::string_view level_name(ConfigLevel level);

struct ConfigFile {
  ConfigLevel level;
  std::filesystem::path path;
  bool exists = false;
  // "section.key" -> value, in file order; keys normalised.
  std::vector<std::pair<std::string, std::string>> entries;
};

// The files pip would read, weakest first, with what they hold. `site_root`: the target environment, or empty.
Result<std::vector<ConfigFile>> load_config_files(const Variables& variables, const std::filesystem::path& site_root, bool isolated);
// INI as Python's configparser reads it (no interpolation): sections, key=value or key: value, continuation lines, # and ;.
Result<std::vector<std::pair<std::string, std::string>>> parse_ini(std::string_view text, const std::string& shown_path);
std::string normalize_key(std::string_view key);

class Settings {
 public:
  static Result<Settings> merge(const CommandLine& line, const std::vector<ConfigFile>& files, const Variables& variables,
                                Diagnostics& diagnostics);

  bool flag(std::string_view id) const;             // false unless set
  std::optional<bool> tri(std::string_view id) const;  // as flag; nullopt if nobody said anything
  int count(std::string_view id) const;
  std::optional<std::string> value(std::string_view id) const;
  std::vector<std::string> list(std::string_view id) const;
  Result<std::optional<double>> number(std::string_view id) const;
  std::string source(std::string_view id) const;    // "command line", "PIP_INDEX_URL", "/etc/pip.conf [global]", or ""
  const std::vector<GivenOption>& typed() const { return typed_; }  // the command line's own options, in order
  std::vector<std::string> ids() const;

 private:
  struct Entry {
    std::vector<std::string> values;
    bool on = false;
    int count = 0;
    std::string source;
  };
  std::map<std::string, Entry, std::less<>> entries_;
  std::vector<GivenOption> typed_;
};

}  // namespace pipit::cli
