// Questions in, merged listings out.
#include "index/index_client_state.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipit/base/text.h"

namespace pipit::index {

std::string key_of(const IndexClient::Question& question) { return question.pinned ? question.name + "==" + *question.pinned : question.name; }

void IndexClient::State::connect() {
  if (http || http_error || !needs_http()) return;
  if (Result<net::HttpClient*> made = make_http()) http = *made;
  else http_error = std::move(made).error();
}

void IndexClient::State::begin(const Question& question, Urgency urgency) {
  look_at_locations();
  const std::string key = key_of(question);
  if (!answers.begin(key)) return;
  connect();
  auto query = std::make_shared<Query>();
  query->question = question;
  query->key = key;
  const std::vector<IndexSource*> sources = sources_for(question.name);
  const std::size_t first_index = 1 + link_pages.size();
  query->outcomes.resize(first_index + sources.size());
  query->missing = query->outcomes.size();

  Outcome local;
  ProjectPage files;
  files.files = local_files.of(question.name);
  if (local_unreadable) {
    local.kind = Kind::failed;
    local.error = local_unreadable;
  } else if (!files.files.empty()) {
    local.kind = Kind::page;
    local.page = pack(files, question.name, {});
  }
  give(query, 0, std::move(local));
  for (std::size_t i = 0; i < link_pages.size(); ++i) ask_links(query, 1 + i, *link_pages[i].first, link_pages[i].second);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    // first_index: the next one is asked when this one does not know the name.
    if (options.strategy == IndexStrategy::first_index && i > 0) break;
    auto started = std::make_shared<Ask>();
    started->query = query;
    started->slot = first_index + i;
    started->source = sources[i];
    started->documents = documents_to_ask(*sources[i], question.pinned.has_value(), memory);
    started->is_ahead = urgency == Urgency::ahead;
    ask(started);
  }
}

void IndexClient::State::give(const std::shared_ptr<Query>& query, std::size_t slot, Outcome outcome) {
  {
    const std::lock_guard lock(query->mutex);
    query->outcomes[slot] = std::move(outcome);
    if (--query->missing > 0) return;
  }
  finish(*query);
}

void IndexClient::State::finish(Query& query) {
  auto result = std::make_shared<const ListingResult>(merge(query));
  std::function<void(const ProjectListing&)> listener;
  {
    const std::lock_guard lock(shared_mutex);
    listener = on_listing;
  }
  if (listener && *result && !stopping) listener(***result);
  answers.put(query.key, std::move(result));
}

ListingResult IndexClient::State::merge(Query& query) {
  auto listing = std::make_shared<ProjectListing>();
  listing->name = query.question.name;
  const std::vector<IndexSource*> sources = sources_for(query.question.name);
  for (const IndexSource* source : sources) listing->asked.push_back(source->shown);
  std::optional<Error> failure, skipped;
  std::vector<std::string> offering;
  for (std::size_t i = 0; i < query.outcomes.size(); ++i) {
    Outcome& outcome = query.outcomes[i];
    const bool is_index = i > link_pages.size();
    for (std::string& warning : outcome.warnings) listing->diagnostics.warn(outcome.kind == Kind::page ? "index-entry-refused" : "", std::move(warning));
    if (outcome.kind == Kind::offline) listing->missing_offline = true;
    // A directory or page of this machine that is there and cannot be read: what it offers would decide, too.
    const bool is_local = i == 0 || (!is_index && link_pages[i - 1].second.scheme == "file");
    if (outcome.kind == Kind::failed && (is_index || is_local)) {
      if (failure) failure->also.push_back(std::move(*outcome.error));
      else failure = std::move(outcome.error);
    } else if (outcome.error && !skipped) {
      skipped = std::move(outcome.error);
    }
    if (outcome.kind != Kind::page || !outcome.page) continue;
    listing->is_known = listing->is_known || is_index || !outcome.page->files().empty();
    listing->is_pinned_release = listing->is_pinned_release || outcome.is_release;
    if (is_index && !outcome.page->files().empty()) offering.push_back(sources[i - 1 - link_pages.size()]->shown);
    if (is_public(std::string(outcome.page->source()))) listing->public_sources.emplace_back(outcome.page->source());
    listing->pages.push_back(std::move(outcome.page));
  }
  if (failure) return fail(std::move(*failure));
  const bool any_file = std::any_of(listing->pages.begin(), listing->pages.end(), [](const auto& page) { return !page->files().empty(); });
  if (!any_file && skipped) return fail(std::move(*skipped));
  if (!any_file && !listing->is_known && insecure) return fail(*insecure);
  if (offering.size() > 1) warn_of_several(*listing, offering);
  return std::shared_ptr<const ProjectListing>(std::move(listing));
}

// X6: pip's merge lets a public index overtake a private one. Said once a run; later names are for the log.
void IndexClient::State::warn_of_several(ProjectListing& listing, const std::vector<std::string>& offering) {
  if (options.strategy != IndexStrategy::merge) return;
  std::string text = fmt::format("{} is offered by more than one index ({}): the best version wins wherever it comes from. "
                                 "Use --index-strategy first-index, or pin the name to one index in the configuration, to rule that out.",
                                 listing.name, join(offering, ", "));
  if (warned_of_several.exchange(true)) listing.diagnostics.debug(std::move(text));
  else listing.diagnostics.warn("several-indexes", std::move(text));
}

IndexClient::IndexClient(IndexOptions options, std::function<Result<net::HttpClient*>()> http, sys::Executor& executor, std::shared_ptr<IndexMemory> memory)
    : state_(std::make_shared<State>(std::move(options), std::move(http), executor, std::move(memory))) {}

IndexClient::~IndexClient() {
  const std::lock_guard lock(state_->http_mutex);
  state_->stopping = true;
}

void IndexClient::on_listing(std::function<void(const ProjectListing&)> listener) {
  const std::lock_guard lock(state_->shared_mutex);
  state_->on_listing = std::move(listener);
}

void IndexClient::prefetch(const std::vector<Question>& questions) {
  for (const Question& question : questions) state_->begin(question, State::Urgency::ahead);
}

ListingResult IndexClient::get(const Question& question) {
  state_->begin(question, State::Urgency::at_once);
  return *state_->answers.wait(key_of(question));
}

std::optional<IndexClient::Basis> IndexClient::basis(const Question& question) { return state_->basis(question); }

bool IndexClient::still_hold(const std::vector<Basis>& bases) { return state_->still_hold(bases); }

Diagnostics IndexClient::take_diagnostics() {
  state_->look_at_locations();
  return std::exchange(state_->diagnostics, {});
}

bool IndexClient::is_public(const std::string& page_url) const { return state_->is_public(page_url); }

const std::shared_ptr<IndexMemory>& IndexClient::memory() const { return state_->kept_memory; }

std::vector<std::string> looking_in(const IndexOptions& options, const std::string& default_index_url) {
  const auto shown = [](const std::vector<std::string>& locations) {
    std::vector<std::string> out;
    for (const std::string& location : locations) out.push_back(mask_credentials(escape_for_terminal(location)));
    return join(out, ", ");
  };
  std::vector<std::string> lines;
  if (!options.index_urls.empty() && options.index_urls != std::vector{default_index_url}) lines.push_back("Looking in indexes: " + shown(options.index_urls));
  if (!options.find_links.empty()) lines.push_back("Looking in links: " + shown(options.find_links));
  return lines;
}

}  // namespace pipit::index
