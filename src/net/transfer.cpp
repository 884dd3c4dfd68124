#include "net/transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "net/transfer_shared.h"
#include "pipit/base/text.h"
#include "pipit/net/address.h"

namespace pipit::net {

namespace {

constexpr int kRedirectsMax = 10;

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
  const bool is_storable = request_.coding != ContentCoding::as_sent || request_.keeps_payload;
  return is_storable && services_.cache.is_on() && request_.cache != CacheMode::no_store && request_.method == "GET" && !request_.sink &&
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
    if (request_.only_confirms && !cached_ && !services_.options.offline) return Result<HttpResponse>(HttpResponse{});
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
  const std::string key = cache_key();
  const auto peeked = std::exchange(request_.peeked, nullptr);  // true of the first look; a redirect may come back to the same page
  if (peeked && peeked->key == key)
    cached_ = *peeked;
  else
    cached_ = services_.cache.find(key, attempt_headers(), now_seconds());
  const bool is_elsewhere = cached_ && request_.keeps_payload && cached_->head.status == 200;
  if (is_elsewhere && cached_->head.payload_id != request_.known_payload_id && !services_.options.offline) cached_.reset();  // a 304 would not help
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
  const bool little = request_.patience == Patience::little;
  RetryPolicy policy = services_.retry;
  if (little) policy.retries = failure == nullptr ? 0 : std::min(policy.retries, 1);
  const auto wait = delay_before_retry(policy, retries_, retry_after, waited_, jitter());
  if (!wait) {
    if (failure == nullptr && !little && retry_after && *retry_after > policy.wait_budget - waited_) return answer(fail(too_busy(*retry_after)));
    if (failure == nullptr) return answer(response());
    const bool short_body = head_.is_complete() && head_.status() / 100 == 2 && total_ && position_ < *total_;
    return answer(fail(short_body ? incomplete_download(url_, retries_ + 1, position_, total_) : failure->error));
  }
  ++retries_;
  waited_ += *wait;
  if (failure != nullptr)
    services_.warn(fmt::format("Retrying (Retry(total={}, connect=None, read=None, redirect=None, status=None)) after connection broken by '{}': {}",
                               policy.retries - retries_, failure->brief, escape_for_terminal(target_of(url_))));
  else
    services_.debug(fmt::format("{} answered {}; asking again in {} seconds", url_.host, head_.status(), seconds_text(*wait)));
  return again(*wait);
}

Error Transfer::too_busy(milliseconds asked) const {
  return make_error(kServerBusy, fmt::format("{} answers with status {} and asks to wait {} seconds before it is asked again, longer than pipit waits", url_.host,
                                             head_.status(), seconds_text(asked)))
      .at(url_.display())
      .hint("try again later");
}

double Transfer::jitter() const { return services_.seams.jitter ? services_.seams.jitter() : chance(); }

Step Transfer::not_modified() {
  freshen(cached_->head, head_.headers(), now_seconds());
  services_.renewed.push_back(*cached_);
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
  // A redirect that brings a user name is followed and not kept: no password is ever written to the cache.
  if (is_redirect(head_.status()))
    if (const auto next = url_.join(head_.header("location").value_or("")); next && next->has_userinfo) return {};
  CachedHead head;
  head.status = head_.status();
  head.stored_at = now_seconds();
  head.headers = head_.headers();
  head.varied = std::move(*varied);
  head.peer_address = peer_;
  return services_.cache.store(cache_key(), std::move(head), is_redirect(head_.status()) ? std::string() : body_,
                               request_.keeps_payload ? HttpCache::Keep::head : HttpCache::Keep::page);
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
  if (route_ == Route::keep && request_.coding == ContentCoding::as_sent)
    if (const auto codings = head_.content_codings(); !codings.empty()) response.content_coding = codings.front();
  return response;
}

}  // namespace pipit::net
