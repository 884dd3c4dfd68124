// The one declaration of every command and option: names, kind, help. The parser, the settings (PIP_* and pip.conf),
// --help, man pages and shell completion are all made from it. Data only.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pipit::cli {

enum class OptionKind {
  flag,      // present or not; in files and variables a boolean
  flag_off,  // names the absence of something that is on by default (--no-compile). In files and variables the boolean is
             // the value of the thing itself: PIP_NO_COMPILE=1 keeps compiling (pip's trap, kept with a warning)
  count,     // -v, -q
  value,
  list,      // repeatable; in files and variables split at white space
};

// Which commands take an option.
enum Group : unsigned {
  kGeneral = 1u << 0,
  kIndex = 1u << 1,
  kSelection = 1u << 2,
  kInstall = 1u << 3,
  kDownload = 1u << 4,
  kWheel = 1u << 5,
  kLock = 1u << 6,
  kUninstall = 1u << 7,
  kFreeze = 1u << 8,
  kList = 1u << 9,
  kShow = 1u << 10,
  kCheck = 1u << 11,
  kInspect = 1u << 12,
  kHash = 1u << 13,
  kCache = 1u << 14,
  kIndexVersions = 1u << 15,
  kConfig = 1u << 16,
  kCompletion = 1u << 17,
  kVenv = 1u << 18,
  kVerify = 1u << 19,
  kRepair = 1u << 20,
  kPort = 1u << 21,
  kDebug = 1u << 22,
  kSelf = 1u << 23,
  kHelp = 1u << 24,
};

struct OptionSpec {
  std::string_view id;                        // the long name that settings files use: "index-url"
  std::vector<std::string_view> names;        // as typed: "-i", "--index-url", "--pypi-url"
  OptionKind kind = OptionKind::flag;
  unsigned groups = 0;
  std::string_view metavar;                   // for value and list
  std::string_view help;                      // one sentence without a full stop; empty: accepted but not shown
  std::vector<std::string_view> choices = {};  // empty: anything
};

struct CommandSpec {
  std::string_view name;
  unsigned groups = 0;                        // in addition to kGeneral
  std::string_view summary;
  std::vector<std::string_view> usage;        // behind "pipit NAME"
  std::string_view section;                   // of the overview: what people want to do
  std::vector<std::string_view> first;        // ids of the options that `help NAME` shows first
  bool hidden = false;
};

std::span<const OptionSpec> all_options();
std::span<const CommandSpec> all_commands();
const CommandSpec* find_command(std::string_view name);
std::vector<const OptionSpec*> options_of(const CommandSpec& command);
const OptionSpec* find_option_by_id(std::string_view id);
// pip's word for the type of an option that is a number ("integer", "floating-point"); empty: any text will do.
std::string_view number_kind(const OptionSpec& option);
bool is_number(std::string_view kind, std::string_view text);

}  // namespace pipit::cli
