#include "pipit/base/url.h"

#include <catch2/catch_test_macros.hpp>

using namespace pipit;

namespace {
Url parsed(std::string_view text) {
  auto url = Url::parse(text);
  INFO(text);
  REQUIRE(url);
  return *url;
}
}  // namespace

TEST_CASE("a URL is taken apart once, for policy and for fetching alike", "[base]") {
  const Url url = parsed("HTTPS://us%65r:p%40ss@Files.Example:8443/a%20b/x-1.0.whl?q=1#sha256=ab&egg=x%2Dy");
  CHECK(url.scheme == "https");
  CHECK(url.username == "user");
  CHECK(url.password == "p@ss");
  CHECK(url.host == "files.example");
  CHECK(url.port == 8443);
  CHECK(url.path == "/a%20b/x-1.0.whl");
  CHECK(url.query == "q=1");
  CHECK(url.fragment_value("sha256") == "ab");
  CHECK(url.fragment_value("egg") == "x-y");
  CHECK_FALSE(url.fragment_value("subdirectory"));
  CHECK(url.filename() == "x-1.0.whl");
  CHECK(url.str() == "https://user:p%40ss@files.example:8443/a%20b/x-1.0.whl?q=1#sha256=ab&egg=x%2Dy");
  CHECK(url.without_fragment() == "https://user:p%40ss@files.example:8443/a%20b/x-1.0.whl?q=1");
  CHECK(url.without_credentials() == "https://files.example:8443/a%20b/x-1.0.whl?q=1#sha256=ab&egg=x%2Dy");
  CHECK(parsed(url.str()) == url);
}

TEST_CASE("URLs that two readers would read differently are refused", "[base]") {
  const std::string_view bad[] = {
      "",
      "no-scheme",
      "//host/path",
      "https:/host",
      "https:host",
      "https://",
      "https:///path",
      "https://user@",
      "https://index.example\\@evil.example/",
      "https://index.example\\evil",
      "https://index.example/a\tb",
      "https://index.example/a\nb",
      "https://index.example/a\rb",
      " https://index.example/",
      "https://index.example/ ",
      "https://index.example/a b",
      std::string_view("https://index.example/\0x", 24),
      "https://index.example%00.evil.example/",
      "https://index.example/%00",
      "https://index%2eexample/",
      "https://index.example@evil/",
      "https://a@b@c/",
      "https://user:pa@ss@host/",
      "https://user/name:secret@host/",
      "https://user#x:secret@host/",
      "https://host:port/",
      "https://host:99999/",
      "https://host:0/",
      "https://host:-1/",
      "https://host:80:80/",
      "https://[::1/",
      "https://::1/",
      "https://[::1]x/",
      "https://[gg::]/",
      "https://[]/",
      "https://h\xC3\xB6st/",
      "https://ho<st/",
      "1https://host/",
  };
  for (const auto text : bad) {
    INFO(text);
    const auto url = Url::parse(text);
    REQUIRE_FALSE(url);
    CHECK(url.error().code == kInvalidUrl);
    CHECK(url.error().message.find("secret") == std::string::npos);
  }
}

TEST_CASE("IPv6 hosts keep their brackets", "[base]") {
  const Url url = parsed("http://[2001:DB8::1]:8080/simple/");
  CHECK(url.host == "[2001:db8::1]");
  CHECK(url.port == 8080);
  CHECK(url.str() == "http://[2001:db8::1]:8080/simple/");
  CHECK(parsed("http://[::1]").host == "[::1]");
}

TEST_CASE("passwords never reach a message", "[base]") {
  struct Row {
    std::string_view raw, shown;
  };
  const Row rows[] = {
      {"https://user:secret@host/x", "https://user:****@host/x"},
      {"https://token@host/x", "https://****@host/x"},
      {"https://user:@host/x", "https://user:****@host/x"},
      {"https://host/x@1", "https://host/x@1"},
      {"git+ssh://git@host/r.git@v1", "git+ssh://****@host/r.git@v1"},
  };
  for (const Row& row : rows) {
    CHECK(parsed(row.raw).display() == row.shown);
    CHECK(mask_credentials(row.raw) == row.shown);
  }
  CHECK(mask_credentials("see \"https://u:p@h/\" and http://t@k, bare") == "see \"https://u:****@h/\" and http://****@k, bare");
  CHECK(mask_credentials("https://u:pa/ss@h/x") == "https://u:****@h/x");
  CHECK(mask_credentials("https://h:8080/a@b") == "https://h:8080/a@b");
  CHECK(mask_credentials("no url: a@b") == "no url: a@b");
  std::string hostile;
  for (int i = 0; i < 20'000; ++i) hostile += "://a:b";
  CHECK(mask_credentials(hostile).size() == hostile.size());
}

TEST_CASE("a percent escape is decoded once", "[base]") {
  CHECK(percent_decode("%2541") == "%41");
  CHECK(percent_decode("a%2fb%zz%4") == "a/b%zz%4");
  CHECK(parsed("https://h/a/%252e%252e").filename() == "%2e%2e");
  CHECK(percent_encode_path("/a b/\xC3\xBC#?%~") == "/a%20b/%C3%BC%23%3F%25~");
  CHECK(parsed("https://h/\xC3\xBC").path == "/%C3%BC");
}

TEST_CASE("references are resolved as RFC 3986 section 5.4 shows", "[base]") {
  const Url base = parsed("http://a/b/c/d;p?q");
  struct Row {
    std::string_view reference, target;
  };
  const Row rows[] = {
      {"g", "http://a/b/c/g"},           {"./g", "http://a/b/c/g"},         {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},              {"//g", "http://g/"},              {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},       {"#s", "http://a/b/c/d;p?q#s"},    {"g#s", "http://a/b/c/g#s"},
      {";x", "http://a/b/c/;x"},         {"", "http://a/b/c/d;p?q"},        {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},           {"..", "http://a/b/"},             {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},          {"../..", "http://a/"},            {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},      {"/./g", "http://a/g"},            {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},         {"..g", "http://a/b/c/..g"},       {"./../g", "http://a/b/g"},
      {"g/./h", "http://a/b/c/g/h"},     {"g/../h", "http://a/b/c/h"},      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/../x", "http://a/b/c/g?y/../x"}, {"https://z/q", "https://z/q"}, {"%2e%2E/g", "http://a/b/g"},
  };
  for (const Row& row : rows) {
    INFO(row.reference);
    const auto joined = base.join(row.reference);
    REQUIRE(joined);
    CHECK(joined->str() == row.target);
  }
  CHECK_FALSE(base.join("\\\\evil\\x"));
  CHECK_FALSE(base.join("javascript:alert"));
  CHECK(parsed("http://a").join("g")->str() == "http://a/g");
}

TEST_CASE("file URLs name local paths and no other host", "[base]") {
  CHECK(Url::from_path("/tmp/a b/x#1").str() == "file:///tmp/a%20b/x%231");
  CHECK(parsed("file:///tmp/a%20b").to_path() == "/tmp/a b");
  CHECK(parsed("file://localhost/tmp/x").to_path() == "/tmp/x");
  CHECK(parsed("file:rel/x.whl").to_path() == "rel/x.whl");
  CHECK(parsed("file:rel/x.whl").str() == "file:rel/x.whl");
  CHECK(parsed("file:/abs/x").str() == "file:///abs/x");
  CHECK_FALSE(parsed("file://server/share/x").to_path());
  CHECK_FALSE(parsed("https://h/x").to_path());
}

TEST_CASE("an origin is scheme, host and effective port", "[base]") {
  CHECK(parsed("https://h/x").same_origin(parsed("https://H:443/y")));
  CHECK(parsed("http://h/x").port_or_default() == 80);
  CHECK_FALSE(parsed("https://h/x").same_origin(parsed("http://h/x")));
  CHECK_FALSE(parsed("https://h/x").same_origin(parsed("https://h:8443/x")));
  CHECK_FALSE(parsed("https://h/x").same_origin(parsed("https://h.evil/x")));
}

TEST_CASE("URLs are told from names and paths by their scheme", "[base]") {
  CHECK(looks_like_url("https://x"));
  CHECK(looks_like_url("git+ssh://x"));
  CHECK(looks_like_url("file:x"));
  CHECK_FALSE(looks_like_url("foo:bar"));
  CHECK_FALSE(looks_like_url("./x"));
  CHECK_FALSE(looks_like_url("name"));
  CHECK_FALSE(looks_like_url(""));
}
