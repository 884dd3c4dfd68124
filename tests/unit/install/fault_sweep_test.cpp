// Every call of a transaction, and of its recovery, made to fail in every way: afterwards the environment is exactly the
// old or exactly the new one, and nothing else lies about.
#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <utility>

#include "support/faulty_os.h"
#include "support/foreign_ground.h"
#include "unit/install/install_world.h"

using namespace pipit;
using namespace pipit::test;
using install::Recovered;
using Fault = FaultyOs::Fault;

namespace {

Package demo(const std::string& version) {
  Package package{"demo", version, {}, {}};
  package.files["demo/__init__.py"] = "version = '" + version + "'\n";
  package.files["demo/sub/part.py"] = "part of " + version + "\n";
  package.files[version == "1.0" ? "demo/only_old.py" : "demo/only_new.py"] = "";
  package.files["demo_single.py"] = "single " + version + "\n";
  package.scripts["demo"] = "#!/venv/bin/python\n# " + version + "\n";
  return package;
}

Package rebuilt_demo() {
  Package package = demo("1.0");
  package.files["demo/sub/part.py"] = "built again\n";
  package.files.erase("demo_single.py");
  return package;
}

Package bystander() { return {"bystander", "3", {{"bystander/__init__.py", "kept\n"}, {"shared_ns/by.py", "kept\n"}}, {{"by", "#!kept\n"}}}; }

Package small(const std::string& name, const std::string& version) {
  return {name, version, {{name + "/__init__.py", version}, {"shared_ns/" + name + ".py", version}}, {{name, "#! " + version}}};
}

enum class Ground { plain, other_mount, layered };

struct Scenario {
  const char* name;
  std::vector<Package> installed;  // beside the bystander
  std::vector<Package> removed, added;
  Ground ground = Ground::plain;
};

std::vector<Scenario> scenarios() {
  std::vector<Scenario> all{{"fresh install", {}, {}, {demo("1.0")}},
                            {"upgrade", {demo("1.0")}, {demo("1.0")}, {demo("2.0")}},
                            {"downgrade", {demo("2.0")}, {demo("2.0")}, {demo("1.0")}},
                            {"reinstall", {demo("1.0")}, {demo("1.0")}, {rebuilt_demo()}},
                            {"uninstall", {demo("1.0")}, {demo("1.0")}, {}}};
  Scenario many{"20 packages", {}, {}, {}};
  for (int i = 0; i < 20; ++i) {
    const std::string name = "p" + std::to_string(i);
    if (i % 3 != 0) many.installed.push_back(small(name, "1"));
    if (i % 3 != 0) many.removed.push_back(small(name, "1"));
    if (i % 3 != 2) many.added.push_back(small(name, "2"));
  }
  all.push_back(std::move(many));
  all.push_back({"upgrade on another mount", {demo("1.0")}, {demo("1.0")}, {demo("2.0")}, Ground::other_mount});
  all.push_back({"uninstall on another mount", {demo("1.0")}, {demo("1.0")}, {}, Ground::other_mount});
  all.push_back({"upgrade in a lower layer", {demo("1.0")}, {demo("1.0")}, {demo("2.0")}, Ground::layered});
  all.push_back({"uninstall in a lower layer", {demo("1.0")}, {demo("1.0")}, {}, Ground::layered});
  return all;
}

// One scenario in one world: it can be run again and again from the same start.
class Stage {
 public:
  explicit Stage(Scenario scenario) : scenario_(std::move(scenario)), other_mount_(world_.site()) {
    scenario_.installed.push_back(bystander());
    for (const Package& package : scenario_.added) additions_.push_back(world_.addition(package));
    for (const Package& package : scenario_.removed) removals_.push_back(world_.removal(package));
    start();
    old_ = world_.image();
    REQUIRE(run(kernel()));
    new_ = world_.image();
    REQUIRE(old_ != new_);
    for (const auto& [path, what] : new_) REQUIRE((path.find(".pipit") == std::string::npos || path == ".pipit" || path == ".pipit/stamp"));
  }
  // Made anew only if the last run did not leave it as it was.
  void start() {
    if (std::exchange(is_old_, false)) return;
    world_.reset(scenario_.installed);
    if (!scenario_.removed.empty()) world_.write(world_.environment() / ".pipit/stamp", "what was before");
  }
  // Who removes leaves a stamp less, who adds one more, who replaces another one.
  Status run(sys::Os& os) {
    install::TransactionOptions options;
    options.stamp = additions_.empty() ? "" : "what is now";
    return transact(os, world_.target(), removals_, additions_, std::move(options));
  }
  Result<Recovered> recover(sys::Os& os) { return install::recover(os, world_.environment(), {std::chrono::milliseconds(0), {}}, {}); }

  enum class State { old_one, new_one, bad };
  State state() {
    const TreeImage now = world_.image();
    is_old_ = now == old_;
    return is_old_ ? State::old_one : now == new_ ? State::new_one : State::bad;
  }
  // Returns what differs from the nearer one, for the message of a failed test.
  std::string difference() const {
    std::string text;
    const TreeImage now = world_.image();
    for (const auto& [path, what] : now)
      if (!old_.contains(path) || old_.at(path) != what) text += "\n+ " + path;
    for (const auto& [path, what] : old_)
      if (!now.contains(path)) text += "\n- " + path;
    return text;
  }
  const char* name() const { return scenario_.name; }
  // What a FaultyOs passes its calls on to.
  sys::Os& kernel() {
    switch (scenario_.ground) {
      case Ground::other_mount: return other_mount_;
      case Ground::layered: return layered_;
      default: return sys::real_os();
    }
  }
  InstallWorld& world() { return world_; }

 private:
  InstallWorld world_;
  Scenario scenario_;
  OtherMountOs other_mount_;
  LayeredOs layered_;
  std::vector<install::Addition> additions_;
  std::vector<install::RemovalSet> removals_;
  TreeImage old_, new_;
  bool is_old_ = false;
};

// Returns whether the work died.
bool dies(const std::function<void()>& work) {
  try {
    work();
    return false;
  } catch (const Died&) {
    return true;
  }
}

}  // namespace

TEST_CASE("a kill at any call ends in exactly the old or exactly the new environment", "[install][F1][F2][F3]") {
  for (Scenario& scenario : scenarios()) {
    Stage stage(std::move(scenario));
    std::size_t points = 0, old_ones = 0, new_ones = 0;
    for (std::size_t at = 1;; ++at) {
      stage.start();
      FaultyOs os({Fault::die, at, 0}, stage.kernel());
      if (!dies([&] { (void)stage.run(os); })) break;
      ++points;
      REQUIRE(stage.recover(stage.kernel()));
      CAPTURE(stage.name(), at, stage.difference());
      const Stage::State state = stage.state();
      REQUIRE(state != Stage::State::bad);
      ++(state == Stage::State::old_one ? old_ones : new_ones);
    }
    CHECK(points > 20);
    CHECK(old_ones > 0);
    CHECK(new_ones > 0);
    std::printf("kill sweep, %s: N = %zu (%zu old, %zu new, 0 bad)\n", stage.name(), points, old_ones, new_ones);
  }
}

TEST_CASE("recovery may itself be killed at any call, and its recovery too", "[install][F4]") {
  for (Scenario& scenario : scenarios()) {
    const std::string name = scenario.name;
    if (!name.starts_with("upgrade") && name != "uninstall") continue;
    Stage stage(std::move(scenario));
    std::size_t points = 0;
    const std::size_t step = name == "upgrade" || name == "uninstall" ? 1 : 7;
    for (std::size_t at = 1;; at += step) {
      bool died = true;
      for (std::size_t again = 1; died; ++again) {
        stage.start();
        FaultyOs first({Fault::die, at, 0}, stage.kernel());
        died = dies([&] { (void)stage.run(first); });
        if (!died) break;
        FaultyOs second({Fault::die, again, 0}, stage.kernel());
        if (!dies([&] { (void)stage.recover(second); })) break;
        ++points;
        FaultyOs third({Fault::die, again, 0}, stage.kernel());
        (void)dies([&] { (void)stage.recover(third); });
        REQUIRE(stage.recover(stage.kernel()));
        CAPTURE(name, at, again, stage.difference());
        REQUIRE(stage.state() != Stage::State::bad);
      }
      if (!died) break;
    }
    CHECK(points > 200);
    std::printf("killed recovery, %s: %zu points, 0 bad\n", stage.name(), points);
  }
}

TEST_CASE("an error at any call is an error or is mended, and never leaves a mixture or litter", "[install][F6][F8][F10][F11]") {
  for (Scenario& scenario : scenarios()) {
    Stage stage(std::move(scenario));
    for (const int error : {ENOSPC, EIO, EMFILE, ENOMEM, EDQUOT}) {
      std::size_t points = 0;
      // What matters is which call fails; the other errors take the same ways, so in the long scenario they sample.
      const std::size_t step = error != ENOSPC && std::string(stage.name()) == "20 packages" ? 13 : 1;
      for (std::size_t at = 1;; at += step) {
        stage.start();
        FaultyOs os({Fault::fail, at, error}, stage.kernel());
        const Status status = stage.run(os);
        if (!os.has_struck()) break;
        ++points;
        const Stage::State wanted = status ? Stage::State::new_one : Stage::State::old_one;
        if (stage.state() == wanted) continue;
        CAPTURE(stage.name(), at, error, status.has_value(), stage.difference());
        FAIL();
      }
      CHECK(points > 50);
      if (error == ENOSPC) std::printf("error sweep, %s: N = %zu, 5 errors, 0 bad\n", stage.name(), points);
    }
  }
}

TEST_CASE("a disk that fails for good leaves a state from which recovery reaches the old or the new", "[install][F8]") {
  for (Scenario& scenario : scenarios()) {
    if (std::string(scenario.name) == "20 packages") continue;
    Stage stage(std::move(scenario));
    for (std::size_t at = 1;; ++at) {
      stage.start();
      FaultyOs os({Fault::fail_onward, at, EIO}, stage.kernel());
      const Status status = stage.run(os);
      if (!os.has_struck()) break;
      REQUIRE(stage.recover(stage.kernel()));
      CAPTURE(stage.name(), at, stage.difference());
      REQUIRE(stage.state() != Stage::State::bad);
      if (status) REQUIRE(stage.state() == Stage::State::new_one);
    }
  }
}

TEST_CASE("an error during recovery is reported, and the next recovery succeeds", "[install][F4][F8]") {
  Stage stage({"upgrade", {demo("1.0")}, {demo("1.0")}, {demo("2.0")}});
  std::size_t points = 0;
  for (std::size_t kill = 1;; kill += 3) {
    stage.start();
    FaultyOs first({Fault::die, kill, 0}, stage.kernel());
    if (!dies([&] { (void)stage.run(first); })) break;
    for (std::size_t at = 1;; ++at) {
      stage.start();
      FaultyOs again({Fault::die, kill, 0}, stage.kernel());
      REQUIRE(dies([&] { (void)stage.run(again); }));
      FaultyOs os({Fault::fail, at, EIO}, stage.kernel());
      const auto recovered = stage.recover(os);
      if (!os.has_struck()) break;
      ++points;
      REQUIRE(stage.recover(stage.kernel()));
      CAPTURE(kill, at, recovered.has_value(), stage.difference());
      REQUIRE(stage.state() != Stage::State::bad);
    }
  }
  CHECK(points > 200);
}

TEST_CASE("short writes and interrupted calls are not noticed", "[install][F9]") {
  for (Scenario& scenario : scenarios()) {
    Stage stage(std::move(scenario));
    stage.start();
    FaultyOs os({Fault::hiccup, 0, 0}, stage.kernel());
    CAPTURE(stage.name());
    REQUIRE(stage.run(os));
    CHECK(stage.state() == Stage::State::new_one);
  }
}
