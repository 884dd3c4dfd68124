// How a transfer failed, and pip's words for it (the layout with a cross and an arrow; context goes into `details`).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "pipit/base/error.h"
#include "pipit/base/url.h"

namespace pipit::net {

enum class FailureKind { transient, permanent, cancelled };

struct Failure {
  FailureKind kind = FailureKind::permanent;
  Error error;
  std::string brief;  // for the retry warning
};

// What libcurl says about a transfer that ended badly, without its types.
struct TransportReport {
  int curl_code = 0;
  std::string curl_text;     // from the error buffer, escaped where printed
  int os_errno = 0;
  int proxy_status = 0;      // the answer to CONNECT, or 0
  bool connected = false;    // the request was on its way
  std::optional<Url> proxy;
  Url url;
  std::chrono::milliseconds timeout{0};
};

Failure describe_failure(const TransportReport& report);
Failure timeout_failure(const Url& url, std::chrono::milliseconds timeout, bool while_connecting);
Error incomplete_download(const Url& url, int attempts, std::uint64_t received, std::optional<std::uint64_t> total);
Error insecure_host(const Url& url);
// "15", "0.5": seconds as Python prints them.
std::string seconds_text(std::chrono::milliseconds time);

}  // namespace pipit::net
