// Trust: whose certificates are believed, and that everything else is refused.
#include <catch2/catch_test_macros.hpp>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "net/trust.h"
#include "unit/net/client_fixture.h"

namespace pipit::net::testing {

namespace {

Reply fine(const ServerRequest&) { return Reply::text(200, "x"); }

struct Free {
  void operator()(X509* p) const { X509_free(p); }
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
  void operator()(X509_STORE_CTX* p) const { X509_STORE_CTX_free(p); }
};

std::unique_ptr<X509, Free> read_pem(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  std::unique_ptr<X509, Free> certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
  BIO_free(bio);
  return certificate;
}

// An authority as embed_roots.py would write it.
struct DerRoot {
  std::uint32_t hash;
  std::vector<unsigned char> der;
  explicit DerRoot(const TestCertificate& certificate)
      : hash(static_cast<std::uint32_t>(std::stoul(certificate.authority_hash, nullptr, 16))) {
    const auto authority = read_pem(certificate.authority_pem);
    der.resize(static_cast<std::size_t>(i2d_X509(authority.get(), nullptr)));
    unsigned char* at = der.data();
    i2d_X509(authority.get(), &at);
  }
  EmbeddedRoot entry() const { return {hash, der}; }
};

// What a connection that shares the store would say of a server's certificate.
int verdict_on(const TrustStore& store, const std::string& pem) {
  const std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_client_method()));
  store.attach(context.get());
  const auto certificate = read_pem(pem);
  const std::unique_ptr<X509_STORE_CTX, Free> check(X509_STORE_CTX_new());
  X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(context.get()), certificate.get(), nullptr);
  X509_verify_cert(check.get());
  return X509_STORE_CTX_get_error(check.get());
}

}  // namespace

TEST_CASE("a server is believed under the authority that was named, and all else is refused", "[net][N14][N17]") {
  using Flaw = TestCertificate::Flaw;
  struct Row {
    const char* what;
    Flaw flaw;
    const char* expected;
  };
  Flaw honest, expired, early, self_signed, wrong_host, old_protocol;
  expired.expired = early.not_yet_valid = self_signed.self_signed = wrong_host.wrong_host = old_protocol.old_protocol = true;
  const Row rows[] = {{"honest", honest, "status 200"},
                      {"expired", expired, "ssl-verification-failed"},
                      {"not yet valid", early, "ssl-verification-failed"},
                      {"self-signed", self_signed, "ssl-verification-failed"},
                      {"wrong host", wrong_host, "ssl-verification-failed"},
                      {"TLS 1.1", old_protocol, "ssl-verification-failed"}};
  for (const Row& row : rows) {
    INFO(row.what);
    const TestCertificate certificate = TestCertificate::make(row.flaw);
    HttpServer server(fine, certificate);
    ClientFixture t;
    t.options.ca_file = t.file("ca.pem", certificate.authority_pem);
    const std::string url = server.url("/simple/", "localhost");
    const auto answer = t.fetch(url);
    CHECK(code_of(answer) == row.expected);
    if (answer) continue;
    CHECK(answer.error().message == "Failed to establish a secure connection to localhost while fetching " + url);
    CHECK(answer.error().layout == Layout::rich);
    CHECK(answer.error().hints.back() == "You may need to use --cert or check your proxy/firewall configuration");
    const bool about_time = row.flaw.expired || row.flaw.not_yet_valid;
    CHECK((answer.error().hints.size() == 2) == about_time);  // the clock may be to blame
    CHECK(server.requests().empty());
    CHECK(t.talk.delays.empty());  // no retry makes a certificate better
  }
}

TEST_CASE("another authority's certificate is refused", "[net][N14]") {
  HttpServer server(fine, TestCertificate::make());
  ClientFixture t;
  t.options.ca_file = t.file("ca.pem", TestCertificate::make().authority_pem);
  CHECK(code_of(t.fetch(server.url("/"))) == "ssl-verification-failed");
}

TEST_CASE("a trusted host is not verified, and that holds for no other host", "[net][N14]") {
  TestCertificate::Flaw flaw;
  flaw.self_signed = flaw.expired = true;
  HttpServer server(fine, TestCertificate::make(flaw));
  ClientFixture t;
  t.options.ca_file = t.file("ca.pem", TestCertificate::make().authority_pem);
  t.options.trusted_hosts = {"localhost:" + std::to_string(server.port())};
  CHECK(code_of(t.fetch(server.url("/", "localhost"))) == "status 200");
  CHECK(code_of(t.fetch(server.url("/", "127.0.0.1"))) == "ssl-verification-failed");
}

TEST_CASE("an authority override that is empty, missing or no certificate fails closed", "[net][N14]") {
  ClientFixture t;
  const std::string empty_file = t.file("empty.pem", ""), text_file = t.file("text.pem", "hello");
  const std::string good = t.file("ca.pem", TestCertificate::make().authority_pem);
  const std::string broken = t.file("broken.pem", TestCertificate::make().authority_pem.substr(0, 200));
  HttpServer server(fine, TestCertificate::make());
  for (const char* variable : {"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}) {
    for (const std::string& value : {std::string(), std::string("/nonexistent/ca"), empty_file, text_file, broken}) {
      INFO(variable << "=" << value);
      t.forget_client();
      t.options.environment = {{variable, value}};
      const auto answer = t.fetch(server.url("/"));
      REQUIRE(!answer);
      CHECK(answer.error().code == kTrustUnusable);
      CHECK(answer.error().message.find(variable) != std::string::npos);
    }
  }
  CHECK(server.requests().empty());
  t.forget_client();
  t.options.ca_file = text_file;
  t.options.environment.clear();
  CHECK(code_of(t.fetch(server.url("/"))) == "ca-bundle-unusable");
}

TEST_CASE("the sources of trust are asked in order, and the first that is set decides alone", "[net][N14]") {
  ClientFixture t;
  const std::string a = t.file("a.pem", "x"), b = t.file("b.pem", "x");
  HttpOptions options;
  options.environment = {{"CURL_CA_BUNDLE", b}};
  CHECK(choose_trust(options)->describe() == b + " (chosen by CURL_CA_BUNDLE)");
  options.environment.emplace_back("REQUESTS_CA_BUNDLE", a);
  CHECK(choose_trust(options)->describe() == a + " (chosen by REQUESTS_CA_BUNDLE)");
  options.environment.emplace_back("SSL_CERT_FILE", b);
  CHECK(choose_trust(options)->describe() == b + " (chosen by SSL_CERT_FILE)");
  options.ca_file = a;
  CHECK(choose_trust(options)->describe() == a + " (chosen by --cert)");
}

TEST_CASE("a hashed directory of authorities is looked into as needed", "[net][N14]") {
  const TestCertificate certificate = TestCertificate::make();
  HttpServer server(fine, certificate);
  ClientFixture t;
  const auto directory = t.scratch.path() / "hashed";
  REQUIRE(sys::make_directories(directory));
  t.options.environment = {{"SSL_CERT_DIR", directory.string()}};
  CHECK(code_of(t.fetch(server.url("/"))) == "ca-bundle-unusable");  // empty
  t.forget_client();
  REQUIRE(sys::replace_file(sys::real_os(), directory / (certificate.authority_hash + ".0"), certificate.authority_pem));
  CHECK(code_of(t.fetch(server.url("/"))) == "status 200");
}

TEST_CASE("a machine without authorities gets those inside the program, and only then", "[net][N14]") {
  const TestCertificate ours = TestCertificate::make(), strangers = TestCertificate::make();
  const DerRoot root(ours);
  const EmbeddedRoot table[] = {{0, root.der}, {root.hash - 1, root.der}, {root.hash, root.der}, {root.hash, root.der}, {root.hash + 1, root.der}};
  ClientFixture t;
  SystemTrust system{{t.scratch.path().string(), "/nonexistent"}, {"/nonexistent/ca.pem"}, {table, "test roots 1"}};

  const auto source = choose_trust({}, system);
  REQUIRE(source);
  CHECK(source->describe() == "5 roots of test roots 1 (chosen by pipit, as this machine has none)");
  const auto store = TrustStore::load(*source);
  REQUIRE(store);
  CHECK(verdict_on(*store, ours.certificate_pem) == X509_V_OK);
  CHECK(verdict_on(*store, ours.certificate_pem) == X509_V_OK);  // found in the store by now
  CHECK(verdict_on(*store, strangers.certificate_pem) != X509_V_OK);

  system.files = {t.file("ca.pem", strangers.authority_pem)};
  const auto of_system = choose_trust({}, system);
  REQUIRE(of_system);
  CHECK(of_system->describe() == system.files[0] + " (chosen by the system)");
  CHECK(verdict_on(*TrustStore::load(*of_system), ours.certificate_pem) != X509_V_OK);

  HttpOptions named;
  named.ca_file = "/nonexistent/named.pem";
  CHECK(choose_trust(named, system).error().code == kTrustUnusable);
  system.files.clear();
  CHECK(choose_trust(named, system).error().code == kTrustUnusable);
  system.inside = {};
  CHECK(choose_trust({}, system).error().code == kTrustUnusable);
}

TEST_CASE("a root inside the program that is damaged or under a wrong hash is no root", "[net]") {
  const TestCertificate certificate = TestCertificate::make();
  DerRoot damaged(certificate);
  damaged.der.resize(damaged.der.size() / 2);
  DerRoot misplaced(certificate);
  misplaced.hash ^= 1;
  for (const DerRoot* root : {&damaged, &misplaced}) {
    const EmbeddedRoot table[] = {root->entry()};
    TrustSource source;
    source.inside = {table, "test"};
    CHECK(verdict_on(TrustStore::load(source).value(), certificate.certificate_pem) != X509_V_OK);
  }
}

TEST_CASE("a client certificate is shown where it is asked for", "[net]") {
  TestCertificate certificate = TestCertificate::make();
  certificate.wants_client_certificate = true;
  HttpServer server(fine, certificate);
  ClientFixture t;
  t.options.retries = 0;
  t.options.ca_file = t.file("ca.pem", certificate.authority_pem);
  CHECK(!t.fetch(server.url("/")));
  t.forget_client();
  t.options.client_cert = t.file("client.pem", certificate.client_pem);
  CHECK(code_of(t.fetch(server.url("/"))) == "status 200");
  t.forget_client();
  t.options.client_cert = "/nonexistent/client.pem";
  CHECK(code_of(t.fetch(server.url("/"))) == "ssl-verification-failed");
}

TEST_CASE("plain http needs no trust at all", "[net]") {
  HttpServer server(fine);
  ClientFixture t;
  t.options.ca_file = "/nonexistent/ca.pem";
  CHECK(code_of(t.fetch(server.url("/"))) == "status 200");
  CHECK(!describe_trust(t.options));
}

}  // namespace pipit::net::testing
