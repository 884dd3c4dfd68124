#include "net/failure.h"

#include <curl/curl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cerrno>
#include <ctime>
#include <system_error>

#include "pipit/base/text.h"
#include "pipit/net/http.h"

namespace pipit::net {

namespace {

Error rich(ErrorCode code, std::string message) {
  Error error = make_pip_error(code, std::move(message));
  error.layout = Layout::rich;
  return error;
}

std::string system_words(const TransportReport& report) {
  if (report.curl_code == CURLE_COULDNT_RESOLVE_HOST || report.curl_code == CURLE_COULDNT_RESOLVE_PROXY)
    return "[Errno -2] Name or service not known";
  if (report.os_errno != 0)
    return fmt::format("[Errno {}] {}", report.os_errno, std::error_code(report.os_errno, std::generic_category()).message());
  if (!report.curl_text.empty()) return escape_for_terminal(mask_credentials(report.curl_text));
  return curl_easy_strerror(static_cast<CURLcode>(report.curl_code));
}

Failure connection_failure(const TransportReport& report) {
  const std::string host = report.url.host;
  Error error = rich(kConnectionFailed, fmt::format("Failed to connect to {} while fetching {}", host, report.url.display()));
  error.details.push_back(system_words(report));
  error.os_errno = report.os_errno;
  error.hints.push_back(fmt::format("Are you connected to the Internet? If so, check whether your system can connect to {} before "
                                    "trying again. There may be a firewall or proxy that's preventing the connection.",
                                    host));
  return {FailureKind::transient, std::move(error), fmt::format("NewConnectionError(\"{}: {}\")", host, system_words(report))};
}

Failure proxy_failure(const TransportReport& report) {
  Error error = rich(kProxyFailed, fmt::format("Failed to connect to proxy {} while fetching {}", report.proxy->display(),
                                               report.url.display()));
  const bool wants_login = report.proxy_status == 407;
  if (report.proxy_status >= 300)
    error.details.push_back(fmt::format("the proxy answered {}{}", report.proxy_status, wants_login ? " Proxy Authentication Required" : ""));
  else
    error.details.push_back(system_words(report));
  error.hints.push_back(wants_login ? "Put the user and password for the proxy into its URL: http://user:password@host:port"
                                    : "This is likely a proxy configuration issue.");
  const bool final_word = report.proxy_status >= 400 && report.proxy_status < 500;
  return {final_word ? FailureKind::permanent : FailureKind::transient, std::move(error),
          fmt::format("ProxyError('{}')", system_words(report))};
}

bool mentions(const std::string& text, std::string_view word) { return ascii_lower(text).find(word) != std::string::npos; }

// A handshake that the network cut off is worth another try; one that the other side or we refused is not.
bool is_cut_handshake(const TransportReport& report) {
  if (report.curl_code != CURLE_SSL_CONNECT_ERROR) return false;
  return report.os_errno == ECONNRESET || report.os_errno == EPIPE || mentions(report.curl_text, "ssl_error_syscall") ||
         mentions(report.curl_text, "reset by peer") || mentions(report.curl_text, "unexpected eof");
}

Failure tls_failure(const TransportReport& report) {
  Error error = rich(kTlsFailed, fmt::format("Failed to establish a secure connection to {} while fetching {}", report.url.host,
                                             report.url.display()));
  error.details.push_back(system_words(report));
  if (mentions(report.curl_text, "expired") || mentions(report.curl_text, "not yet valid"))
    error.hints.push_back(fmt::format("This machine's clock says {:%Y-%m-%d}; if that is wrong, the certificate may be right.",
                                      fmt::gmtime(std::time(nullptr))));
  error.hints.push_back("You may need to use --cert or check your proxy/firewall configuration");
  return {is_cut_handshake(report) ? FailureKind::transient : FailureKind::permanent, std::move(error),
          fmt::format("SSLError('{}')", system_words(report))};
}

bool is_tls_code(int code) {
  switch (code) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_USE_SSL_FAILED: return true;
    default: return false;
  }
}

bool blames_proxy(const TransportReport& report) {
  if (!report.proxy) return false;
  if (report.proxy_status >= 300 || report.curl_code == CURLE_COULDNT_RESOLVE_PROXY || report.curl_code == CURLE_PROXY) return true;
  if (is_tls_code(report.curl_code)) return false;
  // Without a tunnel the proxy is the only one we ever talk to.
  return !report.connected || (report.url.scheme == "http" && report.curl_code != CURLE_OPERATION_TIMEDOUT);
}

Failure bad_answer(const TransportReport& report) {
  Error error = make_error(kBadAnswer, fmt::format("the server at {} answers something that is not HTTP", report.url.host));
  error.where = report.url.display();
  error.details.push_back(system_words(report));
  return {FailureKind::permanent, std::move(error), "ProtocolError"};
}

}  // namespace

std::string seconds_text(std::chrono::milliseconds time) {
  const double seconds = static_cast<double>(time.count()) / 1000.0;
  return time.count() % 1000 == 0 ? std::to_string(time.count() / 1000) : fmt::format("{}", seconds);
}

Failure timeout_failure(const Url& url, std::chrono::milliseconds timeout, bool while_connecting) {
  Error error = rich(kConnectionTimeout, fmt::format("Unable to fetch {}", url.display()));
  error.details.push_back(fmt::format("{} didn't respond within {} seconds{}", url.host, seconds_text(timeout),
                                      while_connecting ? " (while establishing a connection)" : ""));
  error.hints.push_back(
      "This is probably a temporary issue with the remote server or the network connection. If this error persists, check the "
      "network configuration. There may be a firewall or proxy that's preventing the connection.");
  const std::string brief = while_connecting
                                ? fmt::format("ConnectTimeoutError(\"Connection to {} timed out. (connect timeout={})\")", url.host, seconds_text(timeout))
                                : fmt::format("ReadTimeoutError(\"{}: Read timed out. (read timeout={})\")", url.host, seconds_text(timeout));
  return {FailureKind::transient, std::move(error), brief};
}

Failure describe_failure(const TransportReport& report) {
  if (blames_proxy(report)) return proxy_failure(report);
  if (is_tls_code(report.curl_code)) return tls_failure(report);
  switch (report.curl_code) {
    case CURLE_OPERATION_TIMEDOUT: return timeout_failure(report.url, report.timeout, !report.connected);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_OUT_OF_MEMORY:  // libcurl 7's word for a header line beyond its own limit
#if CURL_AT_LEAST_VERSION(8, 6, 0)
    case CURLE_TOO_LARGE:
#endif
      return bad_answer(report);
    case CURLE_BAD_CONTENT_ENCODING: {
      Error error = make_error(kBadEncoding, fmt::format("the answer of {} cannot be decoded", report.url.host)).at(report.url.display());
      return {FailureKind::permanent, std::move(error), "DecodeError"};
    }
    default: return connection_failure(report);
  }
}

Error incomplete_download(const Url& url, int attempts, std::uint64_t received, std::optional<std::uint64_t> total) {
  const std::string all = total ? format_size(*total) : "?";
  const std::string after = attempts > 1 ? fmt::format("after {} attempts ", attempts) : "";
  Error error = rich(kIncompleteDownload,
                     fmt::format("Download failed {}because not enough bytes were received ({}/{})", after, format_size(received), all));
  error.details.push_back("URL: " + url.display());
  error.hints.push_back(attempts > 1 ? "Use --resume-retries to configure resume attempt limit."
                                     : "Consider using --resume-retries to enable download resumption.");
  return error;
}

Error insecure_host(const Url& url) {
  Error error = make_pip_error(
      kInsecureHost,
      fmt::format("The repository located at {0} is not a trusted or secure host and is being ignored. If this repository is available "
                  "via HTTPS we recommend you use HTTPS instead, otherwise you may silence this warning and allow it anyway with "
                  "'--trusted-host {0}'.",
                  url.host));
  error.where = url.display();
  return error;
}

}  // namespace pipit::net
