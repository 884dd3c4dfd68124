// What an answer rests on, and whether it still does: the short way of a run that only has to know that nothing changed.
#include <condition_variable>
#include <deque>

#include "index/index_client_state.h"

namespace pipit::index {

// Those whose pages are the answer, if each of them knows the name.
std::vector<IndexSource*> IndexClient::State::sources_that_tell(const std::string& name) const {
  const std::vector<IndexSource*> sources = sources_for(name);
  if (options.strategy == IndexStrategy::first_index && !sources.empty()) return {sources.front()};
  return sources;
}

std::optional<IndexClient::Basis> IndexClient::State::basis(const Question& question) {
  const std::optional<SharedResult> answer = answers.peek(key_of(question));
  if (!answer || !**answer || !options.find_links.empty()) return std::nullopt;
  const ProjectListing& listing = ****answer;
  const std::vector<IndexSource*> sources = sources_that_tell(question.name);
  if (sources.empty() || listing.pages.size() != sources.size() || !listing.diagnostics.items().empty()) return std::nullopt;
  Basis basis{question, {}};
  for (std::size_t i = 0; i < sources.size(); ++i) {
    PageKey key = listing.pages[i]->key();
    if (sources[i]->is_local || key.payload_id.empty()) return std::nullopt;
    const Document first = documents_to_ask(*sources[i], question.pinned.has_value(), memory).front();
    if (request_for(*sources[i], question, first).url.without_credentials() != key.url) return std::nullopt;
    basis.pages.push_back(std::move(key));
  }
  return basis;
}

namespace {

// Questions under way, each asked as soon as it is known to be one.
class Wave {
 public:
  using Place = std::optional<Result<net::HttpResponse>>;
  Place& place() {
    const std::lock_guard lock(mutex_);
    ++missing_;
    return places_.emplace_back();
  }
  void put(Place& place, Result<net::HttpResponse> answer) {
    const std::lock_guard lock(mutex_);
    place = std::move(answer);
    if (--missing_ == 0) changed_.notify_all();
  }
  // In the order asked; no place is taken any more.
  std::deque<Place>& wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return missing_ == 0; });
    return places_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Place> places_;  // stays where it is when others come
  std::size_t missing_ = 0;
};

}  // namespace

bool IndexClient::State::still_hold(const std::vector<Basis>& bases) {
  look_at_locations();
  connect();
  if (http_error || !options.find_links.empty()) return false;
  const auto wave = std::make_shared<Wave>();
  std::vector<Confirmed> open;
  bool all_hold = ask_about(bases, open, [&](net::HttpRequest request) {
    http->submit(std::move(request), [wave, &place = wave->place()](Result<net::HttpResponse> response) { wave->put(place, std::move(response)); });
  });
  std::deque<Wave::Place>& came = wave->wait();
  for (std::size_t i = 0; i < open.size(); ++i) {
    const Result<net::HttpResponse>& answer = *came[i];
    if (answer) learn_public(*answer);
    all_hold = all_hold && answer && answer->body_omitted && answer->final_url.without_credentials() == open[i].page->final_url;
  }
  const std::lock_guard shared(shared_mutex);
  for (std::size_t i = 0; !all_hold && i < open.size(); ++i)
    if (!*came[i] || (*came[i])->status != 0) early.emplace(open[i].address, std::move(*came[i]));
  return all_hold;
}

// False: a page is known to be another one, without asking anybody.
bool IndexClient::State::ask_about(const std::vector<Basis>& bases, std::vector<Confirmed>& open, const std::function<void(net::HttpRequest)>& ask) {
  for (const Basis& basis : bases) {
    const std::vector<IndexSource*> sources = sources_that_tell(basis.question.name);
    if (sources.empty() || basis.pages.size() != sources.size()) return false;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const PageKey& key = basis.pages[i];
      if (sources[i]->is_local || key.payload_id.empty()) return false;
      net::HttpRequest request = request_for(*sources[i], basis.question, documents_to_ask(*sources[i], basis.question.pinned.has_value(), memory).front());
      if (request.url.without_credentials() != key.url) return false;
      request.known_payload_id = key.payload_id;
      request.only_confirms = true;
      std::optional<Result<net::HttpResponse>> at_once = http->peek(request);
      if (!at_once) {
        open.push_back({request.url.str(), &key});
        ask(std::move(request));
        continue;
      }
      if (!*at_once || !(*at_once)->body_omitted || (*at_once)->final_url.without_credentials() != key.final_url) return false;
      learn_public(**at_once);
    }
  }
  return true;
}

std::optional<Result<net::HttpResponse>> IndexClient::State::take_early(const Url& asked) {
  const std::lock_guard lock(shared_mutex);
  if (early.empty()) return std::nullopt;
  auto found = early.extract(asked.str());
  return found.empty() ? std::nullopt : std::optional(std::move(found.mapped()));
}

}  // namespace pipit::index
