#include "pipit/wheel/manifest.h"

#include <catch2/catch_test_macros.hpp>

using namespace pipit::wheel;

namespace {
Manifest sample() {
  Manifest m;
  m.filename = "demo-1.0-py3-none-any.whl";
  m.archive_sha256 = std::string(64, 'a');
  m.name = "demo";
  m.version = "1.0";
  m.dist_info = "demo-1.0.dist-info";
  m.root_is_purelib = false;
  m.directories = {"demo", "demo-1.0.dist-info"};
  m.files = {{"demo/a.py", 10, false, "sha256=x", 1234567890123456789}, {"demo/b", 20, true, "sha256=y", -5}};
  m.record = {{"demo/a.py", "sha256=x", "10"}, {"odd", "", ""}, {"demo/b", "sha256=y", "20"}, {"demo-1.0.dist-info/RECORD", "", ""}};
  m.scripts = {{"console_scripts", "demo", "demo:main", "demo", "main"}};
  m.tags = {{"py3", "none", "any"}};
  m.requires_python = ">=3";
  m.requires_dist = {"six"};
  m.provides_extra = {"dev"};
  m.python_scripts = {{"demo-1.0.data/scripts/x", "#!python\n"}};
  m.allowances = {"bad-record"};
  return m;
}
}  // namespace

TEST_CASE("a manifest is read as it was written", "[wheel]") {
  const Manifest m = sample();
  const auto read = Manifest::from_bytes(m.to_bytes());
  REQUIRE(read);
  CHECK(read->to_bytes() == m.to_bytes());
  CHECK(read->files[0].mtime_ns == 1234567890123456789);
  CHECK(read->files[1].mtime_ns == -5);
  CHECK(read->files[1].executable);
  CHECK(read->record == m.record);
  CHECK(read->scripts == m.scripts);
  CHECK(read->tags == m.tags);
  CHECK_FALSE(read->root_is_purelib);
  CHECK(read->python_scripts[0].content == "#!python\n");
}

TEST_CASE("a manifest that was cut or changed anywhere is refused", "[wheel]") {
  const std::string whole = sample().to_bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(Manifest::from_bytes(whole.substr(0, size)));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x11);
    CHECK_FALSE(Manifest::from_bytes(changed));
  }
  CHECK_FALSE(Manifest::from_bytes(whole + "x"));
}

TEST_CASE("a manifest cannot name a path outside its tree", "[wheel]") {
  for (const char* path : {"../x", "/x", "a//b", "a/./b", "", "a/.."}) {
    Manifest file = sample(), directory = sample(), info = sample();
    file.files[0].path = path;
    directory.directories[0] = path;
    info.dist_info = path;
    CHECK_FALSE(Manifest::from_bytes(file.to_bytes()));
    CHECK_FALSE(Manifest::from_bytes(directory.to_bytes()));
    CHECK_FALSE(Manifest::from_bytes(info.to_bytes()));
  }
}
