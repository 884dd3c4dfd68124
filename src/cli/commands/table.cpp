#include <array>

#include "cli/commands/commands.h"

namespace pipit::cli {

namespace {

struct Row {
  std::string_view name;
  Command function;
};

constexpr std::array kCommands = {
    Row{"install", command_install}, Row{"uninstall", command_uninstall}, Row{"venv", command_venv},     Row{"repair", command_repair},
    Row{"list", command_list},       Row{"show", command_show},           Row{"freeze", command_freeze}, Row{"check", command_check},
    Row{"inspect", command_inspect}, Row{"hash", command_hash},           Row{"port", command_port},
    Row{"help", command_help},       Row{"search", command_search},       Row{"debug", command_debug},   Row{"index", command_index},
    Row{"verify", command_verify},   Row{"cache", command_cache},         Row{"config", command_config}, Row{"completion", command_completion},
    Row{"download", command_download}, Row{"wheel", command_wheel},       Row{"lock", command_lock},
    Row{"self", command_self},
};

}  // namespace

Result<int> complain(CommandContext& context, std::string sentence) {
  context.console.say({Severity::error, {}, std::move(sentence), {}});
  return kFailure;
}

Command find_command_function(std::string_view name) {
  for (const Row& row : kCommands)
    if (row.name == name) return row.function;
  return nullptr;
}

}  // namespace pipit::cli
