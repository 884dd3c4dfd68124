// Finding: the options of one run in the words of the index room, and what the indexes offer of single projects without
// solving anything (index versions, list --outdated). Private to ops; used from the run's main thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ops/target_view.h"
#include "pipit/index/candidate_finder.h"
#include "pipit/index/index_client.h"
#include "pipit/ops/options.h"
#include "pipit/ops/session.h"
#include "pipit/resolve/provider.h"
#include "pipit/resolve/solver.h"

namespace pipit::ops {

// `files`: the options after every requirements file was read.
index::IndexOptions index_options(const ResolveOptions& options, const packaging::FileOptions& files, Session& session);
Result<index::FinderOptions> finder_options(const ResolveOptions& options, const packaging::FileOptions& files, const TargetView& view, Session& session);
resolve::PrereleasePolicy prerelease_policy(const packaging::FileOptions& files);
// What earlier runs learned about servers; kept in the cache if there is one.
std::shared_ptr<index::IndexMemory> index_memory(Session& session);

// Asks about single projects. An index that cannot be asked is an error, never "no versions".
class Lookup {
 public:
  // Sets the session's trusted hosts and credentials up, too, so it must come before the first connection.
  static Result<std::unique_ptr<Lookup>> make(const ResolveOptions& options, Session& session);
  // Starts asking about all of them at once.
  void prefetch(const std::vector<std::string>& normalized_names);
  // Releases with at least one file that could be used and is not yanked, most preferred first, pre-releases only where
  // the options admit them for this name.
  struct Offer {
    packaging::Version version;
    bool is_wheel = false;
  };
  Result<std::vector<Offer>> offers(const std::string& normalized_name);

 private:
  Lookup(const ResolveOptions& options, Session& session, index::FinderOptions finder);
  Session& session_;
  resolve::PrereleasePolicy prereleases_;
  index::CandidateFinder finder_;
  std::shared_ptr<index::IndexMemory> memory_;
  std::unique_ptr<index::IndexClient> client_;
};

}  // namespace pipit::ops
