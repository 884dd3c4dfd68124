#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "unit/resolve/table_provider.h"

using namespace pipit;
using namespace pipit::resolve;
using namespace pipit::resolve::test;

namespace {

std::vector<std::string> lines_about(const SolverOptions& options, TableProvider& provider, const std::string& name) {
  Diagnostics diagnostics;
  const Outcome outcome = solve(options, provider, diagnostics).value();
  return why(options, provider, std::get<Solution>(outcome), name).value();
}

TableProvider small_index() {
  TableProvider provider;
  provider.add("web", {"1.0", {"core<2"}, {}, false, "", "", "", ""}).add("web", {"2.0", {"core>=2"}, {}, false, "", "", "", ""});
  provider.add("core", {"1.0", {}, {}, false, "", "", "", ""}).add("core", {"2.0", {}, {}, false, "", "", "", ""});
  provider.add("core", {"3.0a1", {}, {}, false, "", "", "", ""}).add("plug", {"1.0", {"core<2"}, {}, false, "", "", "", ""});
  return provider;
}

}  // namespace

TEST_CASE("the newest release needs no more reasons than who asks", "[resolve]") {
  TableProvider provider = small_index();
  SolverOptions options;
  options.roots = {root("web", "in.txt", 1)};
  CHECK(lines_about(options, provider, "web") ==
        std::vector<std::string>{"web 2.0 was chosen", "  in.txt:1 asks for web", "  it is the newest there is"});
}

TEST_CASE("a requirement that rules out newer releases is named, once", "[resolve]") {
  TableProvider provider = small_index();
  SolverOptions options;
  options.roots = {root("plug", "in.txt", 1)};
  CHECK(lines_about(options, provider, "core") ==
        std::vector<std::string>{"core 1.0 was chosen", "  plug 1.0 needs core<2", "  not 3.0a1: plug 1.0 needs core<2"});
}

TEST_CASE("a newer release that no single requirement rules out is tried", "[resolve]") {
  TableProvider provider = small_index();
  SolverOptions options;
  options.roots = {root("plug", "in.txt", 1), root("web", "in.txt", 2)};
  const std::vector<std::string> lines = lines_about(options, provider, "web");
  CHECK(lines.front() == "web 1.0 was chosen");
  CHECK(std::ranges::find(lines, "  not 2.0: with it there is no solution") != lines.end());
  CHECK(std::ranges::any_of(lines, [](const std::string& line) { return line.find("web 2.0 needs core>=2") != std::string::npos; }));
  CHECK(std::ranges::none_of(lines, [](const std::string& line) { return line.find("trial") != std::string::npos; }));
}

TEST_CASE("a project that is not part of the solution has no reasons", "[resolve]") {
  TableProvider provider = small_index();
  SolverOptions options;
  options.roots = {root("core")};
  CHECK(lines_about(options, provider, "web").empty());
}

TEST_CASE("edges say who asked, the user first, and hashes of all lines are joined", "[resolve]") {
  TableProvider provider = small_index();
  SolverOptions options;
  options.roots = {root("plug", "in.txt", 1), root("core", "in.txt", 2)};
  options.roots[1].hashes = {{"sha256", "aa"}, {"sha256", "bb"}};
  options.constraints = {rule("core", "c.txt", 1)};
  options.constraints[0].hashes = {{"sha256", "bb"}};
  Diagnostics diagnostics;
  const Outcome outcome = solve(options, provider, diagnostics).value();
  const model::Resolved* core = std::get<Solution>(outcome).resolution.find("core");
  REQUIRE(core != nullptr);
  REQUIRE(core->requested_by.size() == 2);
  CHECK(core->requested_by[0].origin.line == 2);
  CHECK(core->requested_by[1].parent == "plug");
  CHECK(core->requested_by[1].requirement == "core<2");
  CHECK(core->user_requested);
  CHECK(core->allowed_hashes == packaging::Hashes{{"sha256", "bb"}});
  options.constraints[0].hashes = {{"sha256", "cc"}};
  const Outcome disjoint = solve(options, provider, diagnostics).value();
  // Nothing is allowed, which must not read as "nothing is demanded".
  CHECK(std::get<Solution>(disjoint).resolution.find("core")->allowed_hashes == packaging::Hashes{{"sha256", ""}});
}
