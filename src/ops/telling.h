// Telling: what every verb that resolves says on its way, in pip's words. Private to ops.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ops/discovery.h"
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
// pip's way of showing a path: from here where it lies below.
std::string shown_path(const std::filesystem::path& path, const Session& session);

// A file that lies where a download would go.
struct Present {
  std::filesystem::path path;
  bool adopted = false;  // its bytes are right: nothing is fetched
};

struct Announcement {
  const std::vector<Discovered>& discovered;                               // with what --only-deps leaves out
  const install::Plan& plan;
  const std::vector<python::InstalledDist>& installed;                     // that were looked at; empty with --ignore-installed
  std::function<std::optional<std::uint64_t>(const model::Candidate&)> sidecar_bytes;  // read instead of the archive
  std::function<bool(const model::Candidate&)> is_stored;                  // its wheel needs no download
  const std::vector<packaging::RequirementLine>* constraints = nullptr;
  std::function<std::optional<Present>(const model::Candidate&)> present = [](const auto&) { return std::nullopt; };
};
// "Requirement already satisfied: ...", "Collecting ..." with what is fetched for it, "Processing ...": for each project that
// was discovered.
void announce(const Announcement& announcement, Session& session);

// "Downloading NAME (SIZE)" or "Using cached NAME (SIZE)" of an archive whose metadata came before it.
void tell_late_fetch(const model::Candidate& candidate, bool is_stored, Session& session);

// Which builds were given the network (--build-network), for the end of a run.
void tell_network_builds(Session& session);

// What pip says of a conflict before it gives up, and the error that then ends the run: pip's last words, our explanation.
Error tell_conflict(const resolve::Conflict& conflict, const std::vector<std::string>& hints, Session& session);

}  // namespace pipit::ops
