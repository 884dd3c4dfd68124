// The network rows of the attack catalogue: one test each, with an honest twin.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <set>

#include "unit/net/client_fixture.h"

namespace pipit::net::testing {

namespace {

class BitWriter {
 public:
  void bits(unsigned value, int count) {  // least significant first
    for (int i = 0; i < count; ++i) {
      if (used_ % 8 == 0) out += '\0';
      out.back() = static_cast<char>(static_cast<unsigned char>(out.back()) | (((value >> i) & 1u) << (used_ % 8)));
      ++used_;
    }
  }
  void code(unsigned value, int count) {  // Huffman codes: most significant first
    for (int i = count - 1; i >= 0; --i) bits((value >> i) & 1u, 1);
  }
  std::string out;

 private:
  std::size_t used_ = 0;
};

std::uint32_t crc_of_zeros(std::size_t size) {
  std::uint32_t crc = 0xFFFFFFFFu;
  for (std::size_t i = 0; i < size * 8; ++i) crc = (crc >> 1) ^ ((crc & 1u) != 0 ? 0xEDB88320u : 0u);
  return ~crc;
}

// gzip of 1 + 258 * `runs` zero bytes: one fixed-Huffman block of "258 bytes from one byte ago". Only short ones get a true CRC.
std::string gzip_of_zeros(std::size_t runs) {
  BitWriter deflate;
  deflate.bits(1, 1);
  deflate.bits(1, 2);
  deflate.code(0x30, 8);  // literal 0
  for (std::size_t i = 0; i < runs; ++i) {
    deflate.code(0xC5, 8);  // length 258
    deflate.code(0, 5);     // distance 1
  }
  deflate.code(0, 7);  // the end
  const std::size_t size = 1 + 258 * runs;
  std::string trailer;
  for (const std::size_t value : {runs < 1000 ? std::size_t{crc_of_zeros(size)} : std::size_t{0}, size})
    for (unsigned shift = 0; shift < 32; shift += 8) trailer += static_cast<char>((value >> shift) & 0xFFu);
  return std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10) + deflate.out + trailer;
}

HttpRequest page(const std::string& url) {
  HttpRequest request = ClientFixture::get(url);
  request.coding = ContentCoding::decoded;
  request.body_max_bytes = 1u << 20;
  return request;
}

}  // namespace

TEST_CASE("a redirect from https to http is refused", "[net][N1]") {
  HttpServer plain([](const ServerRequest&) { return Reply::text(200, "stolen"); });
  const TestCertificate certificate = TestCertificate::make();
  std::string target = plain.url("/x");
  HttpServer secure([&](const ServerRequest& request) {
    return request.target == "/start" ? Reply::redirect(302, target) : Reply::text(200, "safe");
  }, certificate);
  ClientFixture t;
  t.options.ca_file = t.file("ca.pem", certificate.authority_pem);
  CHECK(code_of(t.fetch(secure.url("/start"))) == "redirect-refused");
  CHECK(plain.requests().empty());
  target = secure.url("/end");  // the honest twin
  const auto answer = t.fetch(secure.url("/start"));
  REQUIRE(answer);
  CHECK(answer->body == "safe");
  CHECK(answer->final_url.str() == secure.url("/end"));
}

TEST_CASE("redirects to other schemes and to nonsense are refused", "[net][N2]") {
  std::string target;
  HttpServer server([&](const ServerRequest& request) {
    return request.target == "/start" ? Reply::redirect(301, target) : Reply::text(200, request.target);
  });
  ClientFixture t;
  for (const char* hostile : {"file:///etc/passwd", "ftp://127.0.0.1/x", "data:text/plain,hi", "gopher://127.0.0.1/", "javascript:alert(1)",
                              "//user@@evil/", "http://127.0.0.1\\@evil/", "http://[::1/", "http://a b/", "http://x\ty/", "http:///nohost"}) {
    INFO(hostile);
    target = hostile;
    CHECK(code_of(t.fetch(server.url("/start"))) == "redirect-refused");
  }
  for (const char* honest : {"/end", "end", "./end", "../end", "?q"}) {
    INFO(honest);
    target = honest;
    CHECK(code_of(t.fetch(server.url("/start"))) == "status 200");
  }
}

TEST_CASE("a redirect to plain http on a host nobody trusts is refused", "[net][N18]") {
  HttpServer server([&](const ServerRequest&) { return Reply::redirect(302, "http://index.example/"); });
  ClientFixture t;
  CHECK(code_of(t.fetch(server.url("/"))) == "insecure-host");
}

TEST_CASE("ten redirects are followed and eleven are not", "[net]") {
  HttpServer server([&](const ServerRequest& request) {
    const int left = std::stoi(request.target.substr(1));
    return left == 0 ? Reply::text(200, "end") : Reply::redirect(307, "/" + std::to_string(left - 1));
  });
  ClientFixture t;
  CHECK(t.fetch(server.url("/10"))->body == "end");
  CHECK(code_of(t.fetch(server.url("/11"))) == "redirect-refused");
}

TEST_CASE("no credential follows a redirect to another host, port or scheme", "[net][N3][C11]") {
  HttpServer other([](const ServerRequest&) { return Reply::text(200, "ok"); });
  std::string target;
  HttpServer index([&](const ServerRequest& request) {
    return request.target == "/start" ? Reply::redirect(302, target) : Reply::text(200, "ok");
  });
  ClientFixture t;
  t.options.credential_sources = {Url::parse("http://ann:canary-index@127.0.0.1:" + std::to_string(index.port()) + "/simple/").value()};
  const auto fetch = [&] {
    HttpRequest request = t.get(index.url("/start"));
    request.headers = {{"Cookie", "canary-cookie"}, {"X-Plain", "kept"}};
    CHECK(code_of(t.fetch(std::move(request))) == "status 200");
  };
  target = other.url("/end");
  fetch();
  target = other.url("/end", "localhost");
  fetch();
  CHECK(other.received().find("Authorization") == std::string::npos);
  CHECK(other.received().find("canary") == std::string::npos);
  CHECK(other.received().find("X-Plain: kept") != std::string::npos);
  target = index.url("/end");  // the honest twin: the same origin keeps them
  fetch();
  CHECK(index.requests().back().header("authorization").has_value());
  CHECK(index.requests().back().header("cookie") == "canary-cookie");
  CHECK(t.talk.all().find("canary") == std::string::npos);
}

TEST_CASE("the caller's Authorization header stays with the first origin", "[net][N3]") {
  HttpServer other([](const ServerRequest&) { return Reply::text(200, "ok"); });
  HttpServer index([&](const ServerRequest&) { return Reply::redirect(302, other.url("/")); });
  ClientFixture t;
  HttpRequest request = t.get(index.url("/"));
  request.headers = {{"Authorization", "Bearer canary"}};
  CHECK(code_of(t.fetch(std::move(request))) == "status 200");
  CHECK(index.received().find("Bearer canary") != std::string::npos);
  CHECK(other.received().find("canary") == std::string::npos);
}

TEST_CASE("netrc serves the host it names, and nobody after a redirect", "[net][N4]") {
  HttpServer other([](const ServerRequest&) { return Reply::text(200, "ok"); });
  HttpServer index([&](const ServerRequest& request) {
    return request.target == "/away" ? Reply::redirect(302, other.url("/", "localhost")) : Reply::text(200, "ok");
  });
  ClientFixture t;
  t.options.environment = {{"NETRC", t.file("netrc", "machine 127.0.0.1 login ann password canary\ndefault login all password canary2\n")}};
  CHECK(code_of(t.fetch(index.url("/away"))) == "status 200");
  CHECK(index.requests().at(0).header("authorization") == "Basic YW5uOmNhbmFyeQ==");
  CHECK(other.received().find("uthorization") == std::string::npos);
}

TEST_CASE("proxy credentials go to the proxy and no further", "[net][N5]") {
  const TestCertificate certificate = TestCertificate::make();
  HttpServer origin([](const ServerRequest&) { return Reply::text(200, "through"); }, certificate);
  HttpServer proxy([&](const ServerRequest& request) {
    if (request.method != "CONNECT") return Reply::text(200, "plain");
    Reply reply;
    reply.tunnel_to = origin.port();
    return reply;
  });
  ClientFixture t;
  t.options.ca_file = t.file("ca.pem", certificate.authority_pem);
  t.options.proxy = "http://pat:canary-proxy@127.0.0.1:" + std::to_string(proxy.port());
  HttpRequest request = t.get(origin.url("/x", "localhost"));
  request.headers = {{"Authorization", "Bearer canary-origin"}};
  const auto answer = t.fetch(std::move(request));
  REQUIRE(answer);
  CHECK(answer->body == "through");
  CHECK(origin.received().find("roxy-") == std::string::npos);
  CHECK(origin.received().find("Bearer canary-origin") != std::string::npos);
  CHECK(proxy.requests().at(0).method == "CONNECT");
  CHECK(proxy.requests().at(0).header("proxy-authorization") == "Basic cGF0OmNhbmFyeS1wcm94eQ==");
  CHECK(proxy.received().find("canary-origin") == std::string::npos);
  CHECK(t.talk.all().find("canary") == std::string::npos);
}

TEST_CASE("a failing proxy is named, and its password is not", "[net][F20]") {
  HttpServer refusing([](const ServerRequest&) { return Reply::text(407, "who are you"); });
  HttpServer hanging_up([](const ServerRequest&) {
    Reply reply;
    reply.raw = "HT";
    return reply;
  });
  HttpServer html([](const ServerRequest&) { return Reply::text(200, "<html>").with("Content-Type", "text/html"); });
  const std::uint16_t ports[] = {refusing.port(), hanging_up.port(), html.port(), test::closed_port()};
  for (const std::uint16_t port : ports) {
    ClientFixture t;
    t.options.retries = 1;
    t.options.proxy = "http://pat:canary@127.0.0.1:" + std::to_string(port);
    for (const char* url : {"https://index.example/simple/", "http://localhost:1/simple/"}) {
      if (port == html.port() && std::string_view(url).starts_with("http:")) continue;  // there it simply answers
      const auto answer = t.fetch(url);
      REQUIRE(!answer);
      INFO(answer.error().message);
      if (port == html.port()) continue;  // a tunnel that speaks no TLS: whose fault cannot be told
      CHECK(answer.error().code == kProxyFailed);
      CHECK(answer.error().message == "Failed to connect to proxy http://pat:****@127.0.0.1:" + std::to_string(port) + "/ while fetching " + url);
    }
    CHECK(t.talk.all().find("canary") == std::string::npos);
  }
}

TEST_CASE("a proxy that is reached by TLS is verified like any server", "[net][N5][N14]") {
  const TestCertificate certificate = TestCertificate::make();
  HttpServer proxy([](const ServerRequest& request) { return Reply::text(200, request.target); }, certificate);
  for (const bool known : {true, false}) {
    ClientFixture t;
    t.options.retries = 0;
    t.options.ca_file = t.file("ca.pem", known ? certificate.authority_pem : TestCertificate::make().authority_pem);
    t.options.proxy = proxy.url("", "localhost");
    const auto answer = t.fetch("http://index.localhost/simple/");
    CHECK(code_of(answer) == (known ? "status 200" : "ssl-verification-failed"));
    if (known && answer) CHECK(answer->body == "http://index.localhost/simple/");
  }
}

TEST_CASE("Content-Disposition decides nothing and a path is asked for as it was written", "[net][N6]") {
  HttpServer server([](const ServerRequest&) { return Reply::text(200, "x").with("Content-Disposition", "attachment; filename=../../x"); });
  ClientFixture t;
  const auto answer = t.fetch(server.url("/a/%252e%252e%252f/b.whl"));
  REQUIRE(answer);
  CHECK(server.requests().at(0).target == "/a/%252e%252e%252f/b.whl");
  CHECK(answer->final_url.filename() == "b.whl");
}

TEST_CASE("an endless body ends at the limit", "[net][N10]") {
  HttpServer server([](const ServerRequest& request) {
    Reply reply;
    reply.status = request.target == "/error" ? 404 : 200;
    reply.stream = [](ServerConnection& client) {
      const std::string block(65536, 'x');
      while (client.send(block)) {
      }
    };
    return reply;
  });
  ClientFixture t;
  HttpRequest request = t.get(server.url("/"));
  request.body_max_bytes = 1u << 20;
  const auto answer = t.fetch(std::move(request));
  CHECK(code_of(answer) == "body-too-large");
  const auto error = t.fetch(server.url("/error"));  // the text of a failure is read up to a bound
  REQUIRE(error);
  CHECK(error->status == 404);
  CHECK(error->body.size() == 64u << 10);
}

TEST_CASE("a body of exactly the limit is fine, and a declared one above it is not begun", "[net][N10]") {
  HttpServer server([](const ServerRequest& request) { return Reply::text(200, std::string(std::stoul(request.target.substr(1)), 'x')); });
  ClientFixture t;
  for (const auto& [size, expected] : {std::pair{"/1000", "status 200"}, std::pair{"/1001", "body-too-large"}}) {
    HttpRequest request = t.get(server.url(size));
    auto sink = std::make_shared<MemorySink>();
    request.sink = sink;
    request.body_max_bytes = 1000;
    CHECK(code_of(t.fetch(std::move(request))) == expected);
    CHECK(sink->text.size() == (std::string_view(expected) == "status 200" ? 1000u : 0u));
  }
}

TEST_CASE("silence and a trickle are given up with a timeout that names the host", "[net][N10]") {
  for (const bool trickle : {false, true}) {
    HttpServer server([trickle](const ServerRequest&) {
      Reply reply;
      reply.stream = [trickle](ServerConnection& client) {
        while (client.wait(trickle ? 5ms : 30s) && client.send("x")) {
        }
      };
      return reply;
    });
    ClientFixture t;
    t.options.retries = 1;
    t.options.timeout = trickle ? 30s : 100ms;
    t.options.low_speed_window = trickle ? 100ms : 30s;
    t.options.low_speed_bytes = 1000;
    const auto answer = t.fetch(server.url("/x"));
    REQUIRE(!answer);
    CHECK(answer.error().code == kConnectionTimeout);
    CHECK(answer.error().message == "Unable to fetch " + server.url("/x"));
    CHECK(answer.error().details.at(0) == (trickle ? "127.0.0.1 sent fewer than 1000 bytes in 0.1 seconds"
                                                   : "127.0.0.1 didn't respond within 0.1 seconds"));
    CHECK(server.requests().size() == 2);
  }
}

TEST_CASE("one request with all its retries has a limit in time", "[net][N10]") {
  HttpServer server([](const ServerRequest&) {
    Reply reply;
    reply.stream = [](ServerConnection& client) {
      while (client.wait(2ms) && client.send(std::string(10000, 'x'))) {
      }
    };
    return reply;
  });
  ClientFixture t;
  t.options.total_timeout = 100ms;
  CHECK(code_of(t.fetch(server.url("/"))) == "connection-timeout");
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a page that unpacks to more than the limit is refused", "[net][N11]") {
  const std::string bomb = gzip_of_zeros(100000), honest = gzip_of_zeros(4);
  HttpServer server([&](const ServerRequest& request) {
    return Reply::text(200, request.target == "/bomb" ? bomb : honest).with("Content-Encoding", "gzip");
  });
  ClientFixture t;
  CHECK(code_of(t.fetch(page(server.url("/bomb")))) == "body-too-large");
  const auto answer = t.fetch(page(server.url("/honest")));
  REQUIRE(answer);
  CHECK(answer->body == std::string(1 + 258 * 4, '\0'));
  const auto file = t.fetch(t.get(server.url("/honest")));  // files are kept as they come
  REQUIRE(file);
  CHECK(file->body == honest);
  CHECK(server.requests().back().header("accept-encoding") == "identity");
}

TEST_CASE("chained, repeated and unknown content codings are refused", "[net][N11]") {
  std::string codings;
  HttpServer server([&](const ServerRequest& request) {
    Reply reply = Reply::text(200, "x");
    if (request.target == "/split") {
      reply.headers = {{"Content-Encoding", "gzip"}, {"Content-Encoding", "deflate"}};
    } else if (request.target == "/transfer") {
      reply.headers = {{"Transfer-Encoding", "gzip, chunked"}};
      reply.without_length = true;
    } else {
      reply.headers = {{"Content-Encoding", codings}};
    }
    return reply;
  });
  ClientFixture t;
  std::string thousand;
  for (int i = 0; i < 1000; ++i) thousand += "gzip,";
  for (const std::string& hostile : {std::string("gzip, gzip"), std::string("br"), std::string("zstd"), std::string("bogus"), thousand}) {
    codings = hostile;
    CHECK(code_of(t.fetch(page(server.url("/")))) == "bad-content-encoding");
  }
  CHECK(code_of(t.fetch(page(server.url("/split")))) == "bad-content-encoding");
  CHECK(code_of(t.fetch(page(server.url("/transfer")))) == "bad-content-encoding");
  codings = "identity";
  CHECK(t.fetch(page(server.url("/")))->body == "x");
}

TEST_CASE("bodies of redirects and of failures are not decoded", "[net][N11]") {
  const std::string bomb = gzip_of_zeros(200000);
  HttpServer server([&](const ServerRequest& request) {
    if (request.target == "/end") return Reply::text(200, "end");
    Reply reply = Reply::text(request.target == "/error" ? 404 : 302, bomb).with("Content-Encoding", "gzip");
    return std::move(reply).with("Location", "/end");
  });
  ClientFixture t;
  CHECK(t.fetch(page(server.url("/start")))->body == "end");
  const auto error = t.fetch(page(server.url("/error")));
  REQUIRE(error);
  CHECK(error->status == 404);
  CHECK(error->body.empty());
}

TEST_CASE("gzip that is broken is an error about the encoding", "[net][N11]") {
  HttpServer server([&](const ServerRequest&) { return Reply::text(200, "this is no gzip").with("Content-Encoding", "gzip"); });
  ClientFixture t;
  CHECK(code_of(t.fetch(page(server.url("/")))) == "bad-content-encoding");
}

TEST_CASE("endless headers and one huge header are refused in bounded memory", "[net][N12]") {
  HttpServer server([](const ServerRequest& request) {
    Reply reply;
    reply.status = 200;
    if (request.target == "/many") {
      for (int i = 0; i < 100000; ++i) reply.headers.emplace_back("X-" + std::to_string(i), "y");
    } else if (request.target == "/huge") {
      reply.headers.emplace_back("X-Huge", std::string(8u << 20, 'y'));
    } else {
      for (int i = 0; i < 50; ++i) reply.headers.emplace_back("X-" + std::to_string(i), "y");
    }
    return reply;
  });
  ClientFixture t;
  CHECK(code_of(t.fetch(server.url("/many"))) == "bad-http-answer");
  CHECK(code_of(t.fetch(server.url("/huge"))) == "bad-http-answer");
  CHECK(t.fetch(server.url("/honest"))->headers.size() > 50);
}

TEST_CASE("what is not HTTP is told apart from a dead network", "[net][N13]") {
  HttpServer server([](const ServerRequest& request) {
    Reply reply;
    reply.raw = request.target == "/ssh" ? "SSH-2.0-OpenSSH_9.2\r\nxxxxxxxxxxxxxxxxxxxxxxx\r\n" : "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    return reply;
  });
  ClientFixture t;
  CHECK(code_of(t.fetch(server.url("/ssh"))) == "bad-http-answer");
  CHECK(code_of(t.fetch(server.url("/h2"))) == "bad-http-answer");
}

TEST_CASE("a connection made under one identity is not used under another", "[net][N15]") {
  HttpServer server([](const ServerRequest&) { return Reply::text(200, "x"); });
  ClientFixture t;
  const std::string port = std::to_string(server.port());
  for (int round = 0; round < 3; ++round)
    for (const char* who : {"", "ann:1@", "bob:2@"}) REQUIRE(t.fetch("http://" + std::string(who) + "127.0.0.1:" + port + "/"));
  std::map<int, std::set<std::string>> seen;
  for (const ServerRequest& request : server.requests()) seen[request.connection].insert(request.header("authorization").value_or("nobody"));
  for (const auto& [connection, identities] : seen) CHECK(identities.size() == 1);
  CHECK(server.connections() == 3);  // and each identity does reuse its own
}

TEST_CASE("cookies, Alt-Svc and HSTS are neither kept nor obeyed", "[net][N16]") {
  const TestCertificate certificate = TestCertificate::make();
  HttpServer server([](const ServerRequest&) {
    return Reply::text(200, "x")
        .with("Set-Cookie", "session=1; Path=/")
        .with("Alt-Svc", "h2=\"127.0.0.1:1\"; ma=86400")
        .with("Strict-Transport-Security", "max-age=31536000");
  }, certificate);
  HttpServer plain([](const ServerRequest&) { return Reply::text(200, "plain"); });
  ClientFixture t;
  t.options.ca_file = t.file("ca.pem", certificate.authority_pem);
  t.options.cache_directory = (t.scratch.path() / "cache").string();
  for (int i = 0; i < 2; ++i) REQUIRE(t.fetch(server.url("/", "localhost")));
  CHECK(server.received().find("ookie") == std::string::npos);
  CHECK(server.requests().size() == 2);
  CHECK(t.fetch(plain.url("/", "localhost"))->body == "plain");
  const auto entries = sys::list_directory(t.options.cache_directory);
  REQUIRE(entries);
  CHECK(!entries->empty());
  for (const auto& entry : *entries) {
    const auto text = sys::read_file(std::filesystem::path(t.options.cache_directory) / entry.name).value();
    CHECK(text.find("session") == std::string::npos);
    CHECK(text.find("alt-svc") == std::string::npos);
  }
}

TEST_CASE("plain http needs a loopback host or an opt-in for that host", "[net][N18]") {
  HttpServer server([](const ServerRequest&) { return Reply::text(200, "x"); });
  const std::string port = std::to_string(server.port());
  for (const char* trusted : {"", "other.example", "index.example:1"}) {
    ClientFixture t;
    if (*trusted != '\0') t.options.trusted_hosts = {trusted};
    t.seams.resolve = {"index.example:" + port + ":127.0.0.1"};
    const auto answer = t.fetch("http://index.example:" + port + "/");
    REQUIRE(!answer);
    CHECK(answer.error().code == kInsecureHost);
    CHECK(answer.error().message.starts_with("The repository located at index.example is not a trusted or secure host and is being ignored."));
  }
  for (const std::string& trusted : {std::string("index.example"), "index.example:" + port, std::string("INDEX.example")}) {
    ClientFixture t;
    t.options.trusted_hosts = {trusted};
    t.seams.resolve = {"index.example:" + port + ":127.0.0.1"};
    CHECK(code_of(t.fetch("http://index.example:" + port + "/")) == "status 200");
  }
}

TEST_CASE("a public index cannot send us into a private network", "[net][N19]") {
  HttpServer server([](const ServerRequest&) { return Reply::text(200, "secret"); });
  const std::string port = std::to_string(server.port());
  ClientFixture t;
  t.options.trusted_hosts = {"files.example"};
  t.seams.resolve = {"files.example:" + port + ":127.0.0.1"};
  for (const std::string& url : {"http://127.0.0.1:" + port + "/", "http://localhost:" + port + "/", std::string("https://10.0.0.1/"),
                                 std::string("https://169.254.169.254/latest/"), std::string("https://[fd00::1]/"),
                                 "http://files.example:" + port + "/"}) {
    INFO(url);
    HttpRequest request = t.get(url);
    request.public_only = true;
    CHECK(code_of(t.fetch(std::move(request))) == "private-address");
  }
  CHECK(server.requests().empty());
  CHECK(t.fetch("http://files.example:" + port + "/")->peer_address == "127.0.0.1");  // the honest twin: an index that is private itself
}

TEST_CASE("a range that was asked for must be the range that comes", "[net][N8]") {
  const std::string body = "0123456789";
  std::string content_range;
  HttpServer server([&](const ServerRequest& request) {
    Reply reply = Reply::ranged(request, body, "\"v1\"");
    if (!content_range.empty()) reply.headers = {{"Content-Range", content_range}};
    return reply;
  });
  ClientFixture t;
  const auto ask = [&](bool suffix) {
    HttpRequest request = t.get(server.url("/"));
    if (suffix)
      request.suffix_range = 3;
    else
      request.range = {2, 4};
    return t.fetch(std::move(request));
  };
  CHECK(ask(false)->body == "234");
  CHECK(ask(true)->body == "789");
  for (const char* lie : {"bytes 3-5/10", "bytes 2-5/10", "bytes 0-2/10", "nonsense", "bytes 6-8/10"}) {
    content_range = lie;
    CHECK(code_of(ask(false)) == "bad-http-answer");
    CHECK(code_of(ask(true)) == "bad-http-answer");
  }
}

TEST_CASE("a server's words reach messages escaped", "[net][R1]") {
  HttpServer server([](const ServerRequest& request) {
    if (request.target == "/redirect") return Reply::redirect(302, "ht\x1b[31mtp://evil\x1b[0m/ /");
    return Reply::text(200, "x").with("Content-Encoding", "canary\x1b[31m");
  });
  ClientFixture t;
  for (const char* path : {"/redirect", "/coding"}) {
    const auto answer = t.fetch(page(server.url(path)));
    REQUIRE(!answer);
    CHECK(answer.error().message.find('\x1b') == std::string::npos);
    for (const std::string& detail : answer.error().details) CHECK(detail.find('\x1b') == std::string::npos);
  }
  CHECK(t.talk.all().find('\x1b') == std::string::npos);
}

}  // namespace pipit::net::testing
