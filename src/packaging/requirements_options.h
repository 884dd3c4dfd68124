// The options of one line of a requirements file: shell-like words, then pip's option grammar (unique prefixes of long
// options, attached values, interspersed words). Messages are pip's. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/packaging/hash.h"

namespace pipit::packaging {

// --no-binary/--only-binary and --all-releases/--only-final: one pair of sets for the whole run, changed by every line that
// names them, also behind a requirement (so does pip).
struct NameSets {
  std::set<std::string> no_binary, only_binary, all_releases, only_final;
};

struct LineOptions {
  std::optional<std::string> index_url;
  std::vector<std::string> extra_index_urls, requirements, constraints, editables, find_links, trusted_hosts, use_features;
  bool no_index = false, prefer_binary = false, require_hashes = false, no_require_hashes = false, pre = false;
  Hashes hashes;
  std::vector<std::string> hashes_as_typed;
  std::map<std::string, std::vector<std::string>> config_settings;
  std::vector<std::string> words;         // what is no option
  std::vector<std::string> seen;          // every option but --hash and --config-settings, with its value, in order
};

struct BrokenLine {
  std::string_view requirement;  // up to the first word that begins with "-", trailing blank cut as pip's join leaves it
  std::string_view options;
};
// Splits at single blanks; the first word that begins with "-" begins the options.
BrokenLine break_line(std::string_view line);

// POSIX shell words; nullopt where a quotation or an escape is not finished.
std::optional<std::vector<std::string>> shell_words(std::string_view text);

// The error's message is what pip prints behind "Invalid requirement: <line>"; `culprit` is the word to point at.
struct OptionFailure {
  std::string message, culprit, hint;
  bool command_error = false;  // pip reports it without naming the line
};
// Returns nullopt on success.
std::optional<OptionFailure> parse_line_options(std::string_view text, std::string_view program, NameSets& sets, LineOptions& out);

// A value of --no-binary and the like: names, ":all:", ":none:". False if the value begins with "-".
bool apply_names(std::string_view value, std::set<std::string>& target, std::set<std::string>& other);

}  // namespace pipit::packaging
