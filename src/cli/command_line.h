// Words in: argv becomes a command, its options in the order typed, and its arguments. pip's habits are kept: general
// options before or after the command, unambiguous abbreviations, clusters (-Ur file), attached values (-rfile). Knows
// nothing of settings files. Errors are `usage-error` (exit 2) or `unknown-command` (exit 1) in pip's words.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/option_table.h"
#include "pipit/base/result.h"

namespace pipit::cli {

inline constexpr ErrorCode kUsageError{"usage-error"};
inline constexpr ErrorCode kUnknownCommand{"unknown-command"};

struct GivenOption {
  const OptionSpec* spec;
  std::string value;  // empty for flags
};

struct CommandLine {
  const CommandSpec* command = nullptr;  // null: no command was named
  std::vector<GivenOption> options;
  std::vector<std::string> arguments;
  bool has(std::string_view id) const;
};

Result<CommandLine> parse_command_line(std::span<const std::string> words, std::string_view program);

// "CLI11 2.1.2", for --version --verbose.
std::string command_line_library();

// The value of --python-version: "3", "3.12", "3.12.1", "312", and nothing for nothing. Errors are in pip's words.
Result<std::vector<int>> parse_python_version(std::string_view text);
// "Usage:" block as pip lays it out.
std::string usage_text(const CommandSpec* command, std::string_view program);

}  // namespace pipit::cli
