#include "pipit/index/index_client.h"

#include <fmt/format.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <map>
#include <mutex>

#include "pipit/net/curl_client.h"
#include "pipit/sys/clock.h"
#include "pipit/sys/file.h"
#include "support/http_server.h"

using namespace pipit;
using namespace pipit::index;
using pipit::test::HttpServer;
using pipit::test::Reply;
using pipit::test::ServerRequest;

namespace {

const std::string kJson = "application/vnd.pypi.simple.v1+json";

Reply page(std::string body, std::string type = kJson) { return Reply::text(200, std::move(body)).with("Content-Type", std::move(type)); }

std::string listing(const std::vector<std::string>& files) {
  std::string rows;
  for (const std::string& name : files) rows += fmt::format(R"({}{{"filename":"{}","url":"/files/{}","hashes":{{}}}})", rows.empty() ? "" : ",", name, name);
  return rows;
}
Reply simple(const std::vector<std::string>& files) { return page(R"({"meta":{"api-version":"1.1"},"name":"x","files":[)" + listing(files) + "]}"); }
Reply release(const std::vector<std::string>& files) { return page(R"({"info":{"name":"x"},"urls":[)" + listing(files) + "]}", "application/json"); }
Reply project(const std::vector<std::string>& files) { return page(R"({"info":{"name":"x"},"urls":[],"releases":{"1.0":[)" + listing(files) + "]}}", "application/json"); }

// A server that answers what it has and 404 otherwise; its table may be changed between questions.
class Site {
 public:
  explicit Site(std::map<std::string, Reply> pages = {})
      : pages_(std::move(pages)), server_([this](const ServerRequest& request) {
          const std::lock_guard lock(mutex_);
          const auto at = pages_.find(request.target);
          return at == pages_.end() ? Reply::text(404, "no") : at->second;
        }) {}
  void set(const std::string& target, Reply reply) {
    const std::lock_guard lock(mutex_);
    pages_[target] = std::move(reply);
  }
  std::string index() const { return server_.url("/simple/"); }
  std::string url(std::string_view path) const { return server_.url(path); }
  std::vector<std::string> targets() const {
    std::vector<std::string> out;
    for (const auto& request : server_.requests()) out.push_back(request.target);
    return out;
  }
  HttpServer& server() { return server_; }

 private:
  std::mutex mutex_;
  std::map<std::string, Reply> pages_;
  HttpServer server_;
};

// One run: a client of its own, memory and caches in a directory that may be shared with the next run.
class Run {
 public:
  explicit Run(IndexOptions options, std::filesystem::path cache = {}, bool offline = false, sys::Clock& clock = sys::real_clock())
      : memory_(std::make_shared<IndexMemory>(cache.empty() ? cache : cache / "indexes", clock)) {
    options.cache_directory = cache;
    net::HttpOptions http;
    http.retries = 0;
    http.proxy = "";
    http.proxy_from_environment = false;
    http.keyring_provider = "disabled";
    http.offline = offline;
    if (!cache.empty()) http.cache_directory = (cache / "http").string();
    for (const std::string& url : options.index_urls)
      if (auto parsed = Url::parse(url)) http.credential_sources.push_back(*parsed);
    http_ = *net::make_curl_client(std::move(http));
    client_ = std::make_unique<IndexClient>(std::move(options), [this] { return Result<net::HttpClient*>(http_.get()); }, workers_, memory_);
  }
  ~Run() {
    client_.reset();
    http_.reset();
    static_cast<void>(memory_->save());
  }
  IndexClient& client() { return *client_; }
  IndexMemory& memory() { return *memory_; }
  Result<std::shared_ptr<const ProjectListing>> get(const std::string& name, std::optional<std::string> pinned = {}) { return client_->get({name, std::move(pinned)}); }

 private:
  sys::WorkerPool workers_{2};
  std::shared_ptr<IndexMemory> memory_;
  std::unique_ptr<net::HttpClient> http_;
  std::unique_ptr<IndexClient> client_;
};

IndexOptions only(const std::string& index) {
  IndexOptions options;
  options.index_urls = {index};
  return options;
}

std::vector<std::string> files(const Result<std::shared_ptr<const ProjectListing>>& listing) {
  std::vector<std::string> out;
  if (!listing) return {"error: " + std::string(listing.error().code.id)};
  for (const auto& packed : (*listing)->pages)
    for (const PackedFile& file : packed->files()) out.emplace_back(packed->text(file.filename));
  return out;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("an unpinned requirement asks the Simple API and accepts JSON and HTML", "[index]") {
  Site site({{"/simple/x/", simple({"x-1.0.tar.gz"})}, {"/simple/y/", page("<a href='/files/y-1.tar.gz'>y</a>", "text/html; charset=utf-8")}, {"/simple/z/", page("<a href='z-1.tar.gz'>", "application/vnd.pypi.simple.v1+html")}});
  Run run(only(site.index()));
  run.client().prefetch({{"x", {}}, {"y", {}}, {"z", {}}});
  CHECK(files(run.get("x")) == Names{"x-1.0.tar.gz"});
  CHECK(files(run.get("y")) == Names{"y-1.tar.gz"});
  CHECK(files(run.get("z")) == Names{"z-1.tar.gz"});
  CHECK((*run.get("y"))->pages[0]->dist_file((*run.get("y"))->pages[0]->files()[0]).url == site.url("/files/y-1.tar.gz"));
  CHECK(site.server().requests()[0].header("accept") == "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01");
  CHECK(site.targets().size() == 3);
}

TEST_CASE("a pinned requirement asks for its release first, and one answer is enough", "[index]") {
  Site site({{"/pypi/x/1.0/json", release({"x-1.0.tar.gz"})}, {"/pypi/y/2.0%2Blocal/json", release({"y-2.0+local.tar.gz"})}});
  Run run(only(site.index()));
  const auto found = run.get("x", "1.0");
  CHECK(files(found) == Names{"x-1.0.tar.gz"});
  CHECK((*found)->is_pinned_release);
  CHECK(files(run.get("y", "2.0+local")) == Names{"y-2.0+local.tar.gz"});
  CHECK(site.targets() == Names{"/pypi/x/1.0/json", "/pypi/y/2.0%2Blocal/json"});
}

TEST_CASE("an index without release documents is found out by one question, and that is remembered", "[index]") {
  std::map<std::string, Reply> pages;
  std::vector<IndexClient::Question> questions;
  for (int i = 0; i < 20; ++i) {
    pages[fmt::format("/simple/p{}/", i)] = simple({fmt::format("p{}-1.0.tar.gz", i)});
    questions.push_back({fmt::format("p{}", i), "1.0"});
  }
  Site site(std::move(pages));
  const auto dir = sys::TempDir::create({}, "memory");
  {
    Run run(only(site.index()), dir->path());
    run.client().prefetch(questions);
    for (const auto& question : questions) CHECK(files(run.client().get(question)) == Names{question.name + "-1.0.tar.gz"});
  }
  const auto in_vain = [&] {
    const Names targets = site.targets();
    return std::count_if(targets.begin(), targets.end(), [](const std::string& target) { return target.starts_with("/pypi/"); });
  };
  CHECK(in_vain() == 1);
  Run again(only(site.index()), dir->path());
  CHECK(files(again.get("p0", "1.0")) == Names{"p0-1.0.tar.gz"});
  CHECK(in_vain() == 1);
}

TEST_CASE("memory that turned wrong heals", "[index]") {
  Site site({{"/simple/x/", simple({"x-1.0.tar.gz"})}, {"/simple/y/", simple({"y-1.0.tar.gz"})}});
  const auto dir = sys::TempDir::create({}, "memory");
  const std::string key = site.url("/simple");
  sys::ManualClock clock(std::chrono::system_clock::time_point(std::chrono::hours(500'000)));
  {
    Run run(only(site.index()), dir->path(), false, clock);
    run.memory().learn(key, Ability::release_json, true);  // it had them once
    CHECK(files(run.get("x", "1.0")) == Names{"x-1.0.tar.gz"});
    CHECK(run.memory().can(key, Ability::release_json) == false);
  }
  clock.advance(std::chrono::hours(24 * 8));  // "no" is forgotten after a week
  site.set("/pypi/y/1.0/json", release({"y-1.0.tar.gz"}));
  Run run(only(site.index()), dir->path(), false, clock);
  CHECK((*run.get("y", "1.0"))->is_pinned_release);
  CHECK(run.memory().can(key, Ability::release_json) == true);
}

TEST_CASE("an index that has only /pypi/NAME/json is understood", "[index]") {
  Site site({{"/pypi/x/json", project({"x-1.0.tar.gz"})}});
  Run run(only(site.index()));
  CHECK(files(run.get("x")) == Names{"x-1.0.tar.gz"});
  CHECK(files(run.get("x", "1.0")) == Names{"x-1.0.tar.gz"});
}

TEST_CASE("an answer to the release question that is no release document falls through to the Simple API", "[index]") {
  const auto reply = GENERATE(as<Reply>{}, page("<html><script>spa()</script>", "text/html"), page(R"({"message":"Not Found"})", "application/json"), page("{", "application/json"),
                              Reply::text(401, "who"), Reply::text(403, "no"), Reply::text(500, "oh"));
  Site site({{"/pypi/x/1.0/json", reply}, {"/simple/x/", simple({"x-1.0.tar.gz"})}});
  Run run(only(site.index()));
  CHECK(files(run.get("x", "1.0")) == Names{"x-1.0.tar.gz"});
}

TEST_CASE("404 everywhere is an unknown project and no error", "[index]") {
  Site site;
  Run run(only(site.index()));
  const auto listing = run.get("x");
  REQUIRE(listing);
  CHECK_FALSE((*listing)->is_known);
  CHECK((*listing)->asked == Names{site.index()});
}

TEST_CASE("what is no 404 is never taken for a missing project", "[index]") {
  struct Row {
    const char* what;
    Reply reply;
    std::string code;
  };
  const auto row = GENERATE(values<Row>({
      {"credentials wanted", Reply::text(401, "no"), "index-unusable"},
      {"access denied", Reply::text(403, "no"), "index-unusable"},
      {"server error", Reply::text(500, "no"), "index-unusable"},
      {"odd client error", Reply::text(418, "no"), "index-unusable"},
      {"login page", page("<form><input type=password></form>", "text/html"), "not-an-index-page"},
      {"wrong type", page("hello", "text/plain"), "unknown-content-type"},
      {"no type", Reply::text(200, "hello"), "unknown-content-type"},
      {"cut JSON", page(R"({"files":[)"), "bad-index-page"},
      {"api 2", page(R"({"meta":{"api-version":"2.0"},"files":[]})"), "unsupported-api-version"},
  }));
  Site site({{"/simple/x/", row.reply}});
  Run run(only(site.index()));
  INFO(row.what);
  const auto listing = run.get("x");
  REQUIRE_FALSE(listing);
  CHECK(std::string(listing.error().code.id) == row.code);
}

TEST_CASE("a dead server is an error that names the index", "[index]") {
  Run run(only(fmt::format("http://127.0.0.1:{}/simple", test::closed_port())));
  const auto listing = run.get("x");
  REQUIRE_FALSE(listing);
  CHECK(listing.error().code == net::kConnectionFailed);
  REQUIRE_FALSE(listing.error().because.empty());
  CHECK(listing.error().because[0].starts_with("looking for x in http://127.0.0.1:"));
}

TEST_CASE("X6: one index in trouble does not let another answer in its place", "[index][X6]") {
  Site private_site({{"/simple/x/", Reply::text(500, "down")}});
  Site public_site({{"/simple/x/", simple({"x-99.0.tar.gz"})}});
  IndexOptions options;
  options.index_urls = {private_site.index(), public_site.index()};
  Run run(options);
  CHECK_FALSE(run.get("x"));
}

TEST_CASE("X6: pip's merge takes all indexes and says once that a name comes from several", "[index][X6]") {
  Site one({{"/simple/x/", simple({"x-1.0.tar.gz"})}, {"/simple/y/", simple({"y-1.0.tar.gz"})}, {"/simple/z/", simple({"z-1.0.tar.gz"})}});
  Site two({{"/simple/x/", simple({"x-9.0.tar.gz"})}, {"/simple/y/", simple({"y-9.0.tar.gz"})}});
  IndexOptions options;
  options.index_urls = {one.index(), two.index()};
  const auto warnings = [](const auto& listing) {
    int count = 0;
    for (const Diagnostic& item : (*listing)->diagnostics.items()) count += item.id == "several-indexes";
    return count;
  };
  {
    Run run(options);
    const auto x = run.get("x"), y = run.get("y"), z = run.get("z");
    CHECK(files(x) == Names{"x-1.0.tar.gz", "x-9.0.tar.gz"});
    CHECK(warnings(x) + warnings(y) == 1);
    CHECK(warnings(z) == 0);
  }
  options.strategy = IndexStrategy::unsafe_best_match;
  {
    Run run(options);
    const auto x = run.get("x");
    CHECK(files(x).size() == 2);
    CHECK(warnings(x) == 0);
  }
  options.strategy = IndexStrategy::first_index;
  {
    Run run(options);
    CHECK(files(run.get("x")) == Names{"x-1.0.tar.gz"});
  }
  std::swap(options.index_urls[0], options.index_urls[1]);
  {
    Run run(options);
    CHECK(files(run.get("x")) == Names{"x-9.0.tar.gz"});
    CHECK(files(run.get("z")) == Names{"z-1.0.tar.gz"});
  }
}

TEST_CASE("X6: a name that is pinned to an index is asked there alone", "[index][X6]") {
  Site one({{"/simple/x/", simple({"x-1.0.tar.gz"})}});
  Site two({{"/simple/x/", simple({"x-9.0.tar.gz"})}, {"/simple/y/", simple({"y-9.0.tar.gz"})}});
  Site third({{"/simple/z/", simple({"z-1.0.tar.gz"})}});
  IndexOptions options;
  options.index_urls = {one.index(), two.index()};
  options.pinned = {{"x", one.url("/simple")}, {"y", one.index()}, {"z", third.index()}};
  Run run(options);
  CHECK(files(run.get("x")) == Names{"x-1.0.tar.gz"});
  CHECK(files(run.get("y")).empty());
  CHECK(files(run.get("z")) == Names{"z-1.0.tar.gz"});
  CHECK(two.targets().empty());
}

TEST_CASE("a page of unknown type is skipped with pip's warning while another index has files", "[index]") {
  Site odd({{"/simple/x/", page("%PDF", "application/pdf")}});
  Site good({{"/simple/x/", simple({"x-1.0.tar.gz"})}});
  IndexOptions options;
  options.index_urls = {odd.index(), good.index()};
  Run run(options);
  const auto listing = run.get("x");
  CHECK(files(listing) == Names{"x-1.0.tar.gz"});
  CHECK((*listing)->diagnostics.items().at(0).message ==
        "Skipping page " + odd.url("/simple/x/") + " because the GET request got Content-Type: application/pdf. The only supported Content-Types are "
        "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html, and text/html");
}

TEST_CASE("403 of an object store is a missing project while another index has files", "[index]") {
  Site store({{"/simple/x/", Reply::text(403, "AccessDenied")}});
  Site good({{"/simple/x/", simple({"x-1.0.tar.gz"})}});
  IndexOptions options;
  options.index_urls = {store.index(), good.index()};
  {
    Run run(options);
    CHECK(files(run.get("x")) == Names{"x-1.0.tar.gz"});
  }
  // with credentials it means that they are wrong
  options.index_urls[0].insert(7, "me:pw@");
  Run run(options);
  CHECK(files(run.get("x")) == Names{"error: index-unusable"});
}

TEST_CASE("files of link pages, directories and indexes come in pip's order", "[index]") {
  Site site({{"/simple/x/", simple({"x-1.tar.gz"})}, {"/links/", page("<a href='x-2.tar.gz'>x</a><a href='y-2.tar.gz'>y</a>", "text/html")}});
  const auto dir = sys::TempDir::create({}, "links");
  REQUIRE(sys::replace_file(sys::real_os(), dir->path() / "x-3.tar.gz", "x"));
  REQUIRE(sys::replace_file(sys::real_os(), dir->path() / "page.html", "<a href='x-4.tar.gz'>x</a>"));
  IndexOptions options = only(site.index());
  options.find_links = {site.url("/links/"), dir->path().string(), site.url("/one/x-5.tar.gz")};
  Run run(options);
  CHECK(files(run.get("x")) == Names{"x-3.tar.gz", "x-4.tar.gz", "x-2.tar.gz", "x-5.tar.gz", "x-1.tar.gz"});
  CHECK(files(run.get("y")) == Names{"y-2.tar.gz"});
  const Names targets = site.targets();
  CHECK(std::count(targets.begin(), targets.end(), "/links/") == 1);
  CHECK(std::count(targets.begin(), targets.end(), "/one/x-5.tar.gz") == 0);
}

TEST_CASE("a page of links that cannot be read is skipped with a warning, and is an error if nothing else has the project", "[index]") {
  Site site({{"/simple/x/", simple({"x-1.tar.gz"})}});
  IndexOptions options = only(site.index());
  options.find_links = {fmt::format("http://127.0.0.1:{}/links/", test::closed_port())};
  Run run(options);
  const auto listing = run.get("x");
  CHECK(files(listing) == Names{"x-1.tar.gz"});
  REQUIRE((*listing)->diagnostics.items().size() == 1);
  CHECK((*listing)->diagnostics.items()[0].message.starts_with("Could not fetch URL http://127.0.0.1:"));
  CHECK_FALSE(run.get("absent"));
}

TEST_CASE("a directory serves as an index: NAME/index.html", "[index]") {
  const auto dir = sys::TempDir::create({}, "index");
  REQUIRE(sys::make_directories(dir->path() / "x"));
  REQUIRE(sys::replace_file(sys::real_os(), dir->path() / "x" / "index.html", "<a href='../files/x-1.tar.gz#sha256=aa'>x</a>"));
  for (const std::string& location : {dir->path().string(), Url::from_path(dir->path().string()).str()}) {
    Run run(only(location));
    const auto listing = run.get("x");
    CHECK(files(listing) == Names{"x-1.tar.gz"});
    CHECK((*listing)->pages[0]->dist_file((*listing)->pages[0]->files()[0]).url == Url::from_path((dir->path() / "files/x-1.tar.gz").string()).str());
    CHECK_FALSE((*run.get("y"))->is_known);
  }
}

TEST_CASE("N18: a plain http index is ignored with pip's warning and is then no missing project", "[index][N18]") {
  Run run(only("http://index.example/simple"));
  const auto listing = run.get("x");
  REQUIRE_FALSE(listing);
  CHECK(listing.error().code == net::kInsecureHost);
  const Diagnostics diagnostics = run.client().take_diagnostics();
  REQUIRE(diagnostics.items().size() == 1);
  CHECK(diagnostics.items()[0].message ==
        "The repository located at index.example is not a trusted or secure host and is being ignored. If this repository is available via HTTPS we recommend you "
        "use HTTPS instead, otherwise you may silence this warning and allow it anyway with '--trusted-host index.example'.");
}

TEST_CASE("a warm run maps the packed page and reads no JSON", "[index]") {
  const auto dir = sys::TempDir::create({}, "warm");
  Site site({{"/simple/x/", simple({"x-1.0.tar.gz"}).with("Cache-Control", "max-age=600").with("ETag", "\"1\"")}});
  { CHECK(files(Run(only(site.index()), dir->path()).get("x")) == Names{"x-1.0.tar.gz"}); }
  // Only the packed page can give this name: the body kept by the HTTP cache says x-1.0.
  bool changed = false;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir->path() / "pages"))
    if (entry.path().extension() == ".page") {
      const PageKey key = (*PackedPage::map(entry.path()))->key();
      ProjectPage other;
      other.files.resize(1);
      other.files[0].filename = "x-7.7.tar.gz";
      other.files[0].url = site.url("/files/x-7.7.tar.gz");
      REQUIRE(sys::replace_file(sys::real_os(), entry.path(), PackedPage::pack(other, "x", key)));
      changed = true;
    }
  REQUIRE(changed);
  { CHECK(files(Run(only(site.index()), dir->path()).get("x")) == Names{"x-7.7.tar.gz"}); }
  CHECK(site.targets().size() == 1);
  // a damaged one is made again
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir->path() / "pages"))
    if (entry.path().extension() == ".page") REQUIRE(sys::replace_file(sys::real_os(), entry.path(), "PIPITPG"));
  CHECK(files(Run(only(site.index()), dir->path()).get("x")) == Names{"x-1.0.tar.gz"});
}

TEST_CASE("offline, what was seen before is there and the rest is named as missing", "[index]") {
  const auto dir = sys::TempDir::create({}, "offline");
  Site site({{"/simple/x/", simple({"x-1.0.tar.gz"}).with("Cache-Control", "max-age=600")}});
  { CHECK(files(Run(only(site.index()), dir->path()).get("x")).size() == 1); }
  const std::size_t asked = site.targets().size();
  Run offline(only(site.index()), dir->path(), true);
  CHECK(files(offline.get("x")) == Names{"x-1.0.tar.gz"});
  const auto missing = offline.get("y");
  REQUIRE(missing);
  CHECK((*missing)->missing_offline);
  CHECK_FALSE((*missing)->is_known);
  CHECK(site.targets().size() == asked);
}

TEST_CASE("C11: a password in an index URL is in no listing, no error and no file of ours", "[index][C11]") {
  const auto dir = sys::TempDir::create({}, "canary");
  Site site({{"/simple/x/", simple({"x-1.0.tar.gz"}).with("Cache-Control", "max-age=600")}, {"/simple/bad/", Reply::text(500, "no")}});
  std::string secret = site.index();
  secret.insert(7, "me:c4n4ry@");
  std::string seen;
  {
    Run run(only(secret), dir->path());
    const auto listing = run.get("x");
    REQUIRE(listing);
    for (const std::string& shown : (*listing)->asked) seen += shown;
    const model::DistFile file = (*listing)->pages[0]->dist_file((*listing)->pages[0]->files()[0]);
    seen += file.url + file.source;
    const auto bad = run.get("bad");
    seen += bad.error().message + bad.error().where + bad.error().because[0];
  }
  for (const std::string& line : looking_in(only(secret), "https://index.example/simple")) seen += line;
  for (const char* part : {"pages", "indexes"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir->path()))
      if (entry.is_regular_file() && entry.path().string().find(part) != std::string::npos) seen += *sys::read_file(entry.path());
  CHECK(seen.find("c4n4ry") == std::string::npos);
  CHECK(seen.find("me:****@") != std::string::npos);
}

TEST_CASE("a client that goes away while answers are on their way leaves quietly", "[index]") {
  // Every answer is held back until its client has gone: who waited for it would wait for ever.
  std::atomic<int> arrived{0}, left{0};
  HttpServer server([&](const ServerRequest&) {
    Reply reply = simple({"x-1.0.tar.gz"});
    reply.stream = [&](pipit::test::ServerConnection& connection) {
      ++arrived;
      arrived.notify_all();
      while (connection.send(" ")) {
        if (!connection.wait(std::chrono::milliseconds(1))) return;
      }
      ++left;  // sending fails: the client has hung up
      left.notify_all();
    };
    reply.without_length = true;
    return reply;
  });
  std::atomic<int> told{0};
  for (int i = 1; i <= 20; ++i) {
    {
      Run run(only(server.url("/simple/")));
      run.client().on_listing([&](const ProjectListing&) { ++told; });
      run.client().prefetch({{"x", {}}, {"y", {}}, {"z", {}}});
      for (int seen = arrived; seen < 3 * i; seen = arrived) arrived.wait(seen);
    }
    for (int seen = left; seen < 3 * i; seen = left) left.wait(seen);
  }
  CHECK(arrived == 60);
  CHECK(left == 60);
  CHECK(told == 0);
}

// ---- what an answer rests on ----------------------------------------------------------------------------------------------

namespace {

Reply with_tag(const ServerRequest& request, Reply reply, const std::string& tag, const std::string& control) {
  const bool same = request.header("if-none-match") == tag;
  return (same ? Reply::text(304, "") : std::move(reply)).with("ETag", tag).with("Cache-Control", control);
}

// Pages that tell what they are; `edition` of y may be changed between runs.
struct TaggedSite {
  explicit TaggedSite(std::string policy)
      : control(std::move(policy)), server([this](const ServerRequest& request) {
          if (request.target == "/simple/x/") return with_tag(request, simple({"x-1.0.tar.gz"}), "\"x\"", control);
          if (request.target == "/simple/y/") return with_tag(request, simple({edition == 1 ? "y-1.0.tar.gz" : "y-2.0.tar.gz"}), "\"y" + std::to_string(edition) + "\"", control);
          return Reply::text(404, "no");
        }) {}
  const std::string control;
  std::atomic<int> edition{1};
  HttpServer server;
};

std::vector<IndexClient::Basis> bases_of(Run& run, const Names& names) {
  std::vector<IndexClient::Basis> bases;
  for (const std::string& name : names) {
    REQUIRE(run.get(name));
    auto basis = run.client().basis({name, {}});
    REQUIRE(basis);
    bases.push_back(std::move(*basis));
  }
  return bases;
}

// A site, and the cache and the bases that a run left of it.
struct Visited {
  explicit Visited(const std::string& policy) : site(policy) {
    Run first(only(site.server.url("/simple/")), cache.path());
    bases = bases_of(first, {"x", "y"});
  }
  TaggedSite site;
  sys::TempDir cache = sys::TempDir::create({}, "bases-").value();
  std::vector<IndexClient::Basis> bases;
};

}  // namespace

TEST_CASE("bases hold without a request while pages are fresh, and after one each that confirms them", "[index]") {
  for (const std::string policy : {"max-age=600", "no-cache"}) {
    Visited past(policy);
    Run second(only(past.site.server.url("/simple/")), past.cache.path());
    CHECK(second.client().still_hold(past.bases));
    CHECK(past.site.server.requests().size() == (policy == "no-cache" ? 4 : 2));
  }
}

TEST_CASE("a page that has changed is found out, fetched once, and there for who asks", "[index]") {
  Visited past("no-cache");
  past.site.edition = 2;
  Run second(only(past.site.server.url("/simple/")), past.cache.path());
  CHECK_FALSE(second.client().still_hold(past.bases));
  CHECK(files(second.get("x")) == Names{"x-1.0.tar.gz"});
  CHECK(files(second.get("y")) == Names{"y-2.0.tar.gz"});
  CHECK(past.site.server.requests().size() == 4);
}

TEST_CASE("bases of pages that another run has replaced do not hold, and nothing is asked to find out", "[index]") {
  Visited past("max-age=600");
  past.site.edition = 2;
  {
    IndexOptions refreshing = only(past.site.server.url("/simple/"));
    refreshing.refresh = {"y"};
    Run between(std::move(refreshing), past.cache.path());
    CHECK(files(between.get("y")) == Names{"y-2.0.tar.gz"});
  }
  const std::size_t asked = past.site.server.requests().size();
  Run second(only(past.site.server.url("/simple/")), past.cache.path());
  CHECK_FALSE(second.client().still_hold(past.bases));
  CHECK(past.site.server.requests().size() == asked);
}

TEST_CASE("only answers that pages alone decide have a basis", "[index]") {
  TaggedSite site("max-age=600");
  const std::string index = site.server.url("/simple/");
  auto cache = sys::TempDir::create({}, "bases-");
  REQUIRE(cache);
  const auto has_basis = [&](IndexOptions options, const std::string& name) {
    Run run(std::move(options), cache->path());
    static_cast<void>(run.get(name));
    return run.client().basis({name, {}}).has_value();
  };
  CHECK(has_basis(only(index), "x"));
  CHECK_FALSE(has_basis(only(index), "unknown"));
  IndexOptions with_links = only(index);
  with_links.find_links = {cache->path().string()};
  CHECK_FALSE(has_basis(with_links, "x"));
  IndexOptions local = only("file://" + cache->path().string());
  CHECK_FALSE(has_basis(local, "x"));
  IndexOptions two = only(index);
  two.index_urls.push_back(site.server.url("/other/simple/"));  // does not know x
  CHECK_FALSE(has_basis(two, "x"));
  two.strategy = IndexStrategy::first_index;  // and is not asked
  CHECK(has_basis(two, "x"));
  Run never_asked(only(index), cache->path());
  CHECK_FALSE(never_asked.client().basis({"x", {}}));
}

TEST_CASE("bases of other addresses, of none, and of an index that cannot be asked do not hold", "[index]") {
  TaggedSite site("max-age=600");
  auto cache = sys::TempDir::create({}, "bases-");
  REQUIRE(cache);
  Run run(only(site.server.url("/simple/")), cache->path());
  std::vector<IndexClient::Basis> bases = bases_of(run, {"x"});
  CHECK(run.client().still_hold(bases));
  auto elsewhere = bases;
  elsewhere[0].pages[0].url += "z/";
  CHECK_FALSE(run.client().still_hold(elsewhere));
  auto moved = bases;
  moved[0].pages[0].final_url += "z/";
  CHECK_FALSE(run.client().still_hold(moved));
  auto none = bases;
  none[0].pages.clear();
  CHECK_FALSE(run.client().still_hold(none));
  Run offline(only(site.server.url("/simple/")), sys::TempDir::create({}, "bases-")->path(), true);
  CHECK_FALSE(offline.client().still_hold(bases));
}
