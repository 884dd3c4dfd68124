// Broken downloads: continued by range, begun anew, or given up with pip's words.
#include <atomic>
#include <catch2/catch_test_macros.hpp>

#include "unit/net/client_fixture.h"

namespace pipit::net::testing {

namespace {

const std::string kBody = [] {
  std::string body;
  for (int i = 0; i < 2000; ++i) body += std::to_string(i) + ",";
  return body;
}();

struct Download {
  Result<HttpResponse> answer;
  std::shared_ptr<MemorySink> sink;
};

Download download(ClientFixture& t, const std::string& url) {
  HttpRequest request = ClientFixture::get(url);
  auto sink = std::make_shared<MemorySink>();
  request.sink = sink;
  request.resume = true;
  return {t.fetch(std::move(request)), sink};
}

}  // namespace

TEST_CASE("a download that breaks off is continued where it stopped", "[net][N9][F17]") {
  HttpServer server([](const ServerRequest& request) {
    Reply reply = Reply::ranged(request, kBody, "\"v1\"");
    if (request.number <= 3) reply.cut_after = 1000;
    return reply;
  });
  ClientFixture t;
  const Download got = download(t, server.url("/a.whl"));
  REQUIRE(got.answer);
  CHECK(got.sink->text == kBody);
  CHECK(got.sink->restarts == 0);
  const auto requests = server.requests();
  REQUIRE(requests.size() == 4);
  CHECK(!requests[0].header("range"));
  CHECK(requests[1].header("range") == "bytes=1000-");
  CHECK(requests[1].header("if-range") == "\"v1\"");
  CHECK(requests[3].header("range") == "bytes=3000-");
  CHECK(t.talk.warnings.at(0) == "Attempting to resume incomplete download (1000 bytes/8.9 kB, attempt 1)");
}

TEST_CASE("a cut at any byte ends in the same file", "[net][N9][F17]") {
  const std::string body = "0123456789abcdef";
  for (std::size_t cut = 0; cut < body.size(); ++cut) {
    HttpServer server([&](const ServerRequest& request) {
      Reply reply = Reply::ranged(request, body, "\"v1\"");
      if (request.number == 1) reply.cut_after = cut;
      return reply;
    });
    ClientFixture t;
    const Download got = download(t, server.url("/a.whl"));
    REQUIRE(got.answer);
    CHECK(got.sink->text == body);
  }
}

TEST_CASE("without a strong validator, or with a server that ignores ranges, a download begins anew", "[net][N9]") {
  for (const std::string validator : {"", "W/\"weak\"", "\"strong\""}) {
    HttpServer server([&](const ServerRequest& request) {
      Reply reply = Reply::text(200, kBody);
      if (!validator.empty()) reply.headers = {{"ETag", validator}};
      if (request.number == 1) reply.cut_after = 500;
      return reply;
    });
    ClientFixture t;
    const Download got = download(t, server.url("/a.whl"));
    REQUIRE(got.answer);
    CHECK(got.sink->text == kBody);
    CHECK(got.sink->restarts == 1);
    CHECK(server.requests().at(1).header("range").has_value() == (validator == "\"strong\""));
  }
}

TEST_CASE("Last-Modified stands in where there is no strong ETag", "[net]") {
  HttpServer server([&](const ServerRequest& request) {
    Reply reply = Reply::text(200, kBody).with("ETag", "W/\"x\"").with("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
    if (request.number == 1) reply.cut_after = 500;
    return reply;
  });
  ClientFixture t;
  REQUIRE(download(t, server.url("/")).answer);
  CHECK(server.requests().at(1).header("if-range") == "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_CASE("a part from another offset, of another file or of several pieces is not used", "[net][N8]") {
  for (const char* lie : {"bytes 0-999/8890", "bytes 1001-8889/8890", "bytes 1000-1999/2000", "nonsense", ""}) {
    INFO(lie);
    HttpServer server([&](const ServerRequest& request) {
      Reply reply = Reply::text(200, kBody).with("ETag", "\"v1\"");
      if (request.number == 1) reply.cut_after = 1000;
      if (!request.header("range")) return reply;
      Reply part = Reply::text(206, "evil evil evil");
      if (*lie != '\0') part.headers.emplace_back("Content-Range", lie);
      return part;
    });
    ClientFixture t;
    const Download got = download(t, server.url("/a.whl"));
    REQUIRE(got.answer);
    CHECK(got.sink->text == kBody);
    CHECK(got.sink->restarts == 1);
    CHECK(server.requests().size() == 3);
  }
}

TEST_CASE("a part of another version is not used even at the right offset", "[net][N8]") {
  HttpServer server([&](const ServerRequest& request) {
    if (request.header("range")) {
      Reply part = Reply::text(206, "evil").with("ETag", "\"v2\"");
      part.headers.emplace_back("Content-Range", "bytes 1000-8889/8890");
      return part;
    }
    Reply reply = Reply::text(200, kBody).with("ETag", "\"v1\"");
    if (request.number == 1) reply.cut_after = 1000;
    return reply;
  });
  ClientFixture t;
  CHECK(download(t, server.url("/")).sink->text == kBody);
}

TEST_CASE("a range that the server refuses begins anew", "[net][N8]") {
  HttpServer server([&](const ServerRequest& request) {
    if (request.header("range")) return Reply::text(416, "");
    Reply reply = Reply::text(200, kBody).with("ETag", "\"v1\"");
    if (request.number == 1) reply.cut_after = 1000;
    return reply;
  });
  ClientFixture t;
  CHECK(download(t, server.url("/")).sink->text == kBody);
}

TEST_CASE("a file that changed on the server is taken whole", "[net][N8]") {
  HttpServer server([&](const ServerRequest& request) {
    if (request.number > 1) return Reply::ranged(request, "another file", "\"v2\"");
    Reply reply = Reply::ranged(request, kBody, "\"v1\"");
    reply.cut_after = 1000;
    return reply;
  });
  ClientFixture t;
  const Download got = download(t, server.url("/"));
  CHECK(got.sink->text == "another file");
  CHECK(got.sink->restarts == 1);
}

TEST_CASE("a download that never completes ends with pip's words", "[net][N9]") {
  HttpServer server([](const ServerRequest& request) {
    Reply reply = Reply::ranged(request, kBody, "\"v1\"");
    reply.cut_after = 1000;
    return reply;
  });
  ClientFixture t;
  t.options.resume_retries = 2;
  const Download got = download(t, server.url("/a.whl"));
  REQUIRE(!got.answer);
  const Error& error = got.answer.error();
  CHECK(error.code == kIncompleteDownload);
  CHECK(error.layout == Layout::rich);
  CHECK(error.message == "Download failed after 3 attempts because not enough bytes were received (3.0 kB/8.9 kB)");
  CHECK(error.details == std::vector<std::string>{"URL: " + server.url("/a.whl")});
  CHECK(error.hints == std::vector<std::string>{"Use --resume-retries to configure resume attempt limit."});
}

TEST_CASE("resuming has its own count, apart from retries, and works without a sink", "[net][N9]") {
  HttpServer server([](const ServerRequest& request) {
    Reply reply = Reply::ranged(request, kBody, "\"v1\"");
    if (request.number <= 8) reply.cut_after = 1000;
    return reply;
  });
  ClientFixture t;
  t.options.retries = 0;
  t.options.resume_retries = 8;
  HttpRequest request = t.get(server.url("/a.whl"));
  request.resume = true;
  int heads = 0;
  request.on_head = [&](const HttpResponse&) { ++heads; };
  const auto answer = t.fetch(std::move(request));
  REQUIRE(answer);
  CHECK(answer->body == kBody);
  CHECK(heads == 9);
}

TEST_CASE("a declared length above the truth is an incomplete download", "[net][N9]") {
  HttpServer server([](const ServerRequest&) {
    Reply reply = Reply::text(200, "short");
    reply.declared_length = 5000;
    return reply;
  });
  ClientFixture t;
  CHECK(code_of(download(t, server.url("/")).answer) == "incomplete-download");
}

TEST_CASE("a part that nobody asked for is no answer", "[net][N8]") {
  HttpServer server([](const ServerRequest&) { return Reply::text(206, "part").with("Content-Range", "bytes 0-3/4"); });
  ClientFixture t;
  CHECK(code_of(t.fetch(server.url("/"))) == "bad-http-answer");
}

TEST_CASE("a later run continues what an earlier one began", "[net]") {
  HttpServer server([](const ServerRequest& request) { return Reply::ranged(request, kBody, "\"v1\""); });
  for (const bool same : {true, false}) {
    ClientFixture t;
    HttpRequest request = t.get(server.url("/a.whl"));
    auto sink = std::make_shared<MemorySink>();
    sink->text = kBody.substr(0, 700);
    request.sink = sink;
    request.resume = true;
    request.resume_from = HttpRequest::Continue{700, same ? "\"v1\"" : "\"v0\""};
    int heads = 0;
    request.on_head = [&](const HttpResponse& head) {
      ++heads;
      CHECK(head.status == (same ? 206 : 200));
      CHECK(head.header("etag") == "\"v1\"");
    };
    REQUIRE(t.fetch(std::move(request)));
    CHECK(sink->text == kBody);
    CHECK(sink->restarts == (same ? 0 : 1));
    CHECK(heads == 1);
  }
}

}  // namespace pipit::net::testing
