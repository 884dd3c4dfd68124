// RemoteMetadata: the metadata of a wheel on a server without fetching the wheel: the sidecar beside it, or two small
// ranged reads (the tail with the central directory, then METADATA). Many wheels at once; every step ends on the executor.
// What works for a server is remembered (index::IndexMemory), and how much of the end of a wheel it took to have all: for the
// other releases of the project one request will do then. Answers are texts; judging them is the caller's business.
//
// A sidecar whose digest is not the advertised one is an Error with both digests (M12), and so is what no other request could
// mend. Any other disappointment falls through to the next step; when all are used up the caller reads the whole file, which
// alone is asked for with full patience.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "fetch/metadata_cache.h"
#include "pipit/archive/zip_directory.h"
#include "pipit/base/once_map.h"
#include "pipit/index/index_memory.h"
#include "pipit/model/candidate.h"
#include "pipit/net/http.h"
#include "pipit/packaging/metadata.h"
#include "pipit/sys/worker_pool.h"

namespace pipit::fetch {

enum class MetadataSource { cache, sidecar, ranges, none };

struct FoundMetadata {
  MetadataSource source = MetadataSource::none;  // none: only the whole file can tell
  std::string text;                              // empty where `metadata` tells what it says
  bool is_offline = false;
  std::optional<Error> error = {};               // the server could not be reached at all
  // Of a kept text that is valid: it is read while the solver is at something else. What comes over the net is left to the
  // solver's thread, which waits for it anyway while the executor reads pages.
  std::shared_ptr<const packaging::Metadata> metadata = {};
};

class RemoteMetadata : public std::enable_shared_from_this<RemoteMetadata> {
 public:
  RemoteMetadata(sys::Executor& executor, std::shared_ptr<index::IndexMemory> memory, MetadataCache cache)
      : executor_(executor), memory_(std::move(memory)), cache_(std::move(cache)) {}
  // `public_only`: the page came from a public host, so the file must not lead into a private network (N19).
  void start(net::HttpClient& http, const model::Candidate& candidate, bool public_only);
  std::shared_ptr<const FoundMetadata> wait(const model::Candidate& candidate) { return answers_.wait(candidate.file.url); }
  // After this nobody touches an HTTP client any more.
  void stop();

 private:
  struct Job;
  using JobPtr = std::shared_ptr<Job>;
  using Step = void (RemoteMetadata::*)(const JobPtr&, const Result<net::HttpResponse>&);
  void submit(const JobPtr& job, net::HttpRequest request, Step then);
  void begin(const JobPtr& job);
  bool may_try_sidecar(const Job& job) const;
  void ask_sidecar(const JobPtr& job);
  void on_sidecar(const JobPtr& job, const Result<net::HttpResponse>& response);
  std::uint64_t usual_tail(const model::Candidate& candidate) const;
  void learn_tail(const std::string& name, std::uint64_t bytes);
  void ask_tail(const JobPtr& job, std::uint64_t bytes);
  void on_tail(const JobPtr& job, const Result<net::HttpResponse>& response);
  void on_member(const JobPtr& job, const Result<net::HttpResponse>& response);
  void take_member(const JobPtr& job, Bytes bytes);
  void end(const JobPtr& job, FoundMetadata found);
  void give_up(const JobPtr& job, const Result<net::HttpResponse>& response);

  sys::Executor& executor_;
  std::shared_ptr<index::IndexMemory> memory_;
  MetadataCache cache_;
  std::recursive_mutex http_mutex_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex tails_mutex_;
  std::map<std::string, std::uint64_t> tails_;  // bytes, by normalised name
  OnceMap<std::string, std::shared_ptr<const FoundMetadata>> answers_;
};

// Whether a server may have more to offer than the whole file.
bool can_tell_metadata(const model::Candidate& candidate);

// Where METADATA of a wheel lies: the one top-level dist-info directory that the file name promises, else the only one.
const archive::ZipMember* find_metadata(const std::vector<archive::ZipMember>& members, std::string_view normalized_name);

}  // namespace pipit::fetch
