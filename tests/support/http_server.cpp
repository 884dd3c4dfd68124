#include "support/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "pipit/sys/interrupt.h"
#include "support/test_certificate.h"

namespace pipit::test {

namespace {

constexpr std::size_t kHeadMaxBytes = 1u << 20;

bool equal_names(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

int listen_locally(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd, 128) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("the test server cannot listen");
  port = ntohs(address.sin_port);
  return fd;
}

int connect_locally(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

ServerRequest parse_request(const std::string& head) {
  ServerRequest request;
  request.raw = head;
  std::size_t at = head.find("\r\n");
  const std::string line = head.substr(0, at);
  const auto first = line.find(' '), last = line.rfind(' ');
  if (first == std::string::npos || last <= first) return request;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  while (at != std::string::npos && at + 2 < head.size()) {
    const std::size_t start = at + 2;
    at = head.find("\r\n", start);
    const std::string field = head.substr(start, at - start);
    const auto colon = field.find(':');
    if (colon == std::string::npos) continue;
    const auto value = field.find_first_not_of(' ', colon + 1);
    request.headers.emplace_back(field.substr(0, colon), value == std::string::npos ? "" : field.substr(value));
  }
  return request;
}

}  // namespace

struct HttpServer::State {
  // One client: a socket, perhaps with TLS on it.
  struct Client final : ServerConnection {
    Client(State& server, int socket, int connection_number) : state(server), fd(socket), number(connection_number) {}
    ~Client() override {
      if (tls != nullptr) SSL_free(tls);
      ::close(fd);
    }
    bool send(std::string_view bytes) override {
      while (!bytes.empty() && !state.stopping) {
        const long sent = tls != nullptr ? SSL_write(tls, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 16384)))
                                         : ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      }
      return bytes.empty();
    }
    bool wait(std::chrono::milliseconds time) override {
      std::unique_lock lock(state.mutex);
      return !state.changed.wait_for(lock, time, [this] { return state.stopping.load(); });
    }
    long receive(char* buffer, std::size_t size) {
      return tls != nullptr ? SSL_read(tls, buffer, static_cast<int>(size)) : ::recv(fd, buffer, size, 0);
    }
    bool shake_hands() {
      if (state.context == nullptr) return true;
      tls = SSL_new(state.context);
      SSL_set_fd(tls, fd);
      return SSL_accept(tls) == 1;
    }
    // The next request's head; empty at the end of the connection.
    std::string next_head() {
      char buffer[4096];
      for (;;) {
        const auto end = pending.find("\r\n\r\n");
        if (end != std::string::npos) {
          std::string head = pending.substr(0, end + 2);
          pending.erase(0, end + 4);
          return head;
        }
        const long got = receive(buffer, sizeof buffer);
        if (got <= 0 || pending.size() > kHeadMaxBytes) return {};
        pending.append(buffer, static_cast<std::size_t>(got));
        state.remember({buffer, static_cast<std::size_t>(got)});
      }
    }

    State& state;
    int fd;
    int number;
    SSL* tls = nullptr;
    std::string pending;
  };

  void remember(std::string_view bytes) {
    const std::lock_guard lock(mutex);
    received.append(bytes);
  }

  void accept_clients() {
    for (int count = 1; !stopping; ++count) {
      const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const std::lock_guard lock(mutex);
      connections = count;
      open_sockets.push_back(fd);
      threads.emplace_back([this, fd, count] { serve(fd, count); });
    }
  }

  void serve(int fd, int count) {
    sys::block_broken_pipe_signal();
    Client client(*this, fd, count);
    if (client.shake_hands())
      while (answer_one(client)) {
      }
    else
      ++handshakes_failed;
    const std::lock_guard lock(mutex);
    std::erase(open_sockets, fd);  // before close(): the number may be reused
  }

  bool answer_one(Client& client) {
    const std::string head = client.next_head();
    if (head.empty() || stopping) return false;
    ServerRequest request = parse_request(head);
    request.connection = client.number;
    {
      const std::lock_guard lock(mutex);
      request.number = static_cast<int>(requests.size()) + 1;
      requests.push_back(request);
    }
    const Reply reply = handler(request);
    return send_reply(client, request, reply);
  }

  // False: the connection is over.
  bool send_reply(Client& client, const ServerRequest& request, const Reply& reply) {
    if (!reply.raw.empty()) {
      client.send(reply.raw);
      return false;
    }
    if (reply.tunnel_to) return relay(client, *reply.tunnel_to);
    std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " " + reply.reason + "\r\n";
    for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
    const bool has_body = reply.status >= 200 && reply.status != 204 && reply.status != 304;
    const bool sized = !reply.chunked && !reply.without_length && !reply.stream && has_body;
    if (reply.chunked) head += "Transfer-Encoding: chunked\r\n";
    if (sized) head += "Content-Length: " + std::to_string(reply.declared_length.value_or(reply.body.size())) + "\r\n";
    if (reply.close) head += "Connection: close\r\n";
    if (!client.send(head + "\r\n")) return false;
    if (reply.stream) {
      reply.stream(client);
      return false;
    }
    if (request.method == "HEAD" || !has_body) return !reply.close;
    return send_body(client, reply);
  }

  bool send_body(Client& client, const Reply& reply) {
    const std::string_view body = std::string_view(reply.body).substr(0, reply.cut_after.value_or(reply.body.size()));
    if (reply.chunked && !body.empty()) {
      char size[32];
      std::snprintf(size, sizeof size, "%zx\r\n", body.size());
      if (!client.send(size)) return false;
    }
    if (!client.send(body) || reply.cut_after) return false;
    if (reply.chunked && !client.send(body.empty() ? "0\r\n\r\n" : "\r\n0\r\n\r\n")) return false;
    const bool lied = reply.declared_length && *reply.declared_length != reply.body.size();
    return !reply.close && !reply.without_length && !lied;
  }

  // Moves bytes both ways until one side ends. Never keeps the connection.
  bool relay(Client& client, std::uint16_t target) {
    const int other = connect_locally(target);
    if (other < 0) return false;
    client.send("HTTP/1.1 200 Connection established\r\n\r\n");
    pollfd ends[2] = {{client.fd, POLLIN, 0}, {other, POLLIN, 0}};
    char buffer[16384];
    while (!stopping && ::poll(ends, 2, 50) >= 0) {
      bool over = false;
      for (int i = 0; i < 2; ++i) {
        if (ends[i].revents == 0) continue;
        const ssize_t got = ::recv(ends[i].fd, buffer, sizeof buffer, 0);
        over |= got <= 0 || ::send(ends[1 - i].fd, buffer, static_cast<std::size_t>(got), MSG_NOSIGNAL) < 0;
      }
      if (over) break;
    }
    ::close(other);
    return false;
  }

  void stop() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
      changed.notify_all();
      for (int fd : open_sockets) ::shutdown(fd, SHUT_RDWR);
    }
    ::shutdown(listener, SHUT_RDWR);
    acceptor.join();
    {
      const std::lock_guard lock(mutex);
      for (int fd : open_sockets) ::shutdown(fd, SHUT_RDWR);  // accepted while we were stopping
    }
    for (std::thread& thread : threads) thread.join();
    ::close(listener);
    if (context != nullptr) SSL_CTX_free(context);
  }

  Handler handler;
  SSL_CTX* context = nullptr;
  int listener = -1;
  std::uint16_t port = 0;
  std::atomic<bool> stopping{false};
  std::atomic<int> handshakes_failed{0};
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::vector<ServerRequest> requests;
  std::string received;
  int connections = 0;
  std::vector<int> open_sockets;
  std::list<std::thread> threads;
  std::thread acceptor;
};

HttpServer::HttpServer(Handler handler, std::optional<TestCertificate> certificate) : state_(std::make_unique<State>()) {
  state_->handler = std::move(handler);
  if (certificate) state_->context = server_context(*certificate);
  state_->listener = listen_locally(state_->port);
  state_->acceptor = std::thread([this] { state_->accept_clients(); });
}

HttpServer::~HttpServer() { state_->stop(); }

std::uint16_t HttpServer::port() const { return state_->port; }

std::string HttpServer::url(std::string_view path, std::string_view host) const {
  return std::string(state_->context != nullptr ? "https" : "http") + "://" + std::string(host) + ":" + std::to_string(state_->port) +
         std::string(path);
}

std::vector<ServerRequest> HttpServer::requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->requests;
}

int HttpServer::connections() const {
  const std::lock_guard lock(state_->mutex);
  return state_->connections;
}

int HttpServer::handshakes_failed() const { return state_->handshakes_failed; }

std::string HttpServer::received() const {
  const std::lock_guard lock(state_->mutex);
  return state_->received;
}

std::optional<std::string> ServerRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (equal_names(key, name)) return value;
  return std::nullopt;
}

Reply Reply::text(int status, std::string body) {
  Reply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

Reply Reply::redirect(int status, std::string location) {
  return text(status, "moved").with("Location", std::move(location));
}

Reply&& Reply::with(std::string name, std::string value) && {
  headers.emplace_back(std::move(name), std::move(value));
  return std::move(*this);
}

Reply Reply::ranged(const ServerRequest& request, const std::string& body, const std::string& etag) {
  Reply whole = text(200, body);
  whole.headers.emplace_back("Accept-Ranges", "bytes");
  if (!etag.empty()) whole.headers.emplace_back("ETag", etag);
  const auto range = request.header("Range");
  const auto condition = request.header("If-Range");
  if (!range || !range->starts_with("bytes=") || (condition && *condition != etag)) return whole;
  const auto dash = range->find('-');
  const std::string from = range->substr(6, dash - 6), to = range->substr(dash + 1);
  std::size_t first = from.empty() ? body.size() - std::min<std::size_t>(body.size(), std::stoul(to)) : std::stoul(from);
  std::size_t last = from.empty() || to.empty() ? body.size() - 1 : std::min<std::size_t>(std::stoul(to), body.size() - 1);
  if (first >= body.size()) return text(416, "").with("Content-Range", "bytes */" + std::to_string(body.size()));
  Reply part = std::move(whole);
  part.status = 206;
  part.body = body.substr(first, last - first + 1);
  part.headers.emplace_back("Content-Range",
                            "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" + std::to_string(body.size()));
  return part;
}

std::uint16_t closed_port() {
  std::uint16_t port = 0;
  ::close(listen_locally(port));
  return port;
}

}  // namespace pipit::test
