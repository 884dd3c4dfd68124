#include "pipit/packaging/markers.h"

#include <catch2/catch_test_macros.hpp>
#include <random>

#include "pipit/packaging/requirement.h"

using namespace pipit::packaging;

namespace {

MarkerEnvironment linux_environment() {
  return {"cpython", "3.11.4", "posix", "x86_64", "6.1.0-18-amd64", "Linux", "#1 SMP", "3.11.4", "CPython", "3.11", "linux"};
}
bool holds(std::string_view text, const MarkerExtras& extras = {}) {
  return Marker::parse(text).value().evaluate(linux_environment(), extras).value();
}
bool is_undefined(std::string_view text, const MarkerExtras& extras = {}) {
  const auto value = Marker::parse(text).value().evaluate(linux_environment(), extras);
  return !value && value.error().code == kUndefinedMarker;
}
std::string printed(std::string_view text) { return Marker::parse(text).value().str(); }

MarkerExtras with_extras(std::vector<std::string> names) {
  MarkerExtras extras;
  extras.extras = std::move(names);
  return extras;
}

}  // namespace

TEST_CASE("marker comparisons follow the type of the field", "[packaging]") {
  struct Row {
    const char* text;
    bool value;
  };
  for (const Row& row : {
           Row{"python_version >= '3.9'", true},
           Row{"python_version == '3.1'", false},
           Row{"'3.9' <= python_version", true},
           Row{"python_version in '2.7 3.11'", true},
           Row{"python_version not in '2.7 3.8'", true},
           Row{"python_version ~= '3.8'", true},
           Row{"python_full_version < '3.12.0rc1'", true},
           Row{"python_version == '3.11.*'", true},
           Row{"python_version === '3.11'", true},
           Row{"sys_platform == 'linux'", true},
           Row{"sys_platform >= 'linux'", true},
           Row{"sys_platform > 'a'", false},
           Row{"'nux' in sys_platform", true},
           Row{"platform_release >= '5'", false},
           Row{"platform_version == '#1 SMP'", true},
           Row{"os.name == 'posix' and sys.platform == 'linux'", true},
           Row{"python_implementation == 'CPython'", true},
           Row{"platform.python_implementation == 'CPython'", true},
           Row{"extra == ''", true},
           Row{"extra == 'x'", false},
           Row{"python_version < '=3.11'", true},
           Row{"os_name == 'nt' and os_name == 'nt' or os_name == 'posix'", true},
           Row{"os_name == 'nt' and (os_name == 'nt' or os_name == 'posix')", false},
       }) {
    CAPTURE(row.text);
    CHECK(holds(row.text) == row.value);
  }
}

TEST_CASE("an extra is compared by its normal form, once for every extra asked for", "[packaging]") {
  CHECK(holds("extra == 'Foo_Bar'", with_extras({"foo.bar"})));
  CHECK(holds("extra == 'b'", with_extras({"a", "b"})));
  CHECK_FALSE(holds("extra == 'a' and extra == 'b'", with_extras({"a", "b"})));
  CHECK(holds("extra != 'a'", with_extras({"a", "b"})));
  CHECK_FALSE(holds("extra != 'a'", with_extras({"a"})));
  CHECK(Marker::parse("extra == 'a'").value().mentions_extra());
  CHECK_FALSE(Marker::parse("os_name == 'extra'").value().mentions_extra());
}

TEST_CASE("sets of extras and groups exist in lock files only", "[packaging]") {
  MarkerExtras lock = with_extras({"Feat_1"});
  lock.context = MarkerContext::lock_file;
  lock.dependency_groups = {"dev"};
  CHECK(holds("'feat-1' in extras and 'DEV' in dependency_groups and 'x' not in extras", lock));
  CHECK_FALSE(holds("'feat-1' == extras", lock));
  CHECK(is_undefined("extras == 'feat-1'", lock));
  CHECK(is_undefined("extra == 'feat-1'", lock));
  CHECK(is_undefined("'feat-1' in extras"));
  MarkerExtras requirement;
  requirement.context = MarkerContext::requirement;
  CHECK(is_undefined("extra == 'x'", requirement));
}

TEST_CASE("an undefined comparison makes the marker undefined wherever it stands", "[packaging]") {
  for (const char* text : {"os_name ~= '1.0'", "sys_platform === 'linux'", "os_name == 'posix' or os_name ~= 'x'", "'a' == 'b'",
                           "python_version ~= 'x'", "os_name == 'nt' and 'x' == 'y'"}) {
    CAPTURE(text);
    CHECK(is_undefined(text));
  }
}

TEST_CASE("a python built from a checkout compares as a local version", "[packaging]") {
  MarkerEnvironment environment = linux_environment();
  environment.python_full_version = "3.15.0a1+";
  CHECK(Marker::parse("python_full_version >= '3.15.0a1'").value().evaluate(environment).value());
  CHECK_FALSE(Marker::parse("python_full_version >= '3.15'").value().evaluate(environment).value());
}

TEST_CASE("a marker prints in its canonical form", "[packaging]") {
  CHECK(printed("os.name=='nt'") == "os_name == \"nt\"");
  CHECK(printed("((os_name == 'a'))or  (os_name == 'b' and os_name=='c')") ==
        "os_name == \"a\" or (os_name == \"b\" and os_name == \"c\")");
  CHECK(printed("((os_name == 'a' or os_name == 'b'))") == "os_name == \"a\" or os_name == \"b\"");
  CHECK(printed("python_implementation == 'x\"y'") == "platform_python_implementation == 'x\"y'");
  CHECK(printed("extra == 'Foo_Bar'") == "extra == \"foo-bar\"");
  CHECK(printed("'a' not  in os_name") == "\"a\" not in os_name");
  CHECK(printed("os_name == '\\x41'") == "os_name == \"A\"");
}

TEST_CASE("a value that no plain literal spells prints with escapes and means the same again", "[packaging]") {
  for (const char* text : {"os_name == 'C:\\\\'", "os_name == 'a\\nb'", "os_name == 'a\\0b'", "os_name == '\\\\x41'", "os_name == '\\x22\\x27'", "os_name == '\\xff\\q'"}) {
    CAPTURE(text);
    const std::string once = printed(text);
    CHECK(printed(once.c_str()) == once);
  }
  MarkerEnvironment environment = linux_environment();
  environment.os_name = "C:\\\n'\"";
  CHECK(Marker::parse(printed("os_name == 'C:\\\\\\n\\x27\\x22'")).value().evaluate(environment).value());
}

TEST_CASE("a broken marker is refused with the place", "[packaging]") {
  struct Row {
    const char *text, *message, *caret;
  };
  for (const Row& row :
       {Row{"os_nam == 'x'", "Expected a marker variable or quoted string", "^"},
        Row{"os_name = 'x'", "Expected marker operator, one of <=, <, !=, ==, >=, >, ~=, ===, in, not in", "        ^"},
        Row{"(os_name == 'x'", "Expected matching RIGHT_PARENTHESIS for LEFT_PARENTHESIS, after marker expression",
            "~~~~~~~~~~~~~~~^"},
        Row{"os_name == 'x' os_name", "Expected end of marker expression", "               ^"},
        Row{"os_name notin 'x'", "Expected marker operator, one of <=, <, !=, ==, >=, >, ~=, ===, in, not in", "        ^"},
        Row{"os_name not 'x'", "Expected 'in' after 'not'", "            ^"},
        Row{"os_name == \"C:\\\"", "Invalid quoted string", "           ~~~~~^"},
        Row{"'\xC3\xA9' == os_name \r", "Expected end of marker expression", "               ^"}}) {
    CAPTURE(row.text);
    const auto marker = Marker::parse(row.text);
    REQUIRE_FALSE(marker);
    CHECK(marker.error().message == row.message);
    CHECK(marker.error().details == std::vector<std::string>{row.text, row.caret});
  }
  for (const char* text : {"", "()", "os_name", "not os_name == 'x'", "os_name == 'x' and", "os_name == '\\x'",
                           "os_name == 'a\nb'", "os_name == '\\N{DASH}'"}) {
    CAPTURE(text);
    CHECK_FALSE(Marker::parse(text));
  }
}

TEST_CASE("a hundred thousand parentheses are refused without recursion", "[packaging][X16]") {
  const std::size_t depth = 100'000;
  const std::string deep = std::string(depth, '(') + "os_name == 'x'" + std::string(depth, ')');
  CHECK_FALSE(Marker::parse(deep));
  const std::string allowed = std::string(900, '(') + "os_name == 'x'" + std::string(900, ')');
  CHECK(printed(allowed) == "os_name == \"x\"");
  std::string nested = "os_name == 'posix'";
  for (int i = 0; i < 500; ++i) nested = "os_name == 'posix' and (os_name == 'nt' or " + nested + ")";
  CHECK(holds(nested));
}

TEST_CASE("a conjunction demands both and keeps precedence", "[packaging]") {
  const Marker either = Marker::parse("os_name == 'a' or os_name == 'posix'").value(),
               none = Marker::parse("os_name == 'nt'").value();
  const Marker both = Marker::conjunction(either, none);
  CHECK(both.str() == "(os_name == \"a\" or os_name == \"posix\") and os_name == \"nt\"");
  CHECK_FALSE(both.evaluate(linux_environment()).value());
  CHECK(Marker::conjunction(Marker(), either).str() == either.str());
  CHECK(Marker().evaluate(linux_environment()).value());
  CHECK(Marker::parse(both.str()).value().str() == both.str());
}

TEST_CASE("parse(print(m)) is m for random markers", "[packaging]") {
  std::mt19937 random(508);
  const auto build = [&](const auto& self, int depth) -> std::string {
    const auto kind = random() % 5;
    if (depth > 0 && kind == 0) return "(" + self(self, depth - 1) + ")";
    if (depth > 0 && kind < 4) return self(self, depth - 1) + (random() % 2 == 0 ? " and " : " or ") + self(self, depth - 1);
    static constexpr const char* kItems[] = {
        "os_name == 'posix'", "'nt' != os_name", "python_version>='3.8'", "extra == 'a'", "sys_platform in 'linux win32'",
        "os_name == 'nt'"};
    return kItems[random() % std::size(kItems)];
  };
  for (int i = 0; i < 500; ++i) {
    const Marker marker = Marker::parse(build(build, 4)).value();
    const Marker again = Marker::parse(marker.str()).value();
    CAPTURE(marker.str());
    CHECK(again.str() == marker.str());
    CHECK(again.evaluate(linux_environment()).value() == marker.evaluate(linux_environment()).value());
  }
}
