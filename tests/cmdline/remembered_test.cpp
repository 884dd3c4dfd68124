// Runs that may answer from what earlier runs chose: whatever happens to the index in between, they say and choose what a run
// without that memory says and chooses.
#include <catch2/catch_test_macros.hpp>

#include <filesystem>
#include <map>
#include <mutex>
#include <random>

#include "cmdline/run_pipit.h"
#include "support/http_server.h"

using namespace pipit::test;
namespace fs = std::filesystem;

namespace {

const std::string kDigest(64, '7');

// A small world of wheels that are never fetched: pages with validators, sidecars beside the files.
class World {
 public:
  World() : server_([this](const ServerRequest& request) { return answer(request); }) {}

  struct Release {
    Words needs;
    bool yanked = false;
    std::string requires_python;
  };
  struct Project {
    std::map<int, Release> releases;
    int edition = 1;  // of the page
    std::string cache_control = "max-age=600";
  };
  void change(const std::string& name, const std::function<void(Project&)>& edit) {
    const std::lock_guard lock(mutex_);
    edit(projects_[name]);
    ++projects_[name].edition;
  }
  std::string url() const { return server_.url("/simple/"); }
  std::size_t asked() const { return server_.requests().size(); }

 private:
  static std::string file_name(const std::string& name, int version) { return name + "-" + std::to_string(version) + ".0-py3-none-any.whl"; }
  Reply answer(const ServerRequest& request) {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, project] : projects_) {
      if (request.target == "/simple/" + name + "/") return page(request, name, project);
      for (const auto& [version, release] : project.releases)
        if (request.target == "/files/" + file_name(name, version) + ".metadata") {
          std::string text = "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + std::to_string(version) + ".0\n";
          for (const std::string& need : release.needs) text += "Requires-Dist: " + need + "\n";
          return Reply::text(200, text);
        }
    }
    return Reply::text(404, "no");
  }
  static Reply page(const ServerRequest& request, const std::string& name, const Project& project) {
    const std::string tag = "\"" + std::to_string(project.edition) + "\"";
    if (request.header("if-none-match") == tag) return Reply::text(304, "").with("ETag", tag).with("Cache-Control", project.cache_control);
    std::string rows;
    for (const auto& [version, release] : project.releases) {
      rows += std::string(rows.empty() ? "" : ",") + R"({"filename":")" + file_name(name, version) + R"(","url":"/files/)" + file_name(name, version) +
              R"(","core-metadata":true,"hashes":{"sha256":")" + kDigest + R"("})" + (release.yanked ? R"(,"yanked":"bad")" : "") +
              (release.requires_python.empty() ? "" : R"(,"requires-python":")" + release.requires_python + "\"") + "}";
    }
    return Reply::text(200, R"({"meta":{"api-version":"1.1"},"name":")" + name + R"(","files":[)" + rows + "]}")
        .with("Content-Type", "application/vnd.pypi.simple.v1+json")
        .with("ETag", tag)
        .with("Cache-Control", project.cache_control);
  }

  mutable std::mutex mutex_;
  std::map<std::string, Project> projects_;
  HttpServer server_;
};

Outcome resolve(Bench& bench, const World& world, const fs::path& venv, const fs::path& cache, const Words& words) {
  Words all = {"--python", venv.string(), "--cache-dir", cache.string(), "install", "--retries", "0", "--dry-run", "--ignore-installed", "--report", "-", "-i", world.url()};
  all.insert(all.end(), words.begin(), words.end());
  return bench.run(all);
}

fs::path memory_in(const fs::path& cache) { return cache / "pipit" / "resolutions-v1"; }

std::size_t memories(const fs::path& cache) {
  std::size_t count = 0;
  if (fs::exists(memory_in(cache)))
    for (const auto& entry : fs::directory_iterator(memory_in(cache))) count += entry.path().extension() != ".metadata";
  return count;
}

}  // namespace

TEST_CASE("what was chosen is known again as long as its pages are the same, and not a moment longer", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv(), cache = bench.path("remembering");
  World world;
  world.change("app", [](World::Project& app) { app.releases[1].needs = {"base>=1"}; });
  world.change("base", [](World::Project& base) { base.releases[1] = {}, base.releases[2] = {}; });
  const Outcome first = resolve(bench, world, venv, cache, {"app"});
  INFO(first.all());
  REQUIRE(first.exit_code == 0);
  CHECK(memories(cache) == 1);

  // Without the pages themselves nothing can be chosen, but it is known that they did not change.
  fs::rename(cache / "pipit" / "index-v1", bench.path("aside"));
  const std::size_t asked = world.asked();
  const Outcome known = resolve(bench, world, venv, cache, {"app"});
  CHECK(known.out.substr(known.out.find('{')) == first.out.substr(first.out.find('{')));
  CHECK(world.asked() == asked);
  fs::rename(bench.path("aside"), cache / "pipit" / "index-v1");

  // A fresh page need not be asked about; --refresh-package does.
  world.change("base", [](World::Project& base) { base.releases[3] = {}; });
  CHECK(has(resolve(bench, world, venv, cache, {"app"}).out, "base-2.0"));
  const Outcome refreshed = resolve(bench, world, venv, cache, {"app", "--refresh-package", "base"});
  CHECK(has(refreshed.out, "base-3.0"));
  CHECK(has(resolve(bench, world, venv, cache, {"app"}).out, "base-3.0"));

  // Another question has another answer.
  CHECK(has(resolve(bench, world, venv, cache, {"app", "base<3"}).out, "base-2.0"));
}

TEST_CASE("a report is printed from what was printed before, whatever part of it is still known", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv(), cache = bench.path("remembering");
  World world;
  world.change("app", [](World::Project& app) { app.releases[1].needs = {"base>=1"}; });
  world.change("base", [](World::Project& base) { base.releases[1] = {}; });
  const auto report = [&](const Words& words) {
    const Outcome outcome = resolve(bench, world, venv, cache, words);
    INFO(outcome.all());
    REQUIRE(outcome.exit_code == 0);
    return outcome.out.substr(outcome.out.find('{'));
  };
  const std::string first = report({"app"});
  fs::path printed;
  for (const auto& entry : fs::directory_iterator(memory_in(cache)))
    if (entry.path().extension() == ".metadata") printed = entry.path();
  REQUIRE(!printed.empty());
  fs::remove_all(cache / "pipit" / "metadata-v1");
  const std::size_t asked = world.asked();
  CHECK(report({"app"}) == first);
  CHECK(world.asked() == asked);  // nobody had to know the metadata itself
  fs::resize_file(printed, fs::file_size(printed) - 1);
  CHECK(report({"app"}) == first);
  CHECK(world.asked() > asked);
  CHECK(fs::file_size(printed) > 0);
  fs::remove_all(memory_in(cache));
  CHECK(report({"app"}) == first);
}

TEST_CASE("stale pages are asked about all at once, and one that changed is fetched once", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv(), cache = bench.path("remembering");
  World world;
  const std::string always = "no-cache";
  world.change("app", [&](World::Project& app) { app.releases[1].needs = {"base", "other"}, app.cache_control = always; });
  world.change("base", [&](World::Project& base) { base.releases[1] = {}, base.cache_control = always; });
  world.change("other", [&](World::Project& other) { other.releases[1] = {}, other.cache_control = always; });
  REQUIRE(resolve(bench, world, venv, cache, {"app"}).exit_code == 0);
  std::size_t asked = world.asked();
  REQUIRE(resolve(bench, world, venv, cache, {"app"}).exit_code == 0);
  CHECK(world.asked() == asked + 3);
  world.change("base", [](World::Project& base) { base.releases[2] = {}; });
  asked = world.asked();
  CHECK(has(resolve(bench, world, venv, cache, {"app"}).out, "base-2.0"));
  CHECK(world.asked() == asked + 4);  // three pages and one sidecar
}

TEST_CASE("with and without a memory every run says the same, however the index changes", "[cmdline]") {
  const unsigned seed = 20261123;
  std::mt19937 random(seed);
  const auto below = [&](unsigned limit) { return static_cast<int>(random() % limit); };
  const Words names = {"anna", "bert", "carl", "dora", "emil"};
  const Words policies = {"max-age=600", "no-cache", "max-age=0", "no-store"};
  Bench bench;
  const fs::path venv = bench.venv();
  for (int universe = 0; universe < 6; ++universe) {
    World world;
    const fs::path cache = bench.path("cache-" + std::to_string(universe));
    const auto need = [&] {
      const std::string name = names[static_cast<std::size_t>(below(5))];
      const int bound = 1 + below(3);
      return below(3) == 0 ? name : name + (below(2) ? ">=" : "<=") + std::to_string(bound);
    };
    const auto edit = [&](World::Project& project) {
      World::Release release;
      for (int n = below(3); n > 0; --n) release.needs.push_back(need());
      release.yanked = below(8) == 0;
      if (below(8) == 0) release.requires_python = ">=99";
      const int version = 1 + below(4);
      if (below(4) == 0) project.releases.erase(version);
      else if (!project.releases.contains(version)) project.releases[version] = release;  // a file does not change
      else project.releases[version].yanked = release.yanked;
    };
    for (const std::string& name : names)
      world.change(name, [&](World::Project& project) {
        for (int n = 0; n < 5; ++n) edit(project);
        project.cache_control = policies[static_cast<std::size_t>(below(universe == 0 ? 1 : 4))];
      });
    const Words wish = {need(), need()};
    for (int step = 0; step < 6; ++step) {
      if (step > 1 && below(3) > 0) world.change(names[static_cast<std::size_t>(below(5))], edit);
      // The same caches, but for the memory.
      const fs::path without = bench.path("without");
      fs::remove_all(without);
      if (fs::exists(cache)) fs::copy(cache, without, fs::copy_options::recursive);
      fs::remove_all(memory_in(without));
      const Outcome fresh = resolve(bench, world, venv, without, wish), remembered = resolve(bench, world, venv, cache, wish);
      INFO("universe " << universe << ", step " << step << ": " << wish[0] << ", " << wish[1]);
      CHECK(remembered.exit_code == fresh.exit_code);
      CHECK(remembered.out == fresh.out);
      CHECK(remembered.err == fresh.err);
    }
  }
}
