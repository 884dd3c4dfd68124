// The door: words in, words out, a number at the end. Decides which personality was called (pipit, pip, peep), merges the
// settings, opens the console and hands over to one command. Nothing here knows how a command does its work.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/console.h"
#include "cli/exit_code.h"
#include "cli/settings.h"
#include "pipit/ops/session.h"

namespace pipit::cli {

enum class Personality { pipit, pip, peep };

// What a command gets: everything that was said, and where to say things.
struct CommandContext {
  const CommandLine& line;
  const Settings& settings;
  const std::vector<ConfigFile>& config_files;
  Console& console;
  const Variables& variables;
  std::filesystem::path current_directory, started_as;
  Personality personality = Personality::pipit;
  std::string program;      // as shown in usage: "pipit", "pip"
  std::vector<std::string> words;  // argv without the program
  std::stop_token stop;

  // A session made of the settings. Fails for values that do not parse (--timeout abc).
  Result<std::unique_ptr<ops::Session>> session() const;
};

using Command = Result<int> (*)(CommandContext&);
// The function behind a command's name; null if there is none.
Command find_command_function(std::string_view name);

int run(int argc, char** argv);

}  // namespace pipit::cli
