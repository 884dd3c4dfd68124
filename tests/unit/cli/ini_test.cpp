#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

#include "cli/ini_edit.h"
#include "cli/settings.h"

using namespace pipit;
using namespace pipit::cli;

namespace {

std::string parsed(std::string_view text) {
  auto entries = parse_ini(text, "pip.conf");
  if (!entries) return "error: " + entries.error().where;
  std::string out;
  for (const auto& [key, value] : *entries) out += key + "=" + value + ";";
  return out;
}

}  // namespace

TEST_CASE("pip.conf is read as Python's configparser reads it", "[cli]") {
  struct Case {
    const char *text, *expected;
  };
  const Case cases[] = {
      {"", ""},
      {"[global]\ntimeout = 3\n", "global.timeout=3;"},
      {"[global]\ntimeout: 3", "global.timeout=3;"},
      {"[global]\r\ntimeout=3\r\n", "global.timeout=3;"},
      {"\xef\xbb\xbf[global]\ntimeout=3\n", "global.timeout=3;"},
      {"[global]\nIndex_URL = https://h/a=b:c\n", "global.index-url=https://h/a=b:c;"},
      {"[global]\n--timeout = 3\n", "global.timeout=3;"},
      {"# c\n; c\n[global]\n# c\ntimeout = 3 ; kept\n", "global.timeout=3 ; kept;"},
      {"[global]\nfind-links =\n  a\n  b\n", "global.find-links=\na\nb;"},
      {"[global]\nfind-links = a\n  # not a value\n  b\n", "global.find-links=a\nb;"},
      {"[global]\nfind-links = a\n\n  b\n", "global.find-links=a\nb;"},
      {"[Install]\nx=1\n[install]\nx=2\n", "Install.x=1;install.x=2;"},
      {"[global]\nno-index =\n", "global.no-index=;"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(parsed(c.text) == c.expected);
  }
}

TEST_CASE("a file that is no INI is refused with its line", "[cli]") {
  for (const char* text : {"timeout = 3\n", "just words\n", "[global]\njust words\n", "[global\ntimeout=3\n", "[global]\n= 3\n", "[]\nx=1\n",
                           "[global]\na=1\n[global]\nb=2\n", "[global]\na=1\nA=2\n"}) {
    CAPTURE(text);
    const auto entries = parse_ini(text, "pip.conf");
    REQUIRE_FALSE(entries);
    CHECK(entries.error().message.starts_with("Configuration file could not be loaded.\n"));
    CHECK(entries.error().message.find("'pip.conf'") != std::string::npos);
  }
}

TEST_CASE("setting a value changes that value and nothing else", "[cli]") {
  struct Case {
    const char *text, *section, *key, *value, *expected;
  };
  const Case cases[] = {
      {"", "global", "timeout", "3", "[global]\ntimeout = 3\n\n"},
      {"# mine\n", "global", "timeout", "3", "# mine\n\n[global]\ntimeout = 3\n\n"},
      {"[global]\ntimeout = 1\n", "global", "timeout", "3", "[global]\ntimeout = 3\n"},
      {"[global]\ntimeout = 1", "global", "timeout", "3", "[global]\ntimeout = 3\n"},
      {"[global]\nTime_Out = 1\n# c\nb = 2\n", "global", "time-out", "3", "[global]\ntime-out = 3\n# c\nb = 2\n"},
      {"[global]\n# first\na = 1\n\n[install]\nb = 2\n", "global", "timeout", "3", "[global]\n# first\na = 1\ntimeout = 3\n\n[install]\nb = 2\n"},
      {"[global]\na = 1\n\n[install]\nb = 2\n", "list", "format", "json", "[global]\na = 1\n\n[install]\nb = 2\n\n[list]\nformat = json\n\n"},
      {"[global]\nfind-links = a\n  b\nc = 1\n", "global", "find-links", "d", "[global]\nfind-links = d\nc = 1\n"},
      {"[global]\nx = 1\n", "global", "find-links", "a\nb", "[global]\nx = 1\nfind-links = a\n\tb\n"},
      {"[global]\nt = 1\n[install]\nt = 2\n", "install", "t", "3", "[global]\nt = 1\n[install]\nt = 3\n"},
      {"[global]\n", "global", "no-index", "", "[global]\nno-index =\n"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text, c.key, c.value);
    auto changed = set_in_ini(c.text, c.section, c.key, c.value);
    REQUIRE(changed);
    CHECK(*changed == c.expected);
  }
}

TEST_CASE("a value that a settings file would not give back is refused", "[cli]") {
  CHECK_FALSE(set_in_ini("", "global", "x", "a\n# b"));
  CHECK_FALSE(set_in_ini("", "global", "x", "a\n\nb"));
  CHECK_FALSE(set_in_ini("", "global", "x", " a "));
  CHECK_FALSE(set_in_ini("", "glo]\nbal", "x", "a"));
  CHECK_FALSE(set_in_ini("", "global", "x = 1\ny", "a"));
  CHECK_FALSE(set_in_ini("", "global", "[y]", "a"));
}

TEST_CASE("unsetting takes the setting, its continuation lines, and a section that is empty then", "[cli]") {
  struct Case {
    const char *text, *section, *key, *expected;
  };
  const Case cases[] = {
      {"[global]\na = 1\nb = 2\n", "global", "a", "[global]\nb = 2\n"},
      {"[global]\na = 1\n  2\n  3\nb = 2\n", "global", "a", "[global]\nb = 2\n"},
      {"# top\n[global]\na = 1\n\n[install]\nb = 2\n", "global", "a", "# top\n[install]\nb = 2\n"},
      {"[global]\n# kept\na = 1\n", "global", "a", "[global]\n# kept\n"},
      {"[global]\na = 1\na = 2\nb = 3\n", "global", "a", "[global]\nb = 3\n"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    auto changed = unset_in_ini(c.text, c.section, c.key);
    REQUIRE(changed);
    CHECK(*changed == c.expected);
  }
  CHECK_FALSE(unset_in_ini("[global]\na = 1\n", "install", "a"));
  CHECK_FALSE(unset_in_ini("# a = 1\n", "global", "a"));
}
