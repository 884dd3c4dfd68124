// Choosing: from what is wanted and what is installed to a Resolution, or an error that explains why there is none. Pinned,
// hashed requirements whose wheel is stored are answered from the store and never asked of an index.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ops/hash_report.h"
#include "ops/resolution_memory.h"
#include "ops/sources.h"
#include "ops/target_view.h"
#include "ops/wanted.h"
#include "ops/wheels.h"
#include "pipit/fetch/index_provider.h"
#include "pipit/ops/options.h"
#include "pipit/ops/session.h"
#include "pipit/python/installed.h"
#include "pipit/resolve/solver.h"

namespace pipit::ops {

struct ChooseOptions {
  const ResolveOptions& resolve;
  resolve::UpgradeStrategy upgrade = resolve::UpgradeStrategy::to_satisfy_only;
  std::vector<python::InstalledDist> installed;   // empty: nothing is looked at
  std::vector<std::string> explain;
  bool from_store = true;                         // false: the archives themselves are wanted
  // Pinned and hashed wheels are brought in before solving, all at once (install only): their dependencies are then read from
  // what is to be installed.
  bool bring_pinned = false;
  bool full_metadata = false;                     // descriptions, too
  fetch::FetchListener* listener = nullptr;
};

struct Choice {
  model::Resolution resolution;
  std::map<std::string, packaging::Hashes> required;              // the user's digests by normalised name
  std::map<std::string, wheel::PreparedWheel> stored;             // chosen from the store, by normalised name
  std::vector<std::string> unpinned_without_version;              // names hash mode complains about
  HashReport report;                                              // problems seen so far (direct references)
};

class StoreFirst;
class ChoiceMemory;

class Chooser {
 public:
  Chooser(Session& session, const Wanted& wanted, const TargetView& view, Sources& sources, Wheels& wheels);
  ~Chooser();
  Result<Choice> choose(const ChooseOptions& options);
  // What was read of a candidate before its archive was here (sidecar), to be compared with the wheel.
  std::shared_ptr<const packaging::Metadata> metadata_read(const model::Candidate& candidate) const;
  // Does the target's Python suit what a wheel asks for? Fails in pip's words.
  Status check_python(const std::string& name, const std::string& requires_python) const;
  std::shared_ptr<const packaging::Metadata> read_metadata(const model::Candidate& candidate);  // now, if it was not read
  // What a report prints of it: as an earlier report did, if this choice is the one that it told of, or as `print` says. Lives as
  // long as the chooser. What is new is there for the next run after remember_printed().
  std::string_view printed_metadata(const model::Candidate& candidate, const std::function<std::string()>& print);
  void remember_printed() const;
  // Its metadata came from a file beside the archive: that file's size, 0 if it was cached.
  std::optional<std::uint64_t> sidecar_bytes(const model::Candidate& candidate) const;
  // Its archive was fetched for its metadata and is not the promised one: it was chosen blindly and must not be installed.
  std::optional<fetch::Mismatch> mismatch_seen(const model::Candidate& candidate) const;
  // Listed by an index with a public address: its file must not lead into a private network.
  bool is_from_public_index(const model::Candidate& candidate) const;
  // An archive that was fetched whole while choosing.
  std::optional<fetch::Archive> archive_at_hand(const model::Candidate& candidate) const;

 private:
  void get_ready_to_print(const model::Resolution& resolution);
  Status bring_pinned(StoreFirst& stored, const ChoiceMemory& memory, const Choice& choice, const ChooseOptions& options);
  Status open_direct_references(Choice& choice, std::vector<resolve::Root>& roots);
  void collect_hashes(Choice& choice) const;
  std::vector<resolve::Rule> rules(const std::vector<packaging::RequirementLine>& lines) const;
  Result<fetch::ProviderOptions> provider_options(const ResolveOptions& options, const Choice& choice);
  // The question that choosing answers, as a digest; nullopt if its answer must not be remembered.
  std::optional<std::string> question(const ChooseOptions& options, const resolve::SolverOptions& solver, const index::IndexOptions& index,
                                      const fetch::ProviderOptions& provider, const Choice& choice) const;

  Session& session_;
  const Wanted& wanted_;
  const TargetView& view_;
  Sources& sources_;
  Wheels& wheels_;
  bool full_metadata_ = false, ignore_requires_python_ = false;
  bool is_recalled_ = false, no_dependencies_ = false;  // is_recalled_: the provider was asked nothing
  ResolutionMemory answers_;
  std::optional<AnswerId> answer_;                      // what is remembered as this choice
  PrintedMetadata printed_;
  bool prints_anew_ = false;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// "name==1.0 from URL (from -r r.txt (line 1))", as pip describes a requirement in its reports.
std::string describe(const model::Resolved& resolved);

}  // namespace pipit::ops
