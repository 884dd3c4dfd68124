// Telling: what every verb that resolves says on its way, in pip's words. Private to ops.
#pragma once

#include <string>

#include "pipit/fetch/archive_fetcher.h"
#include "pipit/install/plan.h"
#include "pipit/ops/session.h"
#include "pipit/resolve/conflict.h"

namespace pipit::ops {

// Events of the fetcher in the reporter's words.
class FetchForwarder final : public fetch::FetchListener {
 public:
  explicit FetchForwarder(Reporter& reporter) : reporter_(reporter) {}
  void started(const std::string& filename, std::optional<std::uint64_t> size) override { reporter_.transfer_started(filename, size); }
  void moved(const std::string& filename, std::uint64_t received) override { reporter_.transfer_moved(filename, received); }
  void ended(const std::string& filename) override { reporter_.transfer_ended(filename); }

 private:
  Reporter& reporter_;
};

// The name as the requirement that brought the project in spells it.
std::string spelled(const model::Resolved& resolved);
// "Requirement already satisfied: ..." and "Collecting ..." for each project of the plan.
void announce(const install::Plan& plan, Session& session);

// "  Downloading NAME (SIZE)" or "  Processing PATH", when an archive is about to be fetched.
void tell_fetch(const model::Candidate& candidate, Session& session);

// Which builds were given the network (--build-network), for the end of a run.
void tell_network_builds(Session& session);

// What pip says of a conflict before it gives up, and the error that then ends the run: pip's last words, our explanation.
Error tell_conflict(const resolve::Conflict& conflict, const std::vector<std::string>& hints, Session& session);

}  // namespace pipit::ops
