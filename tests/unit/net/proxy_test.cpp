#include "net/proxy.h"

#include <catch2/catch_test_macros.hpp>

namespace pipit::net {

namespace {

Url url(const char* text) { return Url::parse(text).value(); }

std::string chosen(const HttpOptions& options, const char* target) {
  const auto proxy = choose_proxy(options, url(target)).value();
  return proxy ? proxy->str() : "none";
}

}  // namespace

TEST_CASE("the proxy variables are read per scheme, lower case first", "[net]") {
  HttpOptions options;
  options.environment = {{"https_proxy", "http://low:1"}, {"HTTPS_PROXY", "http://high:1"}, {"HTTP_PROXY", "plain:3128"}};
  CHECK(chosen(options, "https://a.example/") == "http://low:1/");
  CHECK(chosen(options, "http://a.example/") == "http://plain:3128/");
  options.environment.emplace_back("REQUEST_METHOD", "GET");  // a CGI program: HTTP_PROXY came from the client
  CHECK(chosen(options, "http://a.example/") == "none");
  options.environment = {{"ALL_PROXY", "socks5h://s:1080"}};
  CHECK(chosen(options, "https://a.example/") == "socks5h://s:1080");
  options.proxy_from_environment = false;
  CHECK(chosen(options, "https://a.example/") == "none");
}

TEST_CASE("option --proxy overrules the environment and no_proxy, and an empty one means none", "[net]") {
  HttpOptions options;
  options.environment = {{"https_proxy", "http://env:1"}, {"no_proxy", "*"}};
  options.proxy = "http://given:2";
  CHECK(chosen(options, "https://a.example/") == "http://given:2/");
  options.proxy = "";
  options.environment.pop_back();
  CHECK(chosen(options, "https://a.example/") == "none");
}

TEST_CASE("no_proxy matches whole labels, ports, addresses and blocks", "[net]") {
  struct Row {
    const char* list;
    const char* target;
    bool excluded;
  };
  const Row rows[] = {
      {"example.com", "https://example.com/", true},        {"example.com", "https://a.example.com/", true},
      {".example.com", "https://a.example.com/", true},     {".example.com", "https://example.com/", true},
      {"example.com", "https://notexample.com/", false},    {"example.com", "https://example.com.evil/", false},
      {"example.com:8080", "https://example.com:8080/", true}, {"example.com:8080", "https://example.com/", false},
      {"a, b.example ,c", "https://b.example/", true},      {"*", "https://x/", true},
      {"10.0.0.0/8", "https://10.9.8.7/", true},            {"10.0.0.0/8", "https://11.0.0.1/", false},
      {"10.0.0.0/33", "https://10.9.8.7/", false},          {"fd00::/8", "https://[fd12::1]/", true},
      {"127.0.0.1", "https://127.0.0.1/", true},            {"[::1]", "https://[::1]/", true},
      {"", "https://x/", false},                            {",,.", "https://x/", false},
  };
  for (const Row& row : rows) {
    INFO(row.list << " for " << row.target);
    CHECK(is_excluded_from_proxy(row.list, url(row.target)) == row.excluded);
  }
}

TEST_CASE("what is no URL of a proxy is refused without showing its password", "[net][C11]") {
  for (const char* bad : {"ftp://p:1", "http://", "http://user:canary@ho st:1", "://"}) {
    const auto proxy = parse_proxy(bad);
    REQUIRE(!proxy);
    CHECK(proxy.error().code == kProxyFailed);
    CHECK(proxy.error().message.find("canary") == std::string::npos);
  }
}

}  // namespace pipit::net
