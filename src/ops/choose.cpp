#include "ops/choose.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "ops/choice_memory.h"
#include "ops/finding.h"
#include "ops/other_python.h"
#include "ops/solve_budget.h"
#include "ops/store_first.h"
#include "ops/telling.h"
#include "pipit/base/text.h"
#include "pipit/base/url.h"
#include "pipit/ops/install.h"
#include "pipit/packaging/name.h"
#include "pipit/sys/file.h"

namespace pipit::ops {

struct Chooser::Parts {
  std::shared_ptr<index::IndexMemory> memory;
  std::unique_ptr<index::IndexClient> index;
  std::unique_ptr<fetch::IndexProvider> provider;
};

namespace {

constexpr auto kThinkingTimeMax = std::chrono::seconds(50);
constexpr auto kHintingTimeMax = std::chrono::seconds(2);

using packaging::Hashes;
using packaging::RequirementLine;

// Two lists of acceptable digests: what both accept. An empty list accepts everything.
Hashes intersect(const Hashes& a, const Hashes& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  Hashes both;
  for (const packaging::Hash& hash : a)
    if (std::find(b.begin(), b.end(), hash) != b.end()) both.push_back(hash);
  if (both.empty()) both.push_back({"sha256", "no digest is on both lists"});  // matches nothing
  return both;
}

bool is_direct(const RequirementLine& line) { return !line.url.empty() || (line.requirement && line.requirement->url); }

std::string shown_wish(const RequirementLine& line) {
  return line.text.empty() && line.requirement ? line.requirement->str() : std::string(trim(line.text));
}

// What the choice among a requirement's files depends on, besides the requirement.
std::string circumstances(const TargetView& view, const index::IndexOptions& index, const packaging::FileOptions& files) {
  std::string text = view.python_version.str();
  for (const packaging::Tag& tag : view.tags.tags()) text += "\n" + tag.str();
  for (const auto* list : {&index.index_urls, &index.find_links, &files.no_binary, &files.only_binary}) {
    text += "\n--";
    for (const std::string& item : *list) text += "\n" + item;
  }
  return text;
}

}  // namespace

std::string describe(const model::Resolved& resolved) {
  const model::Candidate& candidate = resolved.candidate;
  std::string text = resolved.requested_by.empty() ? candidate.name : resolved.requested_by[0].requirement;
  if (const std::size_t marker = text.find(';'); marker != std::string::npos && !candidate.direct_url) text = std::string(trim(std::string_view(text).substr(0, marker)));
  if (!candidate.file.url.empty()) {
    auto url = Url::parse(candidate.file.url);
    text += " from " + (url ? url->display() : candidate.file.url);
  }
  if (resolved.requested_by.empty()) return text;
  const model::Edge& edge = resolved.requested_by[0];
  if (!edge.parent.empty()) return text + " (from " + edge.parent + ")";
  if (const std::string origin = edge.origin.str(); !origin.empty()) return text + " (from " + origin + ")";
  return text;
}

Chooser::Chooser(Session& session, const Wanted& wanted, const TargetView& view, Sources& sources, Wheels& wheels)
    : session_(session), wanted_(wanted), view_(view), sources_(sources), wheels_(wheels),
      answers_(session.os(), session.cache_directory() ? std::optional(*session.cache_directory() / "resolutions-v1") : std::nullopt), parts_(std::make_unique<Parts>()) {}

Chooser::~Chooser() = default;

std::shared_ptr<const packaging::Metadata> Chooser::metadata_read(const model::Candidate& candidate) const {
  if (is_recalled_ && !no_dependencies_) return parts_->provider->read_metadata(candidate);
  return parts_->provider ? parts_->provider->metadata_read(candidate) : nullptr;
}

Status Chooser::check_python(const std::string& name, const std::string& requires_python) const {
  if (ignore_requires_python_ || packaging::requires_python_admits(requires_python, view_.python_version)) return ok();
  return fail(make_pip_error(resolve::kUnsupportedPython, fmt::format("Package '{}' requires a different Python: {} not in '{}'", name, view_.python_version.str(),
                                                                      escape_for_terminal(requires_python))));
}

// The report will tell what they are: as it did before, or from their metadata.
void Chooser::get_ready_to_print(const model::Resolution& resolution) {
  printed_ = answers_.recall_printed(*answer_);
  std::vector<const model::Candidate*> unknown;
  for (const model::Resolved& resolved : resolution.projects)
    if (!printed_.find(resolved.candidate.name)) unknown.push_back(&resolved.candidate);
  parts_->provider->read_ahead(unknown);
}

std::string_view Chooser::printed_metadata(const model::Candidate& candidate, const std::function<std::string()>& print) {
  if (const auto known = printed_.find(candidate.name)) return *known;
  prints_anew_ = true;
  return printed_.add(candidate.name, print());
}

void Chooser::remember_printed() const {
  if (answer_ && prints_anew_) answers_.remember_printed(*answer_, printed_);
}

std::shared_ptr<const packaging::Metadata> Chooser::read_metadata(const model::Candidate& candidate) {
  return parts_->provider ? parts_->provider->read_metadata(candidate) : nullptr;
}

std::optional<std::uint64_t> Chooser::sidecar_bytes(const model::Candidate& candidate) const {
  if (is_recalled_) return !no_dependencies_ && candidate.file.core_metadata ? std::optional<std::uint64_t>(0) : std::nullopt;
  return parts_->provider ? parts_->provider->sidecar_bytes(candidate) : std::nullopt;
}

std::optional<fetch::Mismatch> Chooser::mismatch_seen(const model::Candidate& candidate) const {
  return parts_->provider ? parts_->provider->mismatch_seen(candidate) : std::nullopt;
}

bool Chooser::is_from_public_index(const model::Candidate& candidate) const {
  return parts_->provider && parts_->provider->is_from_public_index(candidate);
}

void Chooser::collect_hashes(Choice& choice) const {
  for (const auto* lines : {&wanted_.requirements, &wanted_.constraints})
    for (const RequirementLine& line : *lines)
      if (line.requirement && !line.hashes.empty()) {
        Hashes& known = choice.required[line.requirement->normalized_name()];
        known = intersect(known, line.hashes);
      }
}

std::optional<fetch::Archive> Chooser::archive_at_hand(const model::Candidate& candidate) const {
  return parts_->provider ? parts_->provider->archive_at_hand(candidate) : std::nullopt;
}

Status Chooser::bring_pinned(StoreFirst& stored, const ChoiceMemory& memory, const Choice& choice, const ChooseOptions& options) {
  struct Wish {
    std::string name, specifiers;
    const packaging::Requirement* requirement;
  };
  std::vector<Wish> wishes;
  std::set<std::string> seen;
  for (const RequirementLine& line : wanted_.requirements) {
    if (!line.requirement || is_direct(line) || !line.requirement->specifiers.pin()) continue;
    const std::string name = line.requirement->normalized_name();
    const bool is_there = std::any_of(options.installed.begin(), options.installed.end(), [&](const python::InstalledDist& dist) {
      return dist.normalized_name == name && line.requirement->specifiers.contains(dist.version, packaging::Prereleases::allow);
    });
    if (is_there || !choice.required.count(name) || stored.has(name) || !seen.insert(name).second) continue;
    wishes.push_back({name, line.requirement->specifiers.str(), &*line.requirement});
  }
  if (wishes.empty()) return ok();
  std::vector<resolve::Hint> hints;
  for (const Wish& wish : wishes) hints.push_back({wish.name, nullptr, wish.requirement});
  parts_->provider->prefetch(hints);

  std::vector<fetch::FetchItem> items;
  std::vector<const Wish*> item_wishes;
  std::optional<std::uint64_t> total = 0;
  for (const Wish& wish : wishes) {
    PIPIT_TRY(const resolve::Listing listing, parts_->provider->versions(wish.name));
    auto listed = std::find_if(listing.versions.begin(), listing.versions.end(), [&](const resolve::Listed& version) {
      return !version.unavailable && wish.requirement->specifiers.contains(version.version, packaging::Prereleases::allow);
    });
    if (listed == listing.versions.end()) continue;  // the solver says what is wrong
    PIPIT_TRY(const resolve::CandidateAnswer answer, parts_->provider->candidate(wish.name, *listed));
    const auto* candidate = std::get_if<model::Candidate>(&answer);
    if (!candidate || candidate->kind != model::CandidateKind::wheel) continue;
    const Hashes& required = choice.required.at(wish.name);
    Hashes promised;
    for (const packaging::Hash& hash : candidate->file.hashes)
      if (hash.algorithm == "sha256" && std::find(required.begin(), required.end(), hash) != required.end()) promised.push_back(hash);
    if (auto found = wheels_.find(promised); found && found->manifest->filename == candidate->file.filename) {
      memory.remember(wish.name, wish.specifiers, required, found->manifest->archive_sha256);
      stored.put(*candidate, std::move(*found));
      continue;
    }
    total = total && candidate->file.size_bytes ? std::optional(*total + *candidate->file.size_bytes) : std::nullopt;
    items.push_back({*candidate, {required, candidate->file.hashes}, parts_->provider->is_from_public_index(*candidate)});
    item_wishes.push_back(&wish);
  }
  if (items.empty()) return ok();
  PIPIT_TRY(const std::filesystem::path scratch, session_.scratch_directory());
  session_.reporter().transfer_planned(items.size(), total);
  std::vector<std::optional<wheel::PreparedWheel>> arrived(items.size());  // each slot is written by one worker
  const auto arrive = [&](std::size_t i, wheel::PreparedWheel wheel) {
    memory.remember(item_wishes[i]->name, item_wishes[i]->specifiers, choice.required.at(item_wishes[i]->name), wheel.manifest->archive_sha256);
    arrived[i] = std::move(wheel);
  };
  fetch::ArchiveFetcher fetcher([this] { return session_.http(); }, scratch, session_.workers(), options.listener, session_.unfinished_downloads());
  fetcher.share([&](std::size_t i) {
    auto found = wheels_.find(items[i].candidate.file.hashes);
    if (!found || !verify::check(found->checked.digests(), items[i].promise, items[i].candidate.file.filename)) return false;
    arrive(i, std::move(*found));
    return true;
  });
  auto arrivals = fetcher.fetch(items, [&](std::size_t i, const fetch::Archive& archive) {
    if (auto added = wheels_.add(archive, items[i].candidate.file.filename)) arrive(i, std::move(*added));
  }, session_.stop());
  PIPIT_CHECK(session_.check_cancelled());
  for (std::size_t i = 0; i < items.size(); ++i) {
    // Whatever did not go well is met again, and told with everything else that is wrong, on the ordinary way.
    if (arrived[i]) stored.put(items[i].candidate, std::move(*arrived[i]));
  }
  return ok();
}

Status Chooser::open_direct_references(Choice& choice, std::vector<resolve::Root>& roots) {
  for (const RequirementLine& line : wanted_.requirements) {
    resolve::Root root;
    root.text = shown_wish(line);
    root.origin = line.origin;
    root.user_requested = line.user_supplied;
    if (!is_direct(line)) {
      root.requirement = *line.requirement;
      roots.push_back(std::move(root));
      continue;
    }
    const std::string origin = line.origin.str();
    const std::string shown = shown_wish(line) + (origin.empty() ? "" : " (from " + origin + ")");
    if (wanted_.hash_mode && line.editable) {
      choice.report.editables.push_back(shown);
      continue;
    }
    const std::string url = line.url.empty() ? *line.requirement->url : line.url;
    if (wanted_.hash_mode && url.find("://") != std::string::npos && url.find('+') < url.find("://")) {
      choice.report.vcs.push_back(shown);
      continue;
    }
    if (wanted_.hash_mode)
      if (auto parsed = Url::parse(url); parsed && parsed->scheme == "file")
        if (auto path = parsed->to_path(); path && sys::is_directory(*path)) {
          choice.report.directories.push_back(shown);
          continue;
        }
    PIPIT_TRY(Opened opened, sources_.open(line, line.hashes));
    const std::string shown_url = mask_credentials(url);
    if (opened.mismatch) {
      HashReport::Unmatched item{shown, line.hashes, opened.mismatch->computed};
      if (item.expected.empty())
        if (auto parsed = Url::parse(url))
          for (const char* algorithm : {"sha512", "sha384", "sha256", "sha224", "sha1", "md5"})
            if (auto value = parsed->fragment_value(algorithm)) item.expected.push_back({algorithm, *value});
      choice.report.unmatched.push_back(std::move(item));
      continue;
    }
    const bool has_fragment_hash = [&] {
      auto parsed = Url::parse(url);
      return parsed && (parsed->fragment_value("sha512") || parsed->fragment_value("sha384") || parsed->fragment_value("sha256") ||
                        parsed->fragment_value("sha224") || parsed->fragment_value("sha1") || parsed->fragment_value("md5"));
    }();
    if (wanted_.hash_mode && line.hashes.empty() && !has_fragment_hash && !choice.required.count(opened.candidate.name)) {
      std::string sha;
      for (const packaging::Hash& hash : opened.computed)
        if (hash.algorithm == "sha256") sha = hash.hex;
      choice.report.missing.push_back({shown_url, sha});
    }
    if (line.requirement && line.requirement->normalized_name() != opened.candidate.name)
      return fail(make_pip_error(kInconsistentMetadata, fmt::format("Requested {} has inconsistent name: expected '{}', but metadata has '{}'", shown,
                                                                    line.requirement->normalized_name(), opened.candidate.name)));
    root.requirement.name = opened.metadata ? opened.metadata->name : opened.candidate.name;
    root.requirement.extras = !line.extras.empty() ? line.extras : line.requirement ? line.requirement->extras : std::vector<std::string>{};
    root.requirement.url = url;
    roots.push_back(std::move(root));
  }
  return ok();
}

std::vector<resolve::Rule> Chooser::rules(const std::vector<RequirementLine>& lines) const {
  std::vector<resolve::Rule> result;
  for (const RequirementLine& line : lines)
    if (line.requirement) {
      packaging::Requirement requirement = *line.requirement;
      if (!line.url.empty() && !requirement.url) {  // a path or URL that names a wheel: that file and no other
        requirement.specifiers = {};
        requirement.url = line.url;
      }
      result.push_back({std::move(requirement), shown_wish(line), line.origin, line.hashes});
    }
  return result;
}

Result<fetch::ProviderOptions> Chooser::provider_options(const ResolveOptions& options, const Choice& choice) {
  fetch::ProviderOptions provider;
  PIPIT_TRY(provider.finder, finder_options(options, wanted_.options, view_, session_));
  provider.markers = view_.markers;
  provider.ignore_requires_python = options.ignore_requires_python;
  provider.no_dependencies = options.no_deps || options.peep;
  for (const RequirementLine& line : wanted_.requirements) {
    if (!line.requirement || line.requirement->url) continue;
    const std::string name = line.requirement->normalized_name();
    index::Wanted& wanted = provider.wanted[name];
    if (auto found = choice.required.find(name); found != choice.required.end()) wanted.hashes = found->second;
    wanted.specifiers.add(line.requirement->specifiers);
    if (const packaging::Specifier* pin = line.requirement->specifiers.pin(); pin && pin->op == packaging::Operator::equal)
      provider.pinned[name] = pin->version.str();
  }
  for (const auto& [name, hashes] : choice.required) {
    provider.whole_archive_only.insert(name);
    provider.wanted[name].hashes = hashes;  // a constraint's as well
  }
  provider.scratch = [this] { return session_.scratch_directory(); };
  if (const auto& cache = session_.cache_directory()) provider.cache_directory = *cache / "metadata-v1";
  provider.with_descriptions = full_metadata_;
  if (session_.reporter().hears_debug()) provider.on_debug = [this](const std::string& line) { session_.reporter().debug(line); };
  return provider;
}

namespace {

// pip's own words for a build that failed say more than a derivation that rests on it.
const Error* failed_build_in(const resolve::Conflict& conflict, const Sources& sources) {
  for (const std::string& name : conflict.projects)
    if (auto failure = sources.build_failures().find(name); failure != sources.build_failures().end()) return &failure->second;
  return nullptr;
}

void add_hashes(QuestionText& text, const Hashes& hashes) {
  text.add(hashes.size());
  for (const packaging::Hash& hash : hashes) text.add(hash.algorithm), text.add(hash.hex);
}

template <class Wish>
void add_wish(QuestionText& text, const Wish& wish) {
  text.add(wish.requirement.str()), text.add(wish.text), add_hashes(text, wish.hashes);
  text.add(wish.origin.file), text.add(static_cast<std::uint64_t>(wish.origin.line)), text.add(wish.origin.constraint), text.add(wish.origin.peep_file);
}

template <class Texts>
void add_all(QuestionText& text, const Texts& list) {
  text.add(list.size());
  for (const std::string& item : list) text.add(item);
}

void add_target(QuestionText& text, const TargetView& view) {
  const packaging::MarkerEnvironment& markers = view.markers;
  for (const std::string* value : {&markers.implementation_name, &markers.implementation_version, &markers.os_name, &markers.platform_machine, &markers.platform_release,
                                   &markers.platform_system, &markers.platform_version, &markers.python_full_version, &markers.platform_python_implementation,
                                   &markers.python_version, &markers.sys_platform, &view.python_minor, &view.given})
    text.add(*value);
  text.add(view.python_version.str()), text.add(view.foreign);
  text.add(view.tags.tags().size());
  for (const packaging::Tag& tag : view.tags.tags()) text.add(tag.str());
}

void add_finder(QuestionText& text, const index::FinderOptions& finder) {
  add_all(text, finder.formats.no_binary), add_all(text, finder.formats.only_binary);
  text.add(finder.prefer_binary), text.add(finder.ignore_requires_python), text.add(finder.uploaded_prior_to.has_value());
  if (finder.uploaded_prior_to) text.add(static_cast<std::uint64_t>(finder.uploaded_prior_to->time_since_epoch().count()));
}

void add_indexes(QuestionText& text, const index::IndexOptions& index) {
  add_all(text, index.index_urls), add_all(text, index.trusted_hosts), text.add(static_cast<std::uint64_t>(index.strategy));
  text.add(index.pinned.size());
  for (const auto& [name, location] : index.pinned) text.add(name), text.add(location);
}

void add_solver(QuestionText& text, const resolve::SolverOptions& solver) {
  text.add(solver.roots.size());
  for (const resolve::Root& root : solver.roots) add_wish(text, root), text.add(root.user_requested);
  for (const auto* rules : {&solver.constraints, &solver.overrides}) {
    text.add(rules->size());
    for (const resolve::Rule& rule : *rules) add_wish(text, rule);
  }
  text.add(solver.installed.size());
  for (const resolve::InstalledChoice& there : solver.installed) text.add(there.candidate.name), text.add(there.candidate.version_text), text.add(there.candidate.file.url);
  text.add(static_cast<std::uint64_t>(solver.upgrade)), text.add(static_cast<std::uint64_t>(solver.strategy)), text.add(solver.no_dependencies), text.add(solver.decisions_max);
  text.add(static_cast<std::uint64_t>(solver.prereleases.general)), add_all(text, solver.prereleases.all_releases), add_all(text, solver.prereleases.only_final);
}

// What is installed must not have been looked at: its metadata is no part of the question.
bool none_is_installed(const std::vector<index::IndexClient::Basis>& bases, const std::vector<resolve::InstalledChoice>& installed) {
  std::set<std::string> names;
  for (const index::IndexClient::Basis& basis : bases) names.insert(basis.question.name);
  return std::none_of(installed.begin(), installed.end(), [&](const resolve::InstalledChoice& there) { return names.contains(there.candidate.name); });
}

bool is_duration(const std::string& cutoff) { return cutoff.starts_with('P'); }

}  // namespace

// Any doubt: no. Whatever is listed here, or is found to have had a say while choosing (IndexProvider::bases), is chosen anew.
std::optional<std::string> Chooser::question(const ChooseOptions& options, const resolve::SolverOptions& solver, const index::IndexOptions& index,
                                             const fetch::ProviderOptions& provider, const Choice& choice) const {
  const auto is_direct_rule = [](const resolve::Rule& rule) { return rule.requirement.url.has_value(); };
  const bool any_direct = std::any_of(wanted_.requirements.begin(), wanted_.requirements.end(), is_direct) ||
                          std::any_of(solver.constraints.begin(), solver.constraints.end(), is_direct_rule) || std::any_of(solver.overrides.begin(), solver.overrides.end(), is_direct_rule);
  const bool depends_on_now = options.resolve.uploaded_prior_to && is_duration(*options.resolve.uploaded_prior_to);
  const bool tells_how = !options.explain.empty() || session_.reporter().hears_debug();
  if (solver.roots.empty() || any_direct || depends_on_now || tells_how || !choice.required.empty() || !index.find_links.empty() || options.resolve.peep) return std::nullopt;
  if (!provider.finder.uploaded_prior_to_by_name.empty()) return std::nullopt;
  QuestionText text;
  text.add(PIPIT_VERSION);
  add_target(text, view_), add_finder(text, provider.finder), add_indexes(text, index), add_solver(text, solver);
  return text.digest();
}

Result<Choice> Chooser::choose(const ChooseOptions& options) {
  full_metadata_ = options.full_metadata;
  ignore_requires_python_ = options.resolve.ignore_requires_python;
  Choice choice;
  collect_hashes(choice);
  sources_.set_required(choice.required);
  std::map<std::string, ConfigSettings> settings;
  for (const RequirementLine& line : wanted_.requirements)
    if (line.requirement && !line.config_settings.empty()) settings[line.requirement->normalized_name()] = line.config_settings;
  sources_.set_config_settings(std::move(settings));
  resolve::SolverOptions solver;
  index::IndexOptions index = index_options(options.resolve, wanted_.options, session_);
  for (const std::string& line : index::looking_in(index, kDefaultIndexUrl)) session_.reporter().info(line);
  for (const std::string& line : wanted_.ignored) session_.reporter().info(line);
  PIPIT_CHECK(open_direct_references(choice, solver.roots));
  solver.constraints = rules(wanted_.constraints);
  solver.overrides = rules(wanted_.overrides);
  solver.upgrade = options.upgrade;
  solver.strategy = options.resolve.resolution == "lowest" ? resolve::VersionStrategy::lowest
                    : options.resolve.resolution == "lowest-direct" ? resolve::VersionStrategy::lowest_direct
                                                                    : resolve::VersionStrategy::highest;
  solver.prereleases = prerelease_policy(wanted_.options);
  solver.no_dependencies = options.resolve.no_deps || options.resolve.peep;
  for (const python::InstalledDist& dist : options.installed) {
    if (dist.version_is_legacy) continue;
    model::Candidate candidate;
    candidate.name = dist.normalized_name;
    candidate.version = dist.version;
    candidate.version_text = dist.version_text;
    candidate.kind = model::CandidateKind::installed;
    candidate.file.url = "installed:" + dist.metadata_path.string();
    candidate.direct_url = dist.direct_url;
    if (!solver.no_dependencies)
      if (auto metadata = dist.metadata()) sources_.learn_metadata(candidate, std::move(*metadata));
    solver.installed.push_back({std::move(candidate)});
  }
  solver.is_cancelled = [this] { return session_.stop().stop_requested(); };
  Remembered noted;
  const auto tell_rejected = [this](const std::string& name) {
    session_.reporter().info(fmt::format("INFO: pip is looking at multiple versions of {} to determine which version is compatible with other requirements. This could take a while.", name));
  };
  solver.on_rejected = [&](const std::string& name, std::size_t count) {
    if (count != 1) return;
    noted.rejected.push_back(name);
    tell_rejected(name);
  };

  PIPIT_TRY(fetch::ProviderOptions provider_settings, provider_options(options.resolve, choice));
  parts_->memory = index_memory(session_);
  ChoiceMemory memory(session_.os(), session_.cache_directory() ? std::optional(*session_.cache_directory() / "choices-v1") : std::nullopt,
                      [this, index] { return circumstances(view_, index, wanted_.options); });
  no_dependencies_ = solver.no_dependencies;
  const auto asked_before = answers_.is_on() ? question(options, solver, index, provider_settings, choice) : std::nullopt;
  StoreFirst stored(wheels_, view_, provider_settings, wanted_, choice.required, memory, session_.workers());
  auto http = [this] { return session_.http(); };
  parts_->index = std::make_unique<index::IndexClient>(std::move(index), http, session_.workers(), parts_->memory);
  parts_->provider = std::make_unique<fetch::IndexProvider>(std::move(provider_settings), *parts_->index, http, session_.workers(), sources_);
  sources_.set_archive_lookup([this](const model::Candidate& candidate) { return archive_at_hand(candidate); });
  stored.set_behind(*parts_->provider);
  if (!options.from_store) stored.forget_all();

  if (auto known = asked_before ? answers_.recall(*asked_before) : std::nullopt; known && parts_->index->still_hold(known->answer.bases)) {
    PIPIT_CHECK(session_.check_cancelled());
    for (const std::string& name : known->answer.rejected) tell_rejected(name);
    is_recalled_ = true;
    choice.resolution = std::move(known->answer.resolution);
    answer_ = std::move(known->id);
    if (full_metadata_) get_ready_to_print(choice.resolution);
    return choice;
  }
  PIPIT_CHECK(session_.check_cancelled());
  if (options.bring_pinned) PIPIT_CHECK(bring_pinned(stored, memory, choice, options));
  Diagnostics diagnostics;
  SolveBudget asked(stored, session_.clock(), kThinkingTimeMax);
  solver.should_stop = [&asked] { return asked.is_used_up(); };
  auto outcome = resolve::solve(solver, asked, diagnostics);
  static_cast<void>(parts_->memory->save());  // what is not remembered is found out again
  auto bases = parts_->provider->bases();
  Diagnostics location_notes = parts_->index->take_diagnostics(), page_notes = parts_->provider->take_diagnostics();
  bool was_quiet = location_notes.items().empty() && page_notes.items().empty() && diagnostics.items().empty();
  session_.report(location_notes);
  session_.report(page_notes);
  session_.report(diagnostics);
  if (!outcome) return fail(std::move(outcome).error());
  if (auto* exhausted = std::get_if<resolve::Exhausted>(&*outcome)) return fail(exhausted->error());
  if (auto* conflict = std::get_if<resolve::Conflict>(&*outcome)) {
    if (const Error* failure = failed_build_in(*conflict, sources_)) return fail(*failure);
    // Hints must not take longer than the answer: nothing is built for them.
    sources_.stop_building();
    const auto enough = session_.clock().monotonic() + kHintingTimeMax;
    solver.should_stop = [this, enough] { return session_.clock().monotonic() > enough; };
    auto hints = resolve::suggest(solver, asked, *conflict).value_or(std::vector<std::string>{});
    if (auto hint = other_python_hint(*conflict, {solver, wanted_, options.resolve, view_, *parts_->index, session_})) hints.push_back(std::move(*hint));
    return fail(tell_conflict(*conflict, hints, session_));
  }
  for (const auto& [name, failure] : sources_.build_failures())
    session_.reporter().warn("discarded", fmt::format("a version of {} is left out because it does not build: {}", name, failure.message));
  auto& solution = std::get<resolve::Solution>(*outcome);
  for (const std::string& name : options.explain) {
    PIPIT_TRY(const std::vector<std::string> lines, resolve::why(solver, asked, solution, packaging::normalize_name(name)));
    for (const std::string& line : lines) session_.reporter().info(line);
  }
  for (const model::Resolved& resolved : solution.resolution.projects)
    if (!choice.required.count(resolved.candidate.name))
      if (auto late = parts_->provider->late_addition(resolved.candidate)) {
        session_.reporter().warn("late-file", std::move(*late));
        was_quiet = false;
      }
  if (asked_before && bases && was_quiet && sources_.build_failures().empty() && none_is_installed(*bases, solver.installed)) {
    noted.bases = std::move(*bases);
    noted.resolution = solution.resolution;
    answer_ = answers_.remember(*asked_before, noted);
  }
  choice.resolution = std::move(solution.resolution);
  choice.stored = stored.take_used(choice.resolution);
  return choice;
}

}  // namespace pipit::ops
