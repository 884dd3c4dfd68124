#include "pipit/index/simple_parser.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <ctime>
#include <fmt/format.h>
#include <string>

#include "pipit/sys/file.h"
#include "support/places.h"

using namespace pipit;
using namespace pipit::index;

namespace {

const Url& page_url() {
  static const Url url = *Url::parse("https://index.example/simple/sample-project/");
  return url;
}

std::string fixture(const std::string& name) { return *sys::read_file(pipit::test::fixtures() + "/index/" + name); }

ProjectPage json(const std::string& text) {
  auto page = parse_simple_json(text, page_url());
  INFO(text.substr(0, 300));
  if (!page) FAIL(page.error().message);
  return *page;
}

ProjectPage html(const std::string& text) {
  auto page = parse_simple_html(text, page_url());
  if (!page) FAIL(page.error().message);
  return *page;
}

std::string one_file(const std::string& members) { return R"({"meta":{"api-version":"1.0"},"files":[{)" + members + "}]}"; }

std::string code(const Result<ProjectPage>& page) { return page ? "" : std::string(page.error().code.id); }

}  // namespace

TEST_CASE("a JSON page gives every field of its files", "[index]") {
  const ProjectPage page = json(fixture("simple-full.json"));
  CHECK(page.name == "Sample.Project");
  CHECK(page.versions == std::vector<std::string>{"1.0", "1.1", "not a version"});
  CHECK(page.status == ProjectStatus::archived);
  CHECK(page.status_reason == "moved elsewhere");
  CHECK(page.refused.empty());
  REQUIRE(page.files.size() == 3);

  const model::DistFile& sdist = page.files[0];
  CHECK(sdist.filename == "sample_project-1.0.tar.gz");
  CHECK(sdist.url == "https://files.example/a/sample_project-1.0.tar.gz");
  CHECK(sdist.hashes == packaging::Hashes{{"sha256", "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789"}, {"md5", "d41d8cd98f00b204e9800998ecf8427e"}});
  CHECK(sdist.size_bytes == 1234);
  CHECK(sdist.requires_python == ">=3.8");
  CHECK(sdist.upload_time == "2024-05-01T12:00:00.123456Z");
  CHECK_FALSE(sdist.yanked);
  CHECK_FALSE(sdist.core_metadata);
  CHECK(sdist.source == "https://index.example/simple/sample-project/");

  const model::DistFile& wheel = page.files[1];
  CHECK(wheel.url == "https://index.example/files/sample_project-1.1-py3-none-any.whl");
  CHECK(wheel.hashes == packaging::Hashes{{"sha256", "00ff"}});
  CHECK(wheel.yanked == "breaks & burns");
  CHECK(wheel.core_metadata);
  CHECK(wheel.core_metadata_hashes.at(0).hex == std::string(64, '1'));
  CHECK_FALSE(wheel.requires_python);
  CHECK_FALSE(wheel.size_bytes);

  const model::DistFile& local = page.files[2];
  CHECK(local.filename == "sample_project-1.1+local.2-py3-none-any.whl");
  CHECK(local.url == "https://files.example/sample_project-1.1%2Blocal.2-py3-none-any.whl");
  CHECK(local.yanked == "");
  CHECK(local.core_metadata);
  CHECK(local.core_metadata_hashes.empty());
}

TEST_CASE("an HTML page is read as browsers read it", "[index]") {
  const ProjectPage page = html(fixture("simple-old.html"));
  std::vector<std::string> urls;
  for (const auto& file : page.files) urls.push_back(file.url);
  CHECK(urls == std::vector<std::string>{"https://files.example/base/one/sample-project-1.0.tar.gz",
                                         "https://files.example/abs/sample_project-1.1-py3-none-any.whl",
                                         "https://files.example/base/two/sample_project-1.2%2Bcpu-py3-none-any.whl",
                                         "https://other.example/dir/sample%20project-1.3.zip?x=1&y=2",
                                         "https://files.example/base/sample_project-1.4.tar.gz"});
  REQUIRE(page.files.size() == 5);
  CHECK(page.files[0].requires_python == ">=3.6, <4");
  CHECK(page.files[0].hashes == packaging::Hashes{{"sha256", "aa11"}});
  CHECK(page.files[1].yanked == "");
  CHECK(page.files[1].hashes == packaging::Hashes{{"md5", "bb22"}});
  CHECK(page.files[1].core_metadata);
  CHECK(page.files[1].core_metadata_hashes == packaging::Hashes{{"sha256", "cc33"}});
  CHECK(page.files[2].filename == "sample_project-1.2+cpu-py3-none-any.whl");
  CHECK(page.files[2].core_metadata);
  CHECK(page.files[3].filename == "sample project-1.3.zip");
  CHECK(page.files[4].yanked == "bad \"release\" > >");
}

TEST_CASE("PyPI's documents give the same rows as the Simple API", "[index]") {
  const std::string file = R"({"filename":"x-1.0-py3-none-any.whl","url":"https://f.example/x-1.0-py3-none-any.whl","packagetype":"bdist_wheel",
    "digests":{"md5":"aa","sha256":"bb","blake2b_256":"cc"},"size":7,"upload_time":"2020-01-01T00:00:00","upload_time_iso_8601":"2020-01-01T00:00:00.5Z",
    "requires_python":">=3","yanked":true,"yanked_reason":"why","core-metadata":{"sha256":"dd"},"data-dist-info-metadata":false})";
  const std::string info = R"("info":{"name":"X","version":"1.0","requires_dist":["a"],"yanked":false,"yanked_reason":null},"last_serial":3,"vulnerabilities":[])";
  const auto release = parse_pypi_json("{" + info + R"(,"urls":[)" + file + "]}", page_url(), PypiDocument::release);
  REQUIRE(release);
  CHECK(release->name == "X");
  REQUIRE(release->files.size() == 1);
  const model::DistFile& row = release->files[0];
  CHECK(row.hashes == packaging::Hashes{{"md5", "aa"}, {"sha256", "bb"}});
  CHECK(row.size_bytes == 7);
  CHECK(row.upload_time == "2020-01-01T00:00:00.5Z");
  CHECK(row.requires_python == ">=3");
  CHECK(row.yanked == "why");
  CHECK(row.core_metadata);

  // "urls" repeats the newest release: it must not be counted twice
  const auto project = parse_pypi_json("{" + info + R"(,"urls":[)" + file + R"(],"releases":{"0.9":[],"1.0":[)" + file + "]}}", page_url(), PypiDocument::project);
  REQUIRE(project);
  CHECK(project->files.size() == 1);
  CHECK(project->files[0] == row);
  CHECK(code(parse_pypi_json(R"({"message":"Not Found"})", page_url(), PypiDocument::release)) == "bad-index-page");

  std::string many = "{" + info + R"(,"urls":[],"releases":{)";
  for (std::size_t number = 0; number <= kFilesMax; ++number) many += fmt::format("{}\"{}\":[]", number == 0 ? "" : ",", number);
  const auto refused = parse_pypi_json(many + "}}", page_url(), PypiDocument::project);
  REQUIRE(code(refused) == "bad-index-page");
  CHECK(refused.error().message.ends_with("it lists more than 300000 releases"));
}

TEST_CASE("X1: a JSON page that is damaged or hostile is refused whole", "[index][X1]") {
  struct Row {
    const char* flaw;
    std::string page;
  };
  const std::string nested(100'000, '[');
  const auto [flaw, page] = GENERATE_COPY(values<Row>({
      {"empty", ""},
      {"cut", R"({"meta":{"api-version":"1.0"},"files":[{"filename":"x-1.tar.gz","url":"https://f.example/x-1.tar.gz")"},
      {"not an object", "[]"},
      {"a bare text", "\"files\""},
      {"no files", R"({"meta":{"api-version":"1.0"}})"},
      {"files is no list", R"({"files":{}})"},
      {"nested 10^5 deep", R"({"files":)" + nested},
      {"nested 65 deep in an ignored key", R"({"files":[],"x":)" + std::string(65, '[') + std::string(65, ']') + "}"},
      {"a key twice at the top", R"({"files":[],"files":[]})"},
      {"a key twice in a file", one_file(R"("url":"https://f.example/x-1.tar.gz","url":"https://f.example/y-1.tar.gz")")},
      {"a digest twice", one_file(R"("url":"https://f.example/x-1.tar.gz","hashes":{"sha256":"aa","SHA256":"bb"})")},
      {"NaN", one_file(R"("url":"https://f.example/x-1.tar.gz","size":NaN)")},
      {"10^400", one_file(R"("url":"https://f.example/x-1.tar.gz","size":1e400)")},
      {"bad UTF-8", one_file("\"url\":\"https://f.example/\xff-1.tar.gz\"")},
      {"a lone surrogate", one_file(R"("url":"https://f.example/\ud800-1.tar.gz")")},
      {"rubbish after the end", R"({"files":[]} {"files":[]})"},
      {"a comment", R"({"files":[] /* none */})"},
      {"api-version is a number", R"({"meta":{"api-version":1.0},"files":[]})"},
      {"api-version is no version", R"({"meta":{"api-version":"one"},"files":[]})"},
  }));
  INFO(flaw);
  const auto parsed = parse_simple_json(page, page_url());
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == kBadIndexPage);
  CHECK(parsed.error().where == "https://index.example/simple/sample-project/");
}

TEST_CASE("the major version of the API is checked, the minor is not", "[index]") {
  CHECK(code(parse_simple_json(R"({"meta":{"api-version":"2.0"},"files":[]})", page_url())) == "unsupported-api-version");
  CHECK(code(parse_simple_json(R"({"meta":{"api-version":"10.0"},"files":[]})", page_url())) == "unsupported-api-version");
  CHECK(code(parse_simple_json(R"({"meta":{"api-version":"1.99"},"files":[]})", page_url())).empty());
  CHECK(code(parse_simple_html(R"(<meta name="pypi:repository-version" content="2.1">)", page_url())) == "unsupported-api-version");
  CHECK(code(parse_simple_html(R"(<meta content="1.4" name="pypi:repository-version"><a href="x-1.tar.gz">)", page_url())).empty());
}

TEST_CASE("X4, N6: a file whose name or link must not travel further is left out, the others stay", "[index][X4][N6]") {
  const auto bad = GENERATE(as<std::string>{},  //
                            R"("filename":"../x-1.tar.gz","url":"https://f.example/x-1.tar.gz")",
                            R"("filename":"a/x-1.tar.gz","url":"https://f.example/x-1.tar.gz")",
                            R"("filename":"a\\x-1.tar.gz","url":"https://f.example/x-1.tar.gz")",
                            R"("filename":"x\u0000-1.tar.gz","url":"https://f.example/x-1.tar.gz")",
                            R"("filename":"x\n-1.tar.gz","url":"https://f.example/x-1.tar.gz")",
                            R"("url":"https://f.example/a%2Fx-1.tar.gz")", R"("url":"https://f.example/..%2f..%2fx-1.tar.gz")",
                            R"("url":"https://f.example/%5Cx-1.tar.gz")", R"("url":"https://f.example/x%00-1.tar.gz")",
                            R"("url":"https://f.example/x%0A-1.tar.gz")", R"("url":"https://f.example/")", R"("filename":"x-1.tar.gz")");
  INFO(bad);
  const ProjectPage page = json(R"({"files":[{)" + bad + R"(},{"url":"https://f.example/good-1.tar.gz"}]})");
  REQUIRE(page.files.size() == 1);
  CHECK(page.files[0].filename == "good-1.tar.gz");
  REQUIRE(page.refused.size() == 1);
  CHECK(page.refused[0].find('\n') == std::string::npos);
}

TEST_CASE("X3: links that mean different things to different readers are left out", "[index][X3]") {
  const auto link = GENERATE(as<std::string>{}, "https://index.example@evil.example/x-1.tar.gz", "https://user:pw@f.example/x-1.tar.gz", "//me@f.example/x-1.tar.gz",
                             R"(https://f.example\\@evil.example/x-1.tar.gz)", R"(https:\\\\evil.example\\x-1.tar.gz)", R"(https://f.exa\tmple/x-1.tar.gz)",
                             R"(https://f.example%00.evil.example/x-1.tar.gz)", "https://f.example:99999999/x-1.tar.gz", "https:///x-1.tar.gz",
                             "javascript:alert(1)//x-1.tar.gz", "data:text/plain,x-1.tar.gz", "ftp://f.example/x-1.tar.gz", "file:///etc/x-1.tar.gz");
  INFO(link);
  const ProjectPage page = json(one_file(R"("url":")" + link + R"(")"));
  CHECK(page.files.empty());
  CHECK(page.refused.size() == 1);
}

TEST_CASE("a link that was approved by its host is still looked at in full", "[index][X3]") {
  const std::string first = R"({"url":"https://f.example/p/good-1.tar.gz"})";
  const auto link = GENERATE(as<std::string>{}, "https://f.example/../x-1.tar.gz", "https://f.example/%2e%2e%2Fx-1.tar.gz", "https://f.example/a\\\\x-1.tar.gz");
  const ProjectPage page = json(R"({"files":[)" + first + R"(,{"url":")" + link + R"("}]})");
  REQUIRE_FALSE(page.files.empty());
  for (const auto& file : page.files) {
    CHECK(file.url.find("..") == std::string::npos);
    CHECK(file.filename.find('/') == std::string::npos);
  }
}

TEST_CASE("a link behind one that begins alike reads as it does alone", "[index][X3]") {
  const auto file = [](const std::string& url) { return R"({"filename":"p-1.0.tar.gz","url":")" + url + R"("})"; };
  const auto outcome = [&](const std::string& links) {
    const ProjectPage page = json(R"({"meta":{"api-version":"1.0"},"files":[)" + links + "]}");
    return page.refused.empty() ? page.files.back().url : page.refused.back();
  };
  struct Row { const char* first; std::vector<const char*> others; };
  const std::vector<Row> rows = {
      {"https://files.example/a/p-1.0.tar.gz",
       {"https://files.example/b/p-1.0.tar.gz", "https://files.example//b/p-1.0.tar.gz", "https://files.example/../p-1.0.tar.gz", "https://files.example/a/%2e%2e/p-1.0.tar.gz",
        "https://files.example:8443/p-1.0.tar.gz", "https://files.example.evil.example/p-1.0.tar.gz", "HTTPS://FILES.EXAMPLE/p-1.0.tar.gz", "https://files.example/b c/p-1.0.tar.gz"}},
      {"../../packages/p-1.0.tar.gz",
       {"../../files/p-1.0.tar.gz", "../files/p-1.0.tar.gz", "../../../files/p-1.0.tar.gz", "../.././files/p-1.0.tar.gz", "../..//files/p-1.0.tar.gz", "../../files/../p-1.0.tar.gz",
        "../../p-1.0.tar.gz?x=1", "../../p:1/p-1.0.tar.gz", "p-1.0.tar.gz", "./p-1.0.tar.gz"}},
      {"/packages/p-1.0.tar.gz", {"/files/p-1.0.tar.gz", "//other.example/p-1.0.tar.gz", "/../p-1.0.tar.gz", "/./p-1.0.tar.gz", "/p-1.0.tar.gz#sha256=00"}},
  };
  for (const Row& row : rows)
    for (const char* other : row.others) {
      INFO(row.first << " then " << other);
      CHECK(outcome(file(row.first) + "," + file(other)) == outcome(file(other)));
    }
}

TEST_CASE("the name in the URL is what counts, the filename key only where the URL tells none", "[index]") {
  CHECK(json(one_file(R"("filename":"lie-1.tar.gz","url":"https://f.example/truth-1.tar.gz")")).files.at(0).filename == "truth-1.tar.gz");
  CHECK(json(one_file(R"("filename":"x-1.tar.gz","url":"https://f.example/download?id=7")")).files.at(0).filename == "x-1.tar.gz");
  CHECK(json(one_file(R"("url":"https://f.example/x-1%2B2.tar.gz?token=a%2Fb")")).files.at(0).filename == "x-1+2.tar.gz");
  // decoded once, not twice
  CHECK(json(one_file(R"("url":"https://f.example/%252e%252e%252fx-1.tar.gz")")).files.at(0).filename == "%2e%2e%2fx-1.tar.gz");
}

TEST_CASE("a key of the wrong type costs its file or is not believed", "[index]") {
  struct Row {
    std::string member;
    bool kept;
  };
  const auto [member, kept] = GENERATE(values<Row>({{R"("requires-python":3.8)", false},
                                                    {R"("requires-python":[">=3"])", false},
                                                    {R"("hashes":["sha256"])", false},
                                                    {R"("hashes":{"sha256":5})", false},
                                                    {R"("yanked":{"reason":"x"})", false},
                                                    {R"("yanked":null)", true},
                                                    {R"("hashes":null)", true},
                                                    {R"("size":-1)", true},
                                                    {R"("size":1.5)", true},
                                                    {R"("size":"12")", true},
                                                    {R"("upload-time":12345)", true},
                                                    {R"("core-metadata":"yes")", true},
                                                    {R"("filename":7)", false}}));
  INFO(member);
  const ProjectPage page = json(one_file(R"("url":"https://f.example/x-1.tar.gz",)" + member));
  CHECK(page.files.size() == (kept ? 1u : 0u));
  CHECK(page.refused.size() == (kept ? 0u : 1u));
  if (kept) {
    CHECK_FALSE(page.files[0].size_bytes);
    CHECK_FALSE(page.files[0].core_metadata);
    CHECK_FALSE(page.files[0].yanked);
  }
}

TEST_CASE("core-metadata is believed before the name it had earlier", "[index]") {
  const std::string url = R"("url":"https://f.example/x-1-py3-none-any.whl",)";
  CHECK(json(one_file(url + R"("core-metadata":true,"dist-info-metadata":false)")).files.at(0).core_metadata);
  CHECK_FALSE(json(one_file(url + R"("dist-info-metadata":true,"core-metadata":false)")).files.at(0).core_metadata);
  CHECK(json(one_file(url + R"("core-metadata":null,"dist-info-metadata":{"sha256":"aa"})")).files.at(0).core_metadata_hashes.size() == 1);
  CHECK(json(one_file(url + R"("core-metadata":{})")).files.at(0).core_metadata);
}

TEST_CASE("X8: a quarantined project offers no files", "[index][X8]") {
  const ProjectPage page = json(R"({"project-status":{"status":"quarantined","reason":"malware"},"files":[{"url":"https://f.example/x-1.tar.gz"}]})");
  CHECK(page.status == ProjectStatus::quarantined);
  CHECK(page.status_reason == "malware");
  CHECK(page.files.empty());
  const ProjectPage old = html(R"(<meta name="pypi:project-status" content="quarantined"><a href="x-1.tar.gz">x</a>)");
  CHECK(old.status == ProjectStatus::quarantined);
  CHECK(old.files.empty());
}

TEST_CASE("X2: hostile markup yields no link that leaves http", "[index][X2]") {
  struct Row {
    std::string markup;
    std::vector<std::string> urls;
  };
  const auto [markup, urls] = GENERATE(values<Row>({
      {R"~(<base href="javascript:alert(1)"><a href="x-1.tar.gz">)~", {"https://index.example/simple/sample-project/x-1.tar.gz"}},
      {R"(<base href="file:///etc/"><a href="x-1.tar.gz">)", {"https://index.example/simple/sample-project/x-1.tar.gz"}},
      {R"(<base href="https://u:p@evil.example/"><a href="x-1.tar.gz">)", {"https://index.example/simple/sample-project/x-1.tar.gz"}},
      {R"(<a href="&#106;avascript:x-1.tar.gz">)", {}},
      {R"(<a href="file:///x-1.tar.gz">)", {}},
      {R"(<a href="x-1.tar.gz" href="y-1.tar.gz">)", {}},
      {R"(<a href="x-1.tar.gz" data-yanked="a" data-yanked>)", {}},
      {R"(<!--><a href="x-1.tar.gz">-->)", {"https://index.example/simple/sample-project/x-1.tar.gz"}},
      {R"(<!-- <a href="x-1.tar.gz"> )", {}},
      {R"(<a href="x-1.tar.gz)", {}},
      {R"(<a href="x-1.tar.gz")", {}},
      {R"(<a =href="x-1.tar.gz"><ahref="y-1.tar.gz"><a/href="z-1.tar.gz"/>)", {"https://index.example/simple/sample-project/z-1.tar.gz"}},
      {R"(< a href="x-1.tar.gz"><)", {}},
      {R"(<style><a href="x-1.tar.gz"></style><a href="y-1.tar.gz">)", {"https://index.example/simple/sample-project/y-1.tar.gz"}},
  }));
  INFO(markup);
  std::vector<std::string> found;
  for (const auto& file : html(markup).files) found.push_back(file.url);
  CHECK(found == urls);
}

TEST_CASE("R3, X2: markup of any kind is read in linear time", "[index][R3][X2]") {
  const auto unit = GENERATE(as<std::string>{}, "<a ", "<a href=", "<", "<!--", "<a href=\"&", "<script>", "</", "<a a a a=b ", "&#", "<a href='x-1.tar.gz'>", "</scrip");
  std::string page;
  for (std::size_t i = 0; i < 20'000; ++i) page += unit;
  const std::clock_t start = std::clock();
  static_cast<void>(parse_simple_html(page, page_url()));
  INFO(unit);
  // A quadratic reader would take 10^10 steps; a linear one takes milliseconds (processor time, so that load does not count).
  CHECK(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < 5.0);
}

TEST_CASE("an HTML page without links is an empty project, unless it is a login page", "[index]") {
  CHECK(html("<h1>Links for x</h1>").files.empty());
  CHECK(html("<h1>Links for x</h1><form method=post><input type=submit value=Refresh></form>").files.empty());
  CHECK(html("").files.empty());
  CHECK(code(parse_simple_html("<title>Sign in</title><form><input type=password></form>", page_url())) == "not-an-index-page");
  CHECK(code(parse_simple_html("<meta http-equiv=refresh content='0; url=https://portal.example/'>", page_url())) == "not-an-index-page");
  CHECK(code(parse_simple_html("<html><script src=app.js></script><a href='/home'>home</a>", page_url())) == "not-an-index-page");
}

TEST_CASE("an HTML page in latin-1 is read when it says so", "[index]") {
  const std::string page = "<a href=\"x-1.tar.gz\" data-yanked=\"d\xe9" "fectueux\">";
  CHECK(code(parse_simple_html(page, page_url())) == "bad-index-page");
  CHECK(parse_simple_html(page, page_url(), "ISO-8859-1")->files.at(0).yanked == "d\xc3\xa9" "fectueux");
}

TEST_CASE("links of a page with a password do not carry it", "[index]") {
  const Url secret = *Url::parse("https://me:s3cret@index.example/simple/x/");
  const auto page = parse_simple_html(R"(<a href="x-1.tar.gz">)", secret);
  REQUIRE(page);
  CHECK(page->files.at(0).url == "https://index.example/simple/x/x-1.tar.gz");
  CHECK(page->files.at(0).source == "https://index.example/simple/x/");
}

TEST_CASE("a local page may link to local files", "[index]") {
  const Url local = *Url::parse("file:///srv/links/index.html");
  const auto page = parse_simple_html(R"(<a href="x-1.tar.gz"><a href="https://f.example/y-1.tar.gz">)", local);
  REQUIRE(page);
  REQUIRE(page->files.size() == 2);
  CHECK(page->files[0].url == "file:///srv/links/x-1.tar.gz");
}

TEST_CASE("what is left out is told in at most twenty lines and a count", "[index]") {
  std::string files;
  for (int i = 0; i < 1000; ++i) files += (i ? "," : "") + std::string(R"({"url":"ftp://f.example/x-1.tar.gz"})");
  const ProjectPage page = json(R"({"files":[)" + files + "]}");
  CHECK(page.refused.size() == kRefusedMax + 1);
  CHECK(page.refused.back() == "and 980 more");
}
