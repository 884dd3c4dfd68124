#include "pipit/packaging/requirement.h"

#include <catch2/catch_test_macros.hpp>
#include <random>

using namespace pipit::packaging;

namespace {

Requirement requirement(std::string_view text) { return Requirement::parse(text).value(); }

}  // namespace

TEST_CASE("every form of a requirement is understood", "[packaging]") {
  struct Row {
    const char *text, *printed;
  };
  for (const Row& row :
       {Row{"name", "name"}, Row{" Foo.Bar [b , a] (>=1,<2) ; os_name=='nt' ", "Foo.Bar[a,b]<2,>=1; os_name == \"nt\""},
        Row{"a>=1,", "a>=1"}, Row{"a[]==1", "a==1"}, Row{"a ()", "a"}, Row{"a==1.*;extra=='X_y'", "a==1.*; extra == \"x-y\""},
        Row{"a@https://h/a;b", "a @ https://h/a;b"},
        Row{"a @ https://h/a ; os_name == 'nt'", "a @ https://h/a ; os_name == \"nt\""}, Row{"a_", "a_"},
        Row{"a===foo-bar ; os_name=='x'", "a===foo-bar; os_name == \"x\""}}) {
    CAPTURE(row.text);
    CHECK(requirement(row.text).str() == row.printed);
    CHECK(requirement(row.printed).str() == row.printed);
  }
}

TEST_CASE("extras keep their order and spelling and lose duplicates of one normal form", "[packaging]") {
  CHECK(requirement("a[B_c,z,b-C,b.c]").extras == std::vector<std::string>{"B_c", "z"});
  CHECK(requirement("Foo__Bar").normalized_name() == "foo-bar");
}

TEST_CASE("a broken requirement is refused in the words of the reference, with the place", "[packaging]") {
  struct Row {
    const char *text, *message, *caret;
  };
  for (const Row& row : {
           Row{"", "Expected package name at the start of dependency specifier", "^"},
           Row{"-x", "Expected package name at the start of dependency specifier", "^"},
           Row{"foo=1.0", "Expected semicolon (after name with no version specifier) or end", "   ^"},
           Row{"name 1.0", "Expected semicolon (after name with no version specifier) or end", "     ^"},
           Row{"name>=1 2", "Expected comma (within version specifier), semicolon (after version specifier) or end", "    ~~~~^"},
           Row{"name>=1.*", ".* suffix can only be used with `==` or `!=` operators", "    ~~~~^"},
           Row{"name==1a1.*", ".* suffix cannot be used with pre-release, post-release, dev or local versions", "    ~~~~~~^"},
           Row{"name>=1+x", "Local version label can only be used with `==` or `!=` operators", "    ~~~^"},
           Row{"name[a b]", "Expected comma between extra names", "       ^"},
           Row{"name[a,]", "Expected extra name after comma", "       ^"},
           Row{"name[a", "Expected matching RIGHT_BRACKET for LEFT_BRACKET, after extras", "    ~~^"},
           Row{"name (>=1", "Expected matching RIGHT_PARENTHESIS for LEFT_PARENTHESIS, after version specifier", "     ~~~~^"},
           Row{"name @ ", "Expected URL after @", "       ^"},
           Row{"name @ u x", "Expected semicolon (after URL and whitespace) or end", "       ~~^"},
           Row{"name; os_nam", "Expected a marker variable or quoted string", "      ^"},
           Row{"name; os_name == 'x' \r\n", "Expected end of dependency specifier", "                     ^"},
       }) {
    CAPTURE(row.text);
    const auto parsed = Requirement::parse(row.text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == kInvalidRequirement);
    CHECK(parsed.error().message == row.message);
    CHECK(parsed.error().details == std::vector<std::string>{row.text, row.caret});
  }
  CHECK(Requirement::parse("a===x,y").error().message == "Invalid specifier: 'y'");
}

TEST_CASE("parse(print(r)) is r for random requirements", "[packaging]") {
  std::mt19937 random(503);
  const auto pick = [&](std::initializer_list<const char*> list) { return std::string(std::data(list)[random() % list.size()]); };
  for (int i = 0; i < 2000; ++i) {
    std::string text = pick({"a", "Foo.Bar", "x_1", "zope.interface"}) + pick({"", "", "[a]", "[b, A]", " [ c ]"});
    text += random() % 5 == 0 ? pick({" @ https://h/x.whl", "@ file:///a"})
                              : pick({"", "==1.0", " (>=1, <2)", "~=1.4.2,!=1.4.3,", "===weird!", "> 2!1.0rc1"});
    if (random() % 2 == 0) text += pick({" ; os_name == 'nt'", " ; (extra == 'a' or extra == 'b') and python_version < \"3\""});
    CAPTURE(text);
    const std::string printed = requirement(text).str();
    CHECK(requirement(printed).str() == printed);
  }
}

TEST_CASE("a requirement of more extras, clauses or comparisons than anybody writes is refused", "[packaging]") {
  std::string extras = "a[b", clauses = "a", marker = "a; os_name=='b'";
  for (int i = 0; i < 100'000; ++i) {
    extras += ",c" + std::to_string(i);
    clauses += ">1,";
    marker += " or os_name=='b'";
  }
  CHECK_FALSE(Requirement::parse(extras + "]"));
  CHECK_FALSE(Requirement::parse(clauses + ">1"));
  CHECK_FALSE(Requirement::parse(marker));
}
