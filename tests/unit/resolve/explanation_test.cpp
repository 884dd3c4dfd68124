// Golden explanations: what a person reads when there is no solution. PIPIT_RENEW_GOLDENS=1 writes them anew; then read them
// aloud: it must be clear which line to change.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "unit/resolve/scenario.h"
#include "support/places.h"

namespace pipit::resolve::test {

namespace {

std::string told(const Conflict& conflict, const std::vector<std::string>& hints) {
  std::string text;
  const auto line = [&text](const std::string& words) { text += words + "\n"; };
  if (const auto& missing = conflict.classic.not_found) {
    std::string versions;
    for (const std::string& version : missing->versions) versions += (versions.empty() ? "" : ", ") + version;
    line("Could not find a version that satisfies the requirement " + missing->requirement + " (from versions: " +
         (versions.empty() ? "none" : versions) + ")");
    line("No matching distribution found for " + missing->requirement);
  } else {
    line(conflict.classic.headline());
    line("");
    line("The conflict is caused by:");
    for (const std::string& cause : conflict.classic.causes) line("    " + cause);
  }
  line("");
  for (const std::string& sentence : conflict.explain()) line(sentence);
  for (const std::string& hint : hints) line("hint: " + hint);
  return text;
}

std::string explanation(const std::filesystem::path& input) {
  const nlohmann::json scenario = read_json(input.string());
  TableProvider provider = provider_of(scenario);
  const SolverOptions options = options_of(scenario.at("case"));
  Diagnostics diagnostics;
  const Outcome outcome = solve(options, provider, diagnostics).value();
  REQUIRE(std::holds_alternative<Conflict>(outcome));
  const Conflict& conflict = std::get<Conflict>(outcome);
  return told(conflict, suggest(options, provider, conflict).value());
}

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("conflicts are explained as the golden files read", "[resolve][golden]") {
  std::size_t compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(pipit::test::fixtures() + "/explanations")) {
    if (entry.path().extension() != ".json") continue;
    INFO(entry.path().filename().string());
    const std::string text = explanation(entry.path());
    std::filesystem::path golden = entry.path();
    golden.replace_extension(".txt");
    if (std::getenv("PIPIT_RENEW_GOLDENS") != nullptr) std::ofstream(golden) << text;
    CHECK(text == content(golden));
    CHECK(text.find("hunter2") == std::string::npos);  // a password that one of the inputs holds
    ++compared;
  }
  CHECK(compared >= 10);
}

}  // namespace pipit::resolve::test
