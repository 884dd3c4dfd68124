// From the text of a requirements file to logical lines (as pip 26.3): universal line splitting, continuations,
// comments, ${VARIABLES}; and on the way peep's hash comments bind to the line they stand above (docs/peep.md).
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pipit::packaging {

struct LogicalLine {
  int number = 0;     // first physical line, counted from 1
  std::string text;   // joined, without comment, stripped, variables expanded
  std::vector<std::pair<std::string, std::string>> expanded;  // ("${NAME}", value) for each variable that was put in
  std::vector<std::string> peep_hashes;
  std::vector<int> peep_hash_numbers;  // physical lines of the above
  bool hidden_start = false;           // some physical line of it begins behind a line end that most editors do not show
};

struct LogicalLines {
  std::vector<LogicalLine> lines;
  std::vector<int> unbound_hash_numbers;  // hash comments with nothing below them
  std::vector<int> near_hash_numbers;     // comments that look like a misspelt hash line
  int overflow_number = 0;                // the line whose variables used up the room: nothing behind it was read
};

using VariableLookup = std::function<std::optional<std::string>(const std::string&)>;

// Linear in the text and what the variables add; a line that grows beyond 1 MiB by variables stays as written. `room` is how
// many bytes lines with variables may come to; what they take is taken off.
LogicalLines split_requirements_text(std::string_view text, const VariableLookup& variable, std::size_t& room);

}  // namespace pipit::packaging
