#include "pipit/fetch/index_provider.h"

#include <fmt/format.h>

#include <algorithm>

#include "fetch/remote_metadata.h"
#include "fetch/scout.h"
#include "pipit/archive/reader.h"
#include "pipit/archive/source_archive.h"
#include "pipit/archive/zip_directory.h"
#include "pipit/base/text.h"
#include "pipit/fetch/archive_fetcher.h"
#include "pipit/packaging/name.h"
#include "pipit/sys/dir.h"
#include "pipit/sys/file.h"

namespace pipit::fetch {
namespace {

using resolve::Unavailable;
using resolve::UnavailableKind;
using MetadataPtr = std::shared_ptr<const packaging::Metadata>;
// What is known of a candidate: its metadata, or why it cannot be used.
using Known = std::variant<MetadataPtr, Unavailable>;

constexpr std::uint64_t kMetadataMax = 64u << 20;

Unavailable unavailable(UnavailableKind kind, std::string reason) {
  Unavailable out;
  out.kind = kind;
  out.reason = std::move(reason);
  return out;
}

bool is_archive(const model::Candidate& candidate) {
  return candidate.kind == model::CandidateKind::wheel || candidate.kind == model::CandidateKind::sdist;
}

// One candidate is one file; what has none is known by its name.
std::string key_of(const model::Candidate& candidate) {
  if (!candidate.file.url.empty()) return candidate.file.url + (candidate.subdirectory.empty() ? "" : "#" + candidate.subdirectory);
  return candidate.name + "==" + candidate.version.str();
}

// METADATA must be about the file it came with (M9, M10), else a name could be smuggled in.
std::optional<Unavailable> check_identity(const packaging::Metadata& metadata, const model::Candidate& candidate) {
  if (packaging::normalize_name(metadata.name) != candidate.name)
    return unavailable(UnavailableKind::bad_metadata, fmt::format("its metadata is about `{}`", escape_for_terminal(metadata.name)));
  if (candidate.direct_url) return std::nullopt;  // the version comes from the metadata there
  if (metadata.version != candidate.version && metadata.version.without_local() != candidate.version)
    return unavailable(UnavailableKind::bad_metadata, fmt::format("its metadata is about version {}", metadata.version.str()));
  return std::nullopt;
}

}  // namespace

struct IndexProvider::State {
  struct Project {
    index::Candidates candidates;
  };

  State(ProviderOptions given, index::IndexClient& index_client, std::function<Result<net::HttpClient*>()> http_source, sys::Executor& work, SourceHost& above)
      : options(std::move(given)), client(index_client), make_http(std::move(http_source)), executor(work), host(above), finder(options.finder), cache(options.cache_directory, options.with_descriptions ? MetadataCache::Part::whole : MetadataCache::Part::header),
        remote(std::make_shared<RemoteMetadata>(work, index_client.memory(), cache)) {}

  index::IndexClient::Question question(const std::string& name) const;
  Result<Project*> project(const std::string& name);
  Result<Project> look_up(const std::string& name);
  void log_rejected(const std::string& name, const index::Candidates& candidates) const;
  void log_digests(const std::string& name, const index::Candidates& candidates, const index::Wanted& wishes) const;

  Result<Known> metadata_of(const model::Candidate& candidate);
  Result<Known> read_metadata(const model::Candidate& candidate);
  Result<Known> from_server(const model::Candidate& candidate);
  Result<Known> from_whole_archive(const model::Candidate& candidate);
  Result<Known> from_wheel(const model::Candidate& candidate, const Archive& archive);
  Result<Known> from_sdist(const model::Candidate& candidate, const Archive& archive);
  Result<Known> built(const model::Candidate& candidate);
  Result<Known> judged(const model::Candidate& candidate, std::string_view text);
  Result<Known> judged(const model::Candidate& candidate, MetadataPtr read);
  void start_scout();
  void start_remote(const model::Candidate& candidate);
  bool may_ask_server(const model::Candidate& candidate) const { return can_tell_metadata(candidate) && !options.whole_archive_only.contains(candidate.name); }

  ProviderOptions options;
  index::IndexClient& client;
  std::function<Result<net::HttpClient*>()> make_http;
  sys::Executor& executor;
  SourceHost& host;
  index::CandidateFinder finder;
  MetadataCache cache;
  std::shared_ptr<RemoteMetadata> remote;
  std::shared_ptr<Scout> scout;  // from the first prefetch on
  std::map<std::string, std::uint64_t> sidecars;
  sys::TempDir scratch;  // archives that had to be fetched whole
  std::map<std::string, Project> projects;
  std::map<std::string, std::shared_ptr<const index::ProjectListing>> listings;
  std::map<std::string, Known> metadata;
  std::map<std::string, Archive> archives;
  std::map<std::string, Mismatch> mismatches;
  Diagnostics diagnostics;
  bool rests_on_pages = true;  // see bases()
};

index::IndexClient::Question IndexProvider::State::question(const std::string& name) const {
  const auto pin = options.pinned.find(name);
  return {name, pin == options.pinned.end() ? std::nullopt : std::optional(pin->second)};
}

Result<IndexProvider::State::Project> IndexProvider::State::look_up(const std::string& name) {
  const auto wanted = options.wanted.find(name);
  const index::Wanted none;
  const index::Wanted& wishes = wanted == options.wanted.end() ? none : wanted->second;
  const index::IndexClient::Question asked = question(name);
  PIPIT_TRY(auto listing, client.get(asked));
  Project found{finder.find(name, listing->pages, wishes)};
  const bool any_usable = std::any_of(found.candidates.releases.begin(), found.candidates.releases.end(), [](const index::Release& release) { return !release.files.empty(); });
  // The release's own document has nothing for us: the whole list may, and if not it is what the explanation is about.
  if (asked.pinned && listing->is_pinned_release && !any_usable) {
    diagnostics.merge(listing->diagnostics);
    rests_on_pages = false;
    PIPIT_TRY(listing, client.get({name, std::nullopt}));
    found.candidates = finder.find(name, listing->pages, wishes);
  }
  diagnostics.merge(listing->diagnostics);
  listings[name] = std::move(listing);
  log_rejected(name, found.candidates);
  log_digests(name, found.candidates, wishes);
  return found;
}

void IndexProvider::State::log_rejected(const std::string& name, const index::Candidates& candidates) const {
  if (!options.on_debug) return;
  const auto log = [&](const index::RejectedFile& file) {
    options.on_debug(fmt::format("Skipping link: {}: {}", escape_for_terminal(candidates.reason(file)), escape_for_terminal(candidates.dist_file(file).url)));
  };
  options.on_debug(fmt::format("Looking for files of {}", name));
  for (const index::RejectedFile& file : candidates.strays) log(file);
  for (const index::Release& release : candidates.releases)
    for (const index::RejectedFile& file : release.rejected) log(file);
}

// pip's sentence on what the demanded digests left of a project's files; scripts look for it.
void IndexProvider::State::log_digests(const std::string& name, const index::Candidates& candidates, const index::Wanted& wishes) const {
  if (!options.on_debug || wishes.hashes.empty()) return;
  std::size_t wanted = 0, unknown = 0, discarded = 0;
  std::string list;
  for (const index::Release& release : candidates.releases) {
    if (!wishes.specifiers.contains(release.version, release.text, packaging::Prereleases::allow)) continue;
    for (const index::UsableFile& file : release.files) ++(file.digest_is_wanted ? wanted : unknown);
    for (const index::RejectedFile& file : release.rejected) {
      if (file.why != index::Rejection::unwanted_digest) continue;
      ++discarded;
      list += "\n  " + escape_for_terminal(candidates.dist_file(file).url);
    }
  }
  if (wanted == 0) return;  // then all stay, so that the mismatch can be shown
  options.on_debug(fmt::format("Checked {} links for project '{}' against {} hashes ({} matches, {} no digest): discarding {}", wanted + unknown + discarded,
                               escape_for_terminal(name), wishes.hashes.size(), wanted, unknown, discarded == 0 ? "no candidates" : fmt::format("{} non-matches:{}", discarded, list)));
}

Result<IndexProvider::State::Project*> IndexProvider::State::project(const std::string& name) {
  const auto known = projects.find(name);
  if (known != projects.end()) return &known->second;
  PIPIT_TRY(Project found, look_up(name));
  return &projects.emplace(name, std::move(found)).first->second;
}

namespace {

// Why a release without usable files cannot be used: the sentence is the finder's.
Unavailable why_unusable(const index::Candidates& candidates, const index::Release& release) {
  Unavailable out = unavailable(UnavailableKind::no_usable_file, candidates.reason(release));
  out.requires_python = candidates.requires_python(release);
  if (!out.requires_python.empty()) out.kind = UnavailableKind::requires_python;
  return out;
}

std::optional<Unavailable> why_missing(const index::ProjectListing& listing, const index::Candidates& candidates) {
  if (candidates.status == index::ProjectStatus::quarantined) {
    const std::string why = candidates.status_reason.empty() ? std::string() : ": " + escape_for_terminal(candidates.status_reason);
    return unavailable(UnavailableKind::quarantined, "its index has put it into quarantine" + why);
  }
  if (!candidates.releases.empty()) return std::nullopt;
  if (listing.missing_offline) return unavailable(UnavailableKind::offline, "it is not in the cache, and the network may not be used");
  if (!listing.is_known) return unavailable(UnavailableKind::no_project, "no index or directory that was asked knows it");
  return unavailable(UnavailableKind::no_usable_file, "its page lists no file whose name tells a version");
}

}  // namespace

namespace {

// "1.26.0" is its own normal form: plain numbers and dots, as nearly all versions are written. Quicker told than printed.
bool is_plain_version(std::string_view text) {
  bool at_start = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' ? at_start : c < '0' || c > '9') return false;
    if (at_start && c == '0' && i + 1 < text.size() && text[i + 1] != '.') return false;
    at_start = c == '.';
  }
  return !at_start;
}

}  // namespace

Result<resolve::Listing> IndexProvider::versions(const std::string& name) {
  PIPIT_TRY(State::Project * project, state_->project(name));
  resolve::Listing listing;
  listing.versions.reserve(project->candidates.releases.size());
  for (std::size_t i = 0; i < project->candidates.releases.size(); ++i) {
    const index::Release& release = project->candidates.releases[i];
    resolve::Listed listed;
    listed.version = release.version;
    if (!is_plain_version(release.text) && release.text != release.version.str()) listed.text = release.text;
    listed.yanked = release.is_yanked();
    if (release.files.empty()) listed.unavailable = why_unusable(project->candidates, release);
    listed.handle = static_cast<std::uint32_t>(i);
    listing.versions.push_back(std::move(listed));
  }
  listing.missing = why_missing(*state_->listings[name], project->candidates);
  return listing;
}

Result<resolve::CandidateAnswer> IndexProvider::candidate(const std::string& name, const resolve::Listed& listed) {
  PIPIT_TRY(State::Project * project, state_->project(name));
  if (listed.handle >= project->candidates.releases.size()) return resolve::CandidateAnswer(unavailable(UnavailableKind::other, "it is not listed"));
  const index::Release& release = project->candidates.releases[listed.handle];
  if (release.files.empty()) return resolve::CandidateAnswer(why_unusable(project->candidates, release));
  return resolve::CandidateAnswer(project->candidates.candidate(release.files.front()));
}

Result<resolve::CandidateAnswer> IndexProvider::direct(const packaging::Requirement& requirement, const model::Candidate* parent) {
  state_->rests_on_pages = false;
  return state_->host.direct(requirement, parent);
}

void IndexProvider::State::start_remote(const model::Candidate& candidate) {
  if (!may_ask_server(candidate) || options.no_dependencies) return;
  const Result<net::HttpClient*> http = make_http();
  if (http) remote->start(**http, candidate, client.is_public(candidate.file.source));
}

// Metadata is on its way as soon as a listing is there, not only when the solver comes to it: else each project would cost the
// solver one round trip after the other.
void IndexProvider::State::start_scout() {
  if (scout || options.no_dependencies) return;
  const Result<net::HttpClient*> http = make_http();
  if (!http) return;
  scout = std::make_shared<Scout>(options.finder, options.whole_archive_only, remote, **http);
  client.on_listing([scout = scout](const index::ProjectListing& listing) { scout->look_at(listing); });
}

void IndexProvider::prefetch(std::span<const resolve::Hint> hints) {
  state_->start_scout();
  std::vector<index::IndexClient::Question> questions;
  for (const resolve::Hint& hint : hints) {
    const std::string name(hint.name);
    if (!hint.listed) {
      if (hint.requirement && state_->scout) state_->scout->note(name, hint.requirement->specifiers);
      questions.push_back(state_->question(name));
      continue;
    }
    const auto project = state_->projects.find(name);
    if (project == state_->projects.end() || hint.listed->handle >= project->second.candidates.releases.size()) continue;
    const index::Release& release = project->second.candidates.releases[hint.listed->handle];
    if (!release.files.empty()) state_->start_remote(project->second.candidates.candidate(release.files.front()));
  }
  state_->client.prefetch(questions);
}

Result<Known> IndexProvider::State::metadata_of(const model::Candidate& candidate) {
  const std::string key = key_of(candidate);
  if (const auto known = metadata.find(key); known != metadata.end()) return known->second;
  PIPIT_TRY(Known found, read_metadata(candidate));
  return metadata.emplace(key, std::move(found)).first->second;
}

Result<Known> IndexProvider::State::read_metadata(const model::Candidate& candidate) {
  PIPIT_TRY(std::optional<packaging::Metadata> at_hand, host.known_metadata(candidate));
  rests_on_pages = rests_on_pages && !at_hand && is_archive(candidate) && may_ask_server(candidate) && !candidate.file.hashes.empty();
  if (at_hand) return Known(std::make_shared<const packaging::Metadata>(std::move(*at_hand)));
  if (!is_archive(candidate)) return built(candidate);
  return may_ask_server(candidate) ? from_server(candidate) : from_whole_archive(candidate);
}

Result<Known> IndexProvider::State::from_server(const model::Candidate& candidate) {
  PIPIT_TRY(net::HttpClient * http, make_http());
  remote->start(*http, candidate, client.is_public(candidate.file.source));
  const std::shared_ptr<const FoundMetadata> found = remote->wait(candidate);
  if (found->error) {
    Error error = *found->error;
    return fail(std::move(error).while_(fmt::format("reading the metadata of {}", candidate.file.filename)));
  }
  rests_on_pages = rests_on_pages && !found->is_offline;
  if (found->is_offline) return Known(unavailable(UnavailableKind::offline, "its metadata is not in the cache, and the network may not be used"));
  if (found->source == MetadataSource::none) return from_whole_archive(candidate);
  if (candidate.file.core_metadata) sidecars[key_of(candidate)] = found->source == MetadataSource::sidecar ? found->text.size() : 0;
  PIPIT_TRY(Known known, found->metadata ? judged(candidate, found->metadata) : judged(candidate, found->text));
  // The sidecar of an sdist binds only where its fields are static (PEP 643).
  const auto* metadata_read = std::get_if<MetadataPtr>(&known);
  if (candidate.kind == model::CandidateKind::sdist && metadata_read && !(*metadata_read)->dependencies_are_static()) return from_whole_archive(candidate);
  return known;
}

Result<Known> IndexProvider::State::from_whole_archive(const model::Candidate& candidate) {
  rests_on_pages = false;
  if (candidate.kind == model::CandidateKind::sdist && candidate.direct_url) return built(candidate);  // the host has its tree
  if (const auto text = cache.find(candidate.file); text && !options.whole_archive_only.contains(candidate.name)) {
    PIPIT_TRY(Known kept, judged(candidate, *text));
    const auto* read = std::get_if<MetadataPtr>(&kept);
    if (candidate.kind == model::CandidateKind::wheel || (read && (*read)->dependencies_are_static())) return kept;
  }
  if (scratch.path().empty()) {
    PIPIT_TRY(const std::filesystem::path place, options.scratch ? options.scratch() : Result<std::filesystem::path>(std::filesystem::path()));
    PIPIT_TRY(scratch, sys::TempDir::create(place, "pipit-metadata-"));
  }
  FetchItem item{candidate, {{}, candidate.file.hashes}, client.is_public(candidate.file.source)};
  if (const auto wanted = options.wanted.find(candidate.name); wanted != options.wanted.end()) item.promise.required = wanted->second.hashes;
  std::vector<Result<Arrival>> arrivals = ArchiveFetcher(make_http, scratch.path(), executor, nullptr).fetch({item}, [](std::size_t, const Archive&) {}, {});
  if (!arrivals.front()) {
    if (arrivals.front().error().code == net::kOffline)
      return Known(unavailable(UnavailableKind::offline, "its file is not in the cache, and the network may not be used"));
    if (arrivals.front().error().code == net::kHttpStatus) return Known(unavailable(UnavailableKind::other, "its file cannot be downloaded: " + arrivals.front().error().message));
    return fail(std::move(arrivals.front()).error());
  }
  if (auto* mismatch = std::get_if<Mismatch>(&*arrivals.front())) {
    mismatches.emplace(key_of(candidate), std::move(*mismatch));
    return Known(std::make_shared<const packaging::Metadata>());  // nothing of it is believed
  }
  const Archive& archive = archives.emplace(key_of(candidate), std::get<Archive>(*arrivals.front())).first->second;
  return candidate.kind == model::CandidateKind::wheel ? from_wheel(candidate, archive) : from_sdist(candidate, archive);
}

Result<Known> IndexProvider::State::from_wheel(const model::Candidate& candidate, const Archive& archive) {
  PIPIT_TRY(sys::MappedFile mapped, sys::MappedFile::open(archive.path));
  // An archive that breaks the rules of its format ends the run with its id, as it would at installing it: passing over it
  // to an older release would hide it.
  PIPIT_TRY(const archive::ZipDirectory directory, archive::ZipDirectory::read(mapped.bytes(), candidate.file.filename));
  const archive::ZipMember* member = find_metadata(directory.members(), candidate.name);
  if (!member) return Known(unavailable(UnavailableKind::bad_metadata, "its wheel has no METADATA, or more than one"));
  PIPIT_TRY(const std::string text, archive::read_member(mapped.bytes(), directory, *member, kMetadataMax));
  cache.keep(candidate.file, text);
  return judged(candidate, text);
}

Result<Known> IndexProvider::State::from_sdist(const model::Candidate& candidate, const Archive& archive) {
  PIPIT_TRY(sys::MappedFile mapped, sys::MappedFile::open(archive.path));
  PIPIT_TRY(sys::TempDir tree, sys::TempDir::create(scratch.path(), "tree-"));
  PIPIT_TRY(sys::Dir directory, sys::Dir::open(sys::real_os(), tree.path()));
  PIPIT_CHECK(archive::unpack_source(mapped.bytes(), candidate.file.filename, directory));
  const Result<std::string> text = directory.read_file("PKG-INFO", kMetadataMax);
  const Result<packaging::Metadata> info = text ? packaging::Metadata::parse(*text) : Result<packaging::Metadata>(fail(text.error()));
  if (!info || !info->dependencies_are_static()) return built(candidate);
  cache.keep(candidate.file, *text);
  return judged(candidate, *text);
}

Result<Known> IndexProvider::State::built(const model::Candidate& candidate) {
  PIPIT_TRY(auto answer, host.build_metadata(candidate));
  if (auto* reason = std::get_if<Unavailable>(&answer)) return Known(std::move(*reason));
  auto made = std::make_shared<const packaging::Metadata>(std::get<packaging::Metadata>(std::move(answer)));
  if (auto wrong = check_identity(*made, candidate)) return Known(std::move(*wrong));
  return Known(std::move(made));
}

Result<Known> IndexProvider::State::judged(const model::Candidate& candidate, std::string_view text) {
  Result<packaging::Metadata> parsed = packaging::Metadata::parse(text);
  if (!parsed) {
    diagnostics.warn("invalid-metadata", fmt::format("Ignoring version {} of {} since it has invalid metadata:\n{}", candidate.version_text, candidate.name, parsed.error().message));
    return Known(unavailable(UnavailableKind::bad_metadata, "its metadata is invalid: " + parsed.error().message));
  }
  return judged(candidate, std::make_shared<const packaging::Metadata>(std::move(*parsed)));
}

Result<Known> IndexProvider::State::judged(const model::Candidate& candidate, MetadataPtr read) {
  if (auto wrong = check_identity(*read, candidate)) return Known(std::move(*wrong));
  return Known(std::move(read));
}

namespace {

// Requires-Dist that hold in the target with this one extra asked for.
Result<resolve::DependencyAnswer> dependencies_in(const packaging::Metadata& metadata, const packaging::MarkerEnvironment& environment, const std::string& extra) {
  packaging::MarkerExtras extras;
  if (!extra.empty()) extras.extras = {extra};
  resolve::Dependencies out;
  for (const packaging::Requirement& requirement : metadata.requires_dist) {
    if (requirement.marker) {
      const Result<bool> holds = requirement.marker->evaluate(environment, extras);
      if (!holds) return resolve::DependencyAnswer(unavailable(UnavailableKind::bad_metadata, fmt::format("the marker of `{}` cannot be evaluated: {}", requirement.str(), holds.error().message)));
      if (!*holds) continue;
    }
    out.requirements.push_back(requirement);
  }
  out.provides_extra = extra.empty() || std::find(metadata.provides_extra.begin(), metadata.provides_extra.end(), extra) != metadata.provides_extra.end();
  return resolve::DependencyAnswer(std::move(out));
}

}  // namespace

Result<resolve::DependencyAnswer> IndexProvider::dependencies(const model::Candidate& candidate, const std::string& extra) {
  if (state_->options.no_dependencies) return resolve::DependencyAnswer(resolve::Dependencies{});
  PIPIT_TRY(const Known known, state_->metadata_of(candidate));
  if (const auto* reason = std::get_if<Unavailable>(&known)) return resolve::DependencyAnswer(*reason);
  if (mismatch_seen(candidate)) {
    resolve::Dependencies nothing;
    nothing.provides_extra = true;
    return resolve::DependencyAnswer(std::move(nothing));
  }
  const packaging::Metadata& metadata = *std::get<MetadataPtr>(known);
  const packaging::Version& python = state_->options.finder.python_version;
  if (candidate.kind != model::CandidateKind::installed && metadata.requires_python && !state_->options.ignore_requires_python &&
      !packaging::requires_python_admits(*metadata.requires_python, python))
  {
    Unavailable out = unavailable(UnavailableKind::requires_python, fmt::format("it needs Python {}, the target has {}", escape_for_terminal(*metadata.requires_python), python.str()));
    out.requires_python = *metadata.requires_python;
    out.refusing_python = python.str();
    return resolve::DependencyAnswer(std::move(out));
  }
  return dependencies_in(metadata, state_->options.markers, extra);
}

std::optional<std::vector<index::IndexClient::Basis>> IndexProvider::bases() const {
  if (!state_->rests_on_pages || !state_->diagnostics.items().empty()) return std::nullopt;
  std::vector<index::IndexClient::Basis> all;
  for (const auto& [name, listing] : state_->listings) {
    auto basis = state_->client.basis(state_->question(name));
    if (!basis) return std::nullopt;
    all.push_back(std::move(*basis));
  }
  return all;
}

void IndexProvider::read_ahead(std::span<const model::Candidate* const> candidates) {
  for (const model::Candidate* candidate : candidates) state_->start_remote(*candidate);
}

Diagnostics IndexProvider::take_diagnostics() { return std::exchange(state_->diagnostics, {}); }

std::shared_ptr<const packaging::Metadata> IndexProvider::metadata_read(const model::Candidate& candidate) const {
  const auto known = state_->metadata.find(key_of(candidate));
  if (known == state_->metadata.end() || !std::holds_alternative<MetadataPtr>(known->second) || mismatch_seen(candidate)) return nullptr;
  return std::get<MetadataPtr>(known->second);
}

std::shared_ptr<const packaging::Metadata> IndexProvider::read_metadata(const model::Candidate& candidate) {
  const auto known = state_->metadata_of(candidate);
  if (!known || !std::holds_alternative<MetadataPtr>(*known)) return nullptr;
  return std::get<MetadataPtr>(*known);
}

bool IndexProvider::is_from_public_index(const model::Candidate& candidate) const {
  return !candidate.direct_url && state_->client.is_public(candidate.file.source);
}

std::optional<std::string> IndexProvider::late_addition(const model::Candidate& candidate) const {
  constexpr auto kLate = std::chrono::days(14);  // what a release's maker may need for building all its files; the index's own rule
  const auto project = state_->projects.find(candidate.name);
  const auto uploaded = index::parse_time(candidate.file.upload_time.value_or(""));
  if (project == state_->projects.end() || !uploaded) return std::nullopt;
  const std::optional<index::TimePoint> first = project->second.candidates.first_upload(candidate.version);
  if (!first || *uploaded - *first < kLate) return std::nullopt;
  return fmt::format("{} was added {} days after the first file of {} {}. If that release is not meant to get new files, somebody else may have added it.",
                     candidate.file.filename, std::chrono::duration_cast<std::chrono::days>(*uploaded - *first).count(), candidate.name, candidate.version_text);
}

std::optional<std::uint64_t> IndexProvider::sidecar_bytes(const model::Candidate& candidate) const {
  const auto known = state_->sidecars.find(key_of(candidate));
  return known == state_->sidecars.end() || archive_at_hand(candidate) ? std::nullopt : std::optional(known->second);
}

std::optional<Archive> IndexProvider::archive_at_hand(const model::Candidate& candidate) const {
  const auto known = state_->archives.find(key_of(candidate));
  return known == state_->archives.end() ? std::nullopt : std::optional(known->second);
}

std::optional<Mismatch> IndexProvider::mismatch_seen(const model::Candidate& candidate) const {
  const auto known = state_->mismatches.find(key_of(candidate));
  return known == state_->mismatches.end() ? std::nullopt : std::optional(known->second);
}

IndexProvider::IndexProvider(ProviderOptions options, index::IndexClient& index, std::function<Result<net::HttpClient*>()> http, sys::Executor& executor, SourceHost& host)
    : state_(std::make_unique<State>(std::move(options), index, std::move(http), executor, host)) {}

IndexProvider::~IndexProvider() { state_->remote->stop(); }

}  // namespace pipit::fetch
