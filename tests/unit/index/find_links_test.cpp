#include "pipit/index/find_links.h"

#include <catch2/catch_test_macros.hpp>
#include <cerrno>

#include "pipit/base/url.h"
#include "pipit/sys/file.h"

using namespace pipit;
using namespace pipit::index;

namespace {

struct Tree {
  sys::TempDir dir = *sys::TempDir::create({}, "links");
  std::filesystem::path operator/(const std::string& name) const { return dir.path() / name; }
  void write(const std::string& name, const std::string& content = "x") {
    REQUIRE(sys::make_directories((dir.path() / name).parent_path()));
    REQUIRE(sys::replace_file(sys::real_os(), dir.path() / name, content));
  }
};

std::vector<std::string> names(const std::vector<model::DistFile>& files) {
  std::vector<std::string> out;
  for (const auto& file : files) out.push_back(file.filename);
  return out;
}

}  // namespace

TEST_CASE("a directory offers the archives directly inside it, and its html files as pages", "[index]") {
  Tree tree;
  for (const char* name : {"x-1.0.tar.gz", "X-1.1-py3-none-any.whl", "x-1.2.zip", "x-1.3.tar.bz2", "x-1.4.exe", "sub/x-2.0.tar.gz", "page.html", "x_y-1.0.tar.gz", "not-a-wheel.whl"}) tree.write(name);
  Diagnostics diagnostics;
  const LocalLinks links = read_local_links({locate(tree.dir.path().string())}, diagnostics);
  CHECK(diagnostics.items().empty());
  // of equal files the smaller URL wins, and later ones win
  CHECK(names(links.files.of("x")) == std::vector<std::string>{"x_y-1.0.tar.gz", "x-1.2.zip", "x-1.0.tar.gz", "X-1.1-py3-none-any.whl"});
  CHECK(names(links.files.of("x-y")) == std::vector<std::string>{"x_y-1.0.tar.gz"});
  CHECK(links.files.of("y").empty());
  CHECK(links.html_pages == std::vector<std::filesystem::path>{tree / "page.html"});
  CHECK(links.files.of("x-y").at(0).url == Url::from_path((tree / "x_y-1.0.tar.gz").string()).str());
}

TEST_CASE("a location is a directory, a page, an archive, an address, or nothing", "[index]") {
  Tree tree;
  tree.write("a b/x-1.0.tar.gz");
  tree.write("links.html");
  CHECK(locate((tree / "a b").string()).kind == LocationKind::directory);
  CHECK(locate(Url::from_path((tree / "a b").string()).str()).kind == LocationKind::directory);
  CHECK(locate((tree / "links.html").string()).kind == LocationKind::html_file);
  CHECK(locate((tree / "a b/x-1.0.tar.gz").string()).kind == LocationKind::archive_file);
  CHECK(locate("https://f.example/links/").kind == LocationKind::remote);
  CHECK(locate((tree / "absent").string()).kind == LocationKind::missing);
  CHECK(locate("https://\\evil").kind == LocationKind::missing);
}

TEST_CASE("a missing location is ignored with pip's warning", "[index]") {
  Diagnostics diagnostics;
  static_cast<void>(read_local_links({locate("/absent/here"), locate("file:///absent/there")}, diagnostics));
  REQUIRE(diagnostics.items().size() == 2);
  CHECK(diagnostics.items()[0].message == "Location '/absent/here' is ignored: it is either a non-existing path or lacks a specific scheme.");
  CHECK(diagnostics.items()[1].message == "Location 'file:///absent/there' is ignored: it is neither a file nor a directory.");
}

TEST_CASE("a directory that is there and cannot be listed is an error, not an empty one", "[index]") {
  Diagnostics diagnostics;
  Location location;
  location.kind = LocationKind::directory;
  location.text = "wheels";
  location.path = "/dev/null";
  const LocalLinks links = read_local_links({location}, diagnostics);
  REQUIRE(links.unreadable);
  CHECK(links.unreadable->os_errno == ENOTDIR);
}
