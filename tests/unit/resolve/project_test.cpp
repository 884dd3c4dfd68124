#include <catch2/catch_test_macros.hpp>
#include <random>
#include <set>

#include "resolve/project.h"
#include "unit/resolve/table_provider.h"

using namespace pipit;
using namespace pipit::resolve;

namespace {

const std::vector<std::string> kVersions = {
    "0.9",        "1.0.dev1",     "1.0.dev3",      "1.0a1.dev2", "1.0a1",         "1.0a1.post1", "1.0a1.post1.dev1", "1.0a2+x",   "1.0b1",
    "1.0rc1",     "1.0rc1+loc",   "1.0",           "1.0+x",      "1.0+x.2",       "1.0+3",       "1.0.post0.dev1",   "1.0.post1", "1.0.post1+y",
    "1.0.post2",  "1.0.1.dev0",   "1.0.1a1",       "1.0.1",      "1.0.1.1",       "1.1.dev1",    "1.1a1",            "1.1",       "1.1.0.post1",
    "1.10",       "1.2",          "1.2.0.1+local", "2.0.dev1",   "2.0a1",         "2.0",         "2.0.post1.dev2",   "2.0.post1", "2.1+abc",
    "2.1",        "3",            "1!0.5",         "1!1.0.dev1", "1!1.0",         "1!1.0+z",     "1!1.0.post1",      "2020.10",   "20240101123456789012",
};

Listing listing_of(const std::vector<std::string>& texts) {
  Listing listing;
  for (std::uint32_t i = 0; i < texts.size(); ++i)
    listing.versions.push_back({packaging::Version::parse(texts[i]).value(), texts[i], false, std::nullopt, i});
  return listing;
}

}  // namespace

TEST_CASE("the set of a requirement agrees with SpecifierSet::contains for every release", "[resolve]") {
  Project project;
  project.name = "x";
  project.begin();
  project.load(listing_of(kVersions));
  REQUIRE(project.releases() == kVersions.size());
  std::vector<std::string> clauses;
  for (const std::string& version : kVersions) {
    for (const char* op : {"==", "!=", "===", "<", "<=", ">", ">=", "~="}) clauses.push_back(op + version);
    clauses.push_back("==" + version + ".*");
    clauses.push_back("!=" + version + ".*");
  }
  clauses.insert(clauses.end(), {"==1.*", "!=1.*", "==1!1.*", "==1.0.0.0.*", "~=1.0.0", "===1.0+X", "===nonsense", "==1.0.0", "<1!0", ">0.0"});
  std::size_t tried = 0;
  const auto check = [&](const std::string& text) {
    const auto requirement = packaging::Requirement::parse("x" + text);
    if (!requirement) return;  // locals and the like are not allowed everywhere
    ++tried;
    const VersionSet set = project.admitted(*requirement);
    INFO(text);
    CHECK_FALSE(set.contains(set.absent()));
    for (std::size_t rank = 0; rank < project.releases(); ++rank) {
      INFO(project.version(rank).str());
      const bool expected =
          requirement->specifiers.contains(project.version(rank), project.listed(rank)->text, packaging::Prereleases::allow);
      CHECK(set.contains(rank) == expected);
    }
  };
  for (const std::string& clause : clauses) check(clause);
  CHECK(tried > 200);
  std::mt19937 random(7);
  for (int i = 0; i < 500; ++i) check(clauses[random() % clauses.size()] + "," + clauses[random() % clauses.size()]);
}

TEST_CASE("the set of a random requirement agrees with SpecifierSet::contains for random releases", "[resolve]") {
  std::mt19937 random(8);
  const auto pick = [&](std::initializer_list<const char*> list) { return std::string(std::data(list)[random() % list.size()]); };
  // Few numbers, so that releases, prefixes and bounds fall on each other; one too large for a machine word.
  const auto release = [&] {
    std::string text = pick({"", "", "", "", "1!", "2!"}) + pick({"0", "1", "2"});
    for (std::size_t i = random() % 4; i > 0; --i) text += "." + pick({"0", "0", "1", "2", "10", "99999999999999999999"});
    return text;
  };
  const auto public_version = [&] {
    return release() + pick({"", "", "", "a0", "a1", "b1", "rc1"}) + pick({"", "", "", ".post0", ".post1"}) + pick({"", "", "", ".dev0", ".dev1"});
  };
  std::size_t tried = 0, admitted = 0;
  for (int universe = 0; universe < 40; ++universe) {
    std::set<packaging::Version> versions;
    std::vector<std::string> texts;
    for (int i = 0; i < 60; ++i) {
      const std::string text = public_version() + pick({"", "", "", "+x", "+1", "+x.2"});
      if (versions.insert(packaging::Version::parse(text).value()).second) texts.push_back(text);
    }
    Project project;
    project.begin();
    project.load(listing_of(texts));
    for (int i = 0; i < 150; ++i) {
      std::string text = "x";
      for (std::size_t clauses = 1 + random() % 3; clauses > 0; --clauses) {
        const std::string op = pick({"==", "!=", "<", "<=", ">", ">=", "~=", "==="});
        const bool equality = op == "==" || op == "!=";
        text += op + (equality && random() % 2 == 0 ? release() + ".*" : public_version() + (equality ? pick({"", "+x", "+1"}) : "")) + (clauses > 1 ? "," : "");
      }
      const auto requirement = packaging::Requirement::parse(text);
      if (!requirement) continue;
      ++tried;
      const VersionSet set = project.admitted(*requirement);
      REQUIRE_FALSE(set.contains(set.absent()));
      for (std::size_t rank = 0; rank < project.releases(); ++rank) {
        const bool expected = requirement->specifiers.contains(project.version(rank), project.listed(rank)->text, packaging::Prereleases::allow);
        admitted += expected;
        if (set.contains(rank) != expected) FAIL_CHECK(text << " and " << project.version(rank).str());
      }
    }
  }
  CHECK(tried > 4000);
  CHECK(admitted > 10'000);
}

TEST_CASE("ranks are ascending whatever the order of the listing, and the order of the listing is the preference", "[resolve]") {
  Project project;
  project.begin();
  project.load(listing_of({"1.0", "3.0", "2.0"}));
  CHECK(project.version(0).str() == "1.0");
  CHECK(project.version(2).str() == "3.0");
  CHECK(project.preference() == std::vector<std::uint32_t>{0, 2, 1});
}

TEST_CASE("an installed release takes the place of its listed twin, or stands between its neighbours", "[resolve]") {
  const auto preference_with = [](const std::string& version) {
    Project project;
    project.installed = test::installed("x", version).candidate;
    project.begin();
    project.load(listing_of({"3.0", "2.0", "1.0"}));
    std::string text;
    for (const std::uint32_t rank : project.preference())
      text += project.version(rank).str() + (project.source(rank) == Source::installed ? "* " : " ");
    return text;
  };
  CHECK(preference_with("2.0") == "3.0 2.0* 1.0 ");
  CHECK(preference_with("2.5") == "3.0 2.5* 2.0 1.0 ");
  CHECK(preference_with("0.5") == "3.0 2.0 1.0 0.5* ");
  CHECK(preference_with("4.0") == "4.0* 3.0 2.0 1.0 ");
}

TEST_CASE("a set from before loading means the same afterwards", "[resolve]") {
  Project project;
  project.installed = test::installed("x", "2.0").candidate;
  project.begin();
  const VersionSet not_installed = [&] {
    VersionSet set = project.everything();
    set.erase(0);
    return set;
  }();
  const VersionSet old_enough = project.admitted(test::parse_requirement("x<2"));
  CHECK_FALSE(old_enough.contains(0));
  CHECK(old_enough.contains(1));
  project.load(listing_of({"3.0", "2.0", "1.0"}));
  const VersionSet after = project.widened(not_installed, 0);
  CHECK(after.count() == 3);  // 1.0, 3.0, absent
  CHECK_FALSE(after.contains(1));
  CHECK(after.contains(after.absent()));
}

TEST_CASE("sets of every size keep the laws of sets", "[resolve]") {
  std::mt19937 random(11);
  for (const std::size_t size : {1U, 2U, 63U, 64U, 65U, 200U, 256U, 257U, 1000U}) {
    INFO(size);
    VersionSet a(size), b(size);
    std::set<std::size_t> in_a, in_b;
    for (std::size_t i = 0; i < size; ++i) {
      if (random() % 2 == 0) a.insert(i), in_a.insert(i);
      if (random() % 3 == 0) b.insert(i), in_b.insert(i);
    }
    CHECK(a.count() == in_a.size());
    CHECK(a.complement().count() == size - in_a.size());
    CHECK(a.complement().complement() == a);
    CHECK((a & b).is_subset_of(a));
    CHECK(a.is_subset_of(a | b));
    CHECK((a & a.complement()).empty());
    CHECK((a | a.complement()).is_full());
    CHECK(a.is_disjoint_from(a.complement()));
    CHECK((a & b).empty() == a.is_disjoint_from(b));
    VersionSet range(size);
    range.insert_range(size / 3, size);
    CHECK(range.count() == size - size / 3);
  }
}

TEST_CASE("URLs are compared without what does not change the bytes", "[resolve]") {
  CHECK(comparable_url("https://h/a.zip#egg=a&sha256=ab") == "https://h/a.zip");
  CHECK(comparable_url("git+https://h/r@v1#egg=a&subdirectory=pkg&x=1") == "git+https://h/r@v1#subdirectory=pkg");
}
