#include "pipit/net/curl_client.h"

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <condition_variable>
#include <thread>

#include "unit/net/client_fixture.h"

namespace pipit::net::testing {

TEST_CASE("a page comes with its status, its headers in lower case and its body", "[net]") {
  HttpServer server([](const ServerRequest& request) {
    return Reply::text(request.target == "/a?b=c" ? 200 : 404, "hello").with("X-Thing", "One");
  });
  ClientFixture t;
  const auto page = t.fetch(server.url("/a?b=c#fragment"));
  REQUIRE(page);
  CHECK(page->status == 200);
  CHECK(page->body == "hello");
  CHECK(page->header("x-thing") == "One");
  CHECK(page->peer_address == "127.0.0.1");
  CHECK(server.requests().at(0).header("user-agent") == "pipit-test");
  const auto missing = t.fetch(server.url("/other"));
  REQUIRE(missing);
  CHECK(missing->status == 404);
}

TEST_CASE("HEAD asks for no body", "[net]") {
  HttpServer server([](const ServerRequest&) { return Reply::text(200, "12345"); });
  ClientFixture t;
  HttpRequest request = t.get(server.url("/"));
  request.method = "HEAD";
  const auto answer = t.fetch(std::move(request));
  REQUIRE(answer);
  CHECK(answer->header("content-length") == "5");
  CHECK(answer->body.empty());
  CHECK(server.requests().at(0).method == "HEAD");
}

TEST_CASE("a sink gets the body of a success and nothing of a failure", "[net]") {
  HttpServer server([](const ServerRequest& request) { return Reply::text(request.target == "/good" ? 200 : 404, "payload"); });
  ClientFixture t;
  for (const bool good : {true, false}) {
    HttpRequest request = t.get(server.url(good ? "/good" : "/bad"));
    auto sink = std::make_shared<MemorySink>();
    request.sink = sink;
    std::uint64_t seen = 0;
    request.on_progress = [&](std::uint64_t received, std::optional<std::uint64_t> total) {
      CHECK(total == 7u);
      seen = received;
    };
    const auto answer = t.fetch(std::move(request));
    REQUIRE(answer);
    CHECK(sink->text == (good ? "payload" : ""));
    CHECK(seen == (good ? 7u : 0u));
    CHECK(answer->body == (good ? "" : "payload"));
  }
}

TEST_CASE("a sink that fails ends the transfer with its own error", "[net]") {
  HttpServer server([](const ServerRequest&) { return Reply::text(200, "payload"); });
  ClientFixture t;
  HttpRequest request = t.get(server.url("/"));
  auto sink = std::make_shared<MemorySink>();
  sink->fails = fail(make_error(ErrorCode{"disk-full"}, "no space"));
  request.sink = sink;
  CHECK(code_of(t.fetch(std::move(request))) == "disk-full");
  CHECK(server.requests().size() == 1);  // not a fault of the network: not asked again
}

TEST_CASE("many requests at once stay within the bound of connections and reuse them", "[net]") {
  std::atomic<int> now{0}, most{0};
  HttpServer server([&](const ServerRequest& request) {
    const int current = ++now;
    for (int seen = most; seen < current && !most.compare_exchange_weak(seen, current);) {
    }
    std::this_thread::yield();
    --now;
    return Reply::text(200, request.target);
  });
  ClientFixture t;
  t.options.connections_per_host_max = 4;
  std::vector<std::future<Result<HttpResponse>>> answers;
  for (int i = 0; i < 200; ++i) answers.push_back(t.http().submit(t.get(server.url("/" + std::to_string(i)))));
  for (int i = 0; i < 200; ++i) CHECK(answers[static_cast<std::size_t>(i)].get()->body == "/" + std::to_string(i));
  CHECK(most <= 4);
  CHECK(server.connections() <= 4);
}

TEST_CASE("a server that lets its clients wait gets as many connections as it may have", "[net]") {
  // Nobody is answered before all ten are there: with fewer connections the tenth would never come.
  constexpr int kAll = 10;
  std::mutex mutex;
  std::condition_variable changed;
  int arrived = 0;
  std::atomic<bool> were_all_there{true};
  HttpServer server([&](const ServerRequest&) {
    std::unique_lock lock(mutex);
    if (++arrived == kAll) changed.notify_all();
    if (!changed.wait_for(lock, 20s, [&] { return arrived >= kAll; })) were_all_there = false;
    return Reply::text(200, "x");
  });
  ClientFixture t;
  std::vector<std::future<Result<HttpResponse>>> answers;
  for (int i = 0; i < 40; ++i) answers.push_back(t.http().submit(t.get(server.url("/" + std::to_string(i)))));
  for (auto& answer : answers) CHECK(answer.get());
  CHECK(were_all_there);
  CHECK(server.connections() == kAll);
}

TEST_CASE("what is urgent starts first", "[net]") {
  HttpServer server([](const ServerRequest&) { return Reply::text(200, ""); });
  ClientFixture t;
  t.options.connections_per_host_max = 1;
  // The first request holds the only connection until all others are queued.
  std::promise<void> began, queued;
  HttpRequest first = t.get(server.url("/first"));
  first.on_head = [&](const HttpResponse&) {
    began.set_value();
    queued.get_future().wait();
  };
  std::vector<std::future<Result<HttpResponse>>> answers;
  answers.push_back(t.http().submit(std::move(first)));
  began.get_future().wait();
  for (int priority : {1, 5, 3, 5}) {
    HttpRequest request = t.get(server.url("/" + std::to_string(priority)));
    request.priority = priority;
    answers.push_back(t.http().submit(std::move(request)));
  }
  queued.set_value();
  for (auto& answer : answers) REQUIRE(answer.get());
  std::string order;
  for (const ServerRequest& request : server.requests()) order += request.target;
  CHECK(order == "/first/5/5/3/1");
}

TEST_CASE("destroying the client answers what is under way", "[net]") {
  HttpServer server([](const ServerRequest&) {
    Reply reply;
    reply.stream = [](ServerConnection& client) { client.wait(30s); };
    return reply;
  });
  ClientFixture t;
  t.options.connections_per_host_max = 2;
  std::vector<std::future<Result<HttpResponse>>> answers;
  for (int i = 0; i < 5; ++i) answers.push_back(t.http().submit(t.get(server.url("/"))));
  t.forget_client();
  for (auto& answer : answers) CHECK(code_of(answer.get()) == "cancelled");
}

TEST_CASE("a stop token ends every request, also later ones", "[net]") {
  HttpServer server([](const ServerRequest&) {
    Reply reply;
    reply.stream = [](ServerConnection& client) { client.wait(30s); };
    return reply;
  });
  std::stop_source source;
  ClientFixture t;
  t.options.stop = source.get_token();
  auto answer = t.http().submit(t.get(server.url("/")));
  source.request_stop();
  CHECK(code_of(answer.get()) == "cancelled");
  CHECK(code_of(t.fetch(server.url("/"))) == "cancelled");
}

TEST_CASE("clients are made, used and destroyed in quick succession without hanging", "[net]") {
  HttpServer server([](const ServerRequest&) { return Reply::text(200, "x"); });
  std::atomic<bool> finished{false};
  std::thread watchdog([&] {
    for (int i = 0; i < 600 && !finished; ++i) std::this_thread::sleep_for(100ms);
    if (!finished) std::abort();
  });
  HttpOptions options;
  options.proxy_from_environment = false;
  int answered = 0;
  for (int i = 0; i < 300; ++i) {
    auto client = make_curl_client(options).value();
    if (i % 3 == 0) continue;  // never used
    auto answer = client->submit(ClientFixture::get(server.url("/")));
    if (i % 3 == 1) client.reset();  // before the answer may have come
    const auto result = answer.get();
    answered += result ? 1 : 0;
    if (!result) CHECK(result.error().code == kCancelled);
  }
  finished = true;
  watchdog.join();
  CHECK(answered >= 100);
}

TEST_CASE("a submission from a callback is served", "[net]") {
  HttpServer server([](const ServerRequest& request) { return Reply::text(200, request.target); });
  ClientFixture t;
  HttpClient& client = t.http();
  std::promise<std::string> second;
  client.submit(t.get(server.url("/1")), [&](Result<HttpResponse>) {
    client.submit(t.get(server.url("/2")), [&](Result<HttpResponse> answer) { second.set_value(answer->body); });
  });
  CHECK(second.get_future().get() == "/2");
}

TEST_CASE("a status that may pass is asked again, and after the last retry it is the answer", "[net][F18]") {
  std::atomic<int> failures{2};
  HttpServer server([&](const ServerRequest& request) {
    if (request.target == "/always" || failures-- > 0) return Reply::text(503, "busy").with("Retry-After", "3");
    return Reply::text(200, "done");
  });
  ClientFixture t;
  CHECK(t.fetch(server.url("/"))->body == "done");
  CHECK(t.talk.delays == std::vector<milliseconds>{3s, 3s});
  const auto answer = t.fetch(server.url("/always"));
  REQUIRE(answer);
  CHECK(answer->status == 503);
  CHECK(answer->body == "busy");
  CHECK(server.requests().size() == 3 + 6);
}

TEST_CASE("a Retry-After beyond what pipit waits ends the request at once, with a sentence", "[net][F18]") {
  HttpServer server([&](const ServerRequest& request) {
    return request.target == "/" ? Reply::text(429, "").with("Retry-After", "31536000") : Reply::text(503, "").with("Retry-After", "45");
  });
  ClientFixture t;
  const auto answer = t.fetch(server.url("/"));
  REQUIRE(!answer);
  CHECK(answer.error().code == kServerBusy);
  CHECK(answer.error().message == "127.0.0.1 answers with status 429 and asks to wait 31536000 seconds before it is asked again, longer than pipit waits");
  CHECK(t.talk.delays.empty());
  // Waits add up: the second one no longer fits.
  CHECK(t.fetch(server.url("/often")).error().code == kServerBusy);
  CHECK(t.talk.delays == std::vector<milliseconds>{45s});
  CHECK(server.requests().size() == 3);
}

TEST_CASE("a question that has another way to its answer is asked with little patience", "[net]") {
  HttpServer server([&](const ServerRequest& request) {
    Reply reply = Reply::text(request.target == "/busy" ? 503 : 200, "0123456789");
    if (request.target == "/broken") reply.cut_after = 4;
    return reply;
  });
  ClientFixture t;
  const auto ask = [&](const std::string& path) {
    HttpRequest request = t.get(server.url(path));
    request.patience = Patience::little;
    return t.fetch(std::move(request));
  };
  CHECK(ask("/busy")->status == 503);
  CHECK(server.requests().size() == 1);
  CHECK(ask("/broken").error().code == kIncompleteDownload);
  CHECK(server.requests().size() == 1 + 2);
}

TEST_CASE("a refused connection is tried again with pip's warning and fails with pip's words", "[net]") {
  ClientFixture t;
  t.options.retries = 2;
  const std::string url = "http://127.0.0.1:" + std::to_string(test::closed_port()) + "/simple/flask/";
  const auto answer = t.fetch(url);
  REQUIRE(!answer);
  const Error& error = answer.error();
  CHECK(error.code == kConnectionFailed);
  CHECK(error.layout == Layout::rich);
  CHECK(error.message == "Failed to connect to 127.0.0.1 while fetching " + url);
  CHECK(error.details == std::vector<std::string>{"[Errno 111] Connection refused"});
  CHECK(error.hints.size() == 1);
  CHECK(t.talk.delays == std::vector<milliseconds>{250ms, 500ms});
  REQUIRE(t.talk.warnings.size() == 2);
  CHECK(t.talk.warnings[0].starts_with("Retrying (Retry(total=1, connect=None, read=None, redirect=None, status=None)) after connection "
                                       "broken by 'NewConnectionError("));
  CHECK(t.talk.warnings[0].ends_with(": /simple/flask/"));
}

TEST_CASE("a page that breaks off is fetched again from its start", "[net][N9]") {
  std::atomic<int> asked{0};
  HttpServer server([&](const ServerRequest& request) {
    Reply reply = Reply::text(200, "0123456789");
    reply.chunked = request.target == "/chunked";
    if (asked++ % 2 == 0) reply.cut_after = 4;
    return reply;
  });
  ClientFixture t;
  for (const char* path : {"/sized", "/chunked"}) {
    CHECK(t.fetch(server.url(path))->body == "0123456789");
    HttpRequest request = t.get(server.url(path));
    auto sink = std::make_shared<MemorySink>();
    request.sink = sink;
    REQUIRE(t.fetch(std::move(request)));
    CHECK(sink->text == "0123456789");
    CHECK(sink->restarts == 1);
  }
}

}  // namespace pipit::net::testing
