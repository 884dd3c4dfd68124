#include "pipit/index/candidate_finder.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "unit/index/page_maker.h"

using namespace pipit;
using namespace pipit::index;
using test::made_page;
using test::MadeFile;
using test::packed;

namespace {

std::string digest(char c) { return std::string(64, c); }

FinderOptions cpython311() {
  packaging::TagTarget target;
  target.python_major = 3;
  target.python_minor = 11;
  target.architecture = "x86_64";
  target.libc = packaging::Libc::glibc;
  target.libc_major = 2;
  target.libc_minor = 36;
  FinderOptions options;
  options.tags = packaging::SupportedTags::for_target(target);
  options.python_version = *packaging::Version::parse("3.11.4");
  options.python_minor = "3.11";
  return options;
}

Candidates find(const std::vector<MadeFile>& files, FinderOptions options = cpython311(), const Wanted& wanted = {}) {
  return CandidateFinder(std::move(options)).find("x", {packed(made_page(files), "x")}, wanted);
}

// "1.1: b.whl a.tar.gz | 1.0: c.whl": usable files, most preferred first.
std::string shown(const Candidates& found) {
  std::string out;
  for (const Release& release : found.releases) {
    if (release.files.empty()) continue;
    out += (out.empty() ? "" : " | ") + release.version.str() + ":";
    for (const UsableFile& file : release.files) out += " " + found.candidate(file).file.filename;
  }
  return out;
}

Wanted wants(const std::string& specifiers, const std::vector<std::string>& digests) {
  Wanted wanted;
  wanted.specifiers = *packaging::SpecifierSet::parse(specifiers);
  for (const std::string& hex : digests) wanted.hashes.push_back({"sha256", hex});
  return wanted;
}

}  // namespace

TEST_CASE("the best file of a version comes first: tags in the target's order, then the build number, sdists last", "[index]") {
  // The order that pip 26.3 was seen to pick in, file by file.
  const std::vector<std::string> order{"x-1-cp311-cp311-linux_x86_64.whl", "x-1-cp311-abi3-manylinux2014_x86_64.whl", "x-1-cp38-abi3-manylinux_2_17_x86_64.whl",
                                       "x-1-py3-none-manylinux1_x86_64.whl", "x-1-cp311-none-any.whl", "x-1-2-py3-none-any.whl", "x-1-py3-none-any.whl", "x-1.tar.gz"};
  std::vector<MadeFile> files;
  for (auto name = order.rbegin(); name != order.rend(); ++name) files.push_back({*name});
  std::string expected = "1:";
  for (const std::string& name : order) expected += " " + name;
  CHECK(shown(find(files)) == expected);
}

TEST_CASE("versions are compared as versions, the newest first", "[index]") {
  CHECK(shown(find({{"x-1.9.tar.gz"}, {"x-1.10.tar.gz"}, {"x-1.10rc1.tar.gz"}, {"x-2.0.dev1.tar.gz"}})) ==
        "2.0.dev1: x-2.0.dev1.tar.gz | 1.10: x-1.10.tar.gz | 1.10rc1: x-1.10rc1.tar.gz | 1.9: x-1.9.tar.gz");
}

TEST_CASE("the first reason in pip's order is the one that is told", "[index]") {
  struct Row {
    MadeFile file;
    std::string no_binary, only_binary;
    std::string reason;
  };
  const auto row = GENERATE(values<Row>({
      {{"x-1.exe"}, "", "", "unsupported archive format"},
      {{"x-1-cp27-cp27m-win32.whl", ">=4"}, "x", "", "No binaries permitted for x"},
      {{"x-1-macosx10.zip"}, "", "", "macosx10 one"},
      {{"x-1-any.whl"}, "", "", "invalid wheel filename"},
      {{"y-1-py3-none-any.whl"}, "", "", "wrong project name (not x)"},
      {{"x-1-py2-none-any.whl", ">=4"}, "", "", "none of the wheel's tags (py2-none-any) are compatible (run pip debug --verbose to show compatible tags)"},
      {{"x-1.tar.gz", ">=4"}, "", "x", "No sources permitted for x"},
      {{"y-1.tar.gz"}, "", "", "Missing project version for x"},
      {{"x-1-py2.7.tar.gz"}, "", "", "Python version is incorrect"},
      {{"x-1.tar.gz", ">=3.12,<4.0"}, "", "", "1 Requires-Python <4.0,>=3.12"},
      {{"x-one.tar.gz"}, "", "", "invalid version"},
  }));
  FinderOptions options = cpython311();
  if (!row.no_binary.empty()) options.formats.no_binary = {row.no_binary};
  if (!row.only_binary.empty()) options.formats.only_binary = {row.only_binary};
  const Candidates found = find({row.file}, options);
  INFO(row.file.name);
  REQUIRE(found.strays.size() + (found.releases.empty() ? 0 : found.releases[0].rejected.size()) == 1);
  CHECK(found.reason(found.strays.empty() ? found.releases[0].rejected[0] : found.strays[0]) == row.reason);
  CHECK(shown(found).empty());
}

TEST_CASE("X4: a file of another project on the page is never a candidate", "[index][X4]") {
  CHECK(shown(find({{"y-1-py3-none-any.whl"}, {"xy-1.tar.gz"}, {"y-2.tar.gz"}, {"x-y-1-py3-none-any.whl"}})).empty());
}

TEST_CASE("an sdist for one Python only is used for that one", "[index]") {
  FinderOptions options = cpython311();
  options.python_minor = "3.9";
  CHECK(shown(find({{"x-1-py3.9.tar.gz"}, {"x-2-py3.8.tar.gz"}, {"x-3-py3.11.tar.gz"}}, options)) == "1: x-1-py3.9.tar.gz");
}

TEST_CASE("a name beats :all: in --no-binary and --only-binary", "[index]") {
  FormatControl formats;
  formats.only_binary = {":all:"};
  formats.no_binary = {"x"};
  CHECK_FALSE(formats.admits_wheels("x"));
  CHECK(formats.admits_sdists("x"));
  CHECK(formats.admits_wheels("y"));
  CHECK_FALSE(formats.admits_sdists("y"));
  formats = {{":all:"}, {"x"}};
  CHECK(formats.admits_wheels("x"));
  CHECK_FALSE(formats.admits_sdists("x"));
  CHECK_FALSE(formats.admits_wheels("y"));
  CHECK(formats.admits_sdists("y"));
}

TEST_CASE("Requires-Python is judged for the target, unless told not to", "[index]") {
  const std::vector<MadeFile> files{{"x-2.tar.gz", ">=3.12"}, {"x-1.tar.gz", "<3.12,>=3.8"}, {"x-0.9.tar.gz", "nonsense"}, {"x-0.8.tar.gz", ">=3.11.5"}};
  const Candidates found = find(files);
  CHECK(shown(found) == "1: x-1.tar.gz | 0.9: x-0.9.tar.gz");
  CHECK(found.requires_python_skipped() == std::vector<std::string>{"0.8 Requires-Python >=3.11.5", "2 Requires-Python >=3.12"});
  CHECK(found.reason(found.releases[0]) == "it needs Python >=3.12, the target has 3.11.4");
  FinderOptions ignoring = cpython311();
  ignoring.ignore_requires_python = true;
  CHECK(find(files, ignoring).versions() == std::vector<std::string>{"0.8", "0.9", "1", "2"});
}

TEST_CASE("option --prefer-binary lifts every wheel above every sdist, even of a newer version", "[index]") {
  FinderOptions options = cpython311();
  options.prefer_binary = true;
  CHECK(shown(find({{"x-2.tar.gz"}, {"x-1-py3-none-any.whl"}, {"x-1.tar.gz"}}, options)) == "1: x-1-py3-none-any.whl x-1.tar.gz | 2: x-2.tar.gz");
}

TEST_CASE("X8: within a version the file that was not yanked is preferred, and a version is yanked if all its files are", "[index][X8]") {
  const Candidates found = find({{"x-1-py3-none-any.whl", "", "", "bad"}, {"x-1.tar.gz"}, {"x-2.tar.gz", "", "", ""}});
  CHECK(shown(found) == "2: x-2.tar.gz | 1: x-1.tar.gz x-1-py3-none-any.whl");
  CHECK(found.releases[0].is_yanked());
  CHECK_FALSE(found.releases[1].is_yanked());
  CHECK(found.versions() == std::vector<std::string>{"1"});
  CHECK(found.yanked_versions() == std::vector<std::string>{"1", "2"});
  CHECK(found.candidate(found.releases[0].files[0]).file.yanked == "");
}

TEST_CASE("files of a version with a wanted digest come first, those known to be wrong go", "[index]") {
  const std::vector<MadeFile> files{{"x-2.tar.gz", "", digest('b')}, {"x-1-py3-none-any.whl", "", digest('a')}, {"x-1.tar.gz", "", digest('c')}, {"x-1.5.tar.gz"}};
  CHECK(shown(find(files, cpython311(), wants("", {digest('c')}))) == "1: x-1.tar.gz | 1.5: x-1.5.tar.gz");
  // none matches: all stay, so that the mismatch can be shown
  CHECK(shown(find(files, cpython311(), wants("", {digest('f')}))) == "2: x-2.tar.gz | 1.5: x-1.5.tar.gz | 1: x-1-py3-none-any.whl x-1.tar.gz");
  // a digest of a version that is not wanted does not count
  CHECK(shown(find(files, cpython311(), wants("==2", {digest('c')}))).starts_with("2: x-2.tar.gz"));
  const Candidates found = find(files, cpython311(), wants("==1", {digest('a')}));
  CHECK(found.candidate(found.releases[0].files[0]).file.filename == "x-1-py3-none-any.whl");
}

TEST_CASE("a wanted digest outranks yanked and newer", "[index]") {
  const std::vector<MadeFile> files{{"x-2.tar.gz"}, {"x-1.tar.gz", "", digest('a'), "bad"}};
  CHECK(shown(find(files, cpython311(), wants("", {digest('a')}))) == "1: x-1.tar.gz | 2: x-2.tar.gz");
}

TEST_CASE("X5: an md5 that the page offers does not satisfy a wanted sha256", "[index][X5]") {
  ProjectPage page = made_page({{"x-1.tar.gz"}, {"x-1-py3-none-any.whl", "", digest('a')}});
  page.files[0].hashes = {{"md5", digest('a').substr(0, 32)}};
  const Candidates found = CandidateFinder(cpython311()).find("x", {packed(page, "x")}, wants("", {digest('a')}));
  CHECK(shown(found) == "1: x-1-py3-none-any.whl");
}

TEST_CASE("local files that a directory offers without digests are digested before choosing", "[index]") {
  ProjectPage page = made_page({{"x-1.tar.gz"}, {"x-1-py3-none-any.whl"}, {"x-2.tar.gz"}});
  for (model::DistFile& file : page.files) file.url = "file:///srv/" + file.filename;
  FinderOptions options = cpython311();
  std::vector<std::string> read;
  options.digest = [&](const model::DistFile& file, const std::vector<std::string>& algorithms) {
    CHECK(algorithms == std::vector<std::string>{"sha256"});
    read.push_back(file.filename);
    return packaging::Hashes{{"sha256", digest(file.filename.ends_with(".whl") ? 'a' : 'b')}};
  };
  // the good file lies beside a better-ranked wrong one
  CHECK(shown(CandidateFinder(options).find("x", {packed(page, "x")}, wants("==1", {digest('b')}))).starts_with("1: x-1.tar.gz |"));
  CHECK(read == std::vector<std::string>{"x-1.tar.gz", "x-1-py3-none-any.whl"});
}

TEST_CASE("a local file that is the only choice is not read to choose it", "[index]") {
  FinderOptions options = cpython311();
  int read = 0;
  options.digest = [&](const model::DistFile&, const std::vector<std::string>&) { return ++read, packaging::Hashes{{"sha256", digest('a')}}; };
  ProjectPage page = made_page({{"x-1-py3-none-any.whl"}, {"x-2-py3-none-any.whl"}});
  for (model::DistFile& file : page.files) file.url = "file:///wheels/" + file.filename;
  CHECK(shown(CandidateFinder(options).find("x", {packed(page, "x")}, wants("==1", {digest('b')}))) == "2: x-2-py3-none-any.whl | 1: x-1-py3-none-any.whl");
  CHECK(read == 0);
}

TEST_CASE("X11: a file without an upload time is too new for a limit; local files are exempt", "[index][X11]") {
  FinderOptions options = cpython311();
  options.uploaded_prior_to = parse_time("2024-06-01T00:00:00Z");
  options.uploaded_prior_to_by_name["y"] = std::nullopt;
  const std::vector<MadeFile> files{{"x-1.tar.gz", "", "", {}, "2024-05-31T23:59:59.999Z"}, {"x-2.tar.gz", "", "", {}, "2024-06-01T00:00:00Z"}, {"x-3.tar.gz"},
                                    {"x-4.tar.gz", "", "", {}, "yesterday"}, {"x-5.tar.gz", "", "", {}, "", "file:///srv/"}};
  const Candidates found = find(files, options);
  CHECK(shown(found) == "5: x-5.tar.gz | 1: x-1.tar.gz");
  CHECK(found.reason(found.releases[2]) == "its index does not tell when it was uploaded");
  CHECK(found.reason(found.releases[3]) == "it was uploaded at 2024-06-01T00:00:00Z, after the limit");
  CHECK(CandidateFinder(options).find("y", {packed(made_page({{"y-3.tar.gz"}}), "y")}).releases[0].files.size() == 1);
}

TEST_CASE("of equal files the later page wins, and on one page the later link", "[index]") {
  const auto first = packed(made_page({{"x-1-py3-none-any.whl", "", "", {}, "", "https://one.example/"}, {"x-1-py3-none-any.whl", "", "", {}, "", "https://two.example/"}}), "x");
  const auto second = packed(made_page({{"x-1-py3-none-any.whl", "", "", {}, "", "https://three.example/"}, {"x-1.0-py3-none-any.whl", "", "", {}, "", "https://four.example/"}, {"x-3.tar.gz"}}), "x");
  const Candidates found = CandidateFinder(cpython311()).find("x", {first, second});
  REQUIRE(found.releases.size() == 2);
  std::vector<std::string> urls;
  for (const UsableFile& file : found.releases[1].files) urls.push_back(found.candidate(file).file.url);
  CHECK(urls == std::vector<std::string>{"https://four.example/x-1.0-py3-none-any.whl", "https://three.example/x-1-py3-none-any.whl", "https://two.example/x-1-py3-none-any.whl",
                                         "https://one.example/x-1-py3-none-any.whl"});
  CHECK(found.releases[1].text == "1.0");
}

TEST_CASE("a release that no file fits says why", "[index]") {
  const Candidates found = find({{"x-1-cp311-cp311-win_amd64.whl"}, {"x-1-cp310-cp310-linux_x86_64.whl"}});
  CHECK(found.reason(found.releases.at(0)) == "none of its 2 wheels fits the target, and it has no source archive (one is for cp311-cp311-win_amd64)");
}

TEST_CASE("X14: versions of a million digits and epochs beyond 64 bits are read in linear time or refused", "[index][X14]") {
  const std::string digits(1'000'000, '9');
  CHECK_NOTHROW(find({{"x-" + digits + ".tar.gz"}, {"x-1!" + digits + "-py3-none-any.whl"}}));
  CHECK(shown(find({{"x-18446744073709551616!1.tar.gz"}, {"x-1!1.tar.gz"}, {"x-99999999999999999999999.tar.gz"}})) ==
        "18446744073709551616!1: x-18446744073709551616!1.tar.gz | 1!1: x-1!1.tar.gz | 99999999999999999999999: x-99999999999999999999999.tar.gz");
}

TEST_CASE("times are read as RFC 3339 writes them", "[index]") {
  CHECK(parse_time("2024-05-01T12:00:00Z") == parse_time("2024-05-01T14:00:00+02:00"));
  CHECK(parse_time("2024-05-01T12:00:00.5Z") == parse_time("2024-05-01T12:00:00.500000999Z"));
  CHECK(parse_time("2024-05-01") == parse_time("2024-05-01T00:00:00"));
  for (const char* bad : {"", "2024", "2024-13-01", "2024-02-30T00:00:00Z", "2024-05-01T25:00:00Z", "2024-05-01T12:00:00+2", "2024-05-01T12:00:00.Z", "x"}) CHECK_FALSE(parse_time(bad));
}
