#include "pipit/ops/download.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "ops/choose.h"
#include "ops/gather.h"
#include "ops/place.h"
#include "ops/sources.h"
#include "ops/target_view.h"
#include "ops/telling.h"
#include "ops/wanted.h"
#include "ops/wheels.h"
#include "pipit/base/url.h"
#include "pipit/install/plan.h"
#include "pipit/packaging/pylock.h"
#include "pipit/sys/file.h"

namespace pipit::ops {

namespace {

bool is_archive(const model::Candidate& candidate) {
  return candidate.kind == model::CandidateKind::wheel || candidate.kind == model::CandidateKind::sdist;
}

// A name that comes from a URL must stay in the directory.
Status check_file_name(const std::string& name) {
  if (!name.empty() && name[0] != '.' && name.find('/') == std::string::npos && name.find('\0') == std::string::npos) return ok();
  return fail(make_error(kBadFileName, fmt::format("`{}` cannot be the name of a downloaded file", name)));
}

// One run of download or wheel: everything is at hand in `sources` when saving begins.
class Fetching {
 public:
  Fetching(const DownloadOptions& options, std::string verb, Session& session)
      : options_(options), verb_(std::move(verb)), session_(session), listener_(session.reporter()),
        directory_((session.options().current_directory / options.directory).lexically_normal()) {}

  Status run() {
    InstallOptions as_install;
    as_install.resolve = options_.resolve;
    as_install.dry_run = true;  // nothing goes into an environment: only the rule about builds counts
    PIPIT_CHECK(refuse_foreign_target(as_install));
    PIPIT_TRY(const python::Interpreter* target, session_.target());
    PIPIT_TRY(view_, view_target(*target, options_.resolve.foreign));
    PIPIT_TRY(wanted_, read_wanted(options_.resolve, view_->markers, verb_, session_));
    if (verb_ == "wheel")
      for (packaging::RequirementLine& line : wanted_->requirements) line.editable = false;  // a wheel of it is a plain one
    PIPIT_TRY(wheels_, Wheels::open(session_, options_.resolve.allowances));
    sources_.emplace(session_, *target, *view_, options_.resolve, wanted_->options, *wheels_, &listener_);
    if (verb_ == "wheel") sources_->build_at_once(wanted_->requirements);
    chooser_.emplace(session_, *wanted_, *view_, *sources_, *wheels_);
    ChooseOptions choosing{options_.resolve, resolve::UpgradeStrategy::eager, {}, {}, false};
    session_.reporter().phase("Resolving");
    PIPIT_TRY(choice_, chooser_->choose(choosing));
    install::PlanOptions planning;
    planning.only_dependencies = options_.resolve.only_deps;
    plan_ = install::make_plan(choice_->resolution, {}, planning);
    if (verb_ != "lock") {
      PIPIT_CHECK(sys::make_directories(directory_));
      for (const install::PlannedProject* project : plan_->changes()) PIPIT_CHECK(adopt_present_file(project->resolved.candidate));
    }
    std::vector<Discovered> discovered;
    if (session_.reporter().hears_info()) discovered = discovery_order(choice_->resolution, wanted_->requirements);
    announce({discovered, *plan_, {}, [this](const auto& candidate) { return chooser_->sidecar_bytes(candidate); },
              [](const auto&) { return false; }, nullptr, [this](const auto& candidate) { return present(candidate); }}, session_);
    return gather_archives(plan_->changes(), *wanted_, *choice_, *chooser_, *sources_, *wheels_, session_, listener_);
  }

  // What was asked for comes first, in the order asked (pip pins in that order), then what that needs.
  std::vector<const model::Resolved*> projects() const {
    std::vector<const model::Resolved*> resolved;
    for (const install::PlannedProject* project : plan_->changes()) resolved.push_back(&project->resolved);
    auto place = [&](const model::Resolved* item) {
      return std::find_if(wanted_->requirements.begin(), wanted_->requirements.end(), [&](const packaging::RequirementLine& line) {
        return line.requirement && line.requirement->normalized_name() == item->candidate.name;
      });
    };
    std::stable_sort(resolved.begin(), resolved.end(), [&](const auto* a, const auto* b) { return place(a) < place(b); });
    return resolved;
  }

  Status save_archive(const model::Candidate& candidate) {
    const fetch::Archive* archive = sources_->archive(candidate);
    if (!is_archive(candidate) || !archive) return ok();  // trees stay where they are, as with pip
    PIPIT_CHECK(check_file_name(candidate.file.filename));
    const std::filesystem::path path = directory_ / candidate.file.filename;
    if (archive->path == path || adopted(candidate)) return ok();
    return save(archive->path, path);
  }

  packaging::LockedPackage lock_entry(const model::Resolved& resolved) {
    const model::Candidate& candidate = resolved.candidate;
    packaging::LockedPackage package;
    package.name = candidate.name;
    auto relative = [&](const std::filesystem::path& path) { return path.lexically_relative(directory_).generic_string(); };
    if (const auto* vcs = candidate.direct_url ? std::get_if<packaging::VcsInfo>(&candidate.direct_url->info) : nullptr) {
      auto address = Url::parse(candidate.direct_url->url);
      package.vcs = packaging::LockedVcs{vcs->vcs, address ? address->without_credentials() : candidate.direct_url->url, {}, vcs->requested_revision.value_or(""), vcs->commit_id, candidate.direct_url->subdirectory.value_or("")};
      return package;
    }
    if (!is_archive(candidate)) {
      auto url = candidate.direct_url ? Url::parse(candidate.direct_url->url) : Result<Url>(fail(make_error(kInternalError, "no URL")));
      auto path = url ? url->to_path() : Result<std::string>(fail(std::move(url).error()));
      package.directory.emplace();
      package.directory->path = path ? relative(*path) : "";
      package.directory->editable = candidate.editable ? std::optional(true) : std::nullopt;
      package.directory->subdirectory = candidate.subdirectory;
      return package;
    }
    package.version_text = candidate.version.str();
    package.version = candidate.version;
    packaging::LockedFile file;
    if (const fetch::Archive* archive = sources_->archive(candidate)) file.hashes = {{"sha256", archive->checked.sha256_hex()}};
    auto url = Url::parse(candidate.file.url);
    auto path = url ? url->to_path() : Result<std::string>(fail(make_error(kInternalError, "no URL")));
    if (path) {
      file.path = relative(*path);
    } else if (url) {
      file.url = url->without_credentials();
    }
    if (candidate.direct_url) {
      file.subdirectory = candidate.subdirectory;
      package.archive = std::move(file);
      return package;
    }
    file.name = candidate.file.filename;
    if (candidate.kind == model::CandidateKind::wheel) {
      package.wheels.push_back(std::move(file));
    } else {
      package.sdist = std::move(file);
    }
    return package;
  }

  // Builds what is no wheel and saves it. What could be built is saved, although something else could not.
  Status save_built(const std::vector<const model::Candidate*>& candidates) {
    PIPIT_CHECK(session_.check_cancelled());
    return sources_->build_wheel_files(candidates, [this](const std::filesystem::path& path) { return copy(path, directory_ / path.filename()); });
  }

 private:
  std::optional<Present> present(const model::Candidate& candidate) const {
    const auto found = present_.find(candidate.file.filename);
    return found == present_.end() ? std::nullopt : std::optional(found->second);
  }
  bool adopted(const model::Candidate& candidate) const {
    const auto file = present(candidate);
    return file && file->adopted;
  }

  // What is there already under this name is used if its bytes are the promised ones. Without any promise pip trusts it,
  // and so does this: it is what a digest is for.
  Status adopt_present_file(const model::Candidate& candidate) {
    if (!is_archive(candidate)) return ok();
    PIPIT_CHECK(check_file_name(candidate.file.filename));
    const std::filesystem::path path = directory_ / candidate.file.filename;
    if (!sys::is_regular_file(path)) return ok();
    present_.emplace(candidate.file.filename, Present{path, false});
    verify::Promise promise{{}, candidate.file.hashes};
    if (auto required = choice_->required.find(candidate.name); required != choice_->required.end()) promise.required = required->second;
    const fetch::Archive* at_hand = sources_->archive(candidate);
    if (at_hand) promise = {{at_hand->checked.digests().front()}, {}};
    std::vector<std::string> algorithms;
    for (const auto* hashes : {&promise.required, &promise.advertised})
      for (const packaging::Hash& hash : *hashes) algorithms.push_back(hash.algorithm);
    PIPIT_TRY(const sys::MappedFile bytes, sys::MappedFile::open(path));
    verify::Hasher hasher(algorithms);
    PIPIT_CHECK(hasher.write(bytes.bytes()));
    auto checked = verify::check(hasher.finish(), promise, candidate.file.filename);
    if (!checked) {
      session_.reporter().warn("", fmt::format("Previously-downloaded file {} has bad hash. Re-downloading.", path.string()));
      return ok();
    }
    present_.at(candidate.file.filename).adopted = true;
    if (!at_hand) sources_->learn_archive(candidate, {path, std::move(*checked)});
    return ok();
  }

  Status copy(const std::filesystem::path& from, const std::filesystem::path& to) {
    PIPIT_TRY(const sys::MappedFile bytes, sys::MappedFile::open(from));
    return sys::replace_file(session_.os(), to, bytes.text());
  }
  Status save(const std::filesystem::path& from, const std::filesystem::path& path) {
    PIPIT_CHECK(copy(from, path));
    session_.reporter().info("Saved " + shown_path(path, session_));
    return ok();
  }

  const DownloadOptions& options_;
  std::string verb_;
  Session& session_;
  FetchForwarder listener_;
  std::filesystem::path directory_;
  std::optional<TargetView> view_;
  std::optional<Wanted> wanted_;
  std::unique_ptr<Wheels> wheels_;
  std::optional<Sources> sources_;
  std::optional<Chooser> chooser_;
  std::optional<Choice> choice_;
  std::optional<install::Plan> plan_;
  std::map<std::string, Present> present_;  // by file name
};

}  // namespace

Result<std::vector<std::string>> download(const DownloadOptions& options, Session& session) {
  Fetching fetching(options, "download", session);
  PIPIT_CHECK(fetching.run());
  std::vector<std::string> names;
  for (const model::Resolved* resolved : fetching.projects()) {
    PIPIT_CHECK(fetching.save_archive(resolved->candidate));
    names.push_back(spelled(*resolved));
  }
  return names;
}

Result<std::string> lock(const DownloadOptions& options, Session& session) {
  Fetching fetching(options, "lock", session);
  PIPIT_CHECK(fetching.run());
  packaging::Pylock lock;
  lock.created_by = "pipit";
  for (const model::Resolved* resolved : fetching.projects()) lock.packages.push_back(fetching.lock_entry(*resolved));
  std::sort(lock.packages.begin(), lock.packages.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return lock.print();
}

Status make_wheels(const DownloadOptions& options, Session& session) {
  Fetching fetching(options, "wheel", session);
  PIPIT_CHECK(fetching.run());
  std::vector<const model::Candidate*> sources;
  for (const model::Resolved* resolved : fetching.projects()) {
    if (resolved->candidate.kind == model::CandidateKind::wheel) {
      PIPIT_CHECK(fetching.save_archive(resolved->candidate));
      continue;
    }
    sources.push_back(&resolved->candidate);
  }
  Status saved = fetching.save_built(sources);
  if (!saved && saved.error().code == build::kBuildFailed) {
    Error problems = make_pip_error(kWheelsNotBuilt, "Failed to build one or more wheels");
    for (Error& other : saved.error().also)
      if (other.code != kWheelsFailed) problems.also.push_back(std::move(other));
    saved.error().also.clear();
    problems.also.insert(problems.also.begin(), std::move(saved).error());
    return fail(std::move(problems));
  }
  return saved;
}

}  // namespace pipit::ops
