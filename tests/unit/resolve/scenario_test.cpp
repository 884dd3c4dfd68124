#include "unit/resolve/scenario.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include "support/places.h"

namespace pipit::resolve::test {

using nlohmann::json;

json read_json(const std::string& path) {
  std::ifstream file(path);
  REQUIRE(file.good());
  return json::parse(file);
}

namespace {

TableRelease release_of(const std::string& version, const json& given) {
  TableRelease release;
  release.version = version;
  if (given.is_array()) {
    release.requirements = given.get<std::vector<std::string>>();
    return release;
  }
  release.requirements = given.value("requires", std::vector<std::string>{});
  release.extras = given.value("extras", std::map<std::string, std::vector<std::string>>{});
  release.yanked = given.value("yanked", false);
  release.unavailable = given.value("unavailable", "");
  release.no_file = given.value("no_file", "");
  release.bad_metadata = given.value("bad_metadata", "");
  release.requires_python = given.value("requires_python", "");
  return release;
}

template <class Line>
Line line_of(const json& given, Line (*make)(const std::string&, const std::string&, int)) {
  if (given.is_string()) return make(given.get<std::string>(), "", 0);
  return make(given[0].get<std::string>(), given[1].get<std::string>(), given[2].get<int>());
}

}  // namespace

TableProvider provider_of(const json& scenario) {
  TableProvider provider;
  for (const auto& [name, releases] : scenario.at("universe").items())
    for (const auto& [version, given] : releases.items()) provider.add(name, release_of(version, given));
  const json urls = scenario.value("urls", json::object());
  for (const auto& [url, given] : urls.items())
    provider.urls[url] = release_of(given.at("version").get<std::string>(), given);
  provider.missing = scenario.value("missing", std::map<std::string, std::string>{});
  return provider;
}

SolverOptions options_of(const json& given) {
  SolverOptions options;
  for (const json& line : given.at("roots")) options.roots.push_back(line_of(line, &root));
  for (const json& line : given.value("constraints", json::array())) options.constraints.push_back(line_of(line, &rule));
  for (const json& line : given.value("overrides", json::array())) options.overrides.push_back(line_of(line, &rule));
  const json present = given.value("installed", json::object());
  for (const auto& [name, version] : present.items())
    options.installed.push_back(installed(name, version.get<std::string>()));
  const std::string upgrade = given.value("upgrade", ""), strategy = given.value("strategy", ""), pre = given.value("pre", "");
  if (upgrade == "only-if-needed") options.upgrade = UpgradeStrategy::only_if_needed;
  if (upgrade == "eager") options.upgrade = UpgradeStrategy::eager;
  if (strategy == "lowest") options.strategy = VersionStrategy::lowest;
  if (strategy == "lowest-direct") options.strategy = VersionStrategy::lowest_direct;
  if (pre == "allow") options.prereleases.general = PrereleasePolicy::General::allow;
  if (pre == "forbid") options.prereleases.general = PrereleasePolicy::General::forbid;
  options.prereleases.all_releases = given.value("all_releases", std::set<std::string>{});
  options.prereleases.only_final = given.value("only_final", std::set<std::string>{});
  options.no_dependencies = given.value("no_deps", false);
  return options;
}

namespace {

void check_solution(const json& expected, const Solution& solution) {
  if (expected.contains("order")) {
    std::string order;
    for (const model::Resolved& project : solution.resolution.projects) order += (order.empty() ? "" : " ") + project.candidate.name;
    CHECK(order == expected.at("order").get<std::string>());
  }
  const json wanted_extras = expected.value("extras", json::object());
  for (const auto& [name, extras] : wanted_extras.items())
    CHECK(solution.resolution.find(name)->extras == extras.get<std::vector<std::string>>());
}

void check_conflict(const json& expected, const Conflict& conflict) {
  if (expected.contains("not_found")) {
    REQUIRE(conflict.classic.not_found.has_value());
    CHECK(conflict.classic.not_found->requirement == expected.at("not_found").get<std::string>());
  }
  if (expected.contains("from_versions"))
    CHECK(conflict.classic.not_found->versions == expected.at("from_versions").get<std::vector<std::string>>());
  if (expected.contains("requires_python"))
    CHECK(conflict.classic.not_found->requires_python == expected.at("requires_python").get<std::vector<std::string>>());
  if (expected.contains("causes")) CHECK(conflict.classic.causes == expected.at("causes").get<std::vector<std::string>>());
  if (expected.contains("triggers")) CHECK(conflict.classic.triggers == expected.at("triggers").get<std::vector<std::string>>());
}

void check_case(const json& scenario, const json& given) {
  INFO(given.at("say").get<std::string>());
  TableProvider provider = provider_of(scenario);
  const SolverOptions options = options_of(given);
  Diagnostics diagnostics;
  const Result<Outcome> outcome = solve(options, provider, diagnostics);
  CHECK(summary(outcome) == given.at("expect").get<std::string>());
  std::vector<std::string> warnings;
  for (const Diagnostic& diagnostic : diagnostics.items()) warnings.push_back(diagnostic.message);
  if (given.contains("warnings")) CHECK(warnings == given.at("warnings").get<std::vector<std::string>>());
  for (const json& question : given.value("not_asked", json::array()))
    CHECK(std::ranges::find(provider.questions, question.get<std::string>()) == provider.questions.end());
  if (const auto* solution = std::get_if<Solution>(&outcome.value())) check_solution(given, *solution);
  if (const auto* conflict = std::get_if<Conflict>(&outcome.value())) check_conflict(given, *conflict);
}

}  // namespace

TEST_CASE("the resolver's scenarios end as their files say", "[resolve][scenario]") {
  std::size_t cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(pipit::test::fixtures() + "/scenarios/resolve")) {
    INFO(entry.path().filename().string());
    const json scenario = read_json(entry.path().string());
    for (const json& given : scenario.at("cases")) {
      check_case(scenario, given);
      ++cases;
    }
  }
  CHECK(cases >= 80);
}

}  // namespace pipit::resolve::test
