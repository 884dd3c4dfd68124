// Sources: everything that is not an index's wheel. Opens direct references (wheels, archives, trees), asks back ends for
// metadata, builds wheels of what was chosen, and remembers each archive, tree and answer so that nothing is done twice.
// Private to ops; used from the run's main thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipit/base/url.h"
#include "pipit/fetch/archive_fetcher.h"
#include "pipit/fetch/index_provider.h"
#include "pipit/ops/options.h"
#include "pipit/ops/session.h"
#include "pipit/packaging/requirements_file.h"
#include "ops/builds.h"
#include "ops/git_checkout.h"
#include "ops/target_view.h"
#include "ops/wheels.h"

namespace pipit::ops {

inline constexpr ErrorCode kUnsupportedWheel{"unsupported-wheel"};
inline constexpr ErrorCode kInconsistentMetadata{"inconsistent-metadata"};
inline constexpr ErrorCode kNotInstallable{"not-installable"};

// A direct reference the user named, as far as it could be opened.
struct Opened {
  model::Candidate candidate;
  std::optional<packaging::Metadata> metadata;     // absent if the bytes are not the promised ones
  std::optional<fetch::Mismatch> mismatch;
  packaging::Hashes computed;                      // of the archive, if it is one
  std::optional<std::uint64_t> size_bytes;         // of one that came over the network
};

class Sources final : public fetch::SourceHost {
 public:
  Sources(Session& session, const python::Interpreter& target, const TargetView& view, const ResolveOptions& options, const packaging::FileOptions& files,
          Wheels& wheels, fetch::FetchListener* listener);
  ~Sources() override;

  // `required`: the user's hashes (and those in the URL's fragment).
  Result<Opened> open(const packaging::RequirementLine& line, const packaging::Hashes& required);
  // The same for an archive that was fetched and checked already. `candidate`: its file, kind and subdirectory; a wheel's name.
  Result<Opened> take(model::Candidate candidate, const Url& url, const fetch::Archive& archive);
  // The user's digests by normalised name: what an archive fetched for its metadata must match.
  void set_archive_lookup(std::function<std::optional<fetch::Archive>(const model::Candidate&)> lookup) { lookup_ = std::move(lookup); }
  void set_required(std::map<std::string, packaging::Hashes> required) { required_ = std::move(required); }
  // --config-settings of requirement lines, by normalised name.
  void set_config_settings(std::map<std::string, ConfigSettings> settings) { config_settings_ = std::move(settings); }

  // The wheels of what will be chosen are wanted. What is named directly, or pinned, and is all that was asked for, is then
  // built when its metadata is needed. With several, wheels are built side by side once all are chosen.
  void build_at_once(const std::vector<packaging::RequirementLine>& requirements);

  Result<std::optional<packaging::Metadata>> known_metadata(const model::Candidate& candidate) override;
  Result<std::variant<packaging::Metadata, resolve::Unavailable>> build_metadata(const model::Candidate& candidate) override;
  Result<resolve::CandidateAnswer> direct(const packaging::Requirement& requirement, const model::Candidate* parent) override;

  void learn_metadata(const model::Candidate& candidate, packaging::Metadata metadata);
  // The archive of a candidate, if it is at hand already.
  const fetch::Archive* archive(const model::Candidate& candidate);
  void learn_archive(const model::Candidate& candidate, fetch::Archive archive);
  // Back ends that gave no metadata, by project; such a release is left out of the choice.
  const std::map<std::string, Error>& build_failures() const { return build_failures_; }
  // From now on no archive is fetched and no back end started to learn metadata.
  void stop_building() { may_build_ = false; }
  // The wheel that this sdist gave in an earlier run, unpacked, if the digests that are promised say which sdist it is; what
  // is promised then is what was checked.
  std::optional<wheel::PreparedWheel> built_before(const model::Candidate& candidate, const verify::Promise& promise);
  // The wheels of sdists, trees and checkouts, built side by side; the archives of sdists must be at hand.
  Result<std::vector<wheel::PreparedWheel>> build_wheels(const std::vector<const model::Candidate*>& candidates);
  // The same, left as files: `save` gets each, also those that were built beside one that was not.
  Status build_wheel_files(const std::vector<const model::Candidate*>& candidates, const std::function<Status(const std::filesystem::path&)>& save);

 private:
  struct Reference;  // a URL as the user gave it, with what the line says of it
  struct LineOfArchive {
    std::string name;  // normalised; empty if it says none
    ConfigSettings config_settings;
  };
  Result<Opened> open_url(const Reference& reference);
  Result<Opened> open_tree(const std::filesystem::path& root, const std::string& subdirectory, packaging::DirectUrl direct_url, const Reference& reference);
  Result<Opened> open_checkout(const Reference& reference);
  Result<Opened> open_archive(fetch::FetchItem item, const Url& url, const Reference& reference);
  Result<packaging::Metadata> archive_metadata(const model::Candidate& candidate, const fetch::Archive& archive);
  BuildOrder order_for(const model::Candidate& candidate, const fetch::Archive& archive);
  ConfigSettings settings_for(const model::Candidate& candidate) const;
  Result<std::vector<BuiltWheel>> build(const std::vector<const model::Candidate*>& candidates, const Builds::Built& tell_built = {});
  Status compare_metadata(const model::Candidate& candidate, const std::string& built);
  std::optional<BuiltWheel> remembered(const model::Candidate& candidate, const std::string& sdist_sha256);
  static Result<verify::Checked> check_bytes(const BuiltWheel& wheel);
  Status check_built(const model::Candidate& candidate, const std::filesystem::path& path);

  Session& session_;
  const python::Interpreter& target_;
  const TargetView& view_;
  const ResolveOptions& options_;
  const packaging::FileOptions& files_;
  Wheels& wheels_;
  fetch::FetchListener* listener_;
  std::map<std::string, packaging::Hashes> required_;
  std::function<std::optional<fetch::Archive>(const model::Candidate&)> lookup_;  // archives that choosing fetched
  std::map<std::string, fetch::Archive> archives_;                 // by URL
  std::map<std::string, packaging::Metadata> metadata_;            // by URL
  std::map<std::string, Opened> opened_;                           // by URL as asked for
  std::map<std::string, BuildOrder> trees_;                        // by URL
  std::map<std::string, ConfigSettings> config_settings_;          // by project
  std::map<std::string, LineOfArchive> lines_;                     // by order
  std::map<std::string, Error> build_failures_;
  bool may_build_ = true;
  std::optional<std::string> at_once_;                             // normalised name; empty: a direct reference
  Builds builds_;
};

}  // namespace pipit::ops
