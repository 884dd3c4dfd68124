#include "dropin/row_file.h"

#include <catch2/catch_test_macros.hpp>

#include <utility>

#include "pipit/base/text.h"

namespace pipit::test {

namespace {

const std::vector<std::string>& channels() {
  static const std::vector<std::string> names = {"rc", "out", "err", "tree"};
  return names;
}

// "out| text" and "out^ text" add to the channel; an empty line of output is "out|".
bool take_answer(std::string_view line, Answer& answer) {
  if (line.starts_with("rc ")) return answer["rc"] = line.substr(3), true;
  for (const std::string& name : channels()) {
    if (!line.starts_with(name) || line.size() == name.size()) continue;
    const char mark = line[name.size()];
    if (mark != '|' && mark != '^') continue;
    std::string_view text = line.substr(name.size() + 1);
    if (text.starts_with(' ')) text.remove_prefix(1);
    answer[name] += std::string(text) + (mark == '|' ? "\n" : "");
    return true;
  }
  return false;
}

void print_answer(const Answer& answer, const std::string& prefix, std::string& text) {
  for (const std::string& name : channels()) {
    auto found = answer.find(name);
    if (found == answer.end()) continue;
    if (name == "rc") {
      text += prefix + "rc " + found->second + "\n";
      continue;
    }
    if (found->second.empty() && !prefix.empty()) text += prefix + name + "^\n";  // mine: nothing where pip says something
    std::string_view rest = found->second;
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      const std::string_view line = rest.substr(0, end);
      text += prefix + name + (end == std::string_view::npos ? "^" : "|") + (line.empty() ? "" : " ") + std::string(line) + "\n";
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
  }
}

}  // namespace

std::vector<Row> parse_rows(std::string_view text) {
  std::vector<Row> rows;
  std::string comment;
  for (std::string_view line : split(text, '\n')) {
    if (line.starts_with("== ")) {
      rows.emplace_back();
      rows.back().comment = std::exchange(comment, {});
      rows.back().title = line.substr(3);
    } else if (line.starts_with('#')) {
      comment += std::string(line) + "\n";
    } else if (!line.empty()) {
      INFO("line of the rows: " << line);
      REQUIRE(!rows.empty());
      Row& row = rows.back();
      if (line.starts_with("% ")) {
        row.given += std::string(line.substr(2)) + "\n";
      } else if (line.starts_with("$ ")) {
        row.script += std::string(line.substr(2)) + "\n";
      } else if (line.starts_with("differs: ")) {
        row.differs = line.substr(9);
      } else if (line.starts_with("mine ")) {
        REQUIRE(take_answer(line.substr(5), row.mine));
      } else {
        REQUIRE(take_answer(line, row.pip));
      }
    }
  }
  return rows;
}

std::string print_rows(const std::vector<Row>& rows) {
  std::string text;
  for (const Row& row : rows) {
    if (!text.empty()) text += "\n";
    text += row.comment + "== " + row.title + "\n";
    for (const auto& [mark, script] : {std::pair("% ", &row.given), std::pair("$ ", &row.script)})
      for (std::string_view line : split(*script, '\n'))
        if (!line.empty()) text += mark + std::string(line) + "\n";
    print_answer(row.pip, "", text);
    if (row.differs.empty()) continue;
    text += "differs: " + row.differs + "\n";
    print_answer(row.mine, "mine ", text);
  }
  return text;
}

}  // namespace pipit::test
