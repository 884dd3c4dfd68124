// A client for tests: no environment, no waiting, everything it says is kept.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "pipit/net/curl_client.h"
#include "pipit/sys/file.h"
#include "support/http_server.h"

namespace pipit::net::testing {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using test::HttpServer;
using test::Reply;
using test::ServerConnection;
using test::ServerRequest;
using test::TestCertificate;

struct Talk {
  std::mutex mutex;
  std::vector<std::string> warnings, debug;
  std::vector<milliseconds> delays;
  std::string all() {
    const std::lock_guard lock(mutex);
    std::string text;
    for (const auto* list : {&warnings, &debug})
      for (const std::string& line : *list) text += line + "\n";
    return text;
  }
};

struct ClientFixture {
  HttpOptions options;
  ClientSeams seams;
  Talk talk;
  std::unique_ptr<HttpClient> client;
  sys::TempDir scratch = sys::TempDir::create({}, "pipit-net-test-").value();

  ClientFixture() {
    options.user_agent = "pipit-test";
    options.proxy_from_environment = false;
    options.on_warning = [this](const std::string& line) { keep(talk.warnings, line); };
    options.on_debug = [this](const std::string& line) { keep(talk.debug, line); };
    seams.jitter = [] { return 1.0; };
    seams.delay = [this](milliseconds wait) {
      const std::lock_guard lock(talk.mutex);
      talk.delays.push_back(wait);
      return milliseconds(0);
    };
  }
  void keep(std::vector<std::string>& list, const std::string& line) {
    const std::lock_guard lock(talk.mutex);
    list.push_back(line);
  }
  std::string file(const std::string& name, const std::string& content) {
    const auto path = scratch.path() / name;
    REQUIRE(sys::replace_file(sys::real_os(), path, content));
    return path.string();
  }
  HttpClient& http() {
    if (!client) client = make_curl_client(options, seams).value();
    return *client;
  }
  void forget_client() { client.reset(); }
  static HttpRequest get(const std::string& url) {
    HttpRequest request;
    request.url = Url::parse(url).value();
    return request;
  }
  Result<HttpResponse> fetch(const std::string& url) { return http().fetch(get(url)); }
  Result<HttpResponse> fetch(HttpRequest request) { return http().fetch(std::move(request)); }
};

// Keeps what a transfer delivers and how often it began anew.
struct MemorySink final : HttpRequest::BodySink {
  std::string text;
  int restarts = 0;
  Status fails = ok();
  Status write(Bytes bytes) override {
    if (!fails) return fails;
    text.append(as_text(bytes));
    return ok();
  }
  Status restart() override {
    text.clear();
    ++restarts;
    return ok();
  }
};

inline std::string code_of(const Result<HttpResponse>& result) {
  return result ? "status " + std::to_string(result->status) : std::string(result.error().code.id);
}

}  // namespace pipit::net::testing
