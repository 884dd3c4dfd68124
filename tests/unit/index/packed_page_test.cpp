#include "pipit/index/packed_page.h"

#include <catch2/catch_test_macros.hpp>

#include "pipit/sys/file.h"
#include "support/places.h"
#include "unit/index/page_maker.h"

using namespace pipit;
using namespace pipit::index;
using index::test::made_page;

namespace {

ProjectPage rich_page() {
  ProjectPage page = *parse_simple_json(*sys::read_file(pipit::test::fixtures() + "/index/simple-full.json"),
                                        *Url::parse("https://index.example/simple/sample-project/"));
  page.files[0].hashes.push_back({"sha1", "not hex"});
  return page;
}

}  // namespace

TEST_CASE("a packed page gives back every file it was made of", "[index]") {
  const ProjectPage page = rich_page();
  const auto packed = PackedPage::from_bytes(PackedPage::pack(page, "sample-project", {"https://i.example/x/", "https://index.example/simple/sample-project/", "id-1"}));
  REQUIRE(packed);
  CHECK((*packed)->key() == PageKey{"https://i.example/x/", "https://index.example/simple/sample-project/", "id-1"});
  CHECK((*packed)->status() == ProjectStatus::archived);
  CHECK((*packed)->status_reason() == "moved elsewhere");
  REQUIRE((*packed)->files().size() == 3);
  // newest first: 1.1+local.2, 1.1, 1.0
  CHECK((*packed)->dist_file((*packed)->files()[0]) == page.files[2]);
  CHECK((*packed)->dist_file((*packed)->files()[1]) == page.files[1]);
  CHECK((*packed)->dist_file((*packed)->files()[2]) == page.files[0]);
}

TEST_CASE("a packed page groups files by version, newest first, and puts nameless ones last", "[index]") {
  const auto page = index::test::packed(made_page({{"x-1.0.tar.gz"}, {"x-1.10-py3-none-any.whl"}, {"x-notes.txt"}, {"x-1.9.tar.gz"}, {"x-1.0.0-py3-none-any.whl"}, {"y-1.0-py3-none-any.whl"}, {"x-1.0.tar.gz"}}), "x");
  std::vector<std::pair<std::string, std::uint32_t>> releases;
  for (const PackedRelease& release : page->releases()) releases.emplace_back(page->text(release.version), release.file_count);
  CHECK(releases == std::vector<std::pair<std::string, std::uint32_t>>{{"1.10", 1}, {"1.9", 1}, {"1.0", 2}, {"", 2}});
}

TEST_CASE("a page that was cut or damaged on disk is not used", "[index]") {
  const std::string good = PackedPage::pack(rich_page(), "sample-project", {"u", "f", "i"});
  REQUIRE(PackedPage::from_bytes(good));
  for (std::size_t size = 0; size < good.size(); size += 7) CHECK_FALSE(PackedPage::from_bytes(good.substr(0, size)));
  for (std::size_t at = 0; at < good.size(); at += 5) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    CHECK_FALSE(PackedPage::from_bytes(bad));
  }
}

TEST_CASE("a packed page is read from a mapping", "[index]") {
  auto dir = sys::TempDir::create({}, "packed");
  REQUIRE(dir);
  const std::filesystem::path path = dir->path() / "x.page";
  REQUIRE(sys::replace_file(sys::real_os(), path, PackedPage::pack(rich_page(), "sample-project", {"u", "f", "i"})));
  const auto page = PackedPage::map(path);
  REQUIRE(page);
  CHECK((*page)->files().size() == 3);
  CHECK_FALSE(PackedPage::map(dir->path() / "absent"));
}
