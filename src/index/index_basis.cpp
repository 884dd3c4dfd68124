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

// Questions under way, each asked as soon as it is known to be one.
class Wave {
 public:
  struct Question {
    std::string address;
    const PageKey& page;
    std::optional<Result<net::HttpResponse>> answer;
  };
  Question& add(std::string address, const PageKey& page) {
    const std::lock_guard lock(mutex_);
    ++missing_;
    return questions_.emplace_back(Question{std::move(address), page, std::nullopt});
  }
  void put(Question& question, Result<net::HttpResponse> answer) {
    const std::lock_guard lock(mutex_);
    question.answer = std::move(answer);
    if (--missing_ == 0) changed_.notify_all();
  }
  // All of them, answered; none is added any more.
  std::deque<Question>& wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return missing_ == 0; });
    return questions_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Question> questions_;  // each stays where it is when others come
  std::size_t missing_ = 0;
};

bool IndexClient::State::still_hold(const std::vector<Basis>& bases) {
  look_at_locations();
  connect();
  if (http_error || !options.find_links.empty()) return false;
  const auto wave = std::make_shared<Wave>();
  bool all_hold = ask_about(bases, wave);
  std::deque<Wave::Question>& questions = wave->wait();
  for (const Wave::Question& question : questions) {
    const Result<net::HttpResponse>& answer = *question.answer;
    if (answer) learn_public(*answer);
    all_hold = all_hold && answer && answer->body_omitted && answer->final_url.without_credentials() == question.page.final_url;
  }
  if (all_hold) return true;
  const std::lock_guard shared(shared_mutex);
  for (Wave::Question& question : questions)
    if (!*question.answer || (*question.answer)->status != 0) early.emplace(std::move(question.address), std::move(*question.answer));
  return false;
}

// False: a page is known to be another one, without asking anybody.
bool IndexClient::State::ask_about(const std::vector<Basis>& bases, const std::shared_ptr<Wave>& wave) {
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
        Wave::Question& question = wave->add(request.url.str(), key);
        http->submit(std::move(request), [wave, &question](Result<net::HttpResponse> response) { wave->put(question, std::move(response)); });
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
