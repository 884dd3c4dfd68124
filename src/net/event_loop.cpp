#include "net/event_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

namespace pipit::net {

namespace {

constexpr std::size_t kStreamsPerConnection = 100;  // what servers allow at least, as a rule
constexpr std::size_t kSparesMax = 64;
// A server nearby answers before another connection to it is made: beyond the first few, connections are for those who wait.
constexpr std::size_t kConnectionsAtFirst = 4;
constexpr auto kLongEnough = std::chrono::milliseconds(2);
constexpr int kIdlePollMs = 60000;

Error cancelled(const Url& url) { return make_error(kCancelled, fmt::format("the request for {} was cancelled", url.display())); }

}  // namespace

EventLoop::EventLoop(const HttpOptions& options, const ClientSeams& seams, Inbox& inbox)
    : options_(options), inbox_(inbox), credentials_(options), cache_(options.cache_directory, options.on_warning),
      services_{options, seams, credentials_, cache_} {
  services_.retry.retries = options.retries;
}

EventLoop::~EventLoop() {
  const bool started = multi_ != nullptr;
  inbox_.wake_through(nullptr);
  asker_ = std::jthread();  // asks it to stop and joins
  cancel_all();
  write_heads();
  spares_.clear();
  multi_.reset();
  pools_.clear();
  if (started) curl_global_cleanup();
}

void EventLoop::run() {
  for (;;) {
    Inbox::Look look = inbox_.take();
    for (Inbox::Job& job : look.jobs) job();
    if (look.stop) return;
    turn();
    sleep();
  }
}

void EventLoop::turn() {
  wake_delayed();
  start_what_fits();
  if (!multi_) return;
  move_on();
  if (services_.renewed.empty()) return;
  move_on();  // what was started meanwhile is on the wire before time goes into files
  write_heads();
}

// Whatever ends in here is collected in here: nothing would wake the sleeper for it.
void EventLoop::move_on() {
  int still_running = 0;
  curl_multi_perform(multi_.get(), &still_running);
  collect();
  look_at_clock();
  start_what_fits();
}

void EventLoop::write_heads() {
  for (const CachedPage& page : std::exchange(services_.renewed, {})) cache_.store_head(page);
}

void EventLoop::sleep() {
  if (!multi_ && delayed_.empty()) {
    inbox_.wait();
    return;
  }
  if (!multi_ && !start_curl()) return;
  curl_multi_poll(multi_.get(), nullptr, 0, inbox_.is_empty() ? sleep_time_ms() : 0, nullptr);
}

// libcurl shortens this to its own next timer.
int EventLoop::sleep_time_ms() const {
  const SteadyTime now = std::chrono::steady_clock::now();
  SteadyTime next = now + std::chrono::milliseconds(kIdlePollMs);
  for (const auto& [easy, running] : running_) {
    if (!running.host->keeps_waiting && !running.host->waiting.empty()) next = std::min(next, running.started + kLongEnough);
    next = std::min(next, running.transfer->deadline());
  }
  if (!delayed_.empty()) next = std::min(next, delayed_.begin()->first);
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - now).count();
  return static_cast<int>(std::clamp<long long>(wait, 0, kIdlePollMs));
}

bool EventLoop::start_curl() {
  if (multi_) return true;
  initialise_openssl();
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return false;
  multi_.reset(curl_multi_init());
  if (!multi_) {
    curl_global_cleanup();
    return false;
  }
  curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
  curl_multi_setopt(multi_.get(), CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(options_.connections_per_host_max));
  curl_multi_setopt(multi_.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, static_cast<long>(options_.connections_max));
  curl_multi_setopt(multi_.get(), CURLMOPT_MAX_CONCURRENT_STREAMS, static_cast<long>(kStreamsPerConnection));
  inbox_.wake_through(multi_.get());
  return true;
}

// ---- from submission to the wire ------------------------------------------------------------------------------------------

void EventLoop::add(HttpRequest request, Done done) {
  auto transfer = std::make_unique<Transfer>(std::move(request), std::move(done), services_);
  if (auto answer = transfer->answer_at_once())
    transfer->complete(std::move(*answer));
  else
    enqueue(std::move(transfer));
}

void EventLoop::enqueue(Owned transfer) {
  const Waiting place{transfer->priority(), numbered_++};
  hosts_[transfer->origin()].waiting.emplace(place, std::move(transfer));
}

bool EventLoop::has_room(const Host& host) const {
  if (host.multiplexes) return host.running < kStreamsPerConnection;
  const std::size_t most = options_.connections_per_host_max;
  if (host.running >= (host.keeps_waiting ? most : std::min(most, kConnectionsAtFirst))) return false;
  std::size_t connections = 0;
  for (const auto& [origin, other] : hosts_) connections += other.connections();
  return connections < options_.connections_max;
}

// The host whose first in line is the most urgent of those that may start.
EventLoop::Host* EventLoop::next_host() {
  Host* best = nullptr;
  for (auto& [origin, host] : hosts_) {
    if (host.waiting.empty() || !has_room(host)) continue;
    if (best == nullptr || host.waiting.begin()->first < best->waiting.begin()->first) best = &host;
  }
  return best;
}

void EventLoop::start_what_fits() {
  while (Host* host = next_host()) {
    Owned transfer = std::move(host->waiting.begin()->second);
    host->waiting.erase(host->waiting.begin());
    start(*host, std::move(transfer));
  }
}

EasyHandle EventLoop::spare_easy() {
  if (spares_.empty()) return EasyHandle(curl_easy_init());
  EasyHandle easy = std::move(spares_.back());
  spares_.pop_back();
  return easy;
}

// A connection that was made under one identity is never used under another.
CURLSH* EventLoop::pool_for(const std::string& identity) {
  if (identity.empty()) return nullptr;
  ShareHandle& pool = pools_[identity];
  if (!pool) {
    pool.reset(curl_share_init());
    curl_share_setopt(pool.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
  }
  return pool.get();
}

void EventLoop::start(Host& host, Owned transfer) {
  if (!start_curl()) {
    transfer->complete(fail(make_error(kInternalError, "libcurl cannot be started")));
    return;
  }
  EasyHandle easy = spare_easy();
  if (Status ready = transfer->prepare(easy.get()); !ready) {
    transfer->complete(fail(std::move(ready).error()));
    return;
  }
  if (CURLSH* pool = pool_for(transfer->identity())) curl_easy_setopt(easy.get(), CURLOPT_SHARE, pool);
  if (curl_multi_add_handle(multi_.get(), easy.get()) != CURLM_OK) {
    transfer->complete(fail(make_error(kInternalError, "libcurl refuses the transfer")));
    return;
  }
  ++host.running;
  CURL* key = easy.get();
  running_.emplace(key, Running{std::move(transfer), std::move(easy), &host, std::chrono::steady_clock::now()});
}

// ---- from the wire to the answer ------------------------------------------------------------------------------------------

void EventLoop::collect() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;
    const auto it = running_.find(easy);
    if (it == running_.end()) continue;
    long version = 0;
    curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
    if (version == CURL_HTTP_VERSION_2_0) it->second.host->multiplexes = true;
    Step step = it->second.transfer->finish(easy, code);
    auto running = take_off(easy);
    carry_out(std::move(running->transfer), std::move(step));
  }
}

// Who waits too long is taken off the wire; a host that lets anybody wait gets more connections.
void EventLoop::look_at_clock() {
  const SteadyTime now = std::chrono::steady_clock::now();
  std::vector<CURL*> late;
  for (const auto& [easy, running] : running_) {
    if (now - running.started >= kLongEnough) running.host->keeps_waiting = true;
    if (running.transfer->is_late(now)) late.push_back(easy);
  }
  for (CURL* easy : late) {
    Step step = running_.at(easy).transfer->finish_late(now);
    auto running = take_off(easy);
    carry_out(std::move(running->transfer), std::move(step));
  }
}

std::optional<EventLoop::Running> EventLoop::take_off(CURL* easy) {
  auto node = running_.extract(easy);
  if (node.empty()) return std::nullopt;
  curl_multi_remove_handle(multi_.get(), easy);
  Running running = std::move(node.mapped());
  --running.host->running;
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_SHARE, static_cast<CURLSH*>(nullptr));
  if (spares_.size() < kSparesMax) spares_.push_back(std::move(running.easy));
  return running;
}

void EventLoop::carry_out(Owned transfer, Step step) {
  switch (step.kind) {
    case Step::Kind::answer: transfer->complete(std::move(*step.answer)); return;
    case Step::Kind::ask_credentials: ask(std::move(transfer)); return;
    case Step::Kind::attempt: break;
  }
  if (step.wait.count() <= 0)
    enqueue(std::move(transfer));
  else
    delayed_.emplace(std::chrono::steady_clock::now() + step.wait, std::move(transfer));
}

void EventLoop::wake_delayed() {
  const SteadyTime now = std::chrono::steady_clock::now();
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    enqueue(std::move(delayed_.begin()->second));
    delayed_.erase(delayed_.begin());
  }
}

// ---- logging in: one question at a time, on a thread that may wait for a person -----------------------------------------------

void EventLoop::ask(Owned transfer) {
  questions_.push_back(std::move(transfer));
  if (questions_.size() == 1) ask_next();
}

void EventLoop::ask_next() {
  while (!questions_.empty()) {
    Transfer& transfer = *questions_.front();
    // Somebody else's question about the same host may have been answered while this one waited.
    const auto known = credentials_.known_for(transfer.url());
    if (!known || transfer.was_refused(*known)) break;
    Owned next = std::move(questions_.front());
    questions_.erase(questions_.begin());
    Step step = next->credentials_answered(known);
    carry_out(std::move(next), std::move(step));
  }
  if (questions_.empty()) return;
  try {
    asker_ = std::jthread([this, url = questions_.front()->url()](std::stop_token stop) {
      inbox_.push([this, answer = credentials_.ask(url, stop)] { answered(answer); });
    });
  } catch (const std::system_error&) {
    inbox_.push([this] { answered(std::nullopt); });  // no thread to spare: nobody is asked
  }
}

// Runs on the net thread: the first question has its answer.
void EventLoop::answered(const std::optional<Credential>& credential) {
  Owned transfer = std::move(questions_.front());
  questions_.erase(questions_.begin());
  Step step = transfer->credentials_answered(credential);
  carry_out(std::move(transfer), std::move(step));
  ask_next();
}

// ---- the end --------------------------------------------------------------------------------------------------------------------

void EventLoop::cancel_all() {
  std::vector<Owned> all;
  while (!running_.empty()) all.push_back(std::move(take_off(running_.begin()->first)->transfer));
  for (auto& [origin, host] : hosts_)
    for (auto& [place, transfer] : host.waiting) all.push_back(std::move(transfer));
  for (auto& [time, transfer] : delayed_) all.push_back(std::move(transfer));
  for (Owned& transfer : questions_) all.push_back(std::move(transfer));
  hosts_.clear();
  delayed_.clear();
  questions_.clear();
  for (const Owned& transfer : all) transfer->complete(fail(cancelled(transfer->url())));
}

}  // namespace pipit::net
