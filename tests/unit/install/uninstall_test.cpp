#include "pipit/install/uninstall.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "unit/install/install_world.h"

using namespace pipit;
using namespace pipit::test;

namespace {

struct Setting {
  InstallWorld world;
  Diagnostics diagnostics;
  Result<install::RemovalSet> plan(const python::InstalledDist& dist, const std::vector<python::InstalledDist>& staying = {}) {
    return install::plan_removal(dist, staying, {world.environment(), world.target().scheme}, diagnostics);
  }
  std::string in_site(const std::string& path) const { return (world.site() / path).string(); }
  void add_record_row(const Package& package, const std::string& row) {
    const auto record = world.installed(package).metadata_path / "RECORD";
    world.write(record, sys::read_file(record).value() + row + "\r\n");
  }
};

Package demo() { return {"demo", "1.0", {{"demo/__init__.py", "x"}, {"demo/mod.py", "m"}}, {{"demo", "#!"}}}; }

bool has(const std::vector<std::string>& files, const std::string& file) { return std::find(files.begin(), files.end(), file) != files.end(); }

}  // namespace

TEST_CASE("what RECORD lists is removed, with byte code and everything in the dist-info", "[install]") {
  Setting s;
  s.world.reset({demo()});
  for (const char* cached : {"demo/__pycache__/mod.cpython-311.pyc", "demo/__pycache__/mod.cpython-312.opt-2.pyc", "demo/mod.pyc",
                             "demo-1.0.dist-info/licenses/unlisted"})
    s.world.write(s.in_site(cached), "");
  s.world.write(s.in_site("demo/__pycache__/users.cpython-311.pyc"), "");
  const install::RemovalSet removal = s.plan(s.world.installed(demo())).value();
  CHECK(removal.skipped.empty());
  for (const char* file : {"demo/__init__.py", "demo/__pycache__/mod.cpython-311.pyc", "demo/__pycache__/mod.cpython-312.opt-2.pyc", "demo/mod.pyc",
                           "demo-1.0.dist-info/licenses/unlisted", "demo-1.0.dist-info/RECORD"})
    CHECK(has(removal.files, s.in_site(file)));
  CHECK(has(removal.files, (s.world.environment() / "bin/demo").string()));
  CHECK_FALSE(has(removal.files, s.in_site("demo/__pycache__/users.cpython-311.pyc")));
}

TEST_CASE("rows that point outside, at directories, at the interpreter or at others' files are skipped and reported", "[install][L8][M6]") {
  Setting s;
  const Package other{"other", "2", {{"other/__init__.py", "o"}}, {}};
  s.world.reset({demo(), other});
  s.world.write(s.world.outside() / "victim", "precious");
  for (const char* row : {"../../../../outside/victim,,", "../../../bin/python,,", "../../../pyvenv.cfg,,", "other/__init__.py,,", "other,,",
                          "/etc/passwd,,", "no-longer-there.py,,"})
    s.add_record_row(demo(), row);
  const install::RemovalSet removal = s.plan(s.world.installed(demo()), {s.world.installed(other)}).value();
  CHECK(removal.skipped.size() == 6);
  CHECK(removal.files.size() == 6);
  REQUIRE(transact(sys::real_os(), s.world.target(), {removal}, {}));
  CHECK(sys::exists(s.world.outside() / "victim"));
  CHECK(sys::exists(s.world.environment() / "bin/python"));
  CHECK(sys::exists(s.world.site() / "other/__init__.py"));
  CHECK_FALSE(sys::exists(s.world.site() / "demo"));
}

TEST_CASE("a package directory that became a link goes as a link", "[install][L6]") {
  Setting s;
  s.world.reset({demo()});
  s.world.write(s.world.outside() / "mod.py", "precious");
  REQUIRE(sys::remove_tree(s.world.site() / "demo"));
  const sys::Dir site = sys::Dir::open(sys::real_os(), s.world.site()).value();
  REQUIRE(site.symlink(s.world.outside().string(), "demo"));
  const install::RemovalSet removal = s.plan(s.world.installed(demo())).value();
  CHECK(has(removal.files, s.in_site("demo")));
  REQUIRE(transact(sys::real_os(), s.world.target(), {removal}, {}));
  CHECK(sys::exists(s.world.outside() / "mod.py"));
  CHECK_FALSE(site.stat("demo").value());
}

TEST_CASE("without RECORD nothing is removed, and the hint depends on who installed it", "[install]") {
  Setting s;
  s.world.reset({demo()});
  REQUIRE(sys::remove_tree(s.world.installed(demo()).metadata_path / "RECORD"));
  python::InstalledDist dist = s.world.installed(demo());
  Error error = s.plan(dist).error();
  CHECK(error.code == install::kNoRecord);
  CHECK(error.message == "Cannot uninstall demo 1.0");
  CHECK(error.hints.front() == "You might be able to recover from this via: pip install --ignore-installed --no-deps demo==1.0");
  dist.installer = "conda";
  CHECK(s.plan(dist).error().hints.front() == "The package was installed by conda. You should check if it can uninstall the package.");
}

TEST_CASE("a distribution outside the environment stays, in pip's words", "[install]") {
  Setting s;
  python::InstalledDist dist = s.world.installed(demo());
  dist.location = "/usr/lib/python3/dist-packages";
  dist.metadata_path = dist.location / "demo-1.0.dist-info";
  CHECK(s.plan(dist).value().outside_environment);
  REQUIRE(s.diagnostics.items().size() == 2);
  CHECK(s.diagnostics.items()[0].message ==
        "Not uninstalling demo at /usr/lib/python3/dist-packages, outside environment " + s.world.environment().string());
  CHECK(s.diagnostics.items()[1].message == "Can't uninstall 'demo'. No files were found to uninstall.");
}

TEST_CASE("old kinds of installs: a distutils file is refused, egg-info lists are obeyed, an egg-link loses its line", "[install]") {
  Setting s;
  python::InstalledDist dist = s.world.installed(demo());
  dist.kind = python::MetadataKind::egg_info_file;
  dist.metadata_path = s.world.site() / "demo-1.0.egg-info";
  CHECK(s.plan(dist).error().code == install::kDistutilsInstalled);

  dist.kind = python::MetadataKind::egg_info_directory;
  s.world.write(dist.metadata_path / "installed-files.txt", "../demo.py\nPKG-INFO\n");
  s.world.write(dist.metadata_path / "PKG-INFO", "");
  s.world.write(s.world.site() / "demo.py", "");
  CHECK(s.plan(dist).value().files.size() == 3);

  dist.kind = python::MetadataKind::egg_link;
  dist.location = "/src/demo";
  dist.metadata_path = "/src/demo/demo.egg-info";
  dist.egg_link = s.world.site() / "demo.egg-link";
  s.world.write(dist.egg_link, "/src/demo\n.");
  s.world.write(s.world.site() / "easy-install.pth", "/src/other\n/src/demo\n/src/last");
  const install::RemovalSet removal = s.plan(dist).value();
  CHECK(removal.files == std::vector<std::string>{dist.egg_link.string()});
  REQUIRE(transact(sys::real_os(), s.world.target(), {removal}, {}));
  CHECK(sys::read_file(s.world.site() / "easy-install.pth").value() == "/src/other\n/src/last");
  CHECK_FALSE(sys::exists(dist.egg_link));
}
