#include "pipit/index/index_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "index/index_answer.h"
#include "index/index_source.h"
#include "index/page_store.h"
#include "pipit/base/once_map.h"
#include "pipit/base/text.h"
#include "pipit/index/find_links.h"
#include "pipit/net/address.h"
#include "pipit/packaging/filename.h"
#include "pipit/packaging/version.h"

namespace pipit::index {
namespace {

using Kind = Answer::Kind;
using ListingResult = Result<std::shared_ptr<const ProjectListing>>;
using SharedResult = std::shared_ptr<const ListingResult>;

constexpr std::uint64_t kPageMax = 128u << 20;

// What one source (an index, a page of links, the local files) said to one question.
struct Outcome {
  Kind kind = Kind::not_here;
  std::shared_ptr<const PackedPage> page;
  bool is_release = false;
  std::optional<Error> error;
  std::vector<std::string> warnings;
};

// One question on its way. `outcomes` has one slot a source, in merge order: local files, link pages, indexes.
struct Query {
  IndexClient::Question question;
  std::string key;
  std::mutex mutex;
  std::vector<Outcome> outcomes;
  std::size_t missing = 0;  // slots without an outcome
};

// One index being asked for one project, document after document.
struct Ask {
  std::shared_ptr<Query> query;
  std::size_t slot = 0;
  IndexSource* source = nullptr;
  std::vector<Document> documents;
  std::size_t next = 0;
  bool release_was_missing = false, is_probe = false;
  std::vector<Document> missed;  // answered 404
};

std::string key_of(const IndexClient::Question& question) { return question.pinned ? question.name + "==" + *question.pinned : question.name; }

bool has_version(const PackedPage& page, const std::string& text) {
  const auto version = packaging::Version::try_parse(text);
  return version && std::any_of(page.releases().begin(), page.releases().end(), [&](const PackedRelease& release) {
           const auto listed = packaging::Version::try_parse(page.text(release.version));
           return release.valid && listed && listed->without_local() == *version;
         });
}

}  // namespace

// Shared with every callback in flight, so that an answer that arrives after the client is gone finds a place to end.
struct IndexClient::State : std::enable_shared_from_this<IndexClient::State> {
  State(IndexOptions given, std::function<Result<net::HttpClient*>()> http_source, sys::Executor& work, std::shared_ptr<IndexMemory> remembered)
      : options(std::move(given)), make_http(std::move(http_source)), executor(work), kept_memory(std::move(remembered)), memory(*kept_memory), store(options.cache_directory) {}

  void look_at_locations();
  void add_index(const std::string& location);
  void add_link_page(const Url& url);
  void add_local_page(const std::filesystem::path& path);
  bool needs_http() const;

  void begin(const Question& question);
  std::vector<IndexSource*> sources_for(const std::string& name) const;
  void ask(std::shared_ptr<Ask> ask);
  void ask_local(const std::shared_ptr<Ask>& ask);
  struct Asked;
  Asked request_for(const Ask& ask, Document document, bool use_kept) const;
  void ask_remote(const std::shared_ptr<Ask>& ask, Document document, bool use_kept);
  void on_response(const std::shared_ptr<Ask>& ask, Document document, const Url& asked, std::shared_ptr<const PackedPage> kept,
                   const Result<net::HttpResponse>& response);
  void on_page(const std::shared_ptr<Ask>& ask, Document document, std::shared_ptr<const PackedPage> page, std::vector<std::string> warnings);
  void next_document(const std::shared_ptr<Ask>& ask);
  void end_ask(const std::shared_ptr<Ask>& ask, Outcome outcome);
  void give(const std::shared_ptr<Query>& query, std::size_t slot, Outcome outcome);
  void finish(Query& query);
  ListingResult merge(Query& query);
  void warn_of_several(ProjectListing& listing, const std::vector<std::string>& offering);
  std::shared_ptr<const PackedPage> pack(const ProjectPage& page, const std::string& name, PageKey key) const;
  void learn_public(const net::HttpResponse& response);
  bool is_public(const std::string& page_url) const;

  // A page of links is fetched and read once, for all projects.
  struct LinkPage {
    std::string shown;
    std::mutex mutex;
    bool asked = false, ready = false;
    LinkCatalog catalog;
    Outcome failure;  // kind page: none
    std::vector<std::function<void()>> waiting;
  };
  void ask_links(const std::shared_ptr<Query>& query, std::size_t slot, LinkPage& page, const Url& url);
  void give_links(const std::shared_ptr<Query>& query, std::size_t slot, LinkPage& page);

  IndexOptions options;
  std::function<Result<net::HttpClient*>()> make_http;
  sys::Executor& executor;
  std::shared_ptr<IndexMemory> kept_memory;  // tasks may end after the client
  IndexMemory& memory;
  PageStore store;
  // Held while submitting, so that the client's owner knows: after ~IndexClient nobody touches the HTTP client. Recursive,
  // because an HTTP client of a test may answer from inside submit().
  std::recursive_mutex http_mutex;
  net::HttpClient* http = nullptr;
  std::optional<Error> http_error;
  std::atomic<bool> stopping{false};

  bool looked = false;
  Diagnostics diagnostics;
  std::optional<Error> insecure;  // an index was ignored: an empty result is not "no such project"
  LinkCatalog local_files;
  std::optional<Error> local_unreadable;
  std::vector<std::pair<std::unique_ptr<LinkPage>, Url>> link_pages;
  std::vector<std::unique_ptr<IndexSource>> indexes;         // in order; pinned ones that are not configured behind them
  std::size_t configured_indexes = 0;
  std::map<std::string, IndexSource*> pinned;
  OnceMap<std::string, SharedResult> answers;
  std::function<void(const ProjectListing&)> on_listing;
  mutable std::mutex shared_mutex;
  std::set<std::string> public_hosts;
  std::atomic<bool> warned_of_several{false};
};

void IndexClient::State::look_at_locations() {
  if (std::exchange(looked, true)) return;
  std::vector<Location> links;
  for (const std::string& text : options.find_links) links.push_back(locate(text));
  LocalLinks local = read_local_links(links, diagnostics);
  local_files = std::move(local.files);
  local_unreadable = std::move(local.unreadable);
  for (const std::filesystem::path& path : local.html_pages) add_local_page(path);
  for (const Location& location : links)
    if (location.kind == LocationKind::remote)
      if (const auto url = Url::parse(location.url)) add_link_page(*url);
  for (const std::string& location : options.index_urls) add_index(location);
  configured_indexes = indexes.size();
  for (const auto& [name, location] : options.pinned) {
    const std::size_t before = indexes.size();
    add_index(location);
    // The same address twice is one index.
    for (const auto& source : indexes)
      if (indexes.size() > before && source->memory_key == indexes.back()->memory_key) {
        pinned[name] = source.get();
        if (source != indexes.back()) indexes.pop_back();
        break;
      }
  }
}

void IndexClient::State::add_index(const std::string& location) {
  std::unique_ptr<IndexSource> source = make_index_source(location, diagnostics);
  if (!source) return;
  if (!is_secure_origin(source->url, options.trusted_hosts)) {
    diagnostics.warn("insecure-host", insecure_warning(source->url));
    insecure = make_error(net::kInsecureHost, fmt::format("the index {} is plain http and was not asked", source->shown))
                   .hint(fmt::format("use https, or allow it with --trusted-host {}", source->url.host));
    return;
  }
  indexes.push_back(std::move(source));
}

void IndexClient::State::add_link_page(const Url& url) {
  if (!is_secure_origin(url, options.trusted_hosts)) {
    diagnostics.warn("insecure-host", insecure_warning(url));
    return;
  }
  auto page = std::make_unique<LinkPage>();
  page->shown = url.display();
  // An archive by its name is the file itself; anything else is a page of links.
  if (packaging::archive_suffix(url.filename())) {
    model::DistFile file;
    file.filename = url.filename();
    file.url = url.without_fragment();
    file.source = file.url;
    if (const auto sha256 = url.fragment_value("sha256")) file.hashes = {{"sha256", ascii_lower(*sha256)}};
    page->catalog.add({std::move(file)});
    page->ready = page->asked = true;
    page->failure.kind = Kind::page;
  }
  link_pages.emplace_back(std::move(page), url);
}

void IndexClient::State::add_local_page(const std::filesystem::path& path) {
  const Url url = Url::from_path(path.string());
  auto page = std::make_unique<LinkPage>();
  page->shown = url.str();
  page->ready = page->asked = true;
  page->failure.kind = Kind::page;
  Result<std::string> bytes = sys::read_file(path, kPageMax);
  if (!bytes) {
    page->failure.kind = Kind::failed;
    page->failure.error = std::move(bytes).error().while_("reading the links of " + page->shown);
    link_pages.emplace_back(std::move(page), url);
    return;
  }
  Result<ProjectPage> parsed = parse_simple_html(*bytes, url);
  if (parsed) {
    page->catalog.add(std::move(parsed->files));
  } else {
    diagnostics.warn("find-links-unreadable", fmt::format("{} is ignored: {}", page->shown, parsed.error().message));
  }
  link_pages.emplace_back(std::move(page), url);
}

bool IndexClient::State::needs_http() const {
  return std::any_of(indexes.begin(), indexes.end(), [](const auto& source) { return !source->is_local; }) ||
         std::any_of(link_pages.begin(), link_pages.end(), [](const auto& entry) { return !entry.first->ready; });
}

std::vector<IndexSource*> IndexClient::State::sources_for(const std::string& name) const {
  if (const auto at = pinned.find(name); at != pinned.end()) return {at->second};
  std::vector<IndexSource*> sources;
  for (std::size_t i = 0; i < configured_indexes; ++i) sources.push_back(indexes[i].get());
  return sources;
}

void IndexClient::State::begin(const Question& question) {
  look_at_locations();
  const std::string key = key_of(question);
  if (!answers.begin(key)) return;
  if (!http && !http_error && needs_http()) {
    if (Result<net::HttpClient*> made = make_http()) http = *made;
    else http_error = std::move(made).error();
  }
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
    ask(started);
  }
}

void IndexClient::State::ask(std::shared_ptr<Ask> asking) {
  if (asking->source->is_local) return ask_local(asking);
  if (http_error) {
    Outcome outcome;
    outcome.kind = Kind::failed;
    outcome.error = http_error;
    return end_ask(asking, std::move(outcome));
  }
  next_document(asking);
}

void IndexClient::State::ask_local(const std::shared_ptr<Ask>& asking) {
  executor.post([self = shared_from_this(), asking] {
    const std::string& name = asking->query->question.name;
    const std::filesystem::path path = asking->source->directory / name / "index.html";
    Outcome outcome;
    if (!sys::exists(path)) {
      if (!sys::is_directory(asking->source->directory))
        outcome.warnings.push_back(fmt::format("Location '{}' is ignored: it is neither a file nor a directory.", asking->source->shown));
      return self->end_ask(asking, std::move(outcome));
    }
    const Url url = Url::from_path(path.string());
    Result<std::string> bytes = sys::read_file(path, kPageMax);
    Result<ProjectPage> page = bytes ? parse_simple_html(*bytes, url) : Result<ProjectPage>(fail(std::move(bytes).error()));
    outcome.kind = page ? Kind::page : Kind::failed;
    if (page) outcome.page = self->pack(*page, name, {url.str(), url.str(), {}});
    else outcome.error = std::move(page).error();
    self->end_ask(asking, std::move(outcome));
  });
}

void IndexClient::State::next_document(const std::shared_ptr<Ask>& asking) {
  if (stopping || asking->next >= asking->documents.size()) return end_ask(asking, {});
  const Document document = asking->documents[asking->next];
  if (document == Document::release_json) {
    const std::optional<bool> can = memory.can(asking->source->memory_key, Ability::release_json);
    const auto resume = [self = shared_from_this(), asking] { self->next_document(asking); };
    if (!asking->source->probe.may_ask(can.has_value(), resume)) return;
    // Others may have found out while this one waited.
    if (memory.can(asking->source->memory_key, Ability::release_json) == false) {
      ++asking->next;
      return next_document(asking);
    }
    asking->is_probe = !can.has_value();
  }
  ++asking->next;
  ask_remote(asking, document, true);
}

// A request, and the page that was kept of an earlier answer to it.
struct IndexClient::State::Asked {
  Url url;
  net::HttpRequest request;
  std::shared_ptr<const PackedPage> kept;
};

IndexClient::State::Asked IndexClient::State::request_for(const Ask& asking, Document document, bool use_kept) const {
  const Question& question = asking.query->question;
  Asked asked;
  asked.url = document == Document::simple ? asking.source->simple_page(question.name)
                                           : *asking.source->pypi_document(question.name, document == Document::release_json ? question.pinned : std::nullopt);
  asked.request.url = asked.url;
  asked.request.headers = {{"Accept", document == Document::simple ? kAccept : "application/json"}};
  asked.request.accept_encoding = true;
  asked.request.body_max_bytes = kPageMax;
  if (options.refresh.contains(":all:") || options.refresh.contains(question.name)) asked.request.cache = net::CacheMode::refresh;
  if (use_kept) asked.kept = store.find(asked.url.without_credentials());
  if (asked.kept) asked.request.known_payload_id = asked.kept->key().payload_id;
  return asked;
}

void IndexClient::State::ask_remote(const std::shared_ptr<Ask>& asking, Document document, bool use_kept) {
  Asked asked = request_for(*asking, document, use_kept);
  std::optional<Result<net::HttpResponse>> at_once;
  {
    const std::lock_guard lock(http_mutex);
    if (stopping) return end_ask(asking, {});
    if (asked.kept) at_once = http->peek(asked.request);
  }
  if (at_once && *at_once && (*at_once)->body_omitted) return on_response(asking, document, asked.url, asked.kept, *at_once);
  const std::lock_guard lock(http_mutex);
  if (stopping) return end_ask(asking, {});
  http->submit(std::move(asked.request), [self = shared_from_this(), asking, document, asked = asked.url, kept = asked.kept](Result<net::HttpResponse> response) {
    auto shared = std::make_shared<Result<net::HttpResponse>>(std::move(response));
    self->executor.post([self, asking, document, asked, kept, shared] { self->on_response(asking, document, asked, kept, *shared); });
  });
}

void IndexClient::State::learn_public(const net::HttpResponse& response) {
  if (net::address_scope(response.peer_address) != net::AddressScope::public_network) return;
  const std::lock_guard lock(shared_mutex);
  public_hosts.insert(response.final_url.host);
}

bool IndexClient::State::is_public(const std::string& page_url) const {
  const std::lock_guard lock(shared_mutex);
  if (public_hosts.empty()) return false;
  const Result<Url> url = Url::parse(page_url);
  return url && public_hosts.contains(url->host);
}

std::shared_ptr<const PackedPage> IndexClient::State::pack(const ProjectPage& page, const std::string& name, PageKey key) const {
  std::string bytes = PackedPage::pack(page, name, key);
  if (!key.payload_id.empty()) store.keep(key.url, bytes);
  return std::move(*PackedPage::from_bytes(std::move(bytes)));
}

void IndexClient::State::on_response(const std::shared_ptr<Ask>& asking, Document document, const Url& asked, std::shared_ptr<const PackedPage> kept,
                                     const Result<net::HttpResponse>& response) {
  if (response) learn_public(*response);
  if (response && response->body_omitted) {
    if (kept && kept->key().final_url == response->final_url.without_credentials()) return on_page(asking, document, std::move(kept), {});
    return ask_remote(asking, document, false);  // the same bytes from another place: their links mean something else
  }
  Answer answer = read_answer(response, document, asked);
  if (answer.kind == Kind::page) {
    const PageKey key{asked.without_credentials(), response->final_url.without_credentials(), response->payload_id};
    return on_page(asking, document, pack(answer.page, asking->query->question.name, key), std::move(answer.page.refused));
  }
  if (document == Document::release_json) {
    asking->release_was_missing = answer.kind == Kind::not_here;
    if (answer.kind == Kind::not_spoken) memory.learn(asking->source->memory_key, Ability::release_json, false);
  }
  if (document == Document::simple && answer.kind == Kind::not_here) asking->missed.push_back(document);
  const bool go_on = answer.kind == Kind::not_here || answer.kind == Kind::not_spoken || (answer.kind == Kind::offline && asking->next < asking->documents.size());
  if (go_on) return next_document(asking);
  Outcome outcome;
  outcome.kind = answer.kind;
  if (answer.error) outcome.error = std::move(*answer.error).while_(fmt::format("looking for {} in {}", asking->query->question.name, asking->source->shown));
  if (!answer.warning.empty()) outcome.warnings.push_back(std::move(answer.warning));
  end_ask(asking, std::move(outcome));
}

void IndexClient::State::on_page(const std::shared_ptr<Ask>& asking, Document document, std::shared_ptr<const PackedPage> page, std::vector<std::string> warnings) {
  const std::string& key = asking->source->memory_key;
  switch (document) {
    case Document::release_json: memory.learn(key, Ability::release_json, true); break;
    case Document::simple:
      memory.learn(key, Ability::simple, true);
      // The release is there and its document was not: this index does not have such documents.
      if (asking->release_was_missing && has_version(*page, *asking->query->question.pinned)) memory.learn(key, Ability::release_json, false);
      break;
    case Document::project_json:
      memory.learn(key, Ability::project_json, true);
      if (!asking->missed.empty()) memory.learn(key, Ability::simple, false);
      break;
    case Document::links: break;
  }
  Outcome outcome;
  outcome.kind = Kind::page;
  outcome.page = std::move(page);
  outcome.is_release = document == Document::release_json;
  outcome.warnings = std::move(warnings);
  end_ask(asking, std::move(outcome));
}

void IndexClient::State::end_ask(const std::shared_ptr<Ask>& asking, Outcome outcome) {
  if (asking->is_probe) {
    asking->is_probe = false;
    asking->source->probe.settle();
  }
  // first_index: whoever does not know the name passes the question on.
  const std::vector<IndexSource*> sources = sources_for(asking->query->question.name);
  const std::size_t first = asking->query->outcomes.size() - sources.size();
  const std::size_t next = asking->slot + 1;
  if (options.strategy == IndexStrategy::first_index && next < asking->query->outcomes.size()) {
    if (outcome.kind == Kind::not_here && !stopping) {
      auto following = std::make_shared<Ask>();
      following->query = asking->query;
      following->slot = next;
      following->source = sources[next - first];
      following->documents = documents_to_ask(*following->source, asking->query->question.pinned.has_value(), memory);
      ask(following);
    } else {
      for (std::size_t slot = next; slot < asking->query->outcomes.size(); ++slot) give(asking->query, slot, {});
    }
  }
  give(asking->query, asking->slot, std::move(outcome));
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

void IndexClient::State::ask_links(const std::shared_ptr<Query>& query, std::size_t slot, LinkPage& page, const Url& url) {
  bool ready = false;
  {
    const std::lock_guard lock(page.mutex);
    ready = page.ready;
    if (!ready) page.waiting.push_back([self = shared_from_this(), query, slot, &page] { self->give_links(query, slot, page); });
    if (!ready && std::exchange(page.asked, true)) return;
  }
  if (ready) return give_links(query, slot, page);
  const auto on_answer = [self = shared_from_this(), &page](Answer answer) {
    std::vector<std::function<void()>> waiting;
    {
      const std::lock_guard lock(page.mutex);
      page.failure.kind = answer.kind;
      if (answer.kind == Kind::page) page.catalog.add(std::move(answer.page.files));
      if (answer.error) {
        // pip goes on without a page of links; so do we, but not silently.
        page.failure.warnings.push_back(answer.warning.empty() ? fmt::format("Could not fetch URL {}: {} - skipping", page.shown, answer.error->message) : answer.warning);
        page.failure.error = std::move(*answer.error).while_("reading the links of " + page.shown);
      } else if (answer.kind != Kind::page && answer.kind != Kind::offline) {
        page.failure.warnings.push_back(fmt::format("Could not fetch URL {}: 404 - skipping", page.shown));
      }
      page.ready = true;
      waiting.swap(page.waiting);
    }
    for (const auto& go_on : waiting) go_on();
  };
  if (http_error) {
    Answer answer;
    answer.kind = Kind::failed;
    answer.error = http_error;
    return on_answer(std::move(answer));
  }
  net::HttpRequest request;
  request.url = url;
  request.headers = {{"Accept", kAccept}};
  request.accept_encoding = true;
  request.body_max_bytes = kPageMax;
  http->submit(std::move(request), [self = shared_from_this(), url, on_answer](Result<net::HttpResponse> response) {
    auto shared = std::make_shared<Result<net::HttpResponse>>(std::move(response));
    self->executor.post([self, url, on_answer, shared] { on_answer(read_answer(*shared, Document::links, url)); });
  });
}

void IndexClient::State::give_links(const std::shared_ptr<Query>& query, std::size_t slot, LinkPage& page) {
  Outcome outcome;
  std::string source;
  {
    const std::lock_guard lock(page.mutex);
    outcome.kind = page.failure.kind;
    outcome.error = page.failure.error;
    outcome.warnings = std::exchange(page.failure.warnings, {});
    ProjectPage files;
    if (outcome.kind == Kind::page) files.files = page.catalog.of(query->question.name);
    if (!files.files.empty()) source = files.files.front().source;
    if (!files.files.empty()) outcome.page = pack(files, query->question.name, {source, source, {}});
  }
  give(query, slot, std::move(outcome));
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
  for (const Question& question : questions) state_->begin(question);
}

ListingResult IndexClient::get(const Question& question) {
  state_->begin(question);
  return *state_->answers.wait(key_of(question));
}

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
