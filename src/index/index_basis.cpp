// What an answer rests on, and whether it still does: the short way of a run that only has to know that nothing changed.
#include <condition_variable>

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

bool IndexClient::State::still_hold(const std::vector<Basis>& bases) {
  look_at_locations();
  connect();
  if (http_error || !options.find_links.empty()) return false;
  std::vector<net::HttpRequest> open;
  std::vector<const PageKey*> pages;
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
        open.push_back(std::move(request));
        pages.push_back(&key);
        continue;
      }
      if (!*at_once || !(*at_once)->body_omitted || (*at_once)->final_url.without_credentials() != key.final_url) return false;
      learn_public(**at_once);
    }
  }
  return open.empty() || confirm(std::move(open), pages);
}

namespace {

struct Wave {
  explicit Wave(std::size_t size) : answers(size), missing(size) {}
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::optional<Result<net::HttpResponse>>> answers;
  std::size_t missing;
};

}  // namespace

bool IndexClient::State::confirm(std::vector<net::HttpRequest> requests, const std::vector<const PageKey*>& pages) {
  auto wave = std::make_shared<Wave>(requests.size());
  std::vector<std::string> addresses;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    addresses.push_back(requests[i].url.str());
    http->submit(std::move(requests[i]), [wave, i](Result<net::HttpResponse> response) {
      const std::lock_guard lock(wave->mutex);
      wave->answers[i] = std::move(response);
      if (--wave->missing == 0) wave->changed.notify_all();
    });
  }
  std::unique_lock lock(wave->mutex);
  wave->changed.wait(lock, [&] { return wave->missing == 0; });
  bool all_hold = true;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const Result<net::HttpResponse>& answer = *wave->answers[i];
    if (answer) learn_public(*answer);
    all_hold = all_hold && answer && answer->body_omitted && answer->final_url.without_credentials() == pages[i]->final_url;
  }
  const std::lock_guard shared(shared_mutex);
  for (std::size_t i = 0; !all_hold && i < pages.size(); ++i)
    if (!*wave->answers[i] || (*wave->answers[i])->status != 0) early.emplace(addresses[i], std::move(*wave->answers[i]));
  return all_hold;
}

std::optional<Result<net::HttpResponse>> IndexClient::State::take_early(const Url& asked) {
  const std::lock_guard lock(shared_mutex);
  if (early.empty()) return std::nullopt;
  auto found = early.extract(asked.str());
  return found.empty() ? std::nullopt : std::optional(std::move(found.mapped()));
}

}  // namespace pipit::index
