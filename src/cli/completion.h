// Shell completion, generated from the option table: commands, options, the values of options that have a choice, actions
// (cache purge), and for uninstall and show the names that are installed, asked of `PROGRAM completion --names` with the
// words typed before the command, so that `pipit --python v uninstall <TAB>` lists what v holds. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/option_table.h"

namespace pipit::cli {

// `shell`: bash, zsh, fish or powershell. `program` is the name that is completed (pipit, pip).
std::string completion_script(std::string_view shell, const std::string& program);

// What scripts and pip's way of asking (auto_complete.h) share: the words that may stand first (`cache dir`), and whether
// names of installed packages are wanted.
std::vector<std::string> actions_of(const CommandSpec& command);
bool completes_installed(const CommandSpec& command);

}  // namespace pipit::cli
