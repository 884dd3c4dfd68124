// Scout: guesses, when a listing arrives, which release the solver will want, and has its metadata brought, so that the solver
// does not wait for one round trip after the other. A wrong guess costs one small request. Any thread may call it.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "fetch/remote_metadata.h"
#include "pipit/index/candidate_finder.h"
#include "pipit/index/index_client.h"

namespace pipit::fetch {

class Scout {
 public:
  // `whole_archive_only`: projects whose metadata is never asked for by itself. Uses `http` through `remote` only, whose stop()
  // ends that.
  Scout(index::FinderOptions options, std::set<std::string> whole_archive_only, std::shared_ptr<RemoteMetadata> remote, net::HttpClient& http)
      : finder_(without_digests(std::move(options))), whole_archive_only_(std::move(whole_archive_only)), remote_(std::move(remote)), http_(http) {}

  // What is asked of a project, as far as known.
  void note(const std::string& name, const packaging::SpecifierSet& specifiers) {
    const std::lock_guard lock(mutex_);
    wishes_.try_emplace(name, specifiers);
  }
  void look_at(const index::ProjectListing& listing) {
    if (whole_archive_only_.contains(listing.name)) return;
    const std::optional<model::Candidate> candidate = guess(listing);
    if (!candidate || !can_tell_metadata(*candidate)) return;
    const auto& sources = listing.public_sources;
    remote_->start(http_, *candidate, std::find(sources.begin(), sources.end(), candidate->file.source) != sources.end());
  }

 private:
  static index::FinderOptions without_digests(index::FinderOptions options) {
    options.digest = nullptr;
    return options;
  }
  std::optional<model::Candidate> guess(const index::ProjectListing& listing) {
    const std::lock_guard lock(mutex_);
    return finder_.guess(listing.name, listing.pages, wishes_[listing.name]);
  }

  std::mutex mutex_;
  index::CandidateFinder finder_;
  std::map<std::string, packaging::SpecifierSet> wishes_;
  const std::set<std::string> whole_archive_only_;
  std::shared_ptr<RemoteMetadata> remote_;
  net::HttpClient& http_;
};

}  // namespace pipit::fetch
