#include "cli/settings.h"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

#include "cli/bindings.h"

using namespace pipit;
using namespace pipit::cli;

namespace {

ConfigFile config(ConfigLevel level, const std::string& path, std::vector<std::pair<std::string, std::string>> entries) {
  return {level, path, true, std::move(entries)};
}

struct Merged {
  std::vector<std::string> words;
  std::vector<ConfigFile> files;
  Variables variables;
  Diagnostics diagnostics;

  Result<Settings> settings() {
    auto line = parse_command_line(words, "pipit");
    if (!line) return fail(std::move(line).error());
    return Settings::merge(*line, files, variables, diagnostics);
  }
};

// "no-binary names; only-binary names" after everything was merged.
std::string formats(Merged merged) {
  auto line = parse_command_line(merged.words, "pipit");
  REQUIRE(line);
  auto settings = Settings::merge(*line, merged.files, merged.variables, merged.diagnostics);
  REQUIRE(settings);
  Console console{ConsoleOptions{}};
  CommandContext context{*line, *settings, merged.files, console, merged.variables, "/", {}, Personality::pipit, "pipit", merged.words, {}};
  auto options = bind_resolve(context);
  REQUIRE(options);
  std::string text;
  for (const std::string& name : options->files.no_binary) text += name + " ";
  text += ";";
  for (const std::string& name : options->files.only_binary) text += " " + name;
  return text;
}

}  // namespace

TEST_CASE("flags beat variables, variables beat files, a command's section beats [global] of any file", "[cli]") {
  const ConfigFile global = config(ConfigLevel::global, "/etc/pip.conf", {{"global.timeout", "1"}, {"install.timeout", "2"}});
  const ConfigFile user = config(ConfigLevel::user, "/u/pip.conf", {{"global.timeout", "3"}});
  struct Case {
    std::vector<std::string> words;
    std::vector<ConfigFile> files;
    Variables variables;
    std::string value, source;
  };
  const Case cases[] = {
      {{"list"}, {global}, {}, "1", "/etc/pip.conf [global]"},
      {{"list"}, {global, user}, {}, "3", "/u/pip.conf [global]"},
      {{"install"}, {global, user}, {}, "2", "/etc/pip.conf [install]"},
      {{"install"}, {global, user}, {{"PIP_TIMEOUT", "4"}}, "4", "PIP_TIMEOUT"},
      {{"install"}, {global, user}, {{"PIP_DEFAULT_TIMEOUT", "4"}}, "4", "PIP_DEFAULT_TIMEOUT"},
      {{"install", "--timeout", "5"}, {global, user}, {{"PIP_TIMEOUT", "4"}}, "5", "command line"},
      {{"list"}, {global}, {{"PIP_TIMEOUT", ""}}, "1", "/etc/pip.conf [global]"},
      {{"--isolated", "list"}, {global}, {{"PIP_TIMEOUT", "4"}}, "1", "/etc/pip.conf [global]"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.source);
    Merged merged{c.words, c.files, c.variables, {}};
    auto settings = merged.settings();
    REQUIRE(settings);
    CHECK(settings->value("timeout") == c.value);
    CHECK(settings->source("timeout") == c.source);
  }
}

TEST_CASE("lists of files and variables split at white space, and the command line extends them", "[cli]") {
  Merged merged{{"install", "-f", "c d"}, {}, {{"PIP_FIND_LINKS", "a\n b"}}, {}};
  auto settings = merged.settings();
  REQUIRE(settings);
  CHECK(settings->list("find-links") == std::vector<std::string>{"a", "b", "c d"});
}

TEST_CASE("booleans of variables are pip's: the thing itself for options that switch something off", "[cli]") {
  struct Case {
    const char *name, *value, *id;
    bool on;
    std::size_t warnings;
  };
  const Case cases[] = {
      {"PIP_NO_INDEX", "1", "no-index", true, 0},
      {"PIP_NO_INDEX", "off", "no-index", false, 0},
      {"PIP_NO_INDEX", "Yes", "no-index", true, 0},
      {"PIP_NO_CACHE_DIR", "0", "no-cache-dir", true, 0},
      {"PIP_NO_CACHE_DIR", "1", "no-cache-dir", true, 0},
      {"PIP_NO_COMPILE", "1", "no-compile", false, 1},
      {"PIP_NO_COMPILE", "0", "no-compile", true, 1},
      {"PIP_NO_BUILD_ISOLATION", "0", "no-build-isolation", true, 1},
      {"PIP_NO_WARN_CONFLICTS", "1", "no-warn-conflicts", false, 1},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name, c.value);
    Merged merged{{"install"}, {}, {{c.name, c.value}}, {}};
    auto settings = merged.settings();
    REQUIRE(settings);
    CHECK(settings->flag(c.id) == c.on);
    CHECK(merged.diagnostics.items().size() == c.warnings);
  }
}

TEST_CASE("a setting that is no boolean, no choice or no number is refused as pip refuses it", "[cli]") {
  Merged boolean{{"install"}, {}, {{"PIP_NO_INDEX", "perhaps"}}, {}};
  auto refused = boolean.settings();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == kBadSetting);
  CHECK(refused.error().message ==
        "perhaps is not a valid value for no-index option, please specify a boolean value like yes/no, true/false or 1/0 instead.");
  Merged choice{{"install"}, {}, {{"PIP_UPGRADE_STRATEGY", "sometimes"}}, {}};
  CHECK(choice.settings().error().code == kBadTypedSetting);
  Merged number{{"install"}, {}, {{"PIP_TIMEOUT", "abc"}}, {}};
  auto no_number = number.settings();
  REQUIRE_FALSE(no_number);
  CHECK(no_number.error().code == kBadTypedSetting);
  CHECK(no_number.error().message.starts_with("An error occurred during configuration: option timeout: invalid floating-point value: 'abc'."));
}

TEST_CASE("unknown keys and other commands' sections are ignored", "[cli]") {
  Merged merged{{"list"}, {config(ConfigLevel::user, "/u", {{"global.nope", "x"}, {"install.timeout", "9"}, {"global.upgrade", "perhaps"}})}, {}, {}};
  auto settings = merged.settings();
  REQUIRE(settings);
  CHECK(settings->ids().empty());
}

TEST_CASE("option --no-binary and --only-binary move names between two sets in the order typed", "[cli]") {
  struct Case {
    std::vector<std::string> words;
    Variables variables;
    std::string expected;
  };
  const Case cases[] = {
      {{"install", "--no-binary", "a,B"}, {}, "a b ;"},
      {{"install", "--no-binary", "a", "--only-binary", "a"}, {}, "; a"},
      {{"install", "--only-binary", "a", "--no-binary", "a"}, {}, "a ;"},
      {{"install", "--no-binary", ":all:", "--only-binary", "a"}, {}, ":all: ; a"},
      {{"install", "--only-binary", "a", "--no-binary", ":all:"}, {}, ":all: ;"},
      {{"install", "--no-binary", "a", "--no-binary", ":none:"}, {}, ";"},
      {{"install", "--no-binary", ":all:,:none:,a"}, {}, "a ;"},
      {{"install", "--only-binary", ":none:"}, {{"PIP_ONLY_BINARY", "a"}}, ";"},
      {{"install", "--no-binary", "a"}, {{"PIP_ONLY_BINARY", "a,b"}}, "a ; b"},
      {{"install"}, {{"PIP_ONLY_BINARY", ":all:"}}, "; :all:"},
      {{"install", "--no-build"}, {}, "; :all:"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.expected);
    CHECK(formats({c.words, {}, c.variables, {}}) == c.expected);
  }
}
