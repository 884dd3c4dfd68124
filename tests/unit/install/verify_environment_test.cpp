#include "pipit/install/verify_environment.h"

#include <catch2/catch_test_macros.hpp>
#include <random>

#include "pipit/install/target_directory.h"
#include "unit/install/install_world.h"

using namespace pipit;
using namespace pipit::test;
using install::Finding;

namespace {

Package demo() {
  return {"demo", "1.0", {{"demo/__init__.py", "x = 1\n"}, {"demo/data.bin", std::string(5000, 'd')}, {"ns/demo.py", "d"}}, {{"demo", "#!python\n"}}};
}

install::Verification verify_all(InstallWorld& world, const std::vector<Package>& packages) {
  std::vector<python::InstalledDist> dists;
  for (const Package& package : packages) dists.push_back(world.installed(package));
  sys::WorkerPool pool(2);
  return install::verify_environment(dists, pool, {}).value();
}

}  // namespace

TEST_CASE("an untouched environment verifies; byte code is no finding", "[install]") {
  InstallWorld world;
  world.reset({demo()});
  world.write(world.site() / "demo/__pycache__/x.cpython-311.pyc", "code");
  const install::Verification result = verify_all(world, {demo()});
  CHECK(result.is_clean());
  CHECK(result.files == 7);
  CHECK(result.bytes > 5000);
}

TEST_CASE("every flipped byte is found", "[install][F27]") {
  InstallWorld world;
  world.reset({demo()});
  std::mt19937 random(3);
  for (int round = 0; round < 100; ++round) {
    const std::filesystem::path file = world.site() / (round % 2 == 0 ? "demo/data.bin" : "demo/__init__.py");
    std::string content = sys::read_file(file).value();
    const std::string whole = content;
    content[random() % content.size()] ^= static_cast<char>(1 << random() % 8);
    world.write(file, content);
    const install::Verification result = verify_all(world, {demo()});
    REQUIRE(result.findings.size() == 1);
    CHECK(result.findings[0].kind == Finding::Kind::changed);
    CHECK(result.findings[0].path == file.string());
    CHECK(result.findings[0].expected.starts_with("sha256="));
    world.write(file, whole);
  }
}

TEST_CASE("missing, unlisted and unreadable files are told apart, and a missing RECORD is said to be", "[install]") {
  InstallWorld world;
  const Package other{"other", "2", {{"other.py", ""}, {"ns/other.py", ""}}, {}};
  world.reset({demo(), other});
  REQUIRE(sys::remove_tree(world.site() / "demo/__init__.py"));
  REQUIRE(sys::remove_tree(world.site() / "demo/data.bin"));
  REQUIRE(sys::make_directories(world.site() / "demo/data.bin"));
  world.write(world.site() / "demo/planted.py", "");
  world.write(world.site() / "top.py", "");  // site-packages itself is everybody's
  REQUIRE(sys::remove_tree(world.installed(other).metadata_path / "RECORD"));
  const install::Verification result = verify_all(world, {demo(), other});
  // ns/other.py: without a RECORD nobody vouches for it.
  std::vector<std::pair<Finding::Kind, std::string>> found;
  for (const Finding& finding : result.findings)
    found.emplace_back(finding.kind, std::filesystem::path(finding.path).lexically_relative(world.site()).string());
  CHECK(found == std::vector<std::pair<Finding::Kind, std::string>>{{Finding::Kind::missing, "demo/__init__.py"},
                                                                    {Finding::Kind::unreadable, "demo/data.bin"},
                                                                    {Finding::Kind::unlisted, "demo/planted.py"},
                                                                    {Finding::Kind::unlisted, "ns/other.py"},
                                                                    {Finding::Kind::no_record, "other-2.dist-info/RECORD"}});
}

TEST_CASE("option --target leaves what stands there alone and says so; --upgrade replaces it, with old metadata, but no links", "[install]") {
  InstallWorld world;
  const std::filesystem::path target = world.site();
  Package old = demo();
  old.version = "0.9";
  world.reset({old});
  Diagnostics diagnostics;
  std::vector<wheel::InstallImage> images{world.addition(demo()).image};
  const std::size_t all = images[0].files.size();
  install::RemovalSet removal = install::fit_into_target(target, images, install::Upgrade::no, {world.installed(old)}, diagnostics).value();
  CHECK(removal.files.empty());
  CHECK(images[0].files.size() == all - 3);  // demo/ twice, ns/ once
  REQUIRE(diagnostics.items().size() == 2);
  CHECK(diagnostics.items()[0].message == "Target directory " + (target / "demo").string() + " already exists. Specify --upgrade to force replacement.");

  images = {world.addition(demo()).image};
  removal = install::fit_into_target(target, images, install::Upgrade::yes, {world.installed(old)}, diagnostics).value();
  CHECK(images[0].files.size() == all);
  CHECK(removal.files.size() == 6);  // three modules, three files of the old dist-info

  REQUIRE(sys::remove_tree(target / "demo"));
  REQUIRE(sys::Dir::open(sys::real_os(), target).value().symlink("/nowhere", "demo"));
  (void)diagnostics.take();
  removal = install::fit_into_target(target, images, install::Upgrade::yes, {}, diagnostics).value();
  REQUIRE(diagnostics.items().size() == 1);
  CHECK(diagnostics.items()[0].message.find("already exists and is a link.") != std::string::npos);

  world.write(world.outside() / "file", "");
  CHECK(install::fit_into_target(world.outside() / "file", images, install::Upgrade::no, {}, diagnostics).error().message ==
        "Target path exists but is not a directory, will not continue.");
}
