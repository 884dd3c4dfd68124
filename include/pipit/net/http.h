// HTTP as the rest of pipit sees it: many requests at once, each with a sink, each answered exactly once. Knows nothing of
// indexes or wheels. The client owns one thread (the only one that touches libcurl); submit() may be called from any
// thread. Bodies are written to the request's sink on the client's thread: sinks must be quick (they are the back-pressure:
// while a sink writes, nothing is read from any socket). Destroying the client answers what is unanswered with `cancelled`.
// Failures are told apart by code (below) and by FailureKind; URLs in errors are shown without passwords.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/base/sink.h"
#include "pipit/base/url.h"

namespace pipit::net {

inline constexpr ErrorCode kConnectionFailed{"connection-failed"};
inline constexpr ErrorCode kConnectionTimeout{"connection-timeout"};
inline constexpr ErrorCode kTlsFailed{"ssl-verification-failed"};
inline constexpr ErrorCode kProxyFailed{"proxy-connection-failed"};
inline constexpr ErrorCode kIncompleteDownload{"incomplete-download"};
inline constexpr ErrorCode kHttpStatus{"http-status"};          // an answer that is no success, where success was asked for
inline constexpr ErrorCode kServerBusy{"server-busy"};          // it asks for a longer wait (Retry-After) than one request may have
inline constexpr ErrorCode kRedirectRefused{"redirect-refused"};
inline constexpr ErrorCode kBodyTooLarge{"body-too-large"};
inline constexpr ErrorCode kInsecureHost{"insecure-host"};      // http without --trusted-host
inline constexpr ErrorCode kOffline{"offline"};
inline constexpr ErrorCode kBadEncoding{"bad-content-encoding"};  // chained, unasked-for or broken content codings
inline constexpr ErrorCode kBadAnswer{"bad-http-answer"};         // header floods, a range nobody asked for, no HTTP at all
inline constexpr ErrorCode kPrivateAddress{"private-address"};    // public_only, and the host lies in a private network
inline constexpr ErrorCode kTrustUnusable{"ca-bundle-unusable"};  // the trust that was asked for cannot be read

using Headers = std::vector<std::pair<std::string, std::string>>;

// What the page cache may do for one request. Requests with a sink or a range never touch it.
enum class CacheMode {
  use,       // fresh answers come from the cache, stale ones are asked about (ETag, Last-Modified)
  refresh,   // asked about even if fresh (--refresh-package)
  bypass,    // what is stored is ignored; the answer is stored
  no_store,  // neither read nor written
};

// How a body may be packed for the way. Only pages: files are kept as they come, their hash is over those bytes.
enum class ContentCoding {
  identity,
  decoded,  // one coding, undone, counted after decoding
  as_sent,  // one coding, which HttpResponse::content_coding names: the caller undoes it, on a thread of its own. Such a page is
            // cached only if the caller keeps_payload.
};

// full: HttpOptions::retries. little: for a question that has another way to its answer: any status is the answer, a broken
// connection is tried once more. So a failing server is not asked with the full patience at every step of such a way.
enum class Patience { full, little };

struct HttpResponse;
struct CachedPage;

struct HttpRequest {
  Url url;
  std::string method = "GET";           // GET or HEAD
  Headers headers;
  // Receives the body (decoded if `coding` says so, else as sent) of a 2xx answer. Null: the body is kept in the response,
  // up to body_max_bytes. On a retry that restarts from zero, restart() of the sink is called first.
  struct BodySink : Sink {
    virtual Status restart() = 0;
  };
  std::shared_ptr<BodySink> sink;
  std::uint64_t body_max_bytes = 64u << 20;
  ContentCoding coding = ContentCoding::identity;
  bool resume = false;                  // large files: continue by Range + If-Range after a broken transfer
  std::optional<std::pair<std::uint64_t, std::uint64_t>> range;  // first and last byte
  std::optional<std::uint64_t> suffix_range;                     // the last N bytes
  // Continue what an earlier run began: bytes the sink already holds, and the ETag or Last-Modified they came with.
  struct Continue {
    std::uint64_t offset = 0;
    std::string validator;
  };
  std::optional<Continue> resume_from;
  int priority = 0;                     // larger starts first
  Patience patience = Patience::full;
  CacheMode cache = CacheMode::use;
  // The payload_id of a page the caller already holds in parsed form: if the cache would answer with the same payload, the
  // body is left out (HttpResponse::body_omitted) and not even read.
  std::string known_payload_id;
  // The caller keeps what it makes of a page: the cache keeps the page's head alone, and answers from it only if it is the
  // payload of known_payload_id.
  bool keeps_payload = false;
  // Asks whether known_payload_id is still the answer. Where the cache does not know that payload as the last one, there is
  // nothing to confirm: the answer is a response of status 0, at once.
  bool only_confirms = false;
  // What peek() read of the cache, so that submit() does not read it again; callers pass it on as it is.
  std::shared_ptr<const CachedPage> peeked;
  bool public_only = false;             // refuse loopback, link-local and private addresses (set when the index is public)
  std::function<void(const HttpResponse& head)> on_head;  // a 2xx head, before its body; on the client's thread
  std::function<void(std::uint64_t received, std::optional<std::uint64_t> total)> on_progress;  // on the client's thread
};

struct HttpResponse {
  int status = 0;                       // after redirects; 304 and 404 are answers, not errors
  Headers headers;                      // names lower case
  Url final_url;
  std::string body;                     // empty if a sink took it
  bool from_cache = false;
  std::string content_coding;           // of a body that is there as sent: "gzip", "x-gzip", "deflate"; empty: none
  std::string payload_id;               // checksum of the body (as it is here) of a cacheable page; empty otherwise
  bool body_omitted = false;            // the body is the one of known_payload_id
  std::string peer_address;             // IP the answer came from (also kept with cached pages); empty behind a proxy
  std::optional<std::string> header(std::string_view name) const;
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // The callback runs on the client's thread, once. 4xx and 5xx (after retries) are responses; transport failures are errors.
  virtual void submit(HttpRequest request, std::function<void(Result<HttpResponse>)> done) = 0;
  // What can be said without the network and without changing thread: a fresh page of the cache, or any page offline. nullopt:
  // submit() it; what was read on the way is in `peeked`. From any thread.
  virtual std::optional<Result<HttpResponse>> peek(HttpRequest& request) {
    static_cast<void>(request);
    return std::nullopt;
  }
  std::future<Result<HttpResponse>> submit(HttpRequest request);
  Result<HttpResponse> fetch(HttpRequest request);  // submit and wait
};

struct HttpOptions {
  std::string user_agent;
  int retries = 5, resume_retries = 5;
  std::chrono::milliseconds timeout{15000};         // connect, and the longest silence
  std::chrono::milliseconds low_speed_window{60000};  // a transfer slower than low_speed_bytes over it is given up
  std::uint64_t low_speed_bytes = 6000;
  std::chrono::milliseconds total_timeout{std::chrono::hours(6)};  // of one request with its redirects and retries
  std::vector<std::string> trusted_hosts;           // "host" or "host:port"
  std::string ca_file;                              // --cert: a bundle or a directory; empty: see trust_environment
  std::string client_cert;
  std::optional<std::string> proxy;                 // --proxy; "" disables
  bool proxy_from_environment = true;
  std::vector<std::pair<std::string, std::string>> environment;  // SSL_CERT_FILE, *_proxy, NETRC, HOME ... as a value
  std::string keyring_provider = "auto";            // auto, disabled, subprocess
  bool allow_prompt = true;                         // --no-input clears it
  // Index URLs whose credentials serve other URLs of the same host (longest path prefix wins).
  std::vector<Url> credential_sources;
  std::string cache_directory;                      // of the RFC 9111 page cache; empty: none
  bool offline = false;
  std::size_t connections_max = 32, connections_per_host_max = 10;
  std::stop_token stop;                             // ends every request with `cancelled`
  // The three below are called on the client's thread (prompt on a thread of its own) and never at the same time as themselves.
  std::function<void(const std::string& line)> on_debug;          // HTTP talk without secrets (-vv); from the client's thread and from those that peek()
  std::function<void(const std::string& line)> on_warning;        // pip's retry warnings
  std::function<std::optional<std::pair<std::string, std::string>>(const std::string& host)> prompt;  // user and password
};

}  // namespace pipit::net
