// The files of rows: a command line as people type it, and what pip answered. One stanza is one row:
//
//   == a wheel from a directory                 its title
//   % offline -q leaf==1.0                      run before, by the same program; what it says does not matter
//   $ offline stem                              the script (sh); several lines make one script
//   rc 0                                        the answer: exit code of the script,
//   out| Looking in links: <wheels>             standard output and error, made independent of place and machine,
//   err^ without a line end                     ('^' in place of '|': the last line has no line end)
//   tree| <site>: leaf.py stem.py               and the paths that are there afterwards
//   differs: shared files                       pipit answers otherwise; docs/differences.md has a row that says why:
//   mine out| ...                               the channels that differ, as pipit answers them
//
// Lines that begin with '#' are comments and stay where they are. Plain values; parse() and print() are inverse.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pipit::test {

// One channel name ("rc", "out", "err", "tree") to its text.
using Answer = std::map<std::string, std::string>;

struct Row {
  std::string comment, title, given, script;
  Answer pip;
  std::string differs;  // words of the first column of docs/differences.md; empty: the answers are equal
  Answer mine;          // only the channels that differ
};

// Fails the running test case on a line that is none of the above.
std::vector<Row> parse_rows(std::string_view text);
std::string print_rows(const std::vector<Row>& rows);

}  // namespace pipit::test
