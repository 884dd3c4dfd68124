// The one real HttpClient: libcurl's multi interface on one thread. Making it is cheap: neither a thread nor libcurl nor
// OpenSSL starts before a request needs the network; answers from the page cache need none of them but the thread.
// Destruction ends what is under way (each request is answered with `cancelled`) and joins the thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/net/http.h"
#include "pipit/sys/clock.h"

namespace pipit::net {

// What tests replace: time, chance and waiting. The clock is used for HTTP dates and ages only.
struct ClientSeams {
  sys::Clock* clock = nullptr;                      // null: the real one
  std::function<double()> jitter;                   // in [0, 1); null: random
  std::function<std::chrono::milliseconds(std::chrono::milliseconds)> delay;  // how long to really wait; null: as asked
  std::vector<std::string> resolve;                 // "host:port:address", names that shall not be looked up
};

// Fails only for options that make no sense (a proxy that is no URL); the network is not touched.
Result<std::unique_ptr<HttpClient>> make_curl_client(HttpOptions options, ClientSeams seams = {});

// Which certificate authorities would be trusted, in words for `pipit debug`; or why none can be.
Result<std::string> describe_trust(const HttpOptions& options);

}  // namespace pipit::net
