#include "pipit/fetch/index_provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <future>
#include <map>
#include <mutex>

#include "pipit/fetch/archive_fetcher.h"
#include "pipit/net/curl_client.h"
#include "pipit/sys/file.h"
#include "pipit/verify/digest.h"
#include "support/http_server.h"
#include "support/wheel_maker.h"

using namespace pipit;
using namespace pipit::fetch;
using pipit::test::HttpServer;
using pipit::test::Reply;
using pipit::test::ServerRequest;
using pipit::test::WheelMaker;

namespace {

using Names = std::vector<std::string>;

std::string hex_of(const std::string& bytes) { return verify::sha256_hex(as_bytes_view(bytes)); }

// A site with one Simple page a project and files that may be asked for in ranges.
struct Site {
  std::map<std::string, std::string> rows;   // project -> JSON rows
  std::map<std::string, std::string> files;  // name -> bytes
  bool ranges = true;
  HttpServer server{[this](const ServerRequest& request) { return answer(request); }};

  Reply answer(const ServerRequest& request) const {
    if (request.target.starts_with("/simple/")) {
      const auto at = rows.find(request.target.substr(8, request.target.size() - 9));
      if (at == rows.end()) return Reply::text(404, "no");
      return Reply::text(200, R"({"meta":{"api-version":"1.1"},"files":[)" + at->second + "]}").with("Content-Type", "application/vnd.pypi.simple.v1+json").with("Cache-Control", "max-age=600");
    }
    const auto at = files.find(request.target.substr(1));
    if (at == files.end()) return Reply::text(404, "no");
    return ranges ? Reply::ranged(request, at->second) : Reply::text(200, at->second);
  }
  // Adds a file to its project's page; `more` is appended to its row.
  void offer(const std::string& project, const std::string& name, const std::string& bytes, const std::string& more = {}) {
    files[name] = bytes;
    std::string& page = rows[project];
    page += fmt::format(R"({}{{"filename":"{}","url":"/{}","hashes":{{"sha256":"{}"}}{}}})", page.empty() ? "" : ",", name, name, hex_of(bytes), more);
  }
  Names asked() const {
    Names out;
    for (const auto& request : server.requests())
      if (!request.target.starts_with("/simple/") && !request.target.starts_with("/pypi/"))
        out.push_back(request.target.substr(1) + (request.header("range") ? " " + *request.header("range") : ""));
    return out;
  }
};

struct Host final : SourceHost {
  std::vector<std::string> built;
  std::map<std::string, std::string> known;  // name -> METADATA
  Result<std::optional<packaging::Metadata>> known_metadata(const model::Candidate& candidate) override {
    const auto at = known.find(candidate.name);
    if (at == known.end()) return std::optional<packaging::Metadata>();
    return std::optional(*packaging::Metadata::parse(at->second));
  }
  Result<std::variant<packaging::Metadata, resolve::Unavailable>> build_metadata(const model::Candidate& candidate) override {
    built.push_back(candidate.file.filename);
    return std::variant<packaging::Metadata, resolve::Unavailable>(
        *packaging::Metadata::parse(fmt::format("Metadata-Version: 2.1\nName: {}\nVersion: {}\nRequires-Dist: from-build\n", candidate.name, candidate.version_text)));
  }
  Result<resolve::CandidateAnswer> direct(const packaging::Requirement&, const model::Candidate*) override {
    return fail(make_error(kInternalError, "not asked in these tests"));
  }
};

class Run {
 public:
  explicit Run(const Site& site, std::filesystem::path cache = {}, const std::function<void(ProviderOptions&)>& edit = {}, bool offline = false, int retries = 0) : memory_(std::make_shared<index::IndexMemory>(cache.empty() ? cache : cache / "indexes")) {
    net::HttpOptions http;
    http.retries = retries;
    http.proxy = "";
    http.proxy_from_environment = false;
    http.keyring_provider = "disabled";
    http.offline = offline;
    if (!cache.empty()) http.cache_directory = (cache / "http").string();
    http_ = *net::make_curl_client(std::move(http));
    const auto get_http = [this] { return Result<net::HttpClient*>(http_.get()); };
    index::IndexOptions index;
    index.index_urls = {site.server.url("/simple/")};
    index.cache_directory = cache;
    client_ = std::make_unique<index::IndexClient>(std::move(index), get_http, workers_, memory_);
    ProviderOptions options;
    packaging::TagTarget target;
    target.python_minor = 11;
    options.finder.tags = packaging::SupportedTags::for_target(target);
    options.finder.python_version = *packaging::Version::parse("3.11.4");
    options.markers.python_version = "3.11";
    options.markers.python_full_version = "3.11.4";
    options.markers.sys_platform = "linux";
    options.cache_directory = cache;
    if (edit) edit(options);
    provider_ = std::make_unique<IndexProvider>(std::move(options), *client_, get_http, workers_, host);
  }
  ~Run() {
    provider_.reset();
    client_.reset();
    http_.reset();
    static_cast<void>(memory_->save());
  }
  IndexProvider& operator*() { return *provider_; }
  IndexProvider* operator->() { return provider_.get(); }

  model::Candidate best(const std::string& name, std::size_t newer = 0) {
    const auto listing = provider_->versions(name);
    REQUIRE(listing);
    REQUIRE(listing->versions.size() > newer);
    const auto answer = provider_->candidate(name, listing->versions[newer]);
    REQUIRE(answer);
    REQUIRE(std::holds_alternative<model::Candidate>(*answer));
    return std::get<model::Candidate>(*answer);
  }
  // The requirements of the best release but for so many newer ones, or "unavailable: REASON", or "error: ID".
  Names needs(const std::string& name, const std::string& extra = {}, std::size_t newer = 0) {
    const auto answer = provider_->dependencies(best(name, newer), extra);
    if (!answer) return {"error: " + std::string(answer.error().code.id)};
    if (const auto* reason = std::get_if<resolve::Unavailable>(&*answer)) return {"unavailable: " + reason->reason};
    Names out;
    for (const auto& requirement : std::get<resolve::Dependencies>(*answer).requirements) out.push_back(requirement.normalized_name());
    return out;
  }
  Host host;

 private:
  sys::WorkerPool workers_{2};
  std::shared_ptr<index::IndexMemory> memory_;
  std::unique_ptr<net::HttpClient> http_;
  std::unique_ptr<index::IndexClient> client_;
  std::unique_ptr<IndexProvider> provider_;
};

std::string wheel_of(const std::string& name, const std::string& version, const std::vector<std::string>& lines, std::size_t ballast = 0) {
  WheelMaker maker(name, version);
  std::string noise;
  for (std::size_t i = 0, state = 1; i < ballast; ++i) noise += static_cast<char>((state = state * 6364136223846793005u + 1442695040888963407u) >> 56);
  if (ballast) maker.file(name + "/ballast.bin", noise);
  for (const std::string& line : lines) maker.metadata_line(line);
  return maker.bytes();
}

std::string metadata_of(const std::string& name, const std::string& version, const std::string& lines) { return "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n" + lines + "\n"; }

std::string sidecar(const std::string& text) { return R"(,"core-metadata":{"sha256":")" + hex_of(text) + "\"}"; }

}  // namespace

TEST_CASE("an advertised sidecar is all that is read of a wheel", "[fetch]") {
  Site site;
  const std::string text = metadata_of("demo", "1.0", "Requires-Dist: b\nRequires-Dist: c; sys_platform == 'win32'\nProvides-Extra: x\nRequires-Dist: d; extra == 'x'\n");
  site.offer("demo", "demo-1.0-py3-none-any.whl", "never fetched", sidecar(text));
  site.files["demo-1.0-py3-none-any.whl.metadata"] = text;
  Run run(site);
  CHECK(run.needs("demo") == Names{"b"});
  CHECK(run.needs("demo", "x") == Names{"b", "d"});
  CHECK(site.asked() == Names{"demo-1.0-py3-none-any.whl.metadata"});
  const auto unknown = run->dependencies(run.best("demo"), "y");
  CHECK_FALSE(std::get<resolve::Dependencies>(*unknown).provides_extra);
  CHECK(run->metadata_read(run.best("demo"))->requires_dist.size() == 3);
}

TEST_CASE("M12: a sidecar that is not the one the index promised ends the run with both digests", "[fetch][M12]") {
  const auto served = GENERATE(as<std::string>{}, metadata_of("demo", "1.0", "Requires-Dist: evil\n"), "<html>", "");
  Site site;
  const std::string promised = metadata_of("demo", "1.0", "Requires-Dist: b\n");
  site.offer("demo", "demo-1.0-py3-none-any.whl", wheel_of("demo", "1.0", {"Requires-Dist: b"}, 200'000), sidecar(promised));
  site.files["demo-1.0-py3-none-any.whl.metadata"] = served;
  Run run(site);
  const auto answer = run->dependencies(run.best("demo"), "");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == kMetadataMismatch);
  CHECK(answer.error().message == "demo-1.0-py3-none-any.whl.metadata is not the file that the index advertises");
  std::string details;
  for (const std::string& line : answer.error().details) details += line + "\n";
  CHECK(details.find(hex_of(promised)) != std::string::npos);
  CHECK(details.find(hex_of(served)) != std::string::npos);
  CHECK(site.asked() == Names{"demo-1.0-py3-none-any.whl.metadata"});
}

TEST_CASE("N19: a file that a public index lists is not fetched from a private network", "[fetch][N19]") {
  Site site;
  site.files["demo-1.0-py3-none-any.whl"] = "secret";
  net::HttpOptions options;
  options.proxy_from_environment = false;
  const auto http = *net::make_curl_client(options);
  sys::WorkerPool workers(1);
  const auto scratch = sys::TempDir::create({}, "n19-");
  ArchiveFetcher fetcher([&] { return Result<net::HttpClient*>(http.get()); }, scratch->path(), workers, nullptr);
  FetchItem item;
  item.candidate.file.filename = "demo-1.0-py3-none-any.whl";
  item.candidate.file.url = site.server.url("/demo-1.0-py3-none-any.whl");
  item.public_only = true;
  const auto arrivals = fetcher.fetch({item}, [](std::size_t, const Archive&) { FAIL_CHECK("it was taken"); }, {});
  REQUIRE_FALSE(arrivals[0]);
  CHECK(arrivals[0].error().code == net::kPrivateAddress);
  CHECK(site.asked().empty());
  item.public_only = false;  // the honest twin: an index that is private itself
  CHECK(fetcher.fetch({item}, [](std::size_t, const Archive&) {}, {})[0]);
}

TEST_CASE("N9: a download that broke off is continued by the next run", "[fetch][N9]") {
  const std::string whole(600'000, 'w');
  std::atomic<bool> breaks{true};
  std::vector<std::string> ranges;
  std::mutex mutex;
  HttpServer server([&](const ServerRequest& request) {
    {
      const std::lock_guard lock(mutex);
      ranges.push_back(request.header("range").value_or("whole"));
    }
    Reply reply = Reply::ranged(request, whole, "\"v1\"");
    if (breaks) reply.cut_after = 400'000;
    return reply;
  });
  const auto cache = sys::TempDir::create({}, "unfinished-");
  const auto run = [&](const std::string& digest) {
    net::HttpOptions options;
    options.proxy_from_environment = false;
    options.resume_retries = 0;
    const auto http = *net::make_curl_client(options);
    sys::WorkerPool workers(1);
    const auto scratch = sys::TempDir::create({}, "scratch-");
    ArchiveFetcher fetcher([&] { return Result<net::HttpClient*>(http.get()); }, scratch->path(), workers, nullptr, cache->path() / "downloads");
    FetchItem item;
    item.candidate.file.filename = "demo-1.0-py3-none-any.whl";
    item.candidate.file.url = server.url("/demo-1.0-py3-none-any.whl");
    item.promise.required = {{"sha256", digest}};
    return std::move(fetcher.fetch({item}, [](std::size_t, const Archive&) {}, {})[0]);
  };
  SECTION("from where it stopped, and nothing is left") {
    CHECK_FALSE(run(hex_of(whole)));
    breaks = false;
    const auto arrival = run(hex_of(whole));
    REQUIRE(arrival);
    CHECK(std::holds_alternative<Archive>(*arrival));
    CHECK(ranges == std::vector<std::string>{"whole", "bytes=400000-"});
    CHECK(sys::list_directory(cache->path() / "downloads")->empty());
  }
  SECTION("bytes that lie there are not trusted: the whole is checked") {
    CHECK_FALSE(run(hex_of(whole)));
    const auto kept = sys::list_directory(cache->path() / "downloads");
    REQUIRE(kept);
    for (const auto& entry : *kept)
      if (entry.name.ends_with(".part")) REQUIRE(sys::replace_file(sys::real_os(), cache->path() / "downloads" / entry.name, std::string(400'000, 'e')));
    breaks = false;
    const auto arrival = run(hex_of(whole));
    REQUIRE(arrival);
    CHECK(std::holds_alternative<Mismatch>(*arrival));
    const auto again = run(hex_of(whole));
    REQUIRE(again);
    CHECK(std::holds_alternative<Archive>(*again));
  }
  SECTION("another promise is another file") {
    CHECK_FALSE(run(hex_of(whole)));
    CHECK_FALSE(run(std::string(64, '0')));
    CHECK(ranges == std::vector<std::string>{"whole", "whole"});
  }
}

TEST_CASE("a server that fails is asked with full patience once, not at every step", "[fetch]") {
  Site site;
  const std::string text = metadata_of("demo", "1.0", "Requires-Dist: b\n");
  site.offer("demo", "demo-1.0-py3-none-any.whl", "never served", sidecar(text));
  HttpServer failing([](const ServerRequest&) { return Reply::text(503, "busy").with("Retry-After", "0"); });
  site.rows["demo"].replace(site.rows["demo"].find("/demo"), 1, failing.url("/"));
  Run run(site, {}, [](ProviderOptions&) {}, false, 5);
  const auto answer = run->dependencies(run.best("demo"), "");
  REQUIRE_FALSE(answer);  // trouble, not a missing file
  CHECK(answer.error().code == net::kServerBusy);
  CHECK(failing.requests().size() == 1 + 1 + 6);
}

TEST_CASE("the metadata of the likely release is on its way before the solver asks", "[fetch]") {
  Site site;
  std::promise<void> came;
  HttpServer files([&](const ServerRequest& request) {
    if (request.target == "/demo-1.5-py3-none-any.whl.metadata") came.set_value();
    return Reply::text(200, metadata_of("demo", "1.5", "Requires-Dist: b\n"));
  });
  for (const char* version : {"1.0", "1.5", "1.6rc1", "2.0"}) {
    const std::string name = std::string("demo-") + version + "-py3-none-any.whl";
    site.offer("demo", name, version, R"(,"core-metadata":true)");
    site.rows["demo"].replace(site.rows["demo"].rfind("/" + name), 1, files.url("/"));
  }
  Run run(site);
  const packaging::Requirement wish = *packaging::Requirement::parse("demo<2");
  const resolve::Hint hint{"demo", nullptr, &wish};
  run->prefetch(std::span(&hint, 1));
  REQUIRE(came.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  const auto listing = run->versions("demo");
  const auto candidate = run->candidate("demo", listing->versions[2]);  // 2.0, 1.6rc1, 1.5
  CHECK(run->dependencies(std::get<model::Candidate>(*candidate), ""));
  CHECK(files.requests().size() == 1);
}

TEST_CASE("X10: a file that was added to its release long after the others is named", "[fetch][X10]") {
  Site site;
  const auto at = [](const char* day) { return fmt::format(R"(,"upload-time":"{}T00:00:00Z")", day); };
  site.offer("demo", "demo-1.0.tar.gz", "sdist", at("2020-01-01"));
  site.offer("demo", "demo-1.0-py3-none-any.whl", "late", at("2024-01-01"));
  site.offer("calm", "calm-1.0.tar.gz", "sdist", at("2020-01-01"));
  site.offer("calm", "calm-1.0-py3-none-any.whl", "in time", at("2020-01-13"));
  site.offer("silent", "silent-1.0-py3-none-any.whl", "no time");
  Run run(site);
  CHECK(run->late_addition(run.best("demo")).value_or("").starts_with("demo-1.0-py3-none-any.whl was added 1461 days after the first file of demo 1.0"));
  CHECK_FALSE(run->late_addition(run.best("calm")));
  CHECK_FALSE(run->late_addition(run.best("silent")));
}

TEST_CASE("a sidecar that is missing or no metadata is not believed: the wheel's tail is read instead", "[fetch]") {
  const auto served = GENERATE(as<std::optional<std::string>>{}, std::nullopt, "<html>", "");
  Site site;
  site.offer("demo", "demo-1.0-py3-none-any.whl", wheel_of("demo", "1.0", {"Requires-Dist: b"}, 200'000), R"(,"core-metadata":true)");
  if (served) site.files["demo-1.0-py3-none-any.whl.metadata"] = *served;
  Run run(site);
  CHECK(run.needs("demo") == Names{"b"});
  CHECK(site.asked() == Names{"demo-1.0-py3-none-any.whl.metadata", "demo-1.0-py3-none-any.whl bytes=-49152"});
}

TEST_CASE("a sidecar that is not advertised is tried once, and the server's answer is remembered", "[fetch]") {
  Site site;
  for (const char* name : {"one", "two", "three"}) site.offer(name, std::string(name) + "-1.0-py3-none-any.whl", wheel_of(name, "1.0", {"Requires-Dist: b"}, 100'000));
  const auto dir = sys::TempDir::create({}, "memory");
  {
    Run run(site, dir->path());
    CHECK(run.needs("one") == Names{"b"});
    CHECK(run.needs("two") == Names{"b"});
  }
  {
    Run run(site, dir->path());
    CHECK(run.needs("three") == Names{"b"});
  }
  CHECK(site.asked() == Names{"one-1.0-py3-none-any.whl.metadata", "one-1.0-py3-none-any.whl bytes=-49152", "two-1.0-py3-none-any.whl bytes=-49152", "three-1.0-py3-none-any.whl bytes=-49152"});
}

TEST_CASE("METADATA that lies before the tail is asked for by its range", "[fetch]") {
  Site site;
  // dist-info first, then more than a tail of other things
  WheelMaker maker("demo", "1.0");
  maker.metadata_line("Requires-Dist: b").file("demo/x.bin", std::string(300'000, 'x')).method(test::kStored);
  maker.edit_zip([](test::ZipMaker& zip) { std::stable_partition(zip.entries().begin(), zip.entries().end(), [](const test::ZipEntry& entry) { return entry.local.name.find("dist-info") != std::string::npos; }); });
  site.offer("demo", "demo-1.0-py3-none-any.whl", maker.bytes());
  Run run(site);
  CHECK(run.needs("demo") == Names{"b"});
  const Names asked = site.asked();
  REQUIRE(asked.size() == 3);
  CHECK(asked[2].starts_with("demo-1.0-py3-none-any.whl bytes="));
}

namespace {

// METADATA, then a RECORD and a central directory of a thousand names.
std::string wheel_of_many_files(const std::string& name, const std::string& version, const std::string& needs) {
  WheelMaker maker(name, version);
  for (int i = 0; i < 1000; ++i) maker.file(fmt::format("{}/a_name_that_is_long_enough_to_fill_a_directory_{}.py", name, i), "");
  return maker.metadata_line("Requires-Dist: " + needs).bytes();
}

}  // namespace

TEST_CASE("what it took to reach METADATA of one release is asked for at once of the others", "[fetch]") {
  Site site;
  site.offer("demo", "demo-1.0-py3-none-any.whl", wheel_of_many_files("demo", "1.0", "old"));
  site.offer("demo", "demo-2.0-py3-none-any.whl", wheel_of_many_files("demo", "2.0", "new"));
  Run run(site);
  CHECK(run.needs("demo") == Names{"new"});
  const std::size_t first = site.asked().size();
  CHECK(run.needs("demo", {}, 1) == Names{"old"});
  const Names asked = site.asked();
  REQUIRE(asked.size() == first + 1);
  CHECK(first >= 3);  // no sidecar, the usual tail, a longer one, and perhaps METADATA alone
  CHECK(asked.back().starts_with("demo-1.0-py3-none-any.whl bytes=-"));
}

TEST_CASE("a release that is smaller than what another one took is never asked for whole by a range", "[fetch]") {
  Site site;  // a server may answer that with 200, which is how one that knows no ranges answers
  const std::string small = wheel_of("demo", "1.0", {"Requires-Dist: old"}, 60'000);
  site.offer("demo", "demo-1.0-py3-none-any.whl", small, fmt::format(R"(,"size":{})", small.size()));
  site.offer("demo", "demo-2.0-py3-none-any.whl", wheel_of_many_files("demo", "2.0", "new"));
  Run run(site);
  CHECK(run.needs("demo") == Names{"new"});
  CHECK(run.needs("demo", {}, 1) == Names{"old"});
  CHECK(site.asked().back() == fmt::format("demo-1.0-py3-none-any.whl bytes=-{}", small.size() - 1));
}

TEST_CASE("a release that is larger than its page says costs one request more, not one after the other", "[fetch]") {
  Site site;
  site.offer("demo", "demo-1.0-py3-none-any.whl", wheel_of_many_files("demo", "1.0", "old"), R"(,"size":50000)");
  site.offer("demo", "demo-2.0-py3-none-any.whl", wheel_of_many_files("demo", "2.0", "new"));
  Run run(site);
  CHECK(run.needs("demo") == Names{"new"});
  const std::size_t first = site.asked().size();
  CHECK(run.needs("demo", {}, 1) == Names{"old"});
  CHECK(site.asked().size() - first <= 3);
}

TEST_CASE("a server without ranges is read whole, and not asked for ranges again", "[fetch]") {
  Site site;
  site.ranges = false;
  for (const char* name : {"one", "two"}) site.offer(name, std::string(name) + "-1.0-py3-none-any.whl", wheel_of(name, "1.0", {"Requires-Dist: b"}, 100'000));
  Run run(site);
  CHECK(run.needs("one") == Names{"b"});
  CHECK(run.needs("two") == Names{"b"});
  CHECK(site.asked() == Names{"one-1.0-py3-none-any.whl.metadata", "one-1.0-py3-none-any.whl bytes=-49152", "one-1.0-py3-none-any.whl", "two-1.0-py3-none-any.whl"});
  CHECK(run->archive_at_hand(run.best("one")));
}

TEST_CASE("metadata that was read is kept: the next run asks the file's server nothing", "[fetch]") {
  Site site;
  site.offer("demo", "demo-1.0-py3-none-any.whl", wheel_of("demo", "1.0", {"Requires-Dist: b"}));
  const auto dir = sys::TempDir::create({}, "metadata");
  { CHECK(Run(site, dir->path()).needs("demo") == Names{"b"}); }
  const std::size_t before = site.asked().size();
  { CHECK(Run(site, dir->path()).needs("demo") == Names{"b"}); }
  { CHECK(Run(site, dir->path(), {}, true).needs("demo") == Names{"b"}); }  // and offline
  CHECK(site.asked().size() == before);
  // a torn file does not pass for one with fewer dependencies
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir->path() / "metadata"))
    if (entry.is_regular_file()) {
      const std::string whole = *sys::read_file(entry.path());
      REQUIRE(sys::replace_file(sys::real_os(), entry.path(), whole.substr(0, whole.find("Requires-Dist"))));
    }
  { CHECK(Run(site, dir->path()).needs("demo") == Names{"b"}); }
  CHECK(site.asked().size() > before);
}

TEST_CASE("a report's descriptions come from the cache as well, whichever run read them", "[fetch]") {
  Site site;
  const std::string text = metadata_of("demo", "1.0", "Requires-Dist: b\n") + "# What it is\n\nA demonstration.\n";
  site.offer("demo", "demo-1.0-py3-none-any.whl", "never fetched", sidecar(text));
  site.files["demo-1.0-py3-none-any.whl.metadata"] = text;
  const auto with_descriptions = [](ProviderOptions& options) { options.with_descriptions = true; };
  const auto dir = sys::TempDir::create({}, "metadata");
  const auto description = [&] {
    Run run(site, dir->path(), with_descriptions);
    CHECK(run.needs("demo") == Names{"b"});
    return run->metadata_read(run.best("demo"))->description;
  };
  { CHECK(Run(site, dir->path()).needs("demo") == Names{"b"}); }
  const std::size_t before = site.asked().size();
  CHECK(description() == "# What it is\n\nA demonstration.\n");
  CHECK(site.asked().size() == before);
  // Damage in the description concerns only those who read it; more bytes than were kept concern nobody but them, too.
  const auto damage = GENERATE(as<std::string>{}, "cut", "other", "longer");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir->path() / "metadata"))
    if (entry.is_regular_file()) {
      std::string whole = *sys::read_file(entry.path());
      if (damage == "cut") whole.pop_back();
      if (damage == "other") whole.back() = '!';
      if (damage == "longer") whole += "!";
      REQUIRE(sys::replace_file(sys::real_os(), entry.path(), whole));
    }
  { CHECK(Run(site, dir->path()).needs("demo") == Names{"b"}); }
  CHECK(site.asked().size() == before);
  CHECK(description() == "# What it is\n\nA demonstration.\n");
  CHECK(site.asked().size() == before + 1);
}

TEST_CASE("offline, a file that is not in the cache is a fact and no error", "[fetch]") {
  Site site;
  site.offer("demo", "demo-1.0-py3-none-any.whl", wheel_of("demo", "1.0", {}));
  const auto dir = sys::TempDir::create({}, "metadata");
  { static_cast<void>(Run(site, dir->path())->versions("demo")); }
  Run run(site, dir->path(), {}, true);
  CHECK(run.needs("demo").at(0).starts_with("unavailable: its metadata is not in the cache"));
  const auto missing = run->versions("other");
  REQUIRE(missing);
  REQUIRE(missing->missing);
  CHECK(missing->missing->kind == resolve::UnavailableKind::offline);
}

TEST_CASE("broken metadata is a fact about one release", "[fetch]") {
  struct Row {
    std::string text, reason;
  };
  const auto row = GENERATE(values<Row>({{metadata_of("demo", "1.0", "Requires-Dist: a b c\n"), "unavailable: its metadata is invalid"},
                                         {metadata_of("other", "1.0", ""), "unavailable: its metadata is about `other`"},
                                         {metadata_of("demo", "1.1", ""), "unavailable: its metadata is about version 1.1"},
                                         {metadata_of("demo", "1.0", "Requires-Python: >=3.12\n"), "unavailable: it needs Python >=3.12, the target has 3.11.4"}}));
  Site site;
  site.offer("demo", "demo-1.0-py3-none-any.whl", "-", sidecar(row.text));
  site.files["demo-1.0-py3-none-any.whl.metadata"] = row.text;
  Run run(site);
  const Names needs = run.needs("demo");
  INFO(needs.at(0));
  CHECK(needs.at(0).starts_with(row.reason));
}

TEST_CASE("a file that is gone is a fact, a server that is gone an error", "[fetch]") {
  Site site;
  site.offer("demo", "demo-1.0-py3-none-any.whl", "-");
  site.files.clear();
  Run run(site);
  CHECK(run.needs("demo").at(0).starts_with("unavailable: its file cannot be downloaded"));
  site.rows["dead"] = fmt::format(R"({{"url":"http://127.0.0.1:{}/dead-1.0-py3-none-any.whl"}})", test::closed_port());
  CHECK(run.needs("dead") == Names{"error: connection-failed"});
}

TEST_CASE("M2, A: a wheel whose zip is not sound ends the run with its id instead of being passed over", "[fetch]") {
  Site site;
  std::string bytes = wheel_of("demo", "1.0", {});
  bytes += "trailing bytes";
  site.offer("demo", "demo-1.0-py3-none-any.whl", bytes);
  Run run(site);
  CHECK(run.needs("demo") == Names{"error: zip-trailing-bytes"});
}

TEST_CASE("N7: a whole wheel that is not the promised one is a mismatch", "[fetch][N7]") {
  Site site;
  site.ranges = false;
  site.offer("demo", "demo-1.0-py3-none-any.whl", wheel_of("demo", "1.0", {}));
  site.files["demo-1.0-py3-none-any.whl"] = wheel_of("demo", "1.0", {"Requires-Dist: evil"});
  Run run(site);
  // Nothing of it is read; what was seen is kept for the one report of all broken promises.
  CHECK(run.needs("demo") == Names{});
  const model::Candidate candidate = run.best("demo");
  CHECK_FALSE(run->metadata_read(candidate));
  CHECK_FALSE(run->archive_at_hand(candidate));
  REQUIRE(run->mismatch_seen(candidate));
  CHECK(run->mismatch_seen(candidate)->error.code == verify::kHashMismatch);
}

TEST_CASE("a hashed project is read from its whole, checked archive only", "[fetch]") {
  Site site;
  const std::string lie = metadata_of("demo", "1.0", "Requires-Dist: evil\n");
  const std::string wheel = wheel_of("demo", "1.0", {"Requires-Dist: b"}, 100'000);
  site.offer("demo", "demo-1.0-py3-none-any.whl", wheel, sidecar(lie));
  site.files["demo-1.0-py3-none-any.whl.metadata"] = lie;
  Run run(site, {}, [&](ProviderOptions& options) {
    options.whole_archive_only = {"demo"};
    options.wanted["demo"].hashes = {{"sha256", hex_of(wheel)}};
  });
  CHECK(run.needs("demo") == Names{"b"});
  CHECK(site.asked() == Names{"demo-1.0-py3-none-any.whl"});
}

TEST_CASE("what the host knows is not asked for, and --no-deps asks nothing", "[fetch]") {
  Site site;
  site.offer("demo", "demo-1.0-py3-none-any.whl", "-");
  Run run(site);
  run.host.known["demo"] = metadata_of("demo", "1.0", "Requires-Dist: known\n");
  CHECK(run.needs("demo") == Names{"known"});
  Run bare(site, {}, [](ProviderOptions& options) { options.no_dependencies = true; });
  CHECK(bare.needs("demo").empty());
  CHECK(site.asked().empty());
}

TEST_CASE("releases that cannot be used are listed with the reason, the best file stands for a release", "[fetch]") {
  Site site;
  site.offer("demo", "demo-3.0.tar.gz", "-", R"(,"requires-python":">=3.12")");
  site.offer("demo", "demo-2.0-cp39-cp39-win32.whl", "-");
  site.offer("demo", "demo-1.0.tar.gz", "-", R"(,"yanked":"oops")");
  site.offer("demo", "demo-1.0-py3-none-any.whl", "-", R"(,"yanked":true)");
  Run run(site);
  const auto listing = run->versions("demo");
  REQUIRE(listing);
  REQUIRE(listing->versions.size() == 3);
  CHECK(listing->versions[0].unavailable->kind == resolve::UnavailableKind::requires_python);
  CHECK(listing->versions[0].unavailable->requires_python == ">=3.12");
  CHECK(listing->versions[1].unavailable->kind == resolve::UnavailableKind::no_usable_file);
  CHECK(listing->versions[2].yanked);
  const auto answer = run->candidate("demo", listing->versions[2]);
  CHECK(std::get<model::Candidate>(*answer).file.filename == "demo-1.0-py3-none-any.whl");
  const auto none = run->versions("absent");
  CHECK(none->missing->kind == resolve::UnavailableKind::no_project);
}

TEST_CASE("a pinned release whose own document has nothing for the target is looked up in the whole list", "[fetch]") {
  Site site;
  site.offer("demo", "demo-1.0-py3-none-any.whl", "-");
  site.offer("demo", "demo-2.0-py3-none-any.whl", "-");
  Run run(site, {}, [](ProviderOptions& options) { options.pinned["demo"] = "1.0"; });
  CHECK(run->versions("demo")->versions.size() == 2);
}

TEST_CASE("an sdist whose PKG-INFO is static is not built, any other is", "[fetch]") {
  const auto tar = [](const std::string& name, const std::string& text) {
    const auto field = [](std::string value, std::size_t size) { return value + std::string(size - value.size(), '\0'); };
    std::string header = field(name + "/PKG-INFO", 100) + field("0000644", 8) + field("0000000", 8) + field("0000000", 8) + fmt::format("{:011o}", text.size()) + '\0' + field("00000000000", 12) + "        0" +
                         std::string(100, '\0') + std::string("ustar\0" "00", 8) + std::string(247, '\0');
    unsigned sum = 0;
    for (char c : header) sum += static_cast<unsigned char>(c);
    header.replace(148, 8, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
    std::string body = header + text + std::string((512 - text.size() % 512) % 512, '\0') + std::string(1024, '\0');
    return test::gzip(body);
  };
  Site site;
  site.offer("fixed", "fixed-1.0.tar.gz", tar("fixed-1.0", "Metadata-Version: 2.2\nName: fixed\nVersion: 1.0\nRequires-Dist: b\n"));
  site.offer("moving", "moving-1.0.tar.gz", tar("moving-1.0", "Metadata-Version: 2.2\nName: moving\nVersion: 1.0\nDynamic: Requires-Dist\n"));
  site.offer("old", "old-1.0.tar.gz", tar("old-1.0", "Metadata-Version: 1.2\nName: old\nVersion: 1.0\n"));
  Run run(site);
  CHECK(run.needs("fixed") == Names{"b"});
  CHECK(run.host.built.empty());
  CHECK(run.needs("moving") == Names{"from-build"});
  CHECK(run.needs("old") == Names{"from-build"});
  CHECK(run.host.built == Names{"moving-1.0.tar.gz", "old-1.0.tar.gz"});
}

TEST_CASE("prefetching reads metadata of many releases at once and asks nothing twice", "[fetch]") {
  Site site;
  std::vector<std::string> names;
  for (int i = 0; i < 10; ++i) {
    const std::string name = fmt::format("p{}", i), text = metadata_of(name, "1.0", "Requires-Dist: b\n");
    site.offer(name, name + "-1.0-py3-none-any.whl", "-", sidecar(text));
    site.files[name + "-1.0-py3-none-any.whl.metadata"] = text;
    names.push_back(name);
  }
  Run run(site);
  std::vector<resolve::Hint> hints;
  for (const std::string& name : names) hints.push_back({name, nullptr});
  run->prefetch(hints);
  std::vector<resolve::Listing> listings;
  for (const std::string& name : names) listings.push_back(*run->versions(name));
  hints.clear();
  for (std::size_t i = 0; i < names.size(); ++i) hints.push_back({names[i], &listings[i].versions[0]});
  run->prefetch(hints);
  for (const std::string& name : names) CHECK(run.needs(name) == Names{"b"});
  CHECK(site.asked().size() == 10);
}

TEST_CASE("M12: a sidecar that says something else than the wheel is refused with both values", "[fetch][M12]") {
  const auto parse = [](const std::string& lines, const std::string& name = "demo", const std::string& version = "1.0") { return *packaging::Metadata::parse(metadata_of(name, version, lines)); };
  const packaging::Metadata wheel = parse("Requires-Dist: a>=1\nRequires-Python: >=3.8\nProvides-Extra: x\n");
  CHECK(check_same_metadata(parse("Requires-Dist: A >= 1\nProvides-Extra: X\nRequires-Python: >=3.8\n", "Demo", "1.0.0"), wheel, "demo"));
  struct Row {
    std::string lines, message;
  };
  const auto row = GENERATE(values<Row>({
      {"Requires-Python: >=3.8\nProvides-Extra: x\n", "Requires-Dist between its PEP 658 .metadata file and the wheel's METADATA: sidecar has '', wheel has 'a>=1'"},
      {"Requires-Dist: a>=1\nRequires-Dist: c\nRequires-Python: >=3.8\nProvides-Extra: x\n", "Requires-Dist between its PEP 658 .metadata file and the wheel's METADATA: sidecar has 'c', wheel has ''"},
      {"Requires-Dist: a>=1\nProvides-Extra: x\n", "Requires-Python between its PEP 658 .metadata file and the wheel's METADATA: sidecar has '', wheel has '>=3.8'"},
      {"Requires-Dist: a>=1\nRequires-Python: >=3.8\n", "Provides-Extra between its PEP 658 .metadata file and the wheel's METADATA: sidecar has '', wheel has 'x'"},
  }));
  const Status status = check_same_metadata(parse(row.lines), wheel, "demo");
  REQUIRE_FALSE(status);
  CHECK(status.error().message == "Requested demo has inconsistent " + row.message);
}
