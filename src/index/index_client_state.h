// IndexClient's state: what the three parts of it share. index_client.cpp takes questions and merges answers,
// index_locations.cpp knows what --index-url and --find-links name, index_asking.cpp asks one index.
// Threads: begin() is called by the client's owner; callbacks of the HTTP client and of the executor arrive on theirs.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "index/index_answer.h"
#include "index/index_source.h"
#include "index/page_store.h"
#include "pipit/base/once_map.h"
#include "pipit/index/find_links.h"
#include "pipit/index/index_client.h"

namespace pipit::index {

using Kind = Answer::Kind;
using ListingResult = Result<std::shared_ptr<const ProjectListing>>;
using SharedResult = std::shared_ptr<const ListingResult>;

std::string key_of(const IndexClient::Question& question);  // of OnceMap

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
  bool is_ahead = false;  // nobody waits for it yet: a kept page is looked at on the executor, beside the owner's own work
  std::vector<Document> missed;  // answered 404
};

class Wave;  // questions of still_hold (index_basis.cpp)

// Shared with every callback in flight, so that an answer that arrives after the client is gone finds a place to end.
struct IndexClient::State : std::enable_shared_from_this<IndexClient::State> {
  State(IndexOptions given, std::function<Result<net::HttpClient*>()> http_source, sys::Executor& work, std::shared_ptr<IndexMemory> remembered)
      : options(std::move(given)), make_http(std::move(http_source)), executor(work), kept_memory(std::move(remembered)), memory(*kept_memory), store(options.cache_directory) {}

  void look_at_locations();
  void add_index(const std::string& location);
  void add_link_page(const Url& url);
  void add_local_page(const std::filesystem::path& path);
  bool needs_http() const;
  void connect();

  enum class Urgency { at_once, ahead };
  void begin(const Question& question, Urgency urgency);
  std::vector<IndexSource*> sources_for(const std::string& name) const;
  std::vector<IndexSource*> sources_that_tell(const std::string& name) const;
  void ask(std::shared_ptr<Ask> ask);
  void ask_local(const std::shared_ptr<Ask>& ask);
  struct Asked;
  net::HttpRequest request_for(const IndexSource& source, const Question& question, Document document) const;
  Asked ask_with_kept(const Ask& ask, Document document, bool use_kept) const;
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
  std::shared_ptr<const PackedPage> pack(const ProjectPage& page, const std::string& name, const PageKey& key) const;
  std::shared_ptr<const PackedPage> keep(std::string packed, const PageKey& key) const;
  void learn_public(const net::HttpResponse& response);
  std::optional<Basis> basis(const Question& question);
  bool still_hold(const std::vector<Basis>& bases);
  bool ask_about(const std::vector<Basis>& bases, const std::shared_ptr<Wave>& wave);
  std::optional<Result<net::HttpResponse>> take_early(const Url& asked);
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
  std::map<std::string, Result<net::HttpResponse>> early;  // by address: answers that came before they were asked for (still_hold)
  std::atomic<bool> warned_of_several{false};
};

}  // namespace pipit::index
