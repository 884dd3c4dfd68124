// IndexProvider: answers the solver from the indexes (index::IndexClient) and from metadata: cached, sidecar, ranged reads of a
// wheel's tail, whole file; an sdist's static PKG-INFO before any build. What only ops can do (builds, direct references,
// archives that are at hand already) is asked of a SourceHost.
//
// Owned by one run, used from the solver's thread; works ahead on the executor and the network's thread. Errors and facts are
// told apart as resolve/provider.h says.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "pipit/base/diagnostics.h"
#include "pipit/fetch/archive_fetcher.h"
#include "pipit/index/candidate_finder.h"
#include "pipit/index/index_client.h"
#include "pipit/net/http.h"
#include "pipit/packaging/markers.h"
#include "pipit/packaging/metadata.h"
#include "pipit/resolve/provider.h"
#include "pipit/sys/worker_pool.h"

namespace pipit::fetch {

// Metadata from beside a file that is not what the index promised, or not what the file itself says (M12).
inline constexpr ErrorCode kMetadataMismatch{"metadata-mismatch"};

// What lies above: implemented by ops. Called from the solver's thread only.
class SourceHost {
 public:
  virtual ~SourceHost() = default;
  // Metadata of a candidate whose archive (or installed dist-info, or store manifest) is at hand; nullopt: not known here.
  virtual Result<std::optional<packaging::Metadata>> known_metadata(const model::Candidate& candidate) = 0;
  // Metadata of an sdist that only its back end can tell. The archive is fetched and checked by the host.
  virtual Result<std::variant<packaging::Metadata, resolve::Unavailable>> build_metadata(const model::Candidate& candidate) = 0;
  // `name @ url`, a tree, a checkout (see resolve::Provider::direct).
  virtual Result<resolve::CandidateAnswer> direct(const packaging::Requirement& requirement, const model::Candidate* parent) = 0;
};

struct ProviderOptions {
  index::FinderOptions finder;
  packaging::MarkerEnvironment markers;
  bool ignore_requires_python = false;
  bool no_dependencies = false;                         // --no-deps: no metadata is read at all
  std::map<std::string, index::Wanted> wanted;          // normalised name -> the user's digests and specifiers
  std::map<std::string, std::string> pinned;            // normalised name -> version of a user's exact pin
  // A project that some requirement hashes is read from the whole, checked archive only (pip): no sidecars for these.
  std::set<std::string> whole_archive_only;
  std::filesystem::path cache_directory;                // metadata by digest or URL; empty: none is kept
  bool with_descriptions = false;                       // a report tells them; resolving does not look at them
  std::function<Result<std::filesystem::path>()> scratch;  // where archives may lie that are fetched to be read
  std::function<void(const std::string& line)> on_debug;  // why files were rejected (-v)
};

class IndexProvider final : public resolve::Provider {
 public:
  IndexProvider(ProviderOptions options, index::IndexClient& index, std::function<Result<net::HttpClient*>()> http, sys::Executor& executor,
                SourceHost& host);
  ~IndexProvider() override;

  Result<resolve::Listing> versions(const std::string& name) override;
  Result<resolve::CandidateAnswer> candidate(const std::string& name, const resolve::Listed& listed) override;
  Result<resolve::CandidateAnswer> direct(const packaging::Requirement& requirement, const model::Candidate* parent) override;
  Result<resolve::DependencyAnswer> dependencies(const model::Candidate& candidate, const std::string& extra) override;
  void prefetch(std::span<const resolve::Hint> hints) override;

  // What everything that was said rests on: the pages of all projects asked about, where these decide alone (metadata counts as
  // told by the page that names its archive's digest). Nullopt where anything else had a say or something was to be warned of.
  std::optional<std::vector<index::IndexClient::Basis>> bases() const;
  // Starts reading the metadata of candidates that are chosen already; what of it cannot be had, read_metadata() finds out.
  void read_ahead(std::span<const model::Candidate* const> candidates);
  // Warnings of pages, once each, in the order in which projects were first asked about.
  Diagnostics take_diagnostics();
  // Metadata that was read for a candidate, to be held against the wheel after its download (M12); nullptr: none was.
  std::shared_ptr<const packaging::Metadata> metadata_read(const model::Candidate& candidate) const;
  // The same, read now if it was not: `--no-deps` asks for none while choosing, a report still tells it. nullptr: it cannot be had.
  std::shared_ptr<const packaging::Metadata> read_metadata(const model::Candidate& candidate);
  // Whether the page that lists the candidate came from a public address; its file must then not lead into a private network.
  bool is_from_public_index(const model::Candidate& candidate) const;
  // X10: a file that was added to its release long after the others, as a sentence; nullopt for all others. Hash mode needs no
  // such warning: what is not on the list is not taken.
  std::optional<std::string> late_addition(const model::Candidate& candidate) const;
  // Its metadata was read from the file that the index offers beside the archive: that file's size, 0 if it came from the cache.
  std::optional<std::uint64_t> sidecar_bytes(const model::Candidate& candidate) const;
  // An archive that had to be fetched whole to learn its metadata: checked, and there as long as the provider is, so that
  // the host (a build) and the installation need not fetch it again.
  std::optional<Archive> archive_at_hand(const model::Candidate& candidate) const;
  // The bytes that came for a candidate are not the promised ones. The solver is told that it depends on nothing, so that one
  // run finds every broken promise; whoever installs must ask here first.
  std::optional<Mismatch> mismatch_seen(const model::Candidate& candidate) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A sidecar must agree with the wheel in Name, Version, Requires-Dist, Requires-Python and Provides-Extra; the error shows both
// values, in pip's words.
Status check_same_metadata(const packaging::Metadata& sidecar, const packaging::Metadata& wheel, const std::string& requirement);

}  // namespace pipit::fetch
