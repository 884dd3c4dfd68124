#include "ops/finding.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <chrono>

#include "ops/wanted.h"
#include "pipit/base/url.h"
#include "pipit/packaging/name.h"
#include "pipit/sys/file.h"
#include "pipit/verify/digest.h"

namespace pipit::ops {

namespace {

using packaging::Hashes;

index::FormatControl format_control(const packaging::FileOptions& files) {
  index::FormatControl control;
  for (const std::string& name : files.no_binary) control.no_binary.insert(name == ":all:" ? name : packaging::normalize_name(name));
  for (const std::string& name : files.only_binary) control.only_binary.insert(name == ":all:" ? name : packaging::normalize_name(name));
  return control;
}

// "P3D", "3 days" and the like are durations before now; anything else is a time.
Result<index::TimePoint> parse_cutoff(const std::string& text, sys::Clock& clock) {
  if (auto time = index::parse_time(text)) return *time;
  if (auto time = index::parse_time(text + "T00:00:00Z")) return *time;
  std::string_view rest = text;
  if (rest.starts_with('P') && rest.ends_with('D')) {
    rest = rest.substr(1, rest.size() - 2);
    int days = 0;
    if (!rest.empty() && rest.size() < 7 && std::all_of(rest.begin(), rest.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      days = std::stoi(std::string(rest));
      return std::chrono::time_point_cast<std::chrono::microseconds>(clock.now()) - std::chrono::hours(24 * days);
    }
  }
  return fail(make_pip_error(kBadCutoff, fmt::format("invalid value '{}' for --uploaded-prior-to: it must be an ISO 8601 datetime or a number of days like P3D", text)));
}

Hashes digests_of_local_file(const model::DistFile& file, const std::vector<std::string>& algorithms) {
  auto url = Url::parse(file.url);
  auto path = url ? url->to_path() : Result<std::string>(fail(std::move(url).error()));
  auto bytes = path ? sys::MappedFile::open(*path) : Result<sys::MappedFile>(fail(std::move(path).error()));
  if (!bytes) return {};
  verify::Hasher hasher(algorithms);
  if (!hasher.write(bytes->bytes())) return {};
  return hasher.finish();
}

}  // namespace

resolve::PrereleasePolicy prerelease_policy(const packaging::FileOptions& files) {
  resolve::PrereleasePolicy policy;
  if (files.pre) policy.general = resolve::PrereleasePolicy::General::allow;
  auto apply = [&](const std::vector<std::string>& names, std::set<std::string>& set, resolve::PrereleasePolicy::General general) {
    for (const std::string& name : names) {
      if (name == ":all:") {
        policy.general = general;
      } else if (name == ":none:") {
        set.clear();
      } else {
        set.insert(packaging::normalize_name(name));
      }
    }
  };
  apply(files.all_releases, policy.all_releases, resolve::PrereleasePolicy::General::allow);
  apply(files.only_final, policy.only_final, resolve::PrereleasePolicy::General::forbid);
  return policy;
}

index::IndexOptions index_options(const ResolveOptions& options, const packaging::FileOptions& files, Session& session) {
  index::IndexOptions index;
  std::set<std::string> seen;  // one index named twice is one index
  for (const std::string& url : files.index_urls) {
    std::string_view bare = url;
    while (bare.ends_with('/')) bare.remove_suffix(1);
    if (seen.insert(std::string(bare)).second) index.index_urls.push_back(url);
  }
  index.find_links = files.find_links;
  index.strategy = options.index_strategy == IndexStrategy::first_index ? index::IndexStrategy::first_index
                   : options.index_strategy == IndexStrategy::unsafe_best_match ? index::IndexStrategy::unsafe_best_match
                                                                                : index::IndexStrategy::merge;
  for (const std::string& name : options.refresh_packages)
    if (name != ":none:") index.refresh.insert(name == ":all:" ? name : packaging::normalize_name(name));
  index.trusted_hosts = session.options().http.trusted_hosts;
  if (const auto& cache = session.cache_directory()) index.cache_directory = *cache / "index-v1";
  return index;
}

Result<index::FinderOptions> finder_options(const ResolveOptions& options, const packaging::FileOptions& files, const TargetView& view, Session& session) {
  index::FinderOptions finder;
  finder.tags = view.tags;
  finder.python_version = view.python_version;
  finder.python_minor = view.python_minor;
  finder.formats = format_control(files);
  finder.prefer_binary = files.prefer_binary;
  finder.ignore_requires_python = options.ignore_requires_python;
  if (options.uploaded_prior_to) {
    PIPIT_TRY(finder.uploaded_prior_to, parse_cutoff(*options.uploaded_prior_to, session.clock()));
  }
  finder.digest = digests_of_local_file;
  return finder;
}

std::shared_ptr<index::IndexMemory> index_memory(Session& session) {
  const auto& cache = session.cache_directory();
  return std::make_shared<index::IndexMemory>(cache ? *cache / "index-memory-v1" : std::filesystem::path());
}

Lookup::Lookup(const ResolveOptions& options, Session& session, index::FinderOptions finder)
    : session_(session), prereleases_(prerelease_policy(options.files)), finder_(std::move(finder)), memory_(index_memory(session)) {
  index::IndexOptions index = index_options(options, options.files, session);
  client_ = std::make_unique<index::IndexClient>(std::move(index), [this] { return session_.http(); }, session.workers(), memory_);
}

Result<std::unique_ptr<Lookup>> Lookup::make(const ResolveOptions& options, Session& session) {
  if (options.files.pre && (!options.files.all_releases.empty() || !options.files.only_final.empty()))
    return fail(make_pip_error(kNothingToDo, "--pre cannot be used with --all-releases or --only-final."));
  PIPIT_TRY(const python::Interpreter* target, session.target());
  PIPIT_TRY(const TargetView view, view_target(*target, options.foreign));
  for (const auto* urls : {&options.files.index_urls, &options.files.find_links})
    for (const std::string& url : *urls) session.add_credential_source(url);
  PIPIT_TRY(index::FinderOptions finder, finder_options(options, options.files, view, session));
  return std::unique_ptr<Lookup>(new Lookup(options, session, std::move(finder)));
}

void Lookup::prefetch(const std::vector<std::string>& normalized_names) {
  std::vector<index::IndexClient::Question> questions;
  for (const std::string& name : normalized_names) questions.push_back({name, std::nullopt});
  client_->prefetch(questions);
}

Result<std::vector<Lookup::Offer>> Lookup::offers(const std::string& normalized_name) {
  prefetch({normalized_name});
  PIPIT_CHECK(session_.check_cancelled());
  PIPIT_TRY(const auto listing, client_->get({normalized_name, std::nullopt}));
  Diagnostics notes = client_->take_diagnostics();
  notes.merge(listing->diagnostics);
  session_.report(notes);
  if (!listing->is_known && listing->missing_offline)
    return fail(make_error(index::kIndexUnusable, fmt::format("{} is not in the cache, and no index may be asked (--offline)", normalized_name)));
  const index::Candidates candidates = finder_.find(normalized_name, listing->pages);
  const bool with_prereleases = prereleases_.all_releases.count(normalized_name) != 0 ||
                                (prereleases_.only_final.count(normalized_name) == 0 && prereleases_.general == resolve::PrereleasePolicy::General::allow);
  std::vector<Offer> offers;
  for (const index::Release& release : candidates.releases) {
    if (release.version.is_prerelease() && !with_prereleases) continue;
    auto best = std::find_if(release.files.begin(), release.files.end(), [](const index::UsableFile& file) { return !file.is_yanked; });
    if (best != release.files.end()) offers.push_back({release.version, best->is_wheel});
  }
  static_cast<void>(memory_->save());  // what is not remembered is found out again
  return offers;
}

}  // namespace pipit::ops
