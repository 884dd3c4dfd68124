// The page cache: the rules of RFC 9111 as far as a private cache of pages needs them, and what lies on disk.
#include "net/http_cache.h"

#include <atomic>
#include <catch2/catch_test_macros.hpp>

#include "support/zip_maker.h"
#include "unit/net/client_fixture.h"

namespace pipit::net::testing {

namespace {

CachedHead head_with(Headers headers, std::int64_t stored_at = 1000) {
  CachedHead head;
  head.status = 200;
  head.stored_at = stored_at;
  head.headers = std::move(headers);
  return head;
}

// A client with a cache and a clock that stands still until it is moved.
struct CachedFixture : ClientFixture {
  sys::ManualClock clock{std::chrono::system_clock::time_point(std::chrono::seconds(1'000'000'000))};
  CachedFixture() {
    seams.clock = &clock;
    options.cache_directory = (scratch.path() / "cache" / "pages").string();
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    if (const auto entries = sys::list_directory(options.cache_directory))
      for (const auto& entry : *entries) names.push_back(entry.name);
    return names;
  }
};

}  // namespace

TEST_CASE("freshness follows max-age, Expires, Age and Date", "[net]") {
  struct Row {
    Headers headers;
    std::int64_t now;
    bool fresh;
  };
  const Row rows[] = {
      {{{"cache-control", "max-age=600"}}, 1599, true},
      {{{"cache-control", "max-age=600"}}, 1600, false},
      {{{"cache-control", "public, MAX-AGE=\"600\""}}, 1599, true},
      {{{"cache-control", "max-age=600"}, {"age", "590"}}, 1005, true},
      {{{"cache-control", "max-age=600"}, {"age", "600"}}, 1000, false},
      {{{"cache-control", "max-age=600"}, {"date", "Thu, 01 Jan 1970 00:06:40 GMT"}}, 1001, false},  // 600 s old on arrival
      {{{"cache-control", "no-cache, max-age=600"}}, 1000, false},
      {{{"cache-control", "max-age=nonsense"}}, 1000, false},
      {{{"cache-control", "max-age=99999999999999999999"}}, 1000, false},
      {{{"expires", "Thu, 01 Jan 1970 00:20:00 GMT"}, {"date", "Thu, 01 Jan 1970 00:16:40 GMT"}}, 1199, true},
      {{{"expires", "Thu, 01 Jan 1970 00:20:00 GMT"}, {"date", "Thu, 01 Jan 1970 00:16:40 GMT"}}, 1200, false},
      {{{"expires", "0"}}, 1000, false},
      {{}, 1000, false},
      {{{"cache-control", "max-age=600"}}, 900, false},  // the clock went backwards
  };
  for (const Row& row : rows) {
    INFO((row.headers.empty() ? "no header" : row.headers[0].second) << " at " << row.now);
    CHECK(is_fresh(head_with(row.headers), row.now) == row.fresh);
  }
}

TEST_CASE("only whole successes and redirects are stored, and never against the server's will", "[net]") {
  for (int status : {200, 301, 302, 307, 308}) CHECK(may_store(status, {}));
  for (int status : {204, 206, 304, 401, 404, 500}) CHECK(!may_store(status, {}));
  CHECK(!may_store(200, {{"cache-control", "private, no-store"}}));
  CHECK(!varied_headers({{"vary", "*"}}, {}));
}

TEST_CASE("a head on disk reads back as it was, and nothing that is cut off counts", "[net]") {
  CachedHead head = head_with({{"etag", "\"a: b\""}, {"x", ""}});
  head.payload_id = std::string(32, 'a');
  head.payload_bytes = 77;
  head.peer_address = "192.0.2.1";
  head.varied = {{"accept", "text/html; q=0.1"}};
  const std::string text = print_head(head);
  CHECK(parse_head(text) == head);
  for (std::size_t size = 0; size + 1 < text.size(); ++size) CHECK(!parse_head(text.substr(0, size)));
  CHECK(!parse_head("pipit page 2\nstatus 200\nend\n"));
  CHECK(!parse_head("pipit page 1\nstatus 200\npayload ../../x 5\nend\n"));
}

TEST_CASE("headers of a hop, of a session or of an encoding are not kept", "[net][N16]") {
  const std::string text = print_head(head_with({{"set-cookie", "a"}, {"connection", "x"}, {"content-encoding", "gzip"}, {"evil", "a\nend"}, {"etag", "e"}}));
  CHECK(parse_head(text)->headers == Headers{{"etag", "e"}});
}

TEST_CASE("what was read of the cache before a question is not read again for it", "[net][cache]") {
  HttpServer server([](const ServerRequest& request) {
    if (request.header("if-none-match") == "\"v1\"") return Reply::text(304, "");
    return Reply::text(200, "page").with("ETag", "\"v1\"").with("Cache-Control", "max-age=0");
  });
  ClientFixture t;
  t.options.cache_directory = (t.scratch.path() / "pages").string();
  REQUIRE(t.fetch(server.url("/")));
  HttpRequest request = t.get(server.url("/"));
  REQUIRE(!t.http().peek(request));
  REQUIRE(request.peeked);
  const auto files = sys::list_directory(t.options.cache_directory);
  REQUIRE(files);
  for (const sys::DirEntry& file : *files)
    if (file.name.ends_with(".head")) REQUIRE(sys::remove_tree(std::filesystem::path(t.options.cache_directory) / file.name));
  const auto answer = t.fetch(std::move(request));
  REQUIRE(answer);
  CHECK(answer->from_cache);
  CHECK(answer->body == "page");
  CHECK(server.requests().back().header("if-none-match") == "\"v1\"");
}

TEST_CASE("a redirect that comes back finds the cache as the way there left it, not as it was before the question", "[net][cache]") {
  std::atomic<int> asked{0};
  HttpServer server([&](const ServerRequest& request) {
    if (request.target == "/b") return Reply::redirect(302, "/a");
    const int time = ++asked;
    if (time == 2) return Reply::redirect(302, "/b");
    return Reply::text(200, time == 1 ? "old" : "new").with("ETag", "\"v1\"").with("Cache-Control", "max-age=0");
  });
  ClientFixture t;
  t.options.cache_directory = (t.scratch.path() / "pages").string();
  REQUIRE(t.fetch(server.url("/a")));
  HttpRequest request = t.get(server.url("/a"));
  REQUIRE(!t.http().peek(request));
  const auto answer = t.fetch(std::move(request));
  REQUIRE(answer);
  CHECK(answer->body == "new");
  REQUIRE(server.requests().size() == 4);
  CHECK(server.requests()[1].header("if-none-match") == "\"v1\"");
  CHECK(!server.requests()[3].header("if-none-match"));  // the last answer of that address was a redirect without one
}

TEST_CASE("a fresh page is not asked for, a stale one is revalidated, and a 304 writes only the small file", "[net]") {
  HttpServer server([](const ServerRequest& request) {
    if (request.header("if-none-match") == "\"v1\"") return Reply::text(304, "").with("Cache-Control", "max-age=60");
    return Reply::text(200, std::string(5000, 'p')).with("ETag", "\"v1\"").with("Cache-Control", "max-age=60");
  });
  CachedFixture t;
  const std::string url = server.url("/simple/x/");
  const auto first = t.fetch(url);
  CHECK(!first->from_cache);
  const auto names = t.files();
  REQUIRE(names.size() == 2);
  const auto payload = std::filesystem::path(t.options.cache_directory) / (names[0].ends_with(".head") ? names[1] : names[0]);
  const auto before = sys::stat_path(payload).value().value();
  t.forget_client();  // as in a later run
  const auto second = t.fetch(url);
  CHECK(second->from_cache);
  CHECK(second->body == first->body);
  CHECK(second->payload_id == first->payload_id);
  CHECK(second->peer_address == "127.0.0.1");
  CHECK(server.requests().size() == 1);
  t.clock.advance(60s);
  CHECK(t.fetch(url)->from_cache);  // 304
  CHECK(server.requests().size() == 2);
  CHECK(t.fetch(url)->from_cache);  // fresh again
  CHECK(server.requests().size() == 2);
  CHECK(t.files() == names);
  const auto after = sys::stat_path(payload).value().value();
  CHECK((after.inode == before.inode && after.mtime_ns == before.mtime_ns));
  CHECK((after.mode & 0077) == 0);
}

TEST_CASE("after a 304 that changes times only the small file is written in place, otherwise it is replaced", "[net]") {
  std::string date = "Mon, 23 Nov 2026 10:00:00 GMT", lifetime = "max-age=60";
  HttpServer server([&](const ServerRequest& request) {
    const bool same = request.header("if-none-match").has_value();
    return (same ? Reply::text(304, "") : Reply::text(200, "page").with("ETag", "\"v1\"")).with("Date", date).with("Cache-Control", lifetime);
  });
  CachedFixture t;
  const std::string url = server.url("/simple/x/");
  const auto head = [&] {
    const auto names = t.files();
    return std::filesystem::path(t.options.cache_directory) / (names[0].ends_with(".head") ? names[0] : names[1]);
  };
  const auto revalidate = [&] {
    t.clock.advance(60s);
    REQUIRE(t.fetch(url)->from_cache);
    t.forget_client();  // heads are written behind the answers
    return sys::stat_path(head()).value().value().inode;
  };
  REQUIRE(t.fetch(url));
  const auto first = revalidate();  // the order of the headers has settled
  date = "Mon, 23 Nov 2026 10:01:00 GMT";
  const auto text = *sys::read_file(head());
  CHECK(revalidate() == first);
  CHECK(*sys::read_file(head()) != text);
  CHECK(sys::read_file(head())->find(date) != std::string::npos);
  CHECK(t.fetch(url)->from_cache);  // fresh by what was written in place
  const std::size_t asked = server.requests().size();
  lifetime = "max-age=50";
  const auto kept_open = sys::File::open_read(sys::real_os(), head());  // else the new file may get the old one's number
  CHECK(revalidate() != first);
  CHECK(server.requests().size() == asked + 1);
}

TEST_CASE("a page that changed replaces the old one and leaves nothing behind", "[net]") {
  int version = 1;
  HttpServer server([&](const ServerRequest&) { return Reply::text(200, "version " + std::to_string(version)); });
  CachedFixture t;
  const auto first = t.fetch(server.url("/"));
  version = 2;
  const auto second = t.fetch(server.url("/"));
  CHECK(second->body == "version 2");
  CHECK(second->payload_id != first->payload_id);
  CHECK(t.files().size() == 2);
}

TEST_CASE("cache modes: refresh asks, bypass forgets, no_store leaves no trace", "[net]") {
  HttpServer server([](const ServerRequest& request) {
    if (request.header("if-none-match")) return Reply::text(304, "");
    return Reply::text(200, "page").with("ETag", "\"v1\"").with("Cache-Control", "max-age=60");
  });
  CachedFixture t;
  const auto fetch = [&](CacheMode mode) {
    HttpRequest request = t.get(server.url("/"));
    request.cache = mode;
    return t.fetch(std::move(request));
  };
  CHECK(!fetch(CacheMode::no_store)->from_cache);
  CHECK(t.files().empty());
  CHECK(!sys::exists(t.options.cache_directory));  // nothing is made before it is needed
  CHECK(!fetch(CacheMode::use)->from_cache);
  CHECK(fetch(CacheMode::use)->from_cache);
  CHECK(server.requests().size() == 2);
  CHECK(fetch(CacheMode::refresh)->from_cache);
  CHECK(server.requests().back().header("if-none-match") == "\"v1\"");
  CHECK(server.requests().back().header("cache-control") == "no-cache");
  CHECK(!fetch(CacheMode::bypass)->from_cache);
  CHECK(!server.requests().back().header("if-none-match"));
  CHECK(server.requests().size() == 4);
}

TEST_CASE("a caller that holds the payload already gets no body", "[net]") {
  HttpServer server([](const ServerRequest&) { return Reply::text(200, "page").with("Cache-Control", "max-age=60"); });
  CachedFixture t;
  const std::string id = t.fetch(server.url("/"))->payload_id;
  HttpRequest request = t.get(server.url("/"));
  request.known_payload_id = id;
  const auto answer = t.fetch(std::move(request));
  CHECK((answer->from_cache && answer->body_omitted && answer->body.empty()));
  request = t.get(server.url("/"));
  request.known_payload_id = std::string(32, '0');
  CHECK(t.fetch(std::move(request))->body == "page");
}

TEST_CASE("a page may be had as it was sent, and is then stored only for a caller that keeps its payload", "[net]") {
  const std::string packed = pipit::test::gzip("page");
  HttpServer server([&](const ServerRequest& request) {
    CHECK(request.header("accept-encoding").value_or("").find("gzip") != std::string::npos);
    return Reply::text(200, packed).with("Content-Encoding", "gzip").with("Cache-Control", "max-age=60");
  });
  CachedFixture t;
  for (const bool keeps : {false, true}) {
    HttpRequest request = t.get(server.url("/"));
    request.coding = ContentCoding::as_sent;
    request.keeps_payload = keeps;
    const auto answer = t.fetch(std::move(request));
    REQUIRE(answer);
    CHECK(answer->body == packed);
    CHECK(answer->content_coding == "gzip");
    CHECK(t.files().size() == (keeps ? 1 : 0));
  }
  HttpRequest decoded = t.get(server.url("/other"));
  decoded.coding = ContentCoding::decoded;
  const auto answer = t.fetch(std::move(decoded));
  CHECK((answer->body == "page" && answer->content_coding.empty()));
}

TEST_CASE("of a page whose payload the caller keeps, the head alone is stored", "[net]") {
  HttpServer server([](const ServerRequest& request) {
    if (request.header("if-none-match")) return Reply::text(304, "").with("Cache-Control", "max-age=60");
    return Reply::text(200, "page").with("ETag", "\"v1\"").with("Cache-Control", "max-age=60");
  });
  CachedFixture t;
  const auto fetch = [&](std::string known) {
    HttpRequest request = t.get(server.url("/"));
    request.keeps_payload = true;
    request.known_payload_id = std::move(known);
    t.forget_client();
    return *t.fetch(std::move(request));
  };
  const HttpResponse first = fetch({});
  CHECK(first.body == "page");
  REQUIRE(t.files().size() == 1);
  CHECK(t.files()[0].ends_with(".head"));
  const HttpResponse second = fetch(first.payload_id);
  CHECK((second.from_cache && second.body_omitted && second.body.empty()));
  CHECK(server.requests().size() == 1);
  t.clock.advance(61s);
  CHECK(fetch(first.payload_id).body_omitted);  // 304
  CHECK(server.requests().size() == 2);
  // Whoever has lost what it made of the page gets it again, whole, and at once: fresh or stale, a 304 would not help.
  for (const std::string& lost : {std::string(), std::string(32, '0')}) {
    const HttpResponse again = fetch(lost);
    CHECK((!again.from_cache && !again.body_omitted && again.body == "page" && again.payload_id == first.payload_id));
    t.clock.advance(61s);
  }
  CHECK(server.requests().size() == 4);
  CHECK(t.files().size() == 1);
}

TEST_CASE("files, ranges and other representations never come from a page's entry", "[net]") {
  HttpServer server([](const ServerRequest& request) {
    return Reply::text(200, request.header("accept").value_or("any")).with("Cache-Control", "max-age=60").with("Vary", "Accept, X-Kind");
  });
  CachedFixture t;
  const auto fetch = [&](const char* accept, const char* kind) {
    HttpRequest request = t.get(server.url("/"));
    request.headers = {{"Accept", accept}, {"X-Kind", kind}};
    return t.fetch(std::move(request));
  };
  CHECK(fetch("a", "1")->body == "a");
  CHECK(fetch("b", "1")->body == "b");
  CHECK(fetch("a", "1")->from_cache);
  CHECK(!fetch("a", "2")->from_cache);
  HttpRequest file = t.get(server.url("/"));
  file.headers = {{"Accept", "a"}, {"X-Kind", "2"}};
  file.sink = std::make_shared<MemorySink>();
  CHECK(!t.fetch(std::move(file))->from_cache);
  CHECK(server.requests().size() == 4);
}

TEST_CASE("one identity's page is not another's", "[net][N15]") {
  HttpServer server([](const ServerRequest& request) {
    return Reply::text(200, request.header("authorization").value_or("nobody")).with("Cache-Control", "max-age=60");
  });
  CachedFixture t;
  const std::string rest = "127.0.0.1:" + std::to_string(server.port()) + "/";
  const auto ann = t.fetch("http://ann:1@" + rest), bob = t.fetch("http://bob:1@" + rest), nobody = t.fetch("http://" + rest);
  CHECK((!ann->from_cache && !bob->from_cache && !nobody->from_cache));
  CHECK(t.fetch("http://ann:1@" + rest)->body == ann->body);
  CHECK(server.requests().size() == 3);
}

TEST_CASE("offline only the cache answers, however old, also through a redirect", "[net]") {
  HttpServer server([](const ServerRequest& request) {
    if (request.target == "/Old/") return Reply::redirect(301, "/new/");
    return Reply::text(200, "page");
  });
  CachedFixture t;
  REQUIRE(t.fetch(server.url("/Old/")));
  const std::size_t asked = server.requests().size();
  t.forget_client();
  t.options.offline = true;
  t.clock.advance(std::chrono::hours(24 * 365));
  const auto answer = t.fetch(server.url("/Old/"));
  REQUIRE(answer);
  CHECK((answer->from_cache && answer->body == "page"));
  CHECK(answer->final_url.path == "/new/");
  const auto missing = t.fetch(server.url("/missing/"));
  REQUIRE(!missing);
  CHECK(missing.error().code == kOffline);
  CHECK(missing.error().message.find(server.url("/missing/")) != std::string::npos);
  HttpRequest file = t.get(server.url("/new/"));
  file.sink = std::make_shared<MemorySink>();
  CHECK(code_of(t.fetch(std::move(file))) == "offline");
  CHECK(server.requests().size() == asked);
}

TEST_CASE("a cache directory that others may write is not used, and one warning says so", "[net]") {
  HttpServer server([](const ServerRequest&) { return Reply::text(200, "page").with("Cache-Control", "max-age=60"); });
  CachedFixture t;
  REQUIRE(sys::make_directories(t.options.cache_directory, 0777));
  REQUIRE(sys::Dir::open(sys::real_os(), t.options.cache_directory));
  REQUIRE(::chmod(t.options.cache_directory.c_str(), 0777) == 0);
  for (int i = 0; i < 2; ++i) CHECK(!t.fetch(server.url("/"))->from_cache);
  CHECK(t.files().empty());
  REQUIRE(t.talk.warnings.size() == 1);
  CHECK(t.talk.warnings[0].starts_with("The directory '" + t.options.cache_directory + "' or its parent directory is not owned"));
}

TEST_CASE("a planted or damaged entry is a miss, never an error", "[net]") {
  HttpServer server([](const ServerRequest&) { return Reply::text(200, "page").with("Cache-Control", "max-age=60"); });
  CachedFixture t;
  REQUIRE(t.fetch(server.url("/")));
  const std::filesystem::path directory = t.options.cache_directory;
  std::size_t asked = 1;
  for (const std::string& name : t.files()) {
    for (const char* damage : {"", "x", "pipit page 1\nstatus 200\nstored 99999999999\nheader cache-control: max-age=60\nend\n"}) {
      REQUIRE(sys::replace_file(sys::real_os(), directory / name, damage));
      const auto answer = t.fetch(server.url("/"));
      REQUIRE(answer);
      CHECK(answer->body == "page");
      CHECK(server.requests().size() == ++asked);
    }
    REQUIRE(sys::remove_tree(directory / name));
    REQUIRE(::symlink("/etc/passwd", (directory / name).c_str()) == 0);
    CHECK(t.fetch(server.url("/"))->body == "page");
    CHECK(server.requests().size() == ++asked);
  }
}

TEST_CASE("a cache that cannot be written costs nothing but the cache", "[net]") {
  HttpServer server([](const ServerRequest&) { return Reply::text(200, "page"); });
  ClientFixture t;
  t.options.cache_directory = t.file("a-file", "not a directory") + "/pages";
  CHECK(t.fetch(server.url("/"))->body == "page");
}

}  // namespace pipit::net::testing
