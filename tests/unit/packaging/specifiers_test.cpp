#include "pipit/packaging/specifiers.h"

#include <catch2/catch_test_macros.hpp>
#include <random>

using namespace pipit::packaging;

namespace {

SpecifierSet set(std::string_view text) { return SpecifierSet::parse(text).value(); }
bool admits(std::string_view clause, std::string_view version) {
  return Specifier::parse(clause).value().admits(Version::parse(version).value());
}

std::vector<std::string> filtered(std::string_view text, const std::vector<std::string>& candidates,
                                  Prereleases prereleases = Prereleases::from_specifier) {
  std::vector<std::string> kept;
  for (const std::size_t i : set(text).filter_texts(candidates, prereleases)) kept.push_back(candidates[i]);
  return kept;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("each operator admits what PEP 440 says", "[packaging]") {
  struct Row {
    const char *clause, *version;
    bool admitted;
  };
  for (const Row& row : {
           Row{"==1", "1.0.0", true},
           Row{"==1.0", "1.0+x", true},
           Row{"==1.0+x", "1.0", false},
           Row{"==1.0+x", "1.0+x", true},
           Row{"!=1.0", "1.0+x", false},
           Row{"==2.0.0.*", "2", true},
           Row{"==2.*", "2a1", true},
           Row{"==2.*", "2!2.0", false},
           Row{"==1.1.*", "1.10", false},
           Row{"!=1.1.*", "1.1.post1", false},
           Row{"==1!2.*", "1!2.5", true},
           Row{"~=2.2", "2.3", true},
           Row{"~=2.2", "3.0", false},
           Row{"~=2.2.0", "2.3", false},
           Row{"~=1!2.2", "2.5", false},
           Row{"~=2.2.post3", "2.2", false},
           Row{"~=2.2a1", "2.2rc1", true},
           Row{"~=2.2", "3.0.dev0", false},
           Row{"<=1.0", "1.0+x", true},
           Row{">=1.0", "1.0+x", true},
           Row{">1.0", "1.0+x", false},
           Row{">1.7", "1.7.post1", false},
           Row{">1.7.post1", "1.7.post2", true},
           Row{">1.7", "1.7.0.1", true},
           Row{">1.0a1", "1.0a2+x", true},
           Row{">1.0.dev1", "1.0+x", true},
           Row{">1.0a1", "1.0a1.post1", false},
           Row{">1.0.dev1", "1.0.dev1+x", false},
           Row{">1.0.post1", "1.0.post1+x", false},
           Row{">1.0a1", "1.0", true},
           Row{"<1.0", "1.0rc1", false},
           Row{"<1.0", "1.0.dev0", false},
           Row{"<1.0rc1", "1.0b1", true},
           Row{"<1.0.post1", "1.0rc1", true},
           Row{"<1.0.post1", "1.0.post1.dev0", false},
           Row{"<1.0.post1", "1.0.post0.dev1", true},
           Row{"<1.0.post1", "1.0", true},
           Row{"<1.0", "0.9+x", true},
           Row{"<0.dev0", "0.dev0", false},
           Row{">99999999999999999999", "99999999999999999999.post1", false},
           Row{"==99999999999999999999.*", "99999999999999999999.5", true},
           Row{"==1.2.3.4.5.*", "1.2.3.4.5.6", true},
           Row{"==1.2.3.4.5.*", "1.2.3.4.6", false},
           Row{"===1.0", "1.0", true},
       }) {
    CAPTURE(row.clause, row.version);
    CHECK(admits(row.clause, row.version) == row.admitted);
  }
}

TEST_CASE("arbitrary equality compares text as written, ASCII case aside", "[packaging]") {
  CHECK(set("===FooBar").contains_text("foobar"));
  CHECK_FALSE(set("===1.0").contains_text("1.0.0"));
  CHECK(set("===1.0").contains(Version::parse("1.0.0").value(), "1.0", Prereleases::allow));
  CHECK_FALSE(set("===foobar,>=1").contains_text("foobar"));
  CHECK(set("").contains_text("not a version"));
  CHECK_FALSE(set(">=0").contains_text("not a version"));
}

TEST_CASE("specifiers that the grammar does not know are refused", "[packaging]") {
  for (const char* text : {"1.0", "=1.0", "=>1.0", "~=1", ">=1.0.*", "==1.0a1.*", "==1.0.post1.*", "==1.0+x.*", ">=1.0+x",
                           "~=1.0+x", "==", "== 1.0 2.0", "==1..0", ">1!",
                           "~=1.2.3prev\xC4\xB1"
                           "ew1",
                           "==1.0\xC2\xA0x"}) {
    CAPTURE(text);
    CHECK_FALSE(Specifier::parse(text));
  }
  CHECK(Specifier::parse("=1.0").error().message == "Invalid specifier: '=1.0'");
}

TEST_CASE("blanks, letter case, a leading v and stray commas of a set are harmless", "[packaging]") {
  CHECK(set(" >= V1.0 ,, <2 , ").str() == "<2,>=V1.0");
  CHECK(set("").str().empty());
  CHECK(set(">=1,>=1.0,>=1").str() == ">=1");
  CHECK(set("~=1.0,~=1.0.0").str() == "~=1.0,~=1.0.0");
  CHECK(set(">=1.0,<2") == set("< 2.0, >=1"));
  CHECK_FALSE(set("~=1.0") == set("~=1.0.0"));
}

TEST_CASE("pre-releases are chosen only where a clause names one or nothing else is left", "[packaging]") {
  const Texts all{"1.0a1", "1.5", "2.0b1", "2.5"};
  CHECK(filtered(">=1.0", all) == Texts{"1.5", "2.5"});
  CHECK(filtered(">=1.0a1", all) == all);
  CHECK(filtered(">=1.0a1", all, Prereleases::forbid) == Texts{"1.5", "2.5"});
  CHECK(filtered(">=1.6,<2.2", all) == Texts{"2.0b1"});
  CHECK(filtered("!=1.0a1", all) == Texts{"1.5", "2.5"});
  CHECK(filtered("", {"1.0a1", "garbage", "1.0"}) == Texts{"garbage", "1.0"});
  CHECK(filtered("", {"1.0a1", "garbage"}) == Texts{"1.0a1", "garbage"});
  CHECK(filtered(">=1.0", {"garbage"}).empty());
  CHECK(set(">=1.0").contains(Version::parse("2.0a1").value()));
  CHECK_FALSE(set(">=1.0").contains(Version::parse("2.0a1").value(), Prereleases::forbid));
}

TEST_CASE("only a single exact clause pins", "[packaging]") {
  CHECK(set("==1.0").pin() != nullptr);
  CHECK(set("===1.0").pin() != nullptr);
  CHECK(set("==1.*").pin() == nullptr);
  CHECK(set("==1.0,<2").pin() == nullptr);
  CHECK(set(">=1.0").pin() == nullptr);
  CHECK(SpecifierSet::exactly(Version::parse("1.0+x").value()).str() == "==1.0+x");
}

TEST_CASE("adding a set demands both", "[packaging]") {
  SpecifierSet both = set(">=1");
  both.add(set("<2"));
  CHECK(both.contains(Version::parse("1.5").value()));
  CHECK_FALSE(both.contains(Version::parse("2").value()));
  CHECK(both == set(">=1,<2"));
}

TEST_CASE("parse(print(s)) is s for random specifier sets, and admits the same versions", "[packaging]") {
  std::mt19937 random(442);
  const auto pick = [&](std::initializer_list<const char*> list) { return std::string(std::data(list)[random() % list.size()]); };
  const auto release = [&] { return pick({"", "", "", "1!"}) + pick({"1", "1.0", "1.0.0", "2.10", "v1.2", "01.002", "20240101123456789012.1", "1.0.0.0.1"}); };
  const auto suffix = [&] { return pick({"", "", "", "a1", ".RC-2", "-3", ".post1", ".dev0", "b2.post1.dev3", "alpha"}); };
  std::vector<Version> candidates;
  for (int i = 0; i < 40; ++i) candidates.push_back(*Version::try_parse(release() + suffix() + pick({"", "", "", "+x", "+1.Local"})));
  std::size_t parsed = 0;
  for (int i = 0; i < 1500; ++i) {
    std::string text;
    for (std::size_t clauses = random() % 4; clauses > 0; --clauses) {
      const std::string op = pick({"==", "!=", "<", ">", "<=", ">=", "~=", "===", " == ", ">= "});
      text += op + release() + (op[0] == '=' || op[0] == '!' ? pick({".*", "+local.1", "", ""}) : suffix()) + pick({"", " "}) + ",";
    }
    const auto written = SpecifierSet::parse(text);
    if (!written) continue;  // "~=1" and the like
    ++parsed;
    CAPTURE(text);
    const SpecifierSet again = set(written->str());
    REQUIRE(again.str() == written->str());
    REQUIRE(again == *written);
    for (const Version& candidate : candidates)
      REQUIRE(again.contains(candidate, Prereleases::allow) == written->contains(candidate, Prereleases::allow));
  }
  CHECK(parsed > 800);
}

TEST_CASE("a set of more clauses than anybody writes is refused", "[packaging]") {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += ">1,";
  CHECK(SpecifierSet::parse(text));
  CHECK_FALSE(SpecifierSet::parse(text + ">1"));
}
