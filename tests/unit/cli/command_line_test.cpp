#include "cli/command_line.h"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

using namespace pipit;
using namespace pipit::cli;

namespace {

using Words = std::vector<std::string>;

// "id=value id ..." in the order typed, then "| argument ...".
std::string summary(const Words& words) {
  auto line = parse_command_line(words, "pipit");
  if (!line) return "error: " + line.error().message;
  std::string text = line->command ? std::string(line->command->name) + ":" : "-:";
  for (const GivenOption& option : line->options) {
    text += " " + std::string(option.spec->id);
    if (option.spec->kind == OptionKind::value || option.spec->kind == OptionKind::list) text += "=" + option.value;
  }
  if (!line->arguments.empty()) text += " |";
  for (const std::string& argument : line->arguments) text += " " + argument;
  return text;
}

}  // namespace

TEST_CASE("words become a command, its options in the order typed, and its arguments", "[cli]") {
  struct Case {
    Words words;
    std::string expected;
  };
  const Case cases[] = {
      {{}, "-:"},
      {{"--version"}, "-: version"},
      {{"install", "flask"}, "install: | flask"},
      {{"install", "-r", "a.txt", "-rb.txt", "--requirement=c.txt"}, "install: requirement=a.txt requirement=b.txt requirement=c.txt"},
      {{"install", "flask", "-U", "django"}, "install: upgrade | flask django"},
      {{"-v", "install", "-v", "x"}, "install: verbose verbose | x"},
      {{"--python", "v", "install", "x"}, "install: python=v | x"},
      {{"--python", "install", "list"}, "list: python=install"},
      {{"--cache-dir=c", "list"}, "list: cache-dir=c"},
      // clusters
      {{"install", "-Ur", "a.txt"}, "install: upgrade requirement=a.txt"},
      {{"install", "-qqUra.txt"}, "install: quiet quiet upgrade requirement=a.txt"},
      {{"install", "-vvI", "x"}, "install: verbose verbose ignore-installed | x"},
      // abbreviations
      {{"install", "--cons", "a.txt"}, "install: constraint=a.txt"},
      {{"install", "--upgrade-s=eager"}, "install: upgrade-strategy=eager"},
      {{"install", "--upgrade"}, "install: upgrade"},
      {{"install", "--no-dep"}, "install: no-deps"},  // --no-deps and --no-dependencies are one option
      {{"install", "--default-timeout", "3"}, "install: timeout=3"},
      // values that look like something else
      {{"install", "-c", "-x.txt"}, "install: constraint=-x.txt"},
      {{"install", "--index-url", ""}, "install: index-url="},
      {{"install", "--index-url="}, "install: index-url="},
      {{"install", "-f", "a=b"}, "install: find-links=a=b"},
      {{"install", "-f", "[x]"}, "install: find-links=[x]"},
      {{"install", "--", "-x", "--pre"}, "install: | -x --pre"},
      {{"install", "-"}, "install: | -"},
      // the same letter means another thing elsewhere
      {{"list", "-e", "-o"}, "list: editable-only outdated"},
      {{"show", "-f", "x"}, "show: files | x"},
      {{"download", "-d", "x", "y"}, "download: dest=x | y"},
      {{"config", "--user", "list"}, "config: config-user | list"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.expected);
    CHECK(summary(c.words) == c.expected);
  }
}

TEST_CASE("what cannot be parsed is said in pip's words", "[cli]") {
  struct Case {
    Words words;
    std::string message;
  };
  const Case cases[] = {
      {{"--nope"}, "no such option: --nope"},
      {{"install", "--nope"}, "no such option: --nope"},
      {{"install", "-Z"}, "no such option: -Z"},
      {{"install", "-UZ"}, "no such option: -Z"},
      {{"install", "-r"}, "-r option requires 1 argument"},
      {{"install", "--requirement"}, "--requirement option requires 1 argument"},
      {{"install", "-Ur"}, "-r option requires 1 argument"},
      {{"install", "--upgrade=yes"}, "--upgrade option does not take a value"},
      {{"install", "--upgrade-strategy", "sometimes"},
       "option --upgrade-strategy: invalid choice: 'sometimes' (choose from 'only-if-needed', 'eager')"},
      {{"list", "--format=xml"}, "option --format: invalid choice: 'xml' (choose from 'columns', 'freeze', 'json')"},
      {{"freeze", "--upgrade"}, "no such option: --upgrade"},
      {{"instal"}, "unknown command \"instal\" - maybe you meant \"install\""},
      {{"zzzzzz"}, "unknown command \"zzzzzz\""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.message);
    CHECK(summary(c.words) == "error: " + c.message);
  }
}

TEST_CASE("an ambiguous abbreviation names every option it could be", "[cli]") {
  auto line = parse_command_line(Words{"install", "--no-b"}, "pipit");
  REQUIRE_FALSE(line);
  CHECK(line.error().code == kUsageError);
  CHECK(line.error().message.starts_with("ambiguous option: --no-b (--no-binary, --no-build"));
}

TEST_CASE("a usage error shows the usage of the command it was made with", "[cli]") {
  auto line = parse_command_line(Words{"hash", "--nope"}, "pip");
  REQUIRE_FALSE(line);
  REQUIRE(line.error().details.size() == 1);
  CHECK(line.error().details[0].find("pip hash [options] <file> ...") != std::string::npos);
}

TEST_CASE("every option of the table is reachable by each of its names", "[cli]") {
  for (const CommandSpec& command : all_commands())
    for (const OptionSpec* option : options_of(command)) {
      const bool takes_value = option->kind == OptionKind::value || option->kind == OptionKind::list;
      for (std::string_view name : option->names) {
        CAPTURE(command.name, name);
        Words words = {std::string(command.name), std::string(name)};
        const std::string any = option->id == "config-settings" ? "key=value" : "3";
        if (takes_value) words.push_back(option->choices.empty() ? any : std::string(option->choices[0]));
        auto line = parse_command_line(words, "pipit");
        REQUIRE(line);
        REQUIRE(line->options.size() == 1);
        CHECK(line->options[0].spec == option);
      }
    }
}
