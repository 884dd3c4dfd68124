// Transfer: one request from submission to its single answer. It owns the whole journey: refusals before the network, each
// attempt's libcurl options and callbacks, and the judgement after an attempt: answer, follow a redirect, log in, continue
// by range, try again later. It does not schedule: the event loop decides when an attempt starts and carries out the Step.
// Lives on the net thread only. Redirects, credentials, resuming and retrying are ours; libcurl moves bytes.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "net/answer_head.h"
#include "net/credentials.h"
#include "net/curl_handle.h"
#include "net/failure.h"
#include "net/http_cache.h"
#include "net/trust.h"
#include "pipit/net/curl_client.h"
#include "pipit/net/http.h"
#include "pipit/net/retry_policy.h"

namespace pipit::net {

using SteadyTime = std::chrono::steady_clock::time_point;
using Done = std::function<void(Result<HttpResponse>)>;

// What all transfers of a client share. Everything here belongs to the net thread.
struct Services {
  const HttpOptions& options;
  const ClientSeams& seams;
  CredentialBook& credentials;
  HttpCache& cache;
  std::shared_future<Result<TrustStore>> trust = {};  // a bundle is parsed while the first https connection is being made
  RetryPolicy retry = {};
  std::vector<CachedPage> renewed = {};  // by 304s; their heads are written once what waits is on the wire

  // Fails at once if the source of trust makes no sense; what is wrong inside a bundle shows at the handshake.
  Status begin_trust();
  void debug(const std::string& line) const {
    if (options.on_debug) options.on_debug(line);
  }
  void warn(const std::string& line) const {
    if (options.on_warning) options.on_warning(line);
  }
};

// What shall happen after an attempt.
struct Step {
  enum class Kind { answer, attempt, ask_credentials };
  Kind kind = Kind::attempt;
  std::chrono::milliseconds wait{0};               // before the next attempt
  std::optional<Result<HttpResponse>> answer;      // kind answer
};

class Transfer {
 public:
  Transfer(HttpRequest request, Done done, Services& services);

  // Answers that need no network: refusals, the cache, offline mode. nullopt: an attempt is needed.
  std::optional<Result<HttpResponse>> answer_at_once();
  // What the cache had, though it is no answer; null: nothing.
  std::shared_ptr<const CachedPage> take_cached() { return cached_ ? std::make_shared<const CachedPage>(std::move(*cached_)) : nullptr; }
  // Sets every option of a fresh (reset) handle for the next attempt.
  Status prepare(CURL* easy);
  Step finish(CURL* easy, CURLcode code);
  // The attempt is taken off the wire by us because of silence, slowness or the total limit.
  Step finish_late(SteadyTime now);
  Step credentials_answered(std::optional<Credential> credential);
  void complete(Result<HttpResponse> answer) { std::exchange(done_, nullptr)(std::move(answer)); }

  // When the loop must look again, given that nothing arrives; and whether that moment has come.
  SteadyTime deadline() const;
  bool is_late(SteadyTime now);

  const Url& url() const { return url_; }
  const std::string& origin() const { return origin_; }
  bool was_refused(const Credential& credential) const { return credential_ == credential; }
  const std::string& identity() const { return identity_; }  // origin and who we are there; empty for anonymous
  int priority() const { return request_.priority; }

 private:
  enum class Route { undecided, sink, keep, error_text, drop };

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static CURLcode on_tls_context(CURL* easy, void* context, void* self);
  static int on_request(void* self, char* peer, char* local, int peer_port, int local_port);

  bool head_line(std::string_view line);
  bool take_head();
  bool take_success_head();
  bool check_codings();
  bool place_partial();
  bool check_asked_range();
  bool restart_body();
  bool too_large();
  bool take_body(Bytes bytes);
  bool deliver(Bytes bytes);
  bool stop_with(Error error, FailureKind kind = FailureKind::permanent);

  void set_destination(CURL* easy);
  void set_request(CURL* easy);
  Status set_tls(CURL* easy);
  Status set_proxy(CURL* easy);
  Headers attempt_headers();

  void read_report(CURL* easy, CURLcode code);
  Step judge_answer();
  Status follow(std::string_view location);
  Step judge_redirect(std::string_view location);
  Step judge_unauthorised();
  Step judge_failure(Failure failure);
  Step try_again(const Failure* failure, std::optional<std::chrono::milliseconds> retry_after);
  Error too_busy(std::chrono::milliseconds asked) const;
  Step resume_or_fail();
  Step not_modified();
  Step success();
  Step answer(Result<HttpResponse> answer);
  Step again(std::chrono::milliseconds wait = std::chrono::milliseconds(0));
  Status refuse_url() const;
  HttpResponse head_only() const;
  HttpResponse response();
  void move_to(Url url);
  void set_credential(std::optional<Credential> credential);
  bool is_trusted_host() const;
  bool uses_cache() const;
  void look_into_cache();
  std::string cache_key() const;
  std::optional<HttpResponse> cached_page();
  std::string store_page();
  void log_answer(CURL* easy);
  std::int64_t now_seconds() const;
  double jitter() const;
  bool can_continue() const { return request_.resume && !validator_.empty() && position_ > 0; }

  HttpRequest request_;
  Done done_;
  Services& services_;

  // The journey.
  Url url_;                     // of the hop under way
  std::string origin_, identity_;
  int redirects_ = 0, retries_ = 0, resumes_ = 0;
  std::chrono::milliseconds waited_{0};
  SteadyTime started_;
  bool cross_origin_ = false;   // the caller's own Authorization and Cookie headers stay behind
  std::optional<Credential> credential_;
  bool asked_ = false;          // keyring and person were asked about this origin
  std::optional<Url> proxy_;
  std::optional<CachedPage> cached_;

  // The body so far, over all attempts of this hop.
  std::uint64_t position_ = 0;  // bytes the sink holds
  std::string validator_;       // strong ETag, else Last-Modified
  std::optional<std::uint64_t> total_;
  std::string body_;
  bool dirty_ = false;          // the sink got bytes that a restart must take back

  // The attempt under way.
  HeaderList header_list_, resolve_list_;
  AnswerHead head_;
  Route route_ = Route::undecided;
  std::optional<Failure> stopped_;  // by us, from within a callback
  bool enough_ = false;             // we hung up because the rest of the body is of no interest
  bool resuming_ = false;           // this attempt asked for a range of our own
  bool request_sent_ = false;
  std::uint64_t attempt_bytes_ = 0;
  SteadyTime attempt_started_, last_byte_, window_started_;
  std::uint64_t window_bytes_ = 0;
  CURL* easy_ = nullptr;
  TransportReport report_;
  std::string peer_;
  char error_buffer_[CURL_ERROR_SIZE] = {};
};

}  // namespace pipit::net
