// HttpServer: a scripted HTTP/1.1 server on 127.0.0.1 with an ephemeral port, for tests that need the other side to be slow,
// wrong or hostile. A handler sees each request and answers anything: a plain reply, a reply whose length lies, one cut off at
// byte N, raw bytes, or a stream under its own control. With a TestCertificate it speaks TLS. Connections are kept alive and
// served by one thread each; handlers may run at the same time and must be thread-safe. Everything ends with the object.
//
//   HttpServer server([](const ServerRequest& request) {
//     if (request.target == "/simple/flask/") return Reply::text(200, "...").with("Content-Type", "text/html");
//     return Reply::text(404, "no");
//   });
//   client.fetch(server.url("/simple/flask/"));
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pipit::test {

struct ServerRequest {
  std::string method, target;                               // target as sent: "/path?query"; "host:port" for CONNECT
  std::vector<std::pair<std::string, std::string>> headers;  // names as sent
  int number = 0;                                           // counts from 1 over the server's life
  int connection = 0;                                       // which connection it came by, from 1
  std::optional<std::string> header(std::string_view name) const;  // any case
  std::string raw;                                          // the whole head
};

// What a stream handler holds: one client connection.
class ServerConnection {
 public:
  virtual ~ServerConnection() = default;
  virtual bool send(std::string_view bytes) = 0;             // false: the client has gone, or the server is stopping
  virtual bool wait(std::chrono::milliseconds time) = 0;     // false: the server is stopping
};

struct Reply {
  int status = 200;
  std::string reason = "Scripted";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::optional<std::uint64_t> declared_length;              // what Content-Length says; default: the truth
  bool chunked = false;                                      // instead of Content-Length
  bool without_length = false;                               // neither; the end of the connection ends the body
  std::optional<std::size_t> cut_after;                      // close abruptly after that many bytes of the body
  bool close = false;                                        // close politely afterwards
  std::string raw;                                           // if not empty: exactly these bytes, then close
  std::function<void(ServerConnection&)> stream;             // after the head; then close
  std::optional<std::uint16_t> tunnel_to;                    // for CONNECT: answer 200 and relay to this local port

  static Reply text(int status, std::string body);
  static Reply redirect(int status, std::string location);
  // The whole of `body`, or the part a Range header asks for (206 with If-Range honoured when `etag` is given).
  static Reply ranged(const ServerRequest& request, const std::string& body, const std::string& etag = {});
  Reply&& with(std::string name, std::string value) &&;
};

// A throw-away certificate authority and one server certificate, made at run time.
struct TestCertificate {
  struct Flaw {
    bool expired = false, not_yet_valid = false, self_signed = false;
    std::string host = "localhost";                          // subjectAltName; 127.0.0.1 is included unless wrong_host
    bool wrong_host = false;
    bool old_protocol = false;                               // the server speaks TLS 1.1 at most
  };
  std::string authority_pem;                                 // what a client must trust
  std::string authority_hash;                                // its name in a hashed directory is HASH.0
  std::string certificate_pem, key_pem;                      // what the server shows
  std::string client_pem;                                    // a client certificate with its key, of the same authority
  bool old_protocol = false;
  bool wants_client_certificate = false;
  static TestCertificate make(const Flaw& flaw);
  static TestCertificate make() { return make(Flaw{}); }
};

class HttpServer {
 public:
  using Handler = std::function<Reply(const ServerRequest&)>;
  explicit HttpServer(Handler handler, std::optional<TestCertificate> certificate = std::nullopt);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  // "http://127.0.0.1:PORT/path", or https.
  std::string url(std::string_view path, std::string_view host = "127.0.0.1") const;
  std::vector<ServerRequest> requests() const;               // so far, in order of arrival
  int connections() const;                                   // accepted so far
  int handshakes_failed() const;
  // Everything clients ever sent, for canary searches.
  std::string received() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A local port on which nothing listens.
std::uint16_t closed_port();

}  // namespace pipit::test
