// What pip's own completion scripts ask for (those of `pip completion`, and the ones that distributions ship for bash): they
// run the program with PIP_AUTO_COMPLETE, COMP_WORDS and COMP_CWORD in its environment and take what it prints. Pure, apart
// from the callbacks.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/settings.h"

namespace pipit::cli {

struct TypedWords {
  std::vector<std::string> words;  // behind the program
  std::size_t position = 0;        // of the one that is completed, counted with the program
};
// nullopt: nobody asks.
std::optional<TypedWords> words_to_complete(const Variables& variables);

struct CompletionSources {
  std::function<std::vector<std::string>()> installed_names;  // normalised
  std::filesystem::path directory;                            // that relative paths start from
};
// The lines to print.
std::string completions(const TypedWords& typed, const CompletionSources& sources);

}  // namespace pipit::cli
