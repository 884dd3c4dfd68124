// Transfer, the part that goes out: the options and headers of one attempt.
#include <fmt/format.h>

#include <algorithm>

#include "net/proxy.h"
#include "net/transfer.h"
#include "net/transfer_shared.h"
#include "pipit/base/text.h"
#include "pipit/sys/file.h"

namespace pipit::net {

namespace {

constexpr const char* kPageCodings = "gzip, deflate";

bool is_header_safe(std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos; }

std::string base64(std::string_view text) {
  std::string out = to_base64url({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  std::replace(out.begin(), out.end(), '-', '+');
  std::replace(out.begin(), out.end(), '_', '/');
  out.resize((out.size() + 3) / 4 * 4, '=');
  return out;
}

}  // namespace

Headers Transfer::attempt_headers() {
  Headers headers;
  for (const auto& [name, value] : request_.headers) {
    const bool secret = ascii_iequals(name, "authorization") || ascii_iequals(name, "cookie");
    if (is_header_safe(name) && is_header_safe(value) && !(secret && cross_origin_)) headers.emplace_back(name, value);
  }
  headers.emplace_back("Accept-Encoding", request_.coding != ContentCoding::identity ? kPageCodings : "identity");
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
  if (request_.coding == ContentCoding::decoded) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, kPageCodings);
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

}  // namespace pipit::net
