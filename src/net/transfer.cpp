#include "net/transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "net/proxy.h"
#include "pipit/base/text.h"
#include "pipit/net/address.h"
#include "pipit/sys/file.h"

namespace pipit::net {

namespace {

constexpr int kRedirectsMax = 10;
constexpr std::size_t kErrorTextMaxBytes = 64u << 10;  // of the body of an answer that is no success
constexpr const char* kPageCodings = "gzip, deflate";

bool is_redirect(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

// RFC 9110 section 13.1.5: only a strong ETag may stand in If-Range.
std::string validator_of(const AnswerHead& head) {
  if (const auto tag = head.header("etag"); tag && !tag->starts_with("W/") && tag->size() > 2) return std::string(*tag);
  return std::string(head.header("last-modified").value_or(""));
}

bool is_header_safe(std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos; }

std::string base64(std::string_view text) {
  std::string out = to_base64url({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  std::replace(out.begin(), out.end(), '-', '+');
  std::replace(out.begin(), out.end(), '_', '/');
  out.resize((out.size() + 3) / 4 * 4, '=');
  return out;
}

std::optional<std::string> header_of(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (ascii_iequals(key, name)) return value;
  return std::nullopt;
}

double chance() {
  std::random_device device;
  return std::uniform_real_distribution<double>(0.0, 1.0)(device);
}

// The request target as it stands on the request line.
std::string target_of(const Url& url) { return url.path + (url.query ? "?" + *url.query : ""); }

}  // namespace

Status Services::begin_trust() {
  if (trust.valid()) return ok();
  PIPIT_TRY(TrustSource source, choose_trust(options));
  debug("trusting " + source.describe());
  // A hashed directory is opened in microseconds; then a thread would cost more.
  const auto how = source.files.empty() ? std::launch::deferred : std::launch::async | std::launch::deferred;
  trust = std::async(how, [source = std::move(source)] { return TrustStore::load(source); }).share();
  return ok();
}

Transfer::Transfer(HttpRequest request, Done done, Services& services)
    : request_(std::move(request)), done_(std::move(done)), services_(services), started_(std::chrono::steady_clock::now()) {
  if (request_.resume_from) {
    position_ = request_.resume_from->offset;
    validator_ = request_.resume_from->validator;
    dirty_ = position_ > 0;
  }
  move_to(request_.url);
}

// ---- before the network -------------------------------------------------------------------------------------------

void Transfer::move_to(Url url) {
  url_ = std::move(url);
  origin_ = origin_of(url_);
  cross_origin_ = cross_origin_ || !url_.same_origin(request_.url);
  set_credential(services_.credentials.known_for(url_));
  asked_ = false;
  cached_.reset();
}

void Transfer::set_credential(std::optional<Credential> credential) {
  credential_ = std::move(credential);
  identity_ = credential_ ? fmt::format("{}\n{}\n{}", origin_, credential_->user, credential_->password) : std::string();
}

bool Transfer::is_trusted_host() const {
  const auto& trusted = services_.options.trusted_hosts;
  const std::string with_port = fmt::format("{}:{}", url_.host, url_.port_or_default());
  return std::any_of(trusted.begin(), trusted.end(),
                     [&](const std::string& host) { return ascii_iequals(host, url_.host) || ascii_iequals(host, with_port); });
}

bool Transfer::uses_cache() const {
  return services_.cache.is_on() && request_.cache != CacheMode::no_store && request_.method == "GET" && !request_.sink &&
         !request_.range && !request_.suffix_range && !request_.resume;
}

Status Transfer::refuse_url() const {
  if (url_.scheme != "https" && url_.scheme != "http")
    return fail(make_error(kRedirectRefused, fmt::format("`{}` is not an http or https URL", url_.display())));
  if (url_.scheme == "http" && !is_trusted_host() && !is_loopback_host(url_.host)) return fail(insecure_host(url_));
  if (!request_.public_only) return ok();
  const AddressScope scope = address_scope(url_.host);
  if (is_loopback_host(url_.host) || (scope != AddressScope::none && scope != AddressScope::public_network))
    return fail(make_error(kPrivateAddress, fmt::format("a public index may not send us to `{}` in a private network", url_.host))
                    .at(url_.display()));
  return ok();
}

std::int64_t Transfer::now_seconds() const {
  const sys::Clock& clock = services_.seams.clock != nullptr ? *services_.seams.clock : sys::real_clock();
  return std::chrono::duration_cast<std::chrono::seconds>(clock.now().time_since_epoch()).count();
}

// Looks into the cache; cached redirects are followed here, so that offline runs reach the page behind them.
std::optional<Result<HttpResponse>> Transfer::answer_at_once() {
  for (;;) {
    if (Status allowed = refuse_url(); !allowed) return Result<HttpResponse>(fail(std::move(allowed).error()));
    look_into_cache();
    const bool usable = cached_ && (services_.options.offline || (cached_->fresh && request_.cache == CacheMode::use));
    if (usable && is_redirect(cached_->head.status)) {
      const auto location = header_of(cached_->head.headers, "location");
      if (Status followed = follow(location.value_or("")); !followed) return Result<HttpResponse>(fail(std::move(followed).error()));
      continue;
    }
    if (usable)
      if (auto page = cached_page()) return Result<HttpResponse>(std::move(*page));
    if (!services_.options.offline) return std::nullopt;
    return Result<HttpResponse>(
        fail(make_error(kOffline, fmt::format("`{}` is not in the cache, and offline nothing else is asked", url_.display()))
                 .hint("run once without --offline to fill the cache")));
  }
}

void Transfer::look_into_cache() {
  cached_.reset();
  if (!uses_cache() || request_.cache == CacheMode::bypass) return;
  cached_ = services_.cache.find(cache_key(), attempt_headers(), now_seconds());
}

std::string Transfer::cache_key() const {
  return HttpCache::key_of(url_.without_credentials(), header_of(request_.headers, "accept").value_or(""), identity_);
}

// nullopt if the payload has gone: then it is fetched again.
std::optional<HttpResponse> Transfer::cached_page() {
  HttpResponse page;
  page.status = cached_->head.status;
  page.headers = cached_->head.headers;
  page.final_url = url_;
  page.from_cache = true;
  page.payload_id = cached_->head.payload_id;
  page.peer_address = cached_->head.peer_address;
  page.body_omitted = !page.payload_id.empty() && page.payload_id == request_.known_payload_id;
  if (!page.body_omitted) {
    auto body = services_.cache.payload(*cached_);
    if (!body) {
      cached_.reset();
      return std::nullopt;
    }
    page.body = std::move(*body);
  }
  services_.debug(fmt::format("{} \"{} {}\" from the cache", origin_, request_.method, escape_for_terminal(target_of(url_))));
  return page;
}

// ---- one attempt ----------------------------------------------------------------------------------------------------

Headers Transfer::attempt_headers() {
  Headers headers;
  for (const auto& [name, value] : request_.headers) {
    const bool secret = ascii_iequals(name, "authorization") || ascii_iequals(name, "cookie");
    if (is_header_safe(name) && is_header_safe(value) && !(secret && cross_origin_)) headers.emplace_back(name, value);
  }
  headers.emplace_back("Accept-Encoding", request_.accept_encoding ? kPageCodings : "identity");
  if (!services_.options.user_agent.empty()) headers.emplace_back("User-Agent", services_.options.user_agent);
  return headers;
}

Status Transfer::prepare(CURL* easy) {
  head_ = AnswerHead();
  route_ = Route::undecided;
  stopped_.reset();
  enough_ = request_sent_ = false;
  attempt_bytes_ = window_bytes_ = 0;
  attempt_started_ = last_byte_ = window_started_ = std::chrono::steady_clock::now();
  error_buffer_[0] = '\0';
  easy_ = easy;
  set_destination(easy);
  set_request(easy);
  PIPIT_CHECK(set_proxy(easy));
  const bool proxy_tls = proxy_ && proxy_->scheme == "https";
  if (url_.scheme == "https" || proxy_tls) {
    PIPIT_CHECK(services_.begin_trust());
    PIPIT_CHECK(set_tls(easy));
  }
  return ok();
}

void Transfer::set_destination(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);  // what was checked is what is asked for
  Url target = url_;
  target.fragment.reset();
  curl_easy_setopt(easy, CURLOPT_URL, target.without_credentials().c_str());
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(easy, CURLOPT_PIPEWAIT, url_.scheme == "https" ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(services_.options.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_slist* names = nullptr;
  for (const std::string& entry : services_.seams.resolve) names = curl_slist_append(names, entry.c_str());
  resolve_list_.reset(names);
  curl_easy_setopt(easy, CURLOPT_RESOLVE, names);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_buffer_);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &Transfer::on_request);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
}

void Transfer::set_request(CURL* easy) {
  if (request_.method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  if (request_.accept_encoding) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, kPageCodings);
  Headers headers = attempt_headers();
  resuming_ = can_continue();
  if (resuming_) {
    headers.emplace_back("Range", fmt::format("bytes={}-", position_));
    headers.emplace_back("If-Range", validator_);
  } else if (request_.range) {
    headers.emplace_back("Range", fmt::format("bytes={}-{}", request_.range->first, request_.range->second));
  } else if (request_.suffix_range) {
    headers.emplace_back("Range", fmt::format("bytes=-{}", *request_.suffix_range));
  }
  const bool ask_afresh = uses_cache() && (request_.cache == CacheMode::refresh || request_.cache == CacheMode::bypass);
  if (ask_afresh) headers.emplace_back("Cache-Control", "no-cache");  // also for caches between us and the index
  if (cached_) {
    if (const auto tag = header_of(cached_->head.headers, "etag")) headers.emplace_back("If-None-Match", *tag);
    if (const auto date = header_of(cached_->head.headers, "last-modified")) headers.emplace_back("If-Modified-Since", *date);
  }
  if (credential_ && !(header_of(headers, "authorization")))
    headers.emplace_back("Authorization", "Basic " + base64(credential_->user + ":" + credential_->password));
  curl_slist* list = nullptr;
  for (const auto& [name, value] : headers)
    if (is_header_safe(value))  // some values are a server's own, handed back
      list = curl_slist_append(list, (value.empty() ? name + ";" : name + ": " + value).c_str());
  header_list_.reset(list);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(easy, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));  // none of them goes to a proxy
}

Status Transfer::set_proxy(CURL* easy) {
  PIPIT_TRY(proxy_, choose_proxy(services_.options, url_));
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");  // libcurl must not read the environment
  if (!proxy_) {
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    return ok();
  }
  curl_easy_setopt(easy, CURLOPT_PROXY, proxy_->without_credentials().c_str());
  if (!proxy_->has_userinfo) return ok();
  curl_easy_setopt(easy, CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_BASIC));
  curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, proxy_->username.c_str());
  curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD, proxy_->password.c_str());
  return ok();
}

// Verification is switched off for a trusted host and for nothing else; the proxy's own certificate is always checked.
Status Transfer::set_tls(CURL* easy) {
  const long verify = is_trusted_host() ? 0L : 1L;
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, verify);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, verify * 2);
  for (const CURLoption option : {CURLOPT_CAINFO, CURLOPT_CAPATH, CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH})
    curl_easy_setopt(easy, option, static_cast<const char*>(nullptr));  // or libcurl parses its own bundle each time
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &Transfer::on_tls_context);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, this);
  const std::string& certificate = services_.options.client_cert;
  if (certificate.empty()) return ok();
  if (!sys::is_regular_file(certificate))
    return fail(make_error(kTlsFailed, fmt::format("the client certificate `{}` cannot be read", certificate)));
  curl_easy_setopt(easy, CURLOPT_SSLCERT, certificate.c_str());
  curl_easy_setopt(easy, CURLOPT_SSLKEY, certificate.c_str());  // pip's --client-cert: one PEM file with both
  return ok();
}

// ---- callbacks: the net thread, inside curl_multi_perform -------------------------------------------------------------

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->head_line({data, size * count}) ? size * count : CURL_WRITEFUNC_ERROR;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  const Bytes bytes = as_bytes_view({data, size * count});
  return static_cast<Transfer*>(self)->take_body(bytes) ? bytes.size() : CURL_WRITEFUNC_ERROR;
}

CURLcode Transfer::on_tls_context(CURL*, void* context, void* self) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  const Result<TrustStore>& trust = transfer.services_.trust.get();  // waits if the bundle is still being parsed
  if (trust) {
    trust->attach(context);
    return CURLE_OK;
  }
  transfer.stop_with(trust.error());
  return CURLE_SSL_CACERT_BADFILE;
}

// The connection stands and nothing was sent yet.
int Transfer::on_request(void* self, char* peer, char*, int, int) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  transfer.request_sent_ = true;
  transfer.last_byte_ = transfer.window_started_ = std::chrono::steady_clock::now();
  if (transfer.proxy_) return CURL_PREREQFUNC_OK;
  transfer.peer_ = peer;
  if (!transfer.request_.public_only || address_scope(peer) == AddressScope::public_network) return CURL_PREREQFUNC_OK;
  transfer.stop_with(make_error(kPrivateAddress, fmt::format("a public index may not send us to `{}`, which is {} in a private network",
                                                             transfer.url_.host, peer))
                         .at(transfer.url_.display()));
  return CURL_PREREQFUNC_ABORT;
}

bool Transfer::stop_with(Error error, FailureKind kind) {
  const std::string brief = error.message;
  if (!stopped_) stopped_ = Failure{kind, std::move(error), brief};
  return false;
}

bool Transfer::head_line(std::string_view line) {
  last_byte_ = std::chrono::steady_clock::now();
  switch (head_.add(line)) {
    case AnswerHead::Line::refused:
      return stop_with(make_error(kBadAnswer, fmt::format("{} {}", url_.host, head_.refusal())).at(url_.display()));
    case AnswerHead::Line::complete: return take_head();
    case AnswerHead::Line::more: break;
  }
  // Only the body of a success is worth decoding. At the status line libcurl has not set up a decoder yet.
  const bool status_line = line.starts_with("HTTP/") && head_.headers().empty();
  if (status_line) curl_easy_setopt(easy_, CURLOPT_HTTP_CONTENT_DECODING, head_.status() / 100 == 2 ? 1L : 0L);
  return true;
}

bool Transfer::take_head() {
  if (!head_.has_plain_framing())
    return stop_with(make_error(kBadEncoding, fmt::format("{} wraps its answer in a transfer coding that was not asked for", url_.host)).at(url_.display()));
  if (head_.status() / 100 == 2) return take_success_head();
  const bool speaks = !is_redirect(head_.status()) && head_.content_codings().empty();
  route_ = speaks ? Route::error_text : Route::drop;
  body_.clear();
  return true;
}

// Pages may come in one of the codings that were offered. Files are kept as they come: their hash is over those bytes.
bool Transfer::check_codings() {
  if (!request_.accept_encoding) return true;
  const std::vector<std::string> codings = head_.content_codings();
  const bool fine = codings.empty() || (codings.size() == 1 && (codings[0] == "gzip" || codings[0] == "x-gzip" || codings[0] == "deflate"));
  if (fine) return true;
  return stop_with(make_error(kBadEncoding, fmt::format("{} encodes its answer as `{}`, which was not offered", url_.host,
                                                        escape_for_terminal(join(codings, ", ").substr(0, 100))))
                       .at(url_.display()));
}

bool Transfer::take_success_head() {
  if (!check_codings()) return false;
  const bool partial = head_.status() == 206;
  if (resuming_ && partial) {
    if (!place_partial()) return false;
  } else if (partial && !request_.range && !request_.suffix_range) {
    return stop_with(make_error(kBadAnswer, fmt::format("{} sends a part of the file where the whole was asked for", url_.host)).at(url_.display()),
                     FailureKind::transient);
  } else {
    if (partial && !check_asked_range()) return false;
    if (!restart_body()) return false;
    validator_ = validator_of(head_);
    const bool decoded = request_.accept_encoding && !head_.content_codings().empty();
    total_ = decoded ? std::nullopt : head_.content_length();
  }
  if (total_ && *total_ > request_.body_max_bytes && request_.method != "HEAD") return too_large();
  route_ = request_.sink ? Route::sink : Route::keep;
  if (!request_.on_head) return true;
  request_.on_head(head_only());
  return true;
}

// A 206 to our own continuation must begin where we stopped and belong to a file of the same size; else: from the start.
bool Transfer::place_partial() {
  const auto value = head_.header("content-range");
  const auto range = value ? parse_content_range(*value) : std::nullopt;
  const auto tag = head_.header("etag");
  const bool same_version = !tag || !validator_.starts_with('"') || *tag == validator_;
  const bool fits = range && range->first == position_ && same_version && (!total_ || !range->total || *total_ == *range->total);
  if (fits) {
    if (range->total) total_ = range->total;
    return true;
  }
  validator_.clear();  // no further ranges from this server
  return stop_with(make_error(kBadAnswer, fmt::format("{} continues the file at another place than the one asked for", url_.host)).at(url_.display()),
                   FailureKind::transient);
}

bool Transfer::check_asked_range() {
  const auto value = head_.header("content-range");
  const auto got = value ? parse_content_range(*value) : std::nullopt;
  bool fits = false;
  if (got && request_.range) fits = got->first == request_.range->first && got->last <= request_.range->second;
  if (got && request_.suffix_range && got->total)
    fits = got->last + 1 == *got->total && got->last - got->first + 1 == std::min(*got->total, *request_.suffix_range);
  if (fits) return true;
  return stop_with(make_error(kBadAnswer, fmt::format("{} sends another range than the one asked for", url_.host)).at(url_.display()));
}

bool Transfer::restart_body() {
  body_.clear();
  position_ = 0;
  if (!request_.sink || !dirty_) return true;
  dirty_ = false;
  Status restarted = request_.sink->restart();
  return restarted ? true : stop_with(std::move(restarted).error());
}

bool Transfer::too_large() {
  return stop_with(make_error(kBodyTooLarge, fmt::format("the answer of {} is larger than the limit of {}", url_.host,
                                                         format_size(request_.body_max_bytes)))
                       .at(url_.display()));
}

bool Transfer::take_body(Bytes bytes) {
  last_byte_ = std::chrono::steady_clock::now();
  attempt_bytes_ += bytes.size();
  window_bytes_ += bytes.size();
  switch (route_) {
    case Route::sink:
    case Route::keep: return deliver(bytes);
    case Route::error_text:
      body_.append(as_text(bytes).substr(0, kErrorTextMaxBytes - body_.size()));
      break;
    default: break;
  }
  enough_ = attempt_bytes_ > kErrorTextMaxBytes;
  return !enough_;
}

bool Transfer::deliver(Bytes bytes) {
  curl_off_t raw = 0;
  curl_easy_getinfo(easy_, CURLINFO_SIZE_DOWNLOAD_T, &raw);
  const bool too_much = bytes.size() > request_.body_max_bytes - std::min(position_, request_.body_max_bytes) ||
                        static_cast<std::uint64_t>(raw) > request_.body_max_bytes;
  if (too_much) return too_large();
  if (total_ && position_ + bytes.size() > *total_)
    return stop_with(make_error(kBadAnswer, fmt::format("{} sends more bytes than it announced", url_.host)).at(url_.display()));
  position_ += bytes.size();
  if (route_ == Route::sink) {
    dirty_ = true;
    if (Status written = request_.sink->write(bytes); !written) return stop_with(std::move(written).error());
  } else {
    body_.append(as_text(bytes));
  }
  if (request_.on_progress) request_.on_progress(position_, total_);
  return true;
}

// ---- limits -----------------------------------------------------------------------------------------------------------

SteadyTime Transfer::deadline() const {
  const HttpOptions& options = services_.options;
  SteadyTime next = started_ + options.total_timeout;
  if (request_sent_) next = std::min({next, last_byte_ + options.timeout, window_started_ + options.low_speed_window});
  return next;
}

bool Transfer::is_late(SteadyTime now) {
  const HttpOptions& options = services_.options;
  if (now >= started_ + options.total_timeout) return true;
  if (!request_sent_) return false;  // libcurl watches over the connection itself
  if (now >= last_byte_ + options.timeout) return true;
  if (now < window_started_ + options.low_speed_window) return false;
  if (window_bytes_ < options.low_speed_bytes) return true;
  window_started_ = now;
  window_bytes_ = 0;
  return false;
}

Step Transfer::finish_late(SteadyTime now) {
  read_report(easy_, CURLE_OPERATION_TIMEDOUT);
  const HttpOptions& options = services_.options;
  Failure failure = timeout_failure(url_, options.timeout, false);
  if (now >= started_ + options.total_timeout) {
    failure.kind = FailureKind::permanent;
    failure.error.details = {fmt::format("not finished after {} seconds", seconds_text(options.total_timeout))};
  } else if (now < last_byte_ + options.timeout) {
    failure.error.details = {fmt::format("{} sent fewer than {} bytes in {} seconds", url_.host, options.low_speed_bytes,
                                         seconds_text(options.low_speed_window))};
  }
  return judge_failure(std::move(failure));
}

// ---- judgement --------------------------------------------------------------------------------------------------------

void Transfer::read_report(CURL* easy, CURLcode code) {
  long os_errno = 0, connect_status = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_errno);
  curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
  report_ = {static_cast<int>(code), error_buffer_, static_cast<int>(os_errno), static_cast<int>(connect_status),
             request_sent_,          proxy_,        url_,                       services_.options.timeout};
}

Step Transfer::finish(CURL* easy, CURLcode code) {
  read_report(easy, code);
  if (stopped_) return judge_failure(*std::exchange(stopped_, std::nullopt));
  if (code != CURLE_OK && !enough_) return judge_failure(describe_failure(report_));
  log_answer(easy);
  return judge_answer();
}

void Transfer::log_answer(CURL* easy) {
  if (!services_.options.on_debug) return;
  long version = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
  services_.debug(fmt::format("{} \"{} {} HTTP/{}\" {} {}", origin_, request_.method, escape_for_terminal(target_of(url_)),
                              version == CURL_HTTP_VERSION_2_0 ? "2" : "1.1", head_.status(), attempt_bytes_));
}

Step Transfer::judge_answer() {
  const int status = head_.status();
  if (is_redirect(status))
    if (const auto location = head_.header("location")) return judge_redirect(std::string(*location));
  if (status == 304 && cached_) return not_modified();
  if (status == 401) return judge_unauthorised();
  if (status == 407 && proxy_) {
    report_.proxy_status = status;
    return judge_failure(describe_failure(report_));
  }
  if (status == 416 && resuming_) {
    validator_.clear();
    return resume_or_fail();
  }
  if (is_retryable_status(status)) {
    const auto wait = head_.header("retry-after");
    const auto now = std::chrono::system_clock::time_point(std::chrono::seconds(now_seconds()));
    return try_again(nullptr, wait ? parse_retry_after(*wait, now) : std::nullopt);
  }
  return status / 100 == 2 ? success() : answer(response());
}

Status Transfer::follow(std::string_view location) {
  const std::string from = url_.display();
  if (++redirects_ > kRedirectsMax)
    return fail(make_error(kRedirectRefused, fmt::format("more than {} redirects, the last one from {}", kRedirectsMax, from)).at(request_.url.display()));
  auto next = url_.join(location);
  if (!next)
    return fail(make_error(kRedirectRefused, fmt::format("{} redirects to something that is no URL: `{}`", from,
                                                         escape_for_terminal(mask_credentials(location.substr(0, 200))))));
  const bool secure_to_plain = url_.scheme == "https" && next->scheme != "https";
  if (secure_to_plain || (next->scheme != "https" && next->scheme != "http"))
    return fail(make_error(kRedirectRefused, fmt::format("{} redirects to `{}`, which is not https", from, next->display())));
  move_to(std::move(*next));
  return ok();
}

Step Transfer::judge_redirect(std::string_view location) {
  store_page();
  if (Status followed = follow(location); !followed) return answer(fail(std::move(followed).error()));
  if (auto at_once = answer_at_once()) return answer(std::move(*at_once));
  return again();
}

Step Transfer::judge_unauthorised() {
  if (asked_) {
    services_.warn(fmt::format("401 Error, Credentials not correct for {}", url_.display()));
    return answer(response());
  }
  asked_ = true;
  Step step;
  step.kind = Step::Kind::ask_credentials;
  return step;
}

Step Transfer::credentials_answered(std::optional<Credential> credential) {
  if (!credential || credential == credential_) return answer(response());
  services_.credentials.learn(url_, *credential);
  set_credential(std::move(credential));
  return again();
}

Step Transfer::judge_failure(Failure failure) {
  services_.debug(fmt::format("{} \"{} {}\" failed: {}", origin_, request_.method, escape_for_terminal(target_of(url_)), failure.brief));
  if (failure.kind != FailureKind::transient) return answer(fail(std::move(failure.error)));
  const bool body_began = head_.is_complete() && head_.status() / 100 == 2;
  if (request_.resume && body_began) return resume_or_fail();
  return try_again(&failure, std::nullopt);
}

Step Transfer::resume_or_fail() {
  if (resumes_ >= services_.options.resume_retries)
    return answer(fail(incomplete_download(url_, resumes_ + 1, position_, total_)));
  ++resumes_;
  services_.warn(fmt::format("Attempting to resume incomplete download ({}/{}, attempt {})", format_size(position_),
                             total_ ? format_size(*total_) : "?", resumes_));
  RetryPolicy policy = services_.retry;
  policy.retries = services_.options.resume_retries;
  const auto wait = delay_before_retry(policy, resumes_ - 1, std::nullopt, waited_, jitter());
  if (!wait) return answer(fail(incomplete_download(url_, resumes_, position_, total_)));
  waited_ += *wait;
  return again(*wait);
}

Step Transfer::try_again(const Failure* failure, std::optional<milliseconds> retry_after) {
  const auto wait = delay_before_retry(services_.retry, retries_, retry_after, waited_, jitter());
  if (!wait) {
    if (failure == nullptr) return answer(response());
    const bool short_body = head_.is_complete() && head_.status() / 100 == 2 && total_ && position_ < *total_;
    return answer(fail(short_body ? incomplete_download(url_, retries_ + 1, position_, total_) : failure->error));
  }
  ++retries_;
  waited_ += *wait;
  if (failure != nullptr)
    services_.warn(fmt::format("Retrying (Retry(total={}, connect=None, read=None, redirect=None, status=None)) after connection broken by '{}': {}",
                               services_.retry.retries - retries_, failure->brief, escape_for_terminal(target_of(url_))));
  else
    services_.debug(fmt::format("{} answered {}; asking again in {} seconds", url_.host, head_.status(), seconds_text(*wait)));
  return again(*wait);
}

double Transfer::jitter() const { return services_.seams.jitter ? services_.seams.jitter() : chance(); }

Step Transfer::not_modified() {
  freshen(cached_->head, head_.headers(), now_seconds());
  services_.cache.store_head(cached_->key, cached_->head);
  if (is_redirect(cached_->head.status)) return judge_redirect(header_of(cached_->head.headers, "location").value_or(""));
  if (auto page = cached_page()) return answer(std::move(*page));
  return again();  // the payload has gone meanwhile: ask for the whole page
}

Step Transfer::success() {
  const bool complete = request_.method == "HEAD" || !total_ || position_ == *total_;
  if (!complete) {
    report_.curl_text = "the connection was closed before the whole answer had come";
    report_.curl_code = CURLE_PARTIAL_FILE;
    return judge_failure(describe_failure(report_));
  }
  std::string payload_id = store_page();
  HttpResponse page = response();
  page.payload_id = std::move(payload_id);
  return answer(std::move(page));
}

// Also keeps redirects, so that an offline run finds the page behind them.
std::string Transfer::store_page() {
  if (!uses_cache() || services_.options.offline || !may_store(head_.status(), head_.headers())) return {};
  auto varied = varied_headers(head_.headers(), attempt_headers());
  if (!varied) return {};
  CachedHead head;
  head.status = head_.status();
  head.stored_at = now_seconds();
  head.headers = head_.headers();
  head.varied = std::move(*varied);
  head.peer_address = peer_;
  return services_.cache.store(cache_key(), std::move(head), is_redirect(head_.status()) ? std::string() : body_);
}

Step Transfer::answer(Result<HttpResponse> answer) {
  Step step;
  step.kind = Step::Kind::answer;
  step.answer = std::move(answer);
  return step;
}

Step Transfer::again(milliseconds wait) {
  Step step;
  step.wait = services_.seams.delay ? services_.seams.delay(wait) : wait;
  return step;
}

HttpResponse Transfer::head_only() const {
  HttpResponse head;
  head.status = head_.status();
  head.headers = head_.headers();
  head.final_url = url_;
  head.peer_address = peer_;
  return head;
}

HttpResponse Transfer::response() {
  HttpResponse response = head_only();
  if (route_ == Route::keep || route_ == Route::error_text) response.body = std::move(body_);
  return response;
}

}  // namespace pipit::net
