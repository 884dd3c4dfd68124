#include "pipit/python/installed.h"

#include <catch2/catch_test_macros.hpp>
#include <map>

#include "python/egg_requires.h"
#include "unit/python/fake_python.h"

using namespace pipit;
using namespace pipit::python;
using namespace pipit::test;

namespace {

struct Site {
  sys::TempDir holder;
  std::string dir;
  Diagnostics diagnostics;

  Site() {
    auto made = sys::TempDir::create({}, "pipit-site-");
    REQUIRE(made);
    holder = std::move(*made);
    dir = holder.path().string();
  }
  void add(const std::string& path, const std::string& content) { put(dir + "/" + path, content); }
  std::map<std::string, InstalledDist> scan(const std::vector<std::string>& names = {"a"}) {
    std::vector<std::string> directories;
    for (const std::string& name : names) directories.push_back(dir + "/" + name);
    std::map<std::string, InstalledDist> out;
    for (InstalledDist& dist : installed_in(directories, diagnostics)) out.emplace(dist.normalized_name, std::move(dist));
    return out;
  }
};

}  // namespace

TEST_CASE("dist-info directories tell name, version, installer, request and origin", "[python]") {
  Site site;
  site.add("a/Foo_Bar-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nname: Foo.Bar\nVersion: 1.0.0\nRequires-Dist: x>1\n\nName: no\n");
  site.add("a/Foo_Bar-1.0.dist-info/INSTALLER", "\npip\n");
  site.add("a/Foo_Bar-1.0.dist-info/REQUESTED", "");
  site.add("a/Foo_Bar-1.0.dist-info/RECORD", "foo.py,sha256=x,3\n");
  site.add("a/Foo_Bar-1.0.dist-info/entry_points.txt", "[console_scripts]\nfoo = foo:main\n");
  site.add("a/Foo_Bar-1.0.dist-info/direct_url.json", R"({"url": "file:///src/a%20b", "dir_info": {"editable": true}})");
  site.add("a/plain-2.dist-info/METADATA", "Name: plain\nVersion: 2\n");
  auto found = site.scan();
  REQUIRE(found.size() == 2);
  const InstalledDist& foo = found.at("foo-bar");
  CHECK(foo.name == "Foo.Bar");
  CHECK(foo.version_text == "1.0.0");
  CHECK(foo.version.str() == "1.0");
  CHECK(foo.installer == "pip");
  CHECK(foo.requested);
  CHECK(foo.editable_location == "/src/a b");
  CHECK(foo.location == site.dir + "/a");
  CHECK(foo.metadata().value().requires_dist.size() == 1);
  CHECK(foo.record().value().size() == 1);
  CHECK(foo.entry_points().value().at(0).module == "foo");
  const InstalledDist& plain = found.at("plain");
  CHECK_FALSE(plain.requested);
  CHECK(plain.installer.empty());
  CHECK_FALSE(plain.direct_url);
  CHECK_FALSE(plain.record());
  CHECK(plain.entry_points().value().empty());
  CHECK(site.diagnostics.items().empty());
}

TEST_CASE("a project that is visible twice is the one of the first directory", "[python]") {
  Site site;
  site.add("a/x-1.dist-info/METADATA", "Name: x\nVersion: 1\n");
  site.add("b/X-2.dist-info/METADATA", "Name: X\nVersion: 2\n");
  site.add("b/y-2.dist-info/METADATA", "Name: y\nVersion: 2\n");
  CHECK(site.scan({"a", "missing", "b"}).at("x").version_text == "1");
  CHECK(site.scan({"b", "a"}).at("x").version_text == "2");
  CHECK(site.scan({"a", "b"}).size() == 2);
}

TEST_CASE("egg-info directories and files, eggs and egg-links are found", "[python]") {
  Site site;
  site.add("a/old-1.5-py3.8.egg-info/PKG-INFO", "Name: Old\nVersion: 1.5\n\nbody\n");
  site.add("a/old-1.5-py3.8.egg-info/requires.txt", "a>1\n[x:python_version > \"3\"]\nb\n[y]\nc @ https://h/c.whl\n");
  site.add("a/distu-0.1.egg-info", "Name: distu\nVersion: 0.1\n");
  site.add("a/dev.egg-link", "\n" + site.dir + "/src/dev/\n.");
  site.add("src/dev/dev_p.egg-info/PKG-INFO", "Name: dev-p\nVersion: 7\n");
  site.add("z-1.egg/EGG-INFO/PKG-INFO", "Name: inegg\nVersion: 3\n");
  auto found = site.scan({"a", "z-1.egg"});
  REQUIRE(found.size() == 4);
  const InstalledDist& old = found.at("old");
  CHECK(old.kind == MetadataKind::egg_info_directory);
  CHECK(old.version.str() == "1.5");
  const auto metadata = old.metadata();
  REQUIRE(metadata);
  REQUIRE(metadata->requires_dist.size() == 3);
  CHECK(metadata->requires_dist[1].marker.value().str().find("extra == \"x\"") != std::string::npos);
  CHECK(found.at("distu").kind == MetadataKind::egg_info_file);
  CHECK(found.at("distu").metadata().value().version_text == "0.1");
  const InstalledDist& dev = found.at("dev-p");
  CHECK(dev.kind == MetadataKind::egg_link);
  CHECK(dev.editable_location == site.dir + "/src/dev");
  CHECK(dev.location == site.dir + "/src/dev");
  CHECK(found.at("inegg").version_text == "3");
}

TEST_CASE("leftovers are named as pip names them and skipped", "[python]") {
  Site site;
  site.add("a/~old-1.0.dist-info/METADATA", "Name: old\nVersion: 1.0\n");
  site.add("a/_bad-1.0.dist-info/METADATA", "Name: bad\nVersion: 1.0\n");
  REQUIRE(sys::make_directories(site.dir + "/a/empty-1.dist-info"));
  site.add("a/nothing.dist-info/METADATA", "");
  site.add("a/noversion.dist-info/METADATA", "Name: noversion\n\nVersion: 1\n");
  site.add("a/json-1.dist-info/METADATA", "Name: json\nVersion: 1\n");
  site.add("a/json-1.dist-info/direct_url.json", "{");
  site.add("a/legacy-x.dist-info/METADATA", "Name: legacy\nVersion: foo_9\n");
  auto found = site.scan();
  REQUIRE(found.size() == 2);
  CHECK(found.at("legacy").version_is_legacy);
  CHECK(found.at("legacy").version_text == "foo_9");
  CHECK_FALSE(found.at("json").direct_url);
  std::map<std::string, bool> said;
  for (const Diagnostic& item : site.diagnostics.items()) said[item.message.substr(0, item.message.find(" (" + site.dir))] = true;
  CHECK(said.contains("Ignoring incompletely removed distribution ~old-1.0.dist-info"));
  CHECK(said.contains("Ignoring invalid distribution -bad"));
  CHECK(said.contains("Skipping " + site.dir + "/a/empty-1.dist-info due to its METADATA is missing"));
  CHECK(said.contains("Skipping " + site.dir + "/a/nothing.dist-info due to invalid metadata entry 'name'"));
  CHECK(said.contains("Skipping " + site.dir + "/a/noversion.dist-info due to invalid metadata entry `version`"));
  CHECK(site.diagnostics.items().size() == 6);
}

TEST_CASE("requires.txt counts only where PKG-INFO says nothing", "[python]") {
  CHECK(with_egg_requires("Name: x\n\nbody", "a\n\n[:os_name == \"nt\"]\nb\n[e]\nc\n[f:os_name == \"nt\"]\nd\n") ==
        "Name: x\nRequires-Dist: a\nRequires-Dist: b; os_name == \"nt\"\nRequires-Dist: c; extra == \"e\"\n"
        "Requires-Dist: d; (os_name == \"nt\") and extra == \"f\"\n\nbody");
  CHECK(with_egg_requires("requires-dist: z\n", "a\n") == "requires-dist: z\n");
  CHECK(with_egg_requires("Name: x", "a") == "Name: x\nRequires-Dist: a\n");
}
