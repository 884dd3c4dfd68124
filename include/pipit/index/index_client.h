// IndexClient: asks every configured index and link page what files a project has, many projects at once, and hands back
// the pages in merge order (PackedPage), parsed off the network's thread. It knows pip's rules for locations and merging;
// it does not know versions' worth, targets, or what is being solved.
//
// Order of asking (per index, remembered in IndexMemory): a pinned requirement asks /pypi/NAME/VERSION/json first (one small
// answer that names every file of the release), then the Simple API; an unpinned one asks the Simple API (JSON preferred,
// HTML accepted); /pypi/NAME/json is the last resort of an index whose Simple API was never seen to answer. While it is not
// known whether an index has release documents, one question finds out and the others wait for it.
//
// Told apart: 404 and 410 are "not here". A dead network, 401, 5xx, a login page, a page that cannot be read are Errors that
// name the index: they must not look like a missing project, nor let another index answer in its place. A page of unknown
// type, and 403 without credentials (some object stores say that for 404), are skipped with pip's warning while others
// have files, and are Errors otherwise.
//
// Threads: prefetch() and get() are called from one thread; the rest happens on the executor and the network's thread. The
// HTTP client must outlive this one, and the executor must outlive the HTTP client (answers that come late end there).
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pipit/base/diagnostics.h"
#include "pipit/base/result.h"
#include "pipit/index/index_memory.h"
#include "pipit/index/packed_page.h"
#include "pipit/net/http.h"
#include "pipit/sys/worker_pool.h"

namespace pipit::index {

inline constexpr ErrorCode kIndexUnusable{"index-unusable"};    // an answer that is no success where one was needed
inline constexpr ErrorCode kUnknownContentType{"unknown-content-type"};

// merge: pip's: all of them, best version wins, one warning when a name comes from several. first_index: the first that
// knows the name. unsafe_best_match: merge without the warning.
enum class IndexStrategy { merge, first_index, unsafe_best_match };

struct IndexOptions {
  std::vector<std::string> index_urls;           // URLs or directories, in order; credentials allowed
  std::vector<std::string> find_links;           // paths or URLs
  IndexStrategy strategy = IndexStrategy::merge;
  std::map<std::string, std::string> pinned;     // normalised name -> the one index (as in index_urls, or another) to ask
  std::set<std::string> refresh;                 // normalised names, ":all:"
  std::vector<std::string> trusted_hosts;        // "host" or "host:port": plain http is allowed
  std::filesystem::path cache_directory;         // packed pages; empty: none are kept
};

// pip's "Looking in indexes: ..." and "Looking in links: ..."; nothing for the default index alone.
std::vector<std::string> looking_in(const IndexOptions& options, const std::string& default_index_url);

struct ProjectListing {
  std::string name;
  std::vector<std::shared_ptr<const PackedPage>> pages;  // merge order: later ones win ties
  bool is_known = false;                // some index has a page, or some link names a file
  bool missing_offline = false;         // an index could not be asked: --offline, and not in the cache
  bool is_pinned_release = false;       // some page tells of the pinned release only
  std::vector<std::string> asked;       // indexes, displayable, for messages
  std::vector<std::string> public_sources;  // of the pages: those whose host was seen to have a public address
  Diagnostics diagnostics;              // pip's warnings about pages; to be shown once
};

class IndexClient {
 public:
  // `http` is called, from the thread that calls prefetch() or get(), when something remote is to be asked.
  IndexClient(IndexOptions options, std::function<Result<net::HttpClient*>()> http, sys::Executor& executor, std::shared_ptr<IndexMemory> memory);
  ~IndexClient();
  IndexClient(const IndexClient&) = delete;
  IndexClient& operator=(const IndexClient&) = delete;

  struct Question {
    std::string name;                   // normalised
    std::optional<std::string> pinned;  // "1.0" of ==1.0: files of this release suffice
    friend bool operator==(const Question&, const Question&) = default;
  };
  // Called with every listing as soon as it is there, before get() returns it, on whatever thread it came to be on. Replaces
  // an earlier one. It may be called while this object is being destroyed, so it holds what it needs.
  void on_listing(std::function<void(const ProjectListing&)> listener);
  // Starts asking; never blocks on the network. What the cache holds is read at once, on the caller's thread.
  void prefetch(const std::vector<Question>& questions);
  // Waits for the answer. The listing is shared and stays as it is.
  Result<std::shared_ptr<const ProjectListing>> get(const Question& question);

  // What the answer to a question rests on, where pages tell all of it: one page of each index that was asked, without a word
  // said about them. Nullopt for everything else (links, directories, an index that does not know the name, warnings).
  struct Basis {
    Question question;
    std::vector<PageKey> pages;
    friend bool operator==(const Basis&, const Basis&) = default;
  };
  std::optional<Basis> basis(const Question& question);
  // Whether get() would give the same pages as when these bases were taken. Nothing is parsed or mapped; what the cache cannot
  // say is asked for all at once, and answers that say otherwise are kept for get().
  bool still_hold(const std::vector<Basis>& bases);

  // Warnings about the locations themselves, once they were looked at.
  Diagnostics take_diagnostics();
  // Whether the host of this page was seen to have a public address: its files must not lead into private networks.
  bool is_public(const std::string& page_url) const;
  const std::shared_ptr<IndexMemory>& memory() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace pipit::index
