// Large and pathological universes, measured in steps (the same on every machine), not in time.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "unit/resolve/table_provider.h"

using namespace pipit;
using namespace pipit::resolve;
using namespace pipit::resolve::test;

namespace {

std::string name_of(std::size_t i) { return "p" + std::to_string(i); }

// Layers of projects, each release needing a few projects below it with loose bounds: what an index looks like.
TableProvider layered(std::size_t projects, std::size_t versions, unsigned seed) {
  std::mt19937 random(seed);
  TableProvider provider;
  for (std::size_t i = 0; i < projects; ++i)
    for (std::size_t v = 1; v <= versions; ++v) {
      TableRelease release;
      release.version = std::to_string(v) + ".0";
      for (std::size_t r = 0; i + 1 < projects && r < 3; ++r) {
        const std::size_t below = i + 1 + random() % std::min<std::size_t>(projects - i - 1, 20);
        release.requirements.push_back(name_of(below) + ">=" + std::to_string(1 + v / 2) + ",<" + std::to_string(v + 3));
      }
      provider.add(name_of(i), std::move(release));
    }
  return provider;
}

Statistics statistics_of(const Outcome& outcome) {
  if (const auto* solution = std::get_if<Solution>(&outcome)) return solution->statistics;
  if (const auto* exhausted = std::get_if<Exhausted>(&outcome)) return exhausted->statistics;
  return {};
}

}  // namespace

TEST_CASE("two thousand projects are decided about once each", "[resolve][scale]") {
  TableProvider provider = layered(2000, 4, 3);
  SolverOptions options;
  for (std::size_t i = 0; i < 2000; i += 10) options.roots.push_back(root(name_of(i)));
  Diagnostics diagnostics;
  const Outcome outcome = solve(options, provider, diagnostics).value();
  REQUIRE(std::holds_alternative<Solution>(outcome));
  const Statistics steps = statistics_of(outcome);
  CHECK(std::get<Solution>(outcome).resolution.projects.size() > 1000);
  CHECK(steps.decisions < 6000);
  CHECK(steps.propagations < 400'000);
}

TEST_CASE("a newest release that never fits is left behind without trying what hangs below it", "[resolve][scale]") {
  // Every newer release of `heavy` needs a `base` that the user excludes; below it hangs a tree that has nothing to do with it.
  TableProvider provider = layered(50, 10, 5);
  for (int v = 1; v <= 200; ++v)
    provider.add("heavy", {std::to_string(v) + ".0", {v > 5 ? "base>=2" : "base", "p0", "p1"}, {}, false, "", "", "", ""});
  provider.add("base", {"1.0", {}, {}, false, "", "", "", ""}).add("base", {"2.0", {}, {}, false, "", "", "", ""});
  SolverOptions options;
  options.roots = {root("heavy"), root("base<2")};
  Diagnostics diagnostics;
  const Outcome outcome = solve(options, provider, diagnostics).value();
  REQUIRE(std::holds_alternative<Solution>(outcome));
  CHECK(std::get<Solution>(outcome).resolution.find("heavy")->candidate.version.str() == "5.0");
  CHECK(statistics_of(outcome).decisions < 300);
  CHECK(std::ranges::count(provider.hints, "heavy 100.0") > 0);  // batches were announced while it went back
}

TEST_CASE("a conflict among many choices is found without trying them all", "[resolve][scale]") {
  // 20 projects with 20 releases each, and one contradiction that has nothing to do with them: 20^20 combinations.
  TableProvider provider;
  SolverOptions options;
  for (std::size_t i = 0; i < 20; ++i) {
    for (int v = 1; v <= 20; ++v) provider.add(name_of(i), {std::to_string(v) + ".0", {"end"}, {}, false, "", "", "", ""});
    options.roots.push_back(root(name_of(i)));
  }
  provider.add("end", {"1.0", {"x>=2"}, {}, false, "", "", "", ""}).add("x", {"1.0", {}, {}, false, "", "", "", ""});
  Diagnostics diagnostics;
  CHECK(std::holds_alternative<Conflict>(solve(options, provider, diagnostics).value()));
  CHECK(provider.questions.size() < 200);
}

TEST_CASE("releases that exclude each other pairwise end within the budget, with the names that fight", "[resolve][scale][X15]") {
  // Pigeons and holes: nine projects must have different colours of eight. No polynomial proof by resolution exists.
  TableProvider provider;
  SolverOptions options;
  constexpr int kPigeons = 9, kHoles = 8;
  for (int p = 0; p < kPigeons; ++p) {
    options.roots.push_back(root("pigeon" + std::to_string(p)));
    for (int h = 1; h <= kHoles; ++h)
      provider.add("pigeon" + std::to_string(p), {std::to_string(h), {"hole" + std::to_string(h) + "==" + std::to_string(p + 1)}, {}, false, "", "", "", ""});
  }
  for (int h = 1; h <= kHoles; ++h)
    for (int p = 1; p <= kPigeons; ++p) provider.add("hole" + std::to_string(h), {std::to_string(p), {}, {}, false, "", "", "", ""});
  options.decisions_max = 500;
  Diagnostics diagnostics;
  const Outcome outcome = solve(options, provider, diagnostics).value();
  REQUIRE(std::holds_alternative<Exhausted>(outcome));
  CHECK(std::get<Exhausted>(outcome).fighting.size() == 5);
  CHECK(std::get<Exhausted>(outcome).error().code == kResolutionTooDeep);
  CHECK(std::get<Exhausted>(outcome).statistics.decisions <= 501);
}

TEST_CASE("two thousand extras that need each other in a ring are followed with a flat stack", "[resolve][scale][X16]") {
  constexpr int kExtras = 2'000;
  TableProvider provider;
  TableRelease release{"1.0", {}, {}, false, "", "", "", ""};
  for (int i = 0; i < kExtras; ++i)
    release.extras["e" + std::to_string(i)] = {"a[e" + std::to_string((i + 1) % kExtras) + "]"};
  provider.add("a", std::move(release));
  SolverOptions options;
  options.roots = {root("a[e0]")};
  CHECK(solved(options, provider) == "a 1.0");
}

TEST_CASE("the caller's clock ends the search, and a cancelled one is an error", "[resolve]") {
  TableProvider provider = layered(20, 5, 1);
  SolverOptions options;
  options.roots = {root("p0")};
  int calls = 0;
  options.should_stop = [&] { return ++calls > 5; };
  CHECK(solved(options, provider) == "exhausted");
  options.should_stop = nullptr;
  options.is_cancelled = [] { return true; };
  CHECK(solved(options, provider) == "error cancelled");
}

TEST_CASE("a provider that fails ends the resolution with its error", "[resolve]") {
  TableProvider provider;
  provider.fails = true;
  SolverOptions options;
  options.roots = {root("a")};
  CHECK(solved(options, provider) == "error network");
}

TEST_CASE("rejections are told with their count", "[resolve]") {
  TableProvider provider;
  for (int v = 1; v <= 4; ++v) provider.add("a", {std::to_string(v), {v > 1 ? "b>=2" : "b"}, {}, false, "", "", "", ""});
  provider.add("b", {"1", {}, {}, false, "", "", "", ""}).add("b", {"2", {}, {}, false, "", "", "", ""});
  SolverOptions options;
  options.roots = {root("a"), root("b<2")};
  std::vector<std::string> told;
  options.on_rejected = [&](const std::string& name, std::size_t count) { told.push_back(name + " " + std::to_string(count)); };
  CHECK(solved(options, provider) == "a 1, b 1");
  REQUIRE_FALSE(told.empty());
  CHECK(told.front() == "a 1");
}
