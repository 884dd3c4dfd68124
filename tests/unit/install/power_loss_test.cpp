// States that a power cut may leave (support/crash_model.h): recovery must reach exactly the old or exactly the new
// environment from each of more than 10,000. PIPIT_CRASH_STATES=N draws N of them for each scenario.
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <cstdlib>

#include "support/crash_model.h"
#include "unit/install/install_world.h"

using namespace pipit;
using namespace pipit::test;

namespace {

Package demo(const std::string& version) {
  return {"demo", version, {{"demo/__init__.py", version}, {"demo/sub/part.py", version}, {"ns/demo.py", version}}, {{"demo", "#! " + version}}};
}
Package bystander() { return {"bystander", "3", {{"bystander.py", "kept\n"}, {"ns/by.py", "kept\n"}}, {}}; }

std::size_t states_wanted() {
  const char* text = std::getenv("PIPIT_CRASH_STATES");
  return text != nullptr ? std::strtoul(text, nullptr, 10) : 3400;
}

// The recovery of a materialized state happens at another path than the run: anchors are relative to the root.
struct Tally {
  std::size_t states = 0, old_ones = 0, new_ones = 0;
};

Tally try_states(InstallWorld& world, const RecordingOs& os, const TreeImage& before, const TreeImage& after, std::size_t wanted, std::uint32_t seed) {
  std::mt19937 random(seed);
  Tally tally;
  const std::filesystem::path place = world.environment().parent_path() / "after-the-cut";
  for (; tally.states < wanted; ++tally.states) {
    // Every cut in turn, then at random.
    const std::size_t cut = tally.states <= os.operations() ? tally.states : random() % (os.operations() + 1);
    REQUIRE(sys::make_directories(place));
    os.materialize(cut, random, "venv", place);
    CAPTURE(cut, tally.states);
    REQUIRE(install::recover(sys::real_os(), place, {}, {}));
    const TreeImage now = tree_image(place);
    const bool is_new = now == after;
    if (!is_new && now != before) {
      std::string difference;
      for (const auto& [path, what] : now)
        if (!before.contains(path) || before.at(path) != what) difference += "\n+ " + path;
      for (const auto& [path, what] : before)
        if (!now.contains(path)) difference += "\n- " + path;
      FAIL(difference);
    }
    if (cut == os.operations()) REQUIRE(is_new);
    ++(is_new ? tally.new_ones : tally.old_ones);
    REQUIRE(sys::remove_tree(place));
  }
  return tally;
}

}  // namespace

TEST_CASE("a power cut at any moment leaves a state from which recovery reaches the old or the new environment", "[install][F5]") {
  struct Scenario {
    const char* name;
    std::vector<Package> installed, removed, added;
  };
  for (const Scenario& scenario : {Scenario{"fresh install", {}, {}, {demo("1.0")}}, Scenario{"upgrade", {demo("1.0")}, {demo("1.0")}, {demo("2.0")}},
                                   Scenario{"uninstall", {demo("1.0")}, {demo("1.0")}, {}}}) {
    InstallWorld world;
    std::vector<Package> installed = scenario.installed;
    installed.push_back(bystander());
    world.reset(installed);
    if (!scenario.removed.empty()) world.write(world.environment() / ".pipit/stamp", "what was before");
    install::TransactionOptions options;
    options.stamp = scenario.added.empty() ? "" : "what is now";
    std::vector<install::Addition> additions;
    std::vector<install::RemovalSet> removals;
    for (const Package& package : scenario.added) additions.push_back(world.addition(package));
    for (const Package& package : scenario.removed) removals.push_back(world.removal(package));
    const TreeImage before = world.image();
    RecordingOs os(world.environment().parent_path());
    REQUIRE(transact(os, world.target(), removals, additions, options));
    const Tally tally = try_states(world, os, before, world.image(), states_wanted(), 20260101);
    CHECK(tally.old_ones > 0);
    CHECK(tally.new_ones > 0);
    std::printf("power loss, %s: %zu operations, %zu states (%zu old, %zu new, 0 bad)\n", scenario.name, os.operations(), tally.states,
                tally.old_ones, tally.new_ones);
  }
}

TEST_CASE("the model can tell: without syncs some power cut leaves neither the old nor the new environment", "[install][F5]") {
  InstallWorld world;
  world.reset({demo("1.0")});
  const TreeImage before = world.image();
  const install::Addition addition = world.addition(demo("2.0"));
  RecordingOs os(world.environment().parent_path());
  install::TransactionOptions options;
  options.sync = false;
  REQUIRE(transact(os, world.target(), {world.removal(demo("1.0"))}, {addition}, options));
  const TreeImage after = world.image();
  std::mt19937 random(7);
  bool found = false;
  const std::filesystem::path place = world.environment().parent_path() / "after-the-cut";
  for (int state = 0; state < 500 && !found; ++state) {
    REQUIRE(sys::make_directories(place));
    os.materialize(random() % (os.operations() + 1), random, "venv", place);
    const bool recovered = install::recover(sys::real_os(), place, {}, {}).has_value();
    const TreeImage now = tree_image(place);
    found = !recovered || (now != before && now != after);
    REQUIRE(sys::remove_tree(place));
  }
  CHECK(found);
}
