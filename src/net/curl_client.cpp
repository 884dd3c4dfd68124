#include "pipit/net/curl_client.h"

#include <fmt/format.h>

#include <mutex>
#include <system_error>
#include <thread>

#include "net/event_loop.h"
#include "net/inbox.h"
#include "net/proxy.h"
#include "net/transfer.h"
#include "net/trust.h"
#include "pipit/sys/interrupt.h"

namespace pipit::net {

namespace {

// Answers from the cache on the caller's own thread: a warm run has nothing else to ask, and two changes of thread for each
// page would cost more than reading it. It knows only what was known before the run: credentials learned meanwhile have
// other cache keys, which are looked up by the net thread.
class FrontDesk {
 public:
  FrontDesk(const HttpOptions& options, const ClientSeams& seams)
      : credentials_(options), cache_(options.cache_directory, nullptr), services_{options, seams, credentials_, cache_} {}
  std::optional<Result<HttpResponse>> answer(HttpRequest& request) {
    if (!cache_.is_on() || request.sink || request.range || request.suffix_range) return std::nullopt;
    Transfer transfer(request, nullptr, services_);
    auto answer = transfer.answer_at_once();
    if (!answer) request.peeked = transfer.take_cached();
    return answer;
  }

 private:
  CredentialBook credentials_;
  HttpCache cache_;
  Services services_;
};

class CurlClient final : public HttpClient {
 public:
  CurlClient(HttpOptions options, ClientSeams seams)
      : options_(std::move(options)), seams_(std::move(seams)), desk_(options_, seams_), on_stop_(options_.stop, [this] { inbox_.stop(); }) {}

  ~CurlClient() override {
    inbox_.stop();
    if (thread_.joinable()) thread_.join();
  }

  std::optional<Result<HttpResponse>> peek(HttpRequest& request) override {
    const std::lock_guard lock(at_desk_);
    return desk_.answer(request);
  }

  using HttpClient::submit;
  void submit(HttpRequest request, std::function<void(Result<HttpResponse>)> done) override {
    const Url url = request.url;
    if (!start()) return done(fail(make_error(kInternalError, "the network thread cannot be started: too many threads")));
    auto shared = std::make_shared<std::pair<HttpRequest, Done>>(std::move(request), std::move(done));  // a job must be copyable
    const bool taken = inbox_.push([this, shared] { loop_->add(std::move(shared->first), std::move(shared->second)); });
    if (!taken) shared->second(fail(make_error(kCancelled, fmt::format("the request for {} was cancelled", url.display()))));
  }

 private:
  // True once the thread runs; a system without threads to spare is asked again next time.
  bool start() {
    const std::lock_guard lock(starting_);
    if (thread_.joinable()) return true;
    try {
      thread_ = std::thread([this] { work(); });
    } catch (const std::system_error&) {
      return false;
    }
    return true;
  }
  void work() {
    sys::block_broken_pipe_signal();
    loop_ = std::make_unique<EventLoop>(options_, seams_, inbox_);
    loop_->run();
    loop_.reset();
  }

  const HttpOptions options_;
  const ClientSeams seams_;
  std::mutex at_desk_;
  FrontDesk desk_;
  Inbox inbox_;
  std::unique_ptr<EventLoop> loop_;  // made, used and destroyed on the net thread
  std::mutex starting_;
  std::thread thread_;
  std::stop_callback<std::function<void()>> on_stop_;
};

}  // namespace

Result<std::unique_ptr<HttpClient>> make_curl_client(HttpOptions options, ClientSeams seams) {
  if (options.proxy && !options.proxy->empty()) {
    if (auto proxy = parse_proxy(*options.proxy); !proxy) return fail(std::move(proxy).error());
  }
  return std::unique_ptr<HttpClient>(std::make_unique<CurlClient>(std::move(options), std::move(seams)));
}

Result<std::string> describe_trust(const HttpOptions& options) {
  PIPIT_TRY(const TrustSource source, choose_trust(options));
  return source.describe();
}

}  // namespace pipit::net
