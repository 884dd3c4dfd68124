// StoreFirst: a Provider in front of the index. A requirement that is pinned and hashed, and whose wheel lies unpacked in the
// store, is answered from the wheel's manifest: no page, no connection. Everything else goes to the provider behind.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "ops/choice_memory.h"
#include "ops/target_view.h"
#include "ops/wanted.h"
#include "ops/wheels.h"
#include "pipit/fetch/index_provider.h"
#include "pipit/model/resolution.h"
#include "pipit/resolve/provider.h"
#include "pipit/sys/worker_pool.h"

namespace pipit::ops {

class StoreFirst final : public resolve::Provider {
 public:
  StoreFirst(Wheels& wheels, const TargetView& view, const fetch::ProviderOptions& settings, const Wanted& wanted,
             const std::map<std::string, packaging::Hashes>& required, const ChoiceMemory& memory, sys::Executor& workers);
  bool has(const std::string& name) const { return stored_.count(name) != 0; }
  // A wheel that was just brought in for a project.
  void put(model::Candidate candidate, wheel::PreparedWheel wheel);
  void set_behind(resolve::Provider& provider) { behind_ = &provider; }
  void forget_all() { stored_.clear(); }

  Result<resolve::Listing> versions(const std::string& name) override;
  Result<resolve::CandidateAnswer> candidate(const std::string& name, const resolve::Listed& listed) override;
  Result<resolve::CandidateAnswer> direct(const packaging::Requirement& requirement, const model::Candidate* parent) override;
  Result<resolve::DependencyAnswer> dependencies(const model::Candidate& candidate, const std::string& extra) override;
  void prefetch(std::span<const resolve::Hint> hints) override;

  // The stored wheels that the resolution chose, by name.
  std::map<std::string, wheel::PreparedWheel> take_used(const model::Resolution& resolution);

 private:
  struct Stored {
    wheel::PreparedWheel wheel;
    model::Candidate candidate;
  };
  struct Pin {  // a requirement that the store may answer
    std::string name;
    const packaging::SpecifierSet* specifiers = nullptr;
    const packaging::Hashes* hashes = nullptr;
  };
  static std::vector<Pin> pins_of(const Wanted& wanted, const std::map<std::string, packaging::Hashes>& required, const fetch::ProviderOptions& settings);
  static std::optional<Stored> stored_as(const Pin& pin, const std::string& sha256, wheel::PreparedWheel wheel, const TargetView& view,
                                         const fetch::ProviderOptions& settings);
  resolve::Provider& behind();
  const Stored* find(const model::Candidate& candidate) const;
  packaging::MarkerEnvironment markers_;
  bool no_dependencies_ = false;
  std::map<std::string, Stored> stored_;
  resolve::Provider* behind_ = nullptr;
};

}  // namespace pipit::ops
