// Each row of fixtures/dropin/*.rows: pipit, started as pip, answers as pip 26.3 did, or as the row says otherwise.
//
//   PIPIT_REAL_PIP=DIR   ask the pip in DIR and write its answers into the rows (tests/dropin/live.sh)
//   PIPIT_RENEW_MINE=1   write pipit's answers into the rows that say why they differ
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdlib>

#include "dropin/row_file.h"
#include "dropin/world.h"
#include "pipit/base/text.h"
#include "support/places.h"
#include "support/wheel_maker.h"

using namespace pipit::test;
namespace fs = std::filesystem;

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::vector<fs::path> row_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fixtures() + "/dropin"))
    if (entry.path().extension() == ".rows") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

bool chosen(const Row& row) {
  const std::string words = variable("PIPIT_ROWS");
  return words.empty() || row.title.find(words) != std::string::npos;
}

Answer expected_of(const Row& row) {
  Answer expected = row.pip;
  for (const char* name : {"out", "err", "tree"}) expected.try_emplace(name, "");
  for (const auto& [name, text] : row.mine) expected[name] = text;
  return expected;
}

void check(const Row& row, const Answer& answer) {
  const Answer expected = expected_of(row);
  INFO("row: " << row.title << "\n" << row.script);
  for (const auto& [name, text] : answer) {
    INFO("channel: " << name << "\n--- expected\n" << expected.at(name) << "--- pipit\n" << text);
    CHECK((text == expected.at(name)));
  }
}

void renew_mine(Row& row, const Answer& answer) {
  row.mine.clear();
  for (const auto& [name, text] : answer)
    if (text != (row.pip.count(name) ? row.pip.at(name) : "")) row.mine[name] = text;
}

// Compares, or renews, the rows of one file.
void run_rows(const std::string& name) {
  const fs::path file = fs::path(fixtures()) / "dropin" / (name + ".rows");
  const std::string before = read_whole_file(file), real_pip = variable("PIPIT_REAL_PIP");
  const bool renews_mine = !variable("PIPIT_RENEW_MINE").empty();
  std::vector<Row> rows = parse_rows(before);
  const World world;
  for (Row& row : rows) {
    if (!chosen(row)) continue;
    const Answer answer = world.run(row, real_pip);
    if (!real_pip.empty()) {
      row.pip = answer;
      std::erase_if(row.pip, [](const auto& channel) { return channel.second.empty(); });
    } else if (renews_mine && !row.differs.empty()) {
      renew_mine(row, answer);
    } else {
      check(row, answer);
    }
  }
  if (const std::string after = print_rows(rows); after != before && (!real_pip.empty() || renews_mine)) write_file(file, after);
}

}  // namespace

TEST_CASE("rows: install", "[dropin]") { run_rows("install"); }
TEST_CASE("rows: install, requirements files and constraints", "[dropin]") { run_rows("install-files"); }
TEST_CASE("rows: install, upgrades and what is there already", "[dropin]") { run_rows("install-upgrade"); }
TEST_CASE("rows: install, hashes", "[dropin]") { run_rows("install-hashes"); }
TEST_CASE("rows: install, what cannot be done", "[dropin]") { run_rows("install-errors"); }
TEST_CASE("rows: download", "[dropin]") { run_rows("download"); }
TEST_CASE("rows: wheel", "[dropin]") { run_rows("wheel"); }
TEST_CASE("rows: lock", "[dropin]") { run_rows("lock"); }
TEST_CASE("rows: uninstall", "[dropin]") { run_rows("uninstall"); }
TEST_CASE("rows: freeze", "[dropin]") { run_rows("freeze"); }
TEST_CASE("rows: inspect", "[dropin]") { run_rows("inspect"); }
TEST_CASE("rows: list", "[dropin]") { run_rows("list"); }
TEST_CASE("rows: show", "[dropin]") { run_rows("show"); }
TEST_CASE("rows: check", "[dropin]") { run_rows("check"); }
TEST_CASE("rows: config", "[dropin]") { run_rows("config"); }
TEST_CASE("rows: cache", "[dropin]") { run_rows("cache"); }
TEST_CASE("rows: index versions", "[dropin]") { run_rows("index"); }
TEST_CASE("rows: hash", "[dropin]") { run_rows("hash"); }
TEST_CASE("rows: completion, debug, help and the command line itself", "[dropin]") { run_rows("surface"); }
TEST_CASE("rows: variables and configuration files", "[dropin]") { run_rows("settings"); }
TEST_CASE("rows: habits, the less plain ways to say things", "[dropin]") { run_rows("habits"); }

TEST_CASE("a row that differs from pip names a line of docs/differences.md, and really differs", "[dropin]") {
  const std::string documented = read_whole_file(checkout() + "/docs/differences.md");
  for (const fs::path& file : row_files())
    for (const Row& row : parse_rows(read_whole_file(file))) {
      INFO(file.filename().string() << ": " << row.title);
      CHECK_FALSE(row.pip.empty());
      CHECK(row.differs.empty() == row.mine.empty());
      if (!row.differs.empty()) CHECK(documented.find("| " + row.differs + " |") != std::string::npos);
    }
}

TEST_CASE("the files of rows survive being read and printed", "[dropin]") {
  for (const fs::path& file : row_files()) {
    const std::string text = read_whole_file(file);
    INFO(file.filename().string());
    CHECK((print_rows(parse_rows(text)) == text));
  }
}
