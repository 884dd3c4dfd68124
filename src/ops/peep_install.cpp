// peep's install. Read it from the end: peep_install() is the page that tells the story.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <set>

#include "ops/choose.h"
#include "ops/peep_report.h"
#include "ops/byte_code.h"
#include "ops/place.h"
#include "ops/quiet_reporter.h"
#include "ops/sources.h"
#include "ops/target_view.h"
#include "ops/wanted.h"
#include "ops/wheels.h"
#include "pipit/base/url.h"
#include "pipit/install/plan.h"
#include "pipit/ops/peep.h"
#include "pipit/packaging/filename.h"
#include "pipit/resolve/conflict.h"
#include "pipit/sys/file.h"

namespace pipit::ops {

namespace {

using packaging::RequirementLine;

// A requirement on its way through the classes.
struct Item {
  enum class Class { undecided, malformed, satisfied, missing, mismatched, failed, installable };
  RequirementLine line;
  std::size_t file = 0;  // of the command line
  PeepAccepted accepted;
  Class class_ = Class::undecided;
  std::string location;                       // satisfied
  std::string got;                            // missing, mismatched
  Error problem;                              // failed
  model::Candidate candidate;
  std::optional<fetch::Archive> archive;      // checked against `accepted`, or against nothing (missing)
  std::optional<wheel::PreparedWheel> wheel;

  bool is_direct() const { return !line.url.empty() || (line.requirement && line.requirement->url); }
  std::string url() const { return line.url.empty() ? *line.requirement->url : line.url; }
  void fail_with(Error error) {
    class_ = Class::failed;
    problem = std::move(error);
  }
};

// A FILE of the command line with what it includes: its options act on all its requirements and on no other file's.
struct File {
  ResolveOptions options;
  Wanted wanted;
  std::unique_ptr<Sources> sources;
  std::optional<Error> problem;
};

// Passes events on and remembers how many bytes came. Called from the network's thread and from workers.
class Listener final : public fetch::FetchListener {
 public:
  explicit Listener(Reporter& reporter) : reporter_(reporter) {}
  void started(const std::string& filename, std::optional<std::uint64_t> size) override { reporter_.transfer_started(filename, size); }
  void moved(const std::string& filename, std::uint64_t received) override {
    {
      std::lock_guard lock(mutex_);
      sizes_[filename] = received;
    }
    reporter_.transfer_moved(filename, received);
  }
  void ended(const std::string& filename) override { reporter_.transfer_ended(filename); }
  std::uint64_t size_of(const std::string& filename) {
    std::lock_guard lock(mutex_);
    return sizes_[filename];
  }

 private:
  Reporter& reporter_;
  std::mutex mutex_;
  std::map<std::string, std::uint64_t> sizes_;
};

// peep names the HTTP status as Python does; everything else is told in the words of the room where it happened.
std::string download_reason(const Error& error) {
  constexpr std::string_view kMark = "HTTP error ";
  const std::size_t at = error.message.find(kMark);
  if ((error.code != net::kHttpStatus && error.code != net::kServerBusy) || at == std::string::npos) return error.message;
  const std::string status = error.message.substr(at + kMark.size(), 3);
  return "HTTP Error " + status + (status == "404" ? ": Not Found" : "");
}

Error no_distribution(const Item& item, Error error, Session& session) {
  if (error.code != resolve::kNoMatchingCandidate) return error;
  for (const std::string& line : error.details) session.reporter().say({Severity::error, {}, line, {}});
  return make_pip_error(resolve::kNoMatchingCandidate, "No matching distribution found for " + peep_description(item.line));
}

class PeepRun {
 public:
  PeepRun(const InstallOptions& options, const python::Interpreter& target, TargetView view, const Destination& destination, Wheels& wheels, Session& session)
      : options_(options), target_(target), view_(std::move(view)), destination_(destination), wheels_(wheels), session_(session), listener_(session.reporter()) {}

  void read_files();
  Status classify_by_name();
  void look_up();
  Status fetch();
  PeepReport report() const;
  void prepare();
  Result<std::vector<InstalledName>> put_in_place(install::Snapshot snapshot, std::vector<std::string>& stale);
  std::vector<InstalledName> names() const;
  void forget(const std::vector<std::string>& stale);

 private:
  using Items = std::vector<Item*>;
  void read_file(const std::string& path);
  bool is_satisfied(Item& item, const std::vector<python::InstalledDist>& installed) const;
  void locate(Item& item);
  void choose(File& file, const Items& items);
  Result<Choice> ask(File& file, const Items& items);
  bool take_stored(Item& item);
  Result<std::string> copy_aside(const std::string& url);
  void unpack(Item& item, const fetch::Archive& archive);
  void settle_arrival(Item& item, Result<fetch::Arrival> arrival);
  void announce_download(const Item& item);
  void add_failure(PeepReport& report, Error error) const;
  Status prepare_one(Item& item);
  std::vector<const Item*> installable() const;

  const InstallOptions& options_;
  const python::Interpreter& target_;
  TargetView view_;
  const Destination& destination_;
  Wheels& wheels_;
  Session& session_;
  Listener listener_;
  std::vector<std::unique_ptr<File>> files_;
  std::vector<std::unique_ptr<Item>> items_;
};

// ---- what is wanted ----

void PeepRun::read_files() {
  for (const std::string& path : options_.resolve.requirement_files) read_file(path);
}

void PeepRun::read_file(const std::string& path) {
  auto file = std::make_unique<File>();
  file->options = options_.resolve;
  file->options.requirement_files = {path};
  file->options.peep = true;
  file->options.no_deps = true;
  // A file's own -i counts even after --no-index, which has emptied the list already.
  file->options.files.no_index = false;
  file->options.files.no_require_hashes = false;
  auto wanted = read_wanted(file->options, view_.markers, "install", session_);
  if (!wanted) {
    file->problem = std::move(wanted).error();
  } else {
    file->wanted = std::move(*wanted);
    for (const std::string& line : file->wanted.ignored) session_.reporter().info(line);
    for (RequirementLine& constraint : file->wanted.constraints) {
      // Accept lists belong to requirements alone, and a URL here would be fetched on nobody's word.
      constraint.hashes.clear();
      if (!constraint.url.empty() || (constraint.requirement && constraint.requirement->url))
        file->problem = make_error(kNotForPeep, fmt::format("the constraint `{}` names a URL; only versions can be constrained here", peep_requirement(constraint)))
                            .at(constraint.origin.str());
    }
    file->sources = std::make_unique<Sources>(session_, target_, view_, file->options, file->wanted.options, wheels_, &listener_);
    for (const RequirementLine& line : file->wanted.requirements) {
      auto item = std::make_unique<Item>();
      item->line = line;
      item->file = files_.size();
      item->accepted = peep_accepted(line);
      items_.push_back(std::move(item));
    }
  }
  files_.push_back(std::move(file));
}

// ---- malformed, satisfied: no network yet, no hash looked at ----

bool PeepRun::is_satisfied(Item& item, const std::vector<python::InstalledDist>& installed) const {
  if (item.is_direct() && is_commit_archive(item.url())) return false;
  const std::string name = item.line.requirement->normalized_name();
  packaging::SpecifierSet specifiers = item.line.requirement->specifiers;
  for (const RequirementLine& constraint : files_[item.file]->wanted.constraints)
    if (constraint.requirement && constraint.requirement->normalized_name() == name) specifiers.add(constraint.requirement->specifiers);
  for (const python::InstalledDist& dist : installed) {
    if (dist.normalized_name != name) continue;
    const bool fits = dist.version_is_legacy ? specifiers.contains_text(dist.version_text, packaging::Prereleases::allow)
                                             : specifiers.contains(dist.version, dist.version_text, packaging::Prereleases::allow);
    if (fits) item.location = peep_location(dist.location.string(), session_.options().current_directory.string());
    return fits;
  }
  return false;
}

Status PeepRun::classify_by_name() {
  Diagnostics diagnostics;
  // The running environment, also with --target and friends, as peep.
  const std::vector<python::InstalledDist> installed = python::installed_in(target_.search_path, diagnostics);
  session_.report(diagnostics);
  for (const auto& item : items_) {
    if (!item->line.requirement) {
      item->class_ = Item::Class::malformed;
    } else if (is_satisfied(*item, installed)) {
      item->class_ = Item::Class::satisfied;
    } else if (item->is_direct()) {
      locate(*item);
    }
  }
  return session_.check_cancelled();
}

// ---- which archive ----

// A URL that the user wrote: its archive, if it can be one.
void PeepRun::locate(Item& item) {
  if (auto problem = peep_scheme_problem(item.line)) return item.fail_with(make_pip_error(kCannotHash, std::move(*problem)));
  auto url = Url::parse(item.url());
  if (!url) return item.fail_with(std::move(url).error());
  if (url->scheme == "file") {
    auto path = url->to_path();
    if (!path) return item.fail_with(std::move(path).error());
    if (sys::is_directory(*path)) return item.fail_with(make_pip_error(kCannotHash, peep_directory_problem(item.line)));
  }
  model::Candidate& candidate = item.candidate;
  candidate.name = item.line.requirement->normalized_name();
  candidate.file.filename = url->filename();
  candidate.file.url = url->without_fragment();
  candidate.subdirectory = url->fragment_value("subdirectory").value_or("");
  candidate.kind = model::CandidateKind::sdist;
  if (!candidate.file.filename.ends_with(".whl")) return;
  auto name = packaging::WheelFilename::parse(candidate.file.filename);
  if (!name) return item.fail_with(std::move(name).error());
  if (name->normalized_name != candidate.name)
    return item.fail_with(make_error(kInconsistentMetadata, fmt::format("{} is a wheel of {}", peep_description(item.line), name->normalized_name)));
  if (!view_.tags.supports(name->tags))
    return item.fail_with(make_pip_error(kUnsupportedWheel, fmt::format("{} is not a supported wheel on this platform.", candidate.file.filename)));
  candidate.kind = model::CandidateKind::wheel;
  candidate.version = name->version;
  candidate.version_text = name->version_text;
  candidate.build = name->build;
}

void PeepRun::look_up() {
  for (std::size_t index = 0; index < files_.size(); ++index) {
    File& file = *files_[index];
    if (!file.wanted.requirements.empty()) session_.reporter().phase("Resolving");
    // Nothing has dependencies here, so projects are independent: one question for all of them, and one of its own for
    // each further line about the same project (its accept list is its own, too).
    Items distinct, further;
    std::set<std::string> seen;
    for (const auto& item : items_) {
      if (item->file != index || item->class_ != Item::Class::undecided || item->is_direct()) continue;
      (seen.insert(item->line.requirement->normalized_name()).second ? distinct : further).push_back(item.get());
    }
    if (!distinct.empty()) choose(file, distinct);
    for (Item* item : further)
      if (!file.problem) choose(file, {item});
  }
}

Result<Choice> PeepRun::ask(File& file, const Items& items) {
  Wanted wanted;
  wanted.options = file.wanted.options;
  wanted.constraints = file.wanted.constraints;
  for (const Item* item : items) {
    wanted.requirements.push_back(item->line);
    wanted.requirements.back().hashes = item->accepted.hashes;
  }
  QuietReporter quiet(session_.reporter());
  Session inner(session_, quiet, target_);
  Chooser chooser(inner, wanted, view_, *file.sources, wheels_);
  return chooser.choose({file.options, resolve::UpgradeStrategy::only_if_needed, {}, {}});
}

void PeepRun::choose(File& file, const Items& items) {
  auto choice = ask(file, items);
  if (choice) {
    for (Item* item : items) {
      const model::Resolved* resolved = choice->resolution.find(item->line.requirement->normalized_name());
      item->candidate = resolved->candidate;
      if (auto stored = choice->stored.find(resolved->candidate.name); stored != choice->stored.end() && !item->accepted.hashes.empty())
        item->wheel = std::move(stored->second);
    }
    return;
  }
  const ErrorCode code = choice.error().code;
  if (code != resolve::kNoMatchingCandidate && code != resolve::kResolutionImpossible) {
    file.problem = std::move(choice).error();  // an index that cannot be asked: nobody's requirement is to blame
  } else if (items.size() == 1) {
    items[0]->fail_with(no_distribution(*items[0], std::move(choice).error(), session_));
  } else {
    for (Item* item : items)
      if (!file.problem) choose(file, {item});
  }
}

// ---- bring it in and hash it ----

// A wheel whose advertised digest is accepted and stored under it was checked before; its bytes need not come again.
bool PeepRun::take_stored(Item& item) {
  if (item.wheel) return true;
  if (item.candidate.kind != model::CandidateKind::wheel || item.is_direct() || item.accepted.hashes.empty()) return false;
  packaging::Hashes advertised;
  for (const packaging::Hash& hash : item.candidate.file.hashes)
    if (hash.algorithm == "sha256") advertised.push_back(hash);
  auto stored = wheels_.find(advertised);
  if (!stored || stored->manifest->filename != item.candidate.file.filename) return false;
  if (!verify::check(stored->checked.digests(), {item.accepted.hashes, {}}, item.candidate.file.filename)) return false;
  item.wheel = std::move(*stored);
  return true;
}

void PeepRun::unpack(Item& item, const fetch::Archive& archive) {
  if (item.accepted.hashes.empty() || item.candidate.kind != model::CandidateKind::wheel) return;
  auto wheel = wheels_.add(archive, item.candidate.file.filename);
  if (wheel) {
    item.wheel = std::move(*wheel);
  } else {
    item.fail_with(std::move(wheel).error());
  }
}

void PeepRun::announce_download(const Item& item) {
  if (item.candidate.file.url.starts_with("file:")) return;
  const std::uint64_t size = item.candidate.file.size_bytes.value_or(listener_.size_of(item.candidate.file.filename));
  session_.reporter().data(peep_downloading_line(item.line, size));
}

void PeepRun::settle_arrival(Item& item, Result<fetch::Arrival> arrival) {
  if (!arrival) {
    const std::string url = mask_credentials(item.is_direct() ? item.url() : item.candidate.file.url);
    return item.fail_with(make_pip_error(arrival.error().code, fmt::format("Downloading {} failed: {}", url, download_reason(arrival.error()))));
  }
  announce_download(item);
  if (auto* mismatch = std::get_if<fetch::Mismatch>(&*arrival)) {
    if (item.accepted.hashes.empty()) return item.fail_with(std::move(mismatch->error));  // not what the index promised
    item.class_ = Item::Class::mismatched;
    item.got = peep_digest(mismatch->computed);
    return;
  }
  fetch::Archive& archive = std::get<fetch::Archive>(*arrival);
  item.got = peep_digest(archive.checked.digests());
  if (item.class_ != Item::Class::failed) item.class_ = item.accepted.hashes.empty() ? Item::Class::missing : Item::Class::installable;
  item.archive = std::move(archive);
}

// A local archive may change under our hands: what is hashed and installed is a copy that nobody else can write, as in peep.
Result<std::string> PeepRun::copy_aside(const std::string& url) {
  PIPIT_TRY(const Url local, Url::parse(url));
  PIPIT_TRY(const std::string path, local.to_path());
  PIPIT_TRY(const sys::MappedFile bytes, sys::MappedFile::open(path));
  PIPIT_TRY(const std::filesystem::path scratch, session_.scratch_directory());
  PIPIT_TRY(sys::TempDir folder, sys::TempDir::create(scratch, "local-"));
  const std::filesystem::path copy = folder.release() / "archive";
  PIPIT_CHECK(sys::replace_file(session_.os(), copy, bytes.text(), 0600));
  return Url::from_path(copy.string()).str();
}

Status PeepRun::fetch() {
  Items wanted;
  for (const bool hashed : {true, false})  // peep fetches what has no hash when it comes to print it
    for (const auto& item : items_)
      if (item->class_ == Item::Class::undecided && !item->candidate.file.url.empty() && item->accepted.hashes.empty() != hashed) {
        if (take_stored(*item)) {
          item->class_ = Item::Class::installable;
        } else {
          wanted.push_back(item.get());
        }
      }
  std::vector<fetch::FetchItem> fetches;
  std::erase_if(wanted, [&](Item* item) {
    // The user's word is all that counts where there is one; an index's digest guards what the user is asked to vet.
    fetch::FetchItem fetch{item->candidate, {item->accepted.hashes, item->accepted.hashes.empty() ? item->candidate.file.hashes : packaging::Hashes{}}};
    if (fetch.candidate.file.url.starts_with("file:")) {
      auto copy = copy_aside(fetch.candidate.file.url);
      if (!copy) return settle_arrival(*item, fail(std::move(copy).error())), true;
      fetch.candidate.file.url = std::move(*copy);
    }
    fetches.push_back(std::move(fetch));
    return false;
  });
  if (wanted.empty()) return ok();
  PIPIT_TRY(const std::filesystem::path scratch, session_.scratch_directory());
  session_.reporter().transfer_planned(fetches.size(), std::nullopt);
  fetch::ArchiveFetcher fetcher([this] { return session_.http(); }, scratch, session_.workers(), &listener_);
  auto arrivals = fetcher.fetch(fetches, [&](std::size_t index, const fetch::Archive& archive) { unpack(*wanted[index], archive); }, session_.stop());
  PIPIT_CHECK(session_.check_cancelled());
  for (std::size_t i = 0; i < wanted.size(); ++i) settle_arrival(*wanted[i], std::move(arrivals[i]));
  return ok();
}

// ---- what to say ----

void PeepRun::add_failure(PeepReport& report, Error error) const {
  const std::vector<Error> further = std::exchange(error.also, {});
  for (const std::string& hint : error.hints) session_.reporter().warn("", hint);  // peep's text has no place for it
  std::vector<std::string> notes;
  report.failed.push_back(peep_worded(std::move(error), notes));
  for (const std::string& note : notes) session_.reporter().warn("", note);
  for (const Error& other : further) add_failure(report, other);
}

PeepReport PeepRun::report() const {
  PeepReport report;
  for (const auto& file : files_) {
    if (file->problem) add_failure(report, *file->problem);
  }
  for (const auto& item : items_) {
    switch (item->class_) {
      case Item::Class::malformed: report.malformed.push_back(peep_url(item->line)); break;
      case Item::Class::satisfied: report.satisfied.push_back(peep_description(item->line, item->location)); break;
      case Item::Class::missing: report.missing.push_back({peep_paste_line(item->line, item->candidate.version_text), item->got}); break;
      case Item::Class::mismatched:
        report.mismatched.push_back({peep_safe_name(item->line.requirement->name), item->accepted.shown, item->got});
        for (const std::string& text : item->accepted.unusable)
          session_.reporter().warn("", fmt::format("`{}` is no peep hash (43 characters, as `peep hash` prints them), so nothing can match it", text));
        break;
      case Item::Class::failed: add_failure(report, item->problem); break;
      case Item::Class::undecided:  // its file's index could not be asked
      case Item::Class::installable: break;
    }
  }
  return report;
}

// ---- installing ----

Status PeepRun::prepare_one(Item& item) {
  Sources& sources = *files_[item.file]->sources;
  if (item.is_direct()) {
    PIPIT_TRY(const Url url, Url::parse(item.url()));
    PIPIT_TRY(const Opened opened, sources.take(item.candidate, url, *item.archive));
    if (opened.candidate.name != item.line.requirement->normalized_name())
      return fail(make_error(kInconsistentMetadata, fmt::format("{} holds {}", peep_description(item.line), opened.candidate.name)));
    item.candidate = opened.candidate;
  } else if (item.archive) {
    sources.learn_archive(item.candidate, *item.archive);
  }
  if (item.candidate.kind == model::CandidateKind::wheel) return ok();
  if (item.archive && (item.wheel = sources.built_before(item.candidate, {{item.archive->checked.digests().front()}, {}}))) return ok();
  PIPIT_TRY(std::vector<wheel::PreparedWheel> wheels, sources.build_wheels({&item.candidate}));
  item.wheel = std::move(wheels.front());
  return ok();
}

// Runs other people's code (back ends), so it comes after every requirement of every file was accepted.
void PeepRun::prepare() {
  for (const auto& item : items_)
    if (item->class_ == Item::Class::installable)
      if (Status done = prepare_one(*item); !done) item->fail_with(std::move(done).error());
}

// Where several lines name one project, peep installs them one after the other, so the last one stays.
std::vector<const Item*> PeepRun::installable() const {
  std::vector<const Item*> last;
  for (const auto& item : items_) {
    if (item->class_ != Item::Class::installable) continue;
    std::erase_if(last, [&](const Item* other) { return other->candidate.name == item->candidate.name; });
    last.push_back(item.get());
  }
  return last;
}

std::vector<InstalledName> PeepRun::names() const {
  std::vector<InstalledName> names;
  for (const Item* item : installable()) names.push_back({item->line.requirement->name, item->wheel->manifest->version});
  std::sort(names.begin(), names.end(), [](const InstalledName& a, const InstalledName& b) { return a.name < b.name; });
  return names;
}

Result<std::vector<InstalledName>> PeepRun::put_in_place(install::Snapshot snapshot, std::vector<std::string>& stale) {
  model::Resolution resolution;
  std::map<std::string, wheel::PreparedWheel> wheels;
  std::string shown;
  for (const Item* item : installable()) {
    resolution.projects.push_back({item->candidate, {}, {{"", peep_requirement(item->line), item->line.origin}}, true, item->accepted.hashes});
    wheels.emplace(item->candidate.name, *item->wheel);
    shown += (shown.empty() ? "" : ", ") + item->line.requirement->name;
  }
  if (wheels.empty()) return std::vector<InstalledName>{};
  Diagnostics diagnostics;
  std::vector<python::InstalledDist> installed =
      python::installed_in(destination_.is_environment ? target_.search_path : destination_.site_directories, diagnostics);
  // What got here is to be replaced, also where its version is there already (an archive named after a commit).
  const install::Plan plan = install::make_plan(resolution, installed, {false, true, options_.ignore_installed || options_.target.has_value()});
  session_.reporter().info("Installing collected packages: " + shown);
  session_.reporter().phase(fmt::format("Installing {} packages", wheels.size()));
  PlaceRequest request{destination_, target_, plan.changes(), wheels, std::move(installed), std::move(snapshot),
                       options_.link_mode, options_.sync, options_.resolve.allowances, {}};
  if (options_.target) request.flat = install::Upgrade::yes;  // peep installs each archive with -U
  Compiled compiled;
  if (options_.compile) {
    PIPIT_TRY(compiled, compile(request, CodeFor::here, wheels_, session_));
    request.byte_code = &compiled.byte_code;
    request.forget_code = [&](const std::string& name) { wheels_.forget_code(wheels.at(name), compiled.key); };
  }
  PIPIT_CHECK(place(request, stale, session_));
  wheels_.keep_below(session_.options().cache_size_max_bytes);
  return names();
}

void PeepRun::forget(const std::vector<std::string>& stale) {
  for (const Item* item : installable())
    if (std::find(stale.begin(), stale.end(), item->candidate.name) != stale.end()) wheels_.forget(item->wheel->manifest->archive_sha256);
}

Result<PeepOutcome> run_once(const InstallOptions& options, Session& session, std::vector<std::string>& stale) {
  // 1. Where to, and what an interrupted run left there.
  PIPIT_CHECK(refuse_foreign_target(options));
  PIPIT_TRY(const python::Interpreter* target, session.target());
  PIPIT_TRY(const Destination destination, find_destination(options, *target, session));
  if (destination.is_environment) PIPIT_CHECK(refuse_externally_managed(*target, options.break_system_packages));
  if (!options.dry_run) PIPIT_CHECK(settle(destination.root, session));
  PIPIT_TRY(TargetView view, view_target(*target, options.resolve.foreign));
  PIPIT_TRY(const std::unique_ptr<Wheels> wheels, Wheels::open(session, options.resolve.allowances));
  PIPIT_TRY(install::Snapshot snapshot, install::take_snapshot(session.os(), destination.site_directories));

  // 2. Every requirement of every file into its class. Nothing stops at the first problem, nothing is unpacked unchecked.
  PeepRun run(options, *target, std::move(view), destination, *wheels, session);
  run.read_files();
  PIPIT_CHECK(run.classify_by_name());
  run.look_up();
  PIPIT_CHECK(run.fetch());
  PeepReport report = run.report();
  if (report.has_errors()) return PeepOutcome{false, {}, report.error_text()};

  // 3. All of them are what was promised: build what must be built, then all or nothing.
  run.prepare();
  report = run.report();
  if (report.has_errors()) return PeepOutcome{false, {}, report.error_text()};
  PeepOutcome outcome{true, run.names(), report.satisfied_text() + "\n"};
  if (options.dry_run) return outcome;
  auto placed = run.put_in_place(std::move(snapshot), stale);
  if (placed) return outcome;
  run.forget(stale);
  return fail(std::move(placed).error());
}

}  // namespace

Result<PeepOutcome> peep_install(const InstallOptions& options, Session& session) {
  std::vector<std::string> stale;
  auto outcome = run_once(options, session, stale);
  if (outcome || outcome.error().code != install::kStaleStoreFile) return outcome;
  // Store entries that were edited through a link are made anew, once.
  session.reporter().warn("stale-store", "files were changed behind the cache's back; they are fetched again");
  stale.clear();
  return run_once(options, session, stale);
}

}  // namespace pipit::ops
