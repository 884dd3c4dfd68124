#include "pipit/net/http.h"

#include <memory>

namespace pipit::net {

std::optional<std::string> HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return std::nullopt;
}

std::future<Result<HttpResponse>> HttpClient::submit(HttpRequest request) {
  auto promise = std::make_shared<std::promise<Result<HttpResponse>>>();  // std::function must be copyable
  std::future<Result<HttpResponse>> answer = promise->get_future();
  submit(std::move(request), [promise](Result<HttpResponse> response) { promise->set_value(std::move(response)); });
  return answer;
}

Result<HttpResponse> HttpClient::fetch(HttpRequest request) { return submit(std::move(request)).get(); }

}  // namespace pipit::net
