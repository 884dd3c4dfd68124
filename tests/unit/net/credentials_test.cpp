// Who we say we are: the sources in their order, and that passwords are seen by nobody else.
#include <catch2/catch_test_macros.hpp>

#include "net/credentials.h"
#include "unit/net/client_fixture.h"

namespace pipit::net::testing {

namespace {

// Base64 of user:password as the tests use them.
constexpr const char* kAnn = "Basic YW5uOmNhbmFyeQ==";  // ann:canary
constexpr const char* kBob = "Basic Ym9iOnBAc3M=";      // bob:p@ss

// Lets in whoever shows `expected`.
HttpServer::Handler doorman(std::string expected) {
  return [expected](const ServerRequest& request) {
    if (request.header("authorization") == expected) return Reply::text(200, "welcome");
    return Reply::text(401, "who are you").with("WWW-Authenticate", "Basic realm=\"x\"");
  };
}

std::string with_user(const std::string& url, const std::string& user) { return "http://" + user + "@" + url.substr(7); }

// A keyring program that records how it was called.
void install_keyring(ClientFixture& t, const std::string& script) {
  const auto program = t.scratch.path() / "keyring";
  REQUIRE(sys::replace_file(sys::real_os(), program, "#!/bin/sh\necho \"$*\" >> " + (t.scratch.path() / "calls").string() + "\n" + script, 0700));
  t.options.environment.emplace_back("PATH", t.scratch.path().string());
}

std::string keyring_calls(ClientFixture& t) { return sys::read_file(t.scratch.path() / "calls").value_or(""); }

}  // namespace

TEST_CASE("user and password in a URL are percent-decoded and sent at once", "[net]") {
  HttpServer server(doorman(kBob));
  ClientFixture t;
  CHECK(code_of(t.fetch(with_user(server.url("/"), "bob:p%40ss"))) == "status 200");
  CHECK(server.requests().size() == 1);
}

TEST_CASE("the index URL with the longest common path lends its credentials to URLs of its origin", "[net]") {
  HttpServer server([](const ServerRequest& request) { return Reply::text(200, request.header("authorization").value_or("nobody")); });
  ClientFixture t;
  t.options.credential_sources = {Url::parse(with_user(server.url("/team/simple/"), "ann:canary")).value(),
                                  Url::parse(with_user(server.url("/other/simple/"), "bob:p%40ss")).value()};
  CHECK(t.fetch(server.url("/team/files/a.whl"))->body == kAnn);
  CHECK(t.fetch(server.url("/other/simple/x/"))->body == kBob);
  CHECK(t.fetch(server.url("/", "localhost"))->body == "nobody");  // another host
}

TEST_CASE("netrc comes after the index URLs and is found through NETRC or HOME", "[net][N4]") {
  HttpServer server([](const ServerRequest& request) { return Reply::text(200, request.header("authorization").value_or("nobody")); });
  ClientFixture t;
  const std::string netrc = t.file(".netrc", "machine 127.0.0.1 login ann password canary");
  t.options.environment = {{"HOME", t.scratch.path().string()}};
  CHECK(t.fetch(server.url("/"))->body == kAnn);
  t.forget_client();
  t.options.environment = {{"HOME", t.scratch.path().string()}, {"NETRC", "/nonexistent"}};
  CHECK(t.fetch(server.url("/"))->body == "nobody");
  t.forget_client();
  t.options.environment = {{"NETRC", netrc}};
  t.options.credential_sources = {Url::parse(with_user(server.url("/simple/"), "bob:p%40ss")).value()};
  CHECK(t.fetch(server.url("/"))->body == kBob);
}

TEST_CASE("after a 401 the keyring program is asked once, and its answer serves the whole host", "[net]") {
  HttpServer server(doorman(kAnn));
  ClientFixture t;
  install_keyring(t, "echo '{\"username\": \"ann\", \"password\": \"canary\"}'\n");
  const std::string index = server.url("/simple/");
  t.options.credential_sources = {Url::parse(index).value()};
  std::vector<std::future<Result<HttpResponse>>> answers;
  for (int i = 0; i < 5; ++i) answers.push_back(t.http().submit(t.get(server.url("/simple/" + std::to_string(i)))));
  for (auto& answer : answers) CHECK(code_of(answer.get()) == "status 200");
  CHECK(keyring_calls(t) == "--mode creds --output json get " + index + "\n");
  CHECK(t.talk.all().find("canary") == std::string::npos);
}

TEST_CASE("an old keyring program is asked in the old way", "[net]") {
  HttpServer server(doorman(kAnn));
  ClientFixture t;
  install_keyring(t, "case \"$1\" in --mode) exit 2;; esac\necho canary\n");
  CHECK(code_of(t.fetch(with_user(server.url("/"), "ann"))) == "status 200");
  const std::string service = "127.0.0.1:" + std::to_string(server.port());
  CHECK(keyring_calls(t) == "--mode creds --output json get " + service + " ann\nget " + service + " ann\n");
}

TEST_CASE("a keyring that fails, lies or is switched off leaves the 401", "[net]") {
  HttpServer server(doorman(kAnn));
  for (const char* script : {"exit 1\n", "echo '[[[['\n", "echo '{\"username\": \"ann\", \"password\": \"wrong\"}'\n"}) {
    ClientFixture t;
    install_keyring(t, script);
    CHECK(code_of(t.fetch(server.url("/"))) == "status 401");
  }
  ClientFixture t;
  install_keyring(t, "echo '{\"username\": \"ann\", \"password\": \"canary\"}'\n");
  t.options.keyring_provider = "disabled";
  CHECK(code_of(t.fetch(server.url("/"))) == "status 401");
  CHECK(keyring_calls(t).empty());
}

TEST_CASE("a person is asked last, once per host, and not at all with --no-input", "[net]") {
  HttpServer server(doorman(kAnn));
  for (const bool allowed : {true, false}) {
    ClientFixture t;
    int questions = 0;
    t.options.allow_prompt = allowed;
    t.options.prompt = [&](const std::string& host) {
      ++questions;
      CHECK(host == "127.0.0.1");
      return std::optional(std::pair<std::string, std::string>("ann", "canary"));
    };
    for (int i = 0; i < 2; ++i) CHECK(code_of(t.fetch(server.url("/"))) == (allowed ? "status 200" : "status 401"));
    CHECK(questions == (allowed ? 1 : 0));
  }
}

TEST_CASE("credentials that are refused end with the 401 and pip's warning", "[net]") {
  HttpServer server(doorman("nothing"));
  ClientFixture t;
  t.options.prompt = [](const std::string&) { return std::optional(std::pair<std::string, std::string>("ann", "canary")); };
  const auto answer = t.fetch(server.url("/simple/"));
  REQUIRE(answer);
  CHECK(answer->status == 401);
  CHECK(t.talk.warnings == std::vector<std::string>{"401 Error, Credentials not correct for " + server.url("/simple/")});
}

TEST_CASE("a canary password appears in no message, no other host's log and no cached file", "[net][C11]") {
  HttpServer other([](const ServerRequest&) { return Reply::text(200, "x"); });
  HttpServer server([&](const ServerRequest& request) {
    if (request.target == "/away") return Reply::redirect(302, other.url("/"));
    if (request.target == "/busy") return Reply::text(503, "");
    if (request.target == "/cut") {
      Reply reply = Reply::text(200, "12345");
      reply.cut_after = 2;
      return reply;
    }
    return Reply::text(request.target == "/page" ? 200 : 404, "page").with("Cache-Control", "max-age=60").with("Vary", "Authorization, Accept");
  });
  ClientFixture t;
  t.options.cache_directory = (t.scratch.path() / "cache").string();
  t.options.retries = 1;
  t.options.timeout = 300ms;  // a TLS greeting is never answered by a plain server
  t.options.retries = 0;
  std::string said;
  const std::string closed = "http://ann:canary@127.0.0.1:" + std::to_string(test::closed_port()) + "/";
  std::vector<std::string> urls = {closed, "http://ann:canary@index.example/", "https://ann:canary@127.0.0.1:" + std::to_string(server.port())};
  for (const char* path : {"/page", "/away", "/busy", "/cut", "/none"}) urls.push_back(with_user(server.url(path), "ann:canary"));
  for (const std::string& url : urls) {
    const auto answer = t.fetch(url);
    if (answer) {
      said += answer->final_url.display() + answer->body;
      continue;
    }
    const Error& error = answer.error();
    said += error.message + error.where;
    for (const auto* list : {&error.details, &error.hints, &error.because})
      for (const std::string& line : *list) said += line;
  }
  CHECK(said.find("ann") != std::string::npos);
  const auto entries = sys::list_directory(t.options.cache_directory);
  REQUIRE(entries);
  CHECK(!entries->empty());
  for (const auto& entry : *entries)
    said += entry.name + sys::read_file(std::filesystem::path(t.options.cache_directory) / entry.name).value();
  for (const std::string& text : {said, t.talk.all(), other.received()}) {
    CHECK(text.find("canary") == std::string::npos);
    CHECK(text.find(kAnn + 6) == std::string::npos);
  }
  CHECK(server.received().find(kAnn) != std::string::npos);
}

}  // namespace pipit::net::testing
