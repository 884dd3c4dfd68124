#include "ops/gather.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "ops/telling.h"
#include "pipit/base/text.h"
#include "pipit/base/url.h"
#include "pipit/ops/install.h"
#include "pipit/sys/file.h"
#include "pipit/wheel/source.h"

namespace pipit::ops {

namespace {

using packaging::Hashes;

// Is the version fixed by a line of the user (== or ===, also ==1.*, as pip counts)?
bool is_pinned(const std::string& name, const Wanted& wanted) {
  for (const auto* lines : {&wanted.requirements, &wanted.constraints})
    for (const packaging::RequirementLine& line : *lines) {
      if (!line.requirement || line.requirement->normalized_name() != name) continue;
      const auto& clauses = line.requirement->specifiers.specifiers();
      if (line.requirement->url || !line.url.empty()) return true;
      if (clauses.size() == 1 && (clauses[0].op == packaging::Operator::equal || clauses[0].op == packaging::Operator::arbitrary)) return true;
    }
  return false;
}

std::vector<packaging::Hash> as_typed(const std::string& name, const Wanted& wanted, const Hashes& required) {
  std::vector<packaging::Hash> typed;
  for (const auto* lines : {&wanted.requirements, &wanted.constraints})
    for (const packaging::RequirementLine& line : *lines)
      if (line.requirement && line.requirement->normalized_name() == name)
        for (std::size_t i = 0; i < line.hashes.size(); ++i)
          typed.push_back({line.hashes[i].algorithm, i < line.hashes_as_typed.size() ? line.hashes_as_typed[i] : line.hashes[i].hex});
  return typed.empty() ? required : typed;
}

std::string sha256_of(const Hashes& hashes) {
  for (const packaging::Hash& hash : hashes)
    if (hash.algorithm == "sha256") return hash.hex;
  return {};
}

std::string missing_form(const model::Candidate& candidate) {
  if (candidate.direct_url) return candidate.direct_url->url;
  return fmt::format("{}=={}", candidate.name, candidate.version_text);
}

// What one run of gather() shares between its steps.
class Gathering {
 public:
  Gathering(const Wanted& wanted, Choice& choice, Chooser& chooser, Sources& sources, Wheels& wheels, Session& session, fetch::FetchListener& listener)
      : wanted_(wanted), choice_(choice), chooser_(chooser), sources_(sources), wheels_(wheels), session_(session), listener_(listener) {}

  Result<Gathered> run(const std::vector<const install::PlannedProject*>& projects) {
    for (const install::PlannedProject* project : projects) {
      if (wanted_.hash_mode) demand(project->resolved);
      if (auto stored = choice_.stored.find(project->resolved.candidate.name); stored != choice_.stored.end()) {
        if (chooser_.sidecar_bytes(project->resolved.candidate)) tell_late_fetch(project->resolved.candidate, true, session_);
        gathered_.wheels.emplace(stored->first, stored->second);
      } else if (!take_stored(project->resolved) && !take_built(project->resolved)) {
        plan_fetch(project->resolved);
      }
    }
    PIPIT_CHECK(fetch_all());
    if (auto problems = choice_.report.error()) return fail(std::move(*problems));
    PIPIT_CHECK(build_sources(projects));
    PIPIT_CHECK(compare_sidecars(projects));
    for (const auto& [name, wheel] : gathered_.wheels) requires_python_[name] = wheel.manifest->requires_python;
    PIPIT_CHECK(check_pythons());
    return std::move(gathered_);
  }

  Status run_for_archives(const std::vector<const install::PlannedProject*>& projects) {
    unpack_ = false;
    for (const install::PlannedProject* project : projects) {
      if (wanted_.hash_mode) demand(project->resolved);
      plan_fetch(project->resolved);
    }
    PIPIT_CHECK(fetch_all());
    if (auto problems = choice_.report.error()) return fail(std::move(*problems));
    for (const install::PlannedProject* project : projects) PIPIT_CHECK(compare_archive(project->resolved));
    return check_pythons();
  }

 private:
  // Hash mode: every project needs a pin or a digest of the user's.
  void demand(const model::Resolved& resolved) {
    const std::string& name = resolved.candidate.name;
    if (choice_.required.count(name)) return;
    if (resolved.candidate.direct_url) return;  // judged when it was opened
    if (is_pinned(name, wanted_)) {
      without_digest_.push_back(name);
    } else {
      choice_.report.unpinned.push_back(describe(resolved));
    }
  }

  verify::Promise promise(const model::Candidate& candidate) const {
    auto required = choice_.required.find(candidate.name);
    return {required == choice_.required.end() ? Hashes{} : required->second, candidate.file.hashes};
  }

  // A file whose promised digest is stored needs no download.
  bool take_stored(const model::Resolved& resolved) {
    const model::Candidate& candidate = resolved.candidate;
    if (candidate.kind != model::CandidateKind::wheel || candidate.direct_url) return false;
    Hashes advertised;
    for (const packaging::Hash& hash : candidate.file.hashes)
      if (hash.algorithm == "sha256") advertised.push_back(hash);
    auto stored = wheels_.find(advertised);
    if (!stored || stored->manifest->filename != candidate.file.filename) return false;
    auto checked = verify::check(stored->checked.digests(), promise(candidate), candidate.file.filename);
    if (!checked) return false;
    note_digest(resolved, stored->checked.digests());
    gathered_.wheels.emplace(candidate.name, std::move(*stored));
    return true;
  }

  // An sdist that was built before: the promised digest says which it is, and it need not come again.
  bool take_built(const model::Resolved& resolved) {
    const model::Candidate& candidate = resolved.candidate;
    const fetch::Archive* archive = sources_.archive(candidate);
    verify::Promise promised = promise(candidate);
    if (archive) {
      if (!verify::check(archive->checked.digests(), promised, candidate.file.filename)) return false;
      promised = {{{"sha256", archive->checked.sha256_hex()}}, {}};
    }
    auto built = sources_.built_before(candidate, promised);
    if (!built) return false;
    if (archive) {
      note_digest(resolved, archive->checked.digests());
    } else {
      const bool is_missing = std::find(without_digest_.begin(), without_digest_.end(), candidate.name) != without_digest_.end();
      if (is_missing) return false;  // the report shows what the archive has: it must be looked at
      note_digest(resolved, promised.required.empty() ? promised.advertised : promised.required);
    }
    session_.reporter().info(fmt::format("  Using cached {}", built->manifest->filename));
    gathered_.wheels.emplace(candidate.name, std::move(*built));
    return true;
  }

  void note_digest(const model::Resolved& resolved, const Hashes& digests) {
    gathered_.digests[resolved.candidate.name] = digests;
    if (std::find(without_digest_.begin(), without_digest_.end(), resolved.candidate.name) != without_digest_.end())
      choice_.report.missing.push_back({missing_form(resolved.candidate), sha256_of(digests)});
  }

  void plan_fetch(const model::Resolved& resolved) {
    const model::Candidate& candidate = resolved.candidate;
    if (candidate.kind != model::CandidateKind::wheel && candidate.kind != model::CandidateKind::sdist) return;
    if (auto mismatch = chooser_.mismatch_seen(candidate)) {
      report_mismatch(resolved, {candidate, promise(candidate)}, *mismatch);
      return;
    }
    if (const fetch::Archive* archive = sources_.archive(candidate)) {
      // Fetched for its metadata, perhaps under a lesser promise.
      if (auto checked = verify::check(archive->checked.digests(), promise(candidate), candidate.file.filename); !checked) {
        report_mismatch(resolved, {candidate, promise(candidate)}, {archive->checked.digests(), checked.error()});
        return;
      }
      note_digest(resolved, archive->checked.digests());
      if (candidate.kind == model::CandidateKind::wheel) at_hand_.push_back(&resolved);
      return;
    }
    items_.push_back({candidate, promise(candidate), chooser_.is_from_public_index(candidate)});
    resolved_.push_back(&resolved);
    if (chooser_.sidecar_bytes(candidate)) tell_late_fetch(candidate, false, session_);
  }

  Status look_into(const model::Candidate& candidate, const fetch::Archive& archive, std::string* metadata_text) {
    PIPIT_TRY(const sys::MappedFile bytes, sys::MappedFile::open(archive.path));
    Diagnostics diagnostics;
    PIPIT_TRY(const auto source, wheel::WheelSource::open(bytes.bytes(), candidate.file.filename, wheels_.allowances(), diagnostics));
    if (metadata_text) *metadata_text = source.metadata_text();
    std::lock_guard lock(mutex_);
    if (!metadata_text) session_.report(diagnostics);
    requires_python_[candidate.name] = source.manifest().requires_python;
    return ok();
  }

  void add_wheel(const model::Candidate& candidate, const fetch::Archive& archive) {
    if (!unpack_) {
      Status looked = look_into(candidate, archive, nullptr);
      std::lock_guard lock(mutex_);
      if (!looked) problems_.push_back(std::move(looked).error());
      return;
    }
    auto added = wheels_.add(archive, candidate.file.filename);
    std::lock_guard lock(mutex_);
    if (added) {
      gathered_.wheels.insert_or_assign(candidate.name, std::move(*added));
    } else {
      problems_.push_back(std::move(added).error());
    }
  }

  Status fetch_all() {
    PIPIT_TRY(const std::filesystem::path scratch, session_.scratch_directory());
    std::optional<std::uint64_t> total = 0;
    for (const fetch::FetchItem& item : items_)
      total = total && item.candidate.file.size_bytes ? std::optional(*total + *item.candidate.file.size_bytes) : std::nullopt;
    session_.reporter().transfer_planned(items_.size(), total);
    fetch::ArchiveFetcher fetcher([this] { return session_.http(); }, scratch, session_.workers(), &listener_, session_.unfinished_downloads());
    if (unpack_)
      fetcher.share([this](std::size_t i) {
        const std::lock_guard lock(mutex_);
        return take_stored(*resolved_[i]);
      });
    auto arrivals = fetcher.fetch(items_, [this](std::size_t index, const fetch::Archive& archive) {
      if (items_[index].candidate.kind == model::CandidateKind::wheel) add_wheel(items_[index].candidate, archive);
    }, session_.stop());
    std::vector<const fetch::Archive*> archives;
    for (const model::Resolved* resolved : at_hand_) archives.push_back(sources_.archive(resolved->candidate));
    sys::parallel_for(session_.workers(), at_hand_.size(), [&](std::size_t i) { add_wheel(at_hand_[i]->candidate, *archives[i]); });

    for (std::size_t i = 0; i < arrivals.size(); ++i) {
      if (!arrivals[i]) {
        if (arrivals[i].error().code == kCancelled) return fail(std::move(arrivals[i]).error());
        problems_.push_back(std::move(arrivals[i]).error());
      } else if (auto* mismatch = std::get_if<fetch::Mismatch>(&*arrivals[i])) {
        report_mismatch(*resolved_[i], items_[i], *mismatch);
      } else if (std::holds_alternative<fetch::Archive>(*arrivals[i])) {  // otherwise it was taken from the store
        auto& archive = std::get<fetch::Archive>(*arrivals[i]);
        note_digest(*resolved_[i], archive.checked.digests());
        sources_.learn_archive(items_[i].candidate, std::move(archive));
      }
    }
    if (problems_.empty()) return ok();
    // Promises that were broken come first, then everything else that is wrong.
    Error first;
    auto broken_promises = choice_.report.error();
    if (broken_promises) {
      first = std::move(*broken_promises);
    } else {
      first = std::move(problems_.front());
      problems_.erase(problems_.begin());
    }
    std::sort(problems_.begin(), problems_.end(), [](const Error& a, const Error& b) { return a.message < b.message; });
    for (Error& problem : problems_) {
      std::vector<Error> further = std::exchange(problem.also, {});
      first.also.push_back(std::move(problem));
      for (Error& other : further) first.also.push_back(std::move(other));
    }
    return fail(std::move(first));
  }

  void report_mismatch(const model::Resolved& resolved, const fetch::FetchItem& item, const fetch::Mismatch& mismatch) {
    // An archive that the user's digests accept, but not the index's: the index's own promise is shown.
    const auto& required = item.promise.required;
    const bool user_accepts = required.empty() || std::any_of(required.begin(), required.end(), [&](const packaging::Hash& hash) {
                                return std::find(mismatch.computed.begin(), mismatch.computed.end(), hash) != mismatch.computed.end();
                              });
    HashReport::Unmatched unmatched{describe(resolved), user_accepts ? item.promise.advertised : as_typed(item.candidate.name, wanted_, required), mismatch.computed};
    choice_.report.unmatched.push_back(std::move(unmatched));
  }

  // Nobody promised a digest, but now that the archive is here it says itself which wheel it gave before.
  bool take_built_from_archive(const model::Candidate& candidate) {
    const fetch::Archive* archive = candidate.kind == model::CandidateKind::sdist ? sources_.archive(candidate) : nullptr;
    if (!archive) return false;
    auto built = sources_.built_before(candidate, {{{"sha256", archive->checked.sha256_hex()}}, {}});
    if (!built) return false;
    session_.reporter().info(fmt::format("  Using cached {}", built->manifest->filename));
    gathered_.wheels.emplace(candidate.name, std::move(*built));
    return true;
  }

  Status build_sources(const std::vector<const install::PlannedProject*>& projects) {
    std::vector<const model::Candidate*> candidates;
    for (const install::PlannedProject* project : projects) {
      const model::Candidate& candidate = project->resolved.candidate;
      const bool is_source = candidate.kind == model::CandidateKind::sdist || candidate.kind == model::CandidateKind::source_tree;
      if (is_source && !gathered_.wheels.count(candidate.name) && !take_built_from_archive(candidate)) candidates.push_back(&candidate);
    }
    PIPIT_CHECK(session_.check_cancelled());
    PIPIT_TRY(std::vector<wheel::PreparedWheel> wheels, sources_.build_wheels(candidates));
    for (std::size_t i = 0; i < candidates.size(); ++i) gathered_.wheels.emplace(candidates[i]->name, std::move(wheels[i]));
    return ok();
  }

  Status compare_archive(const model::Resolved& resolved) {
    const model::Candidate& candidate = resolved.candidate;
    const auto read = chooser_.metadata_read(candidate);
    const fetch::Archive* archive = sources_.archive(candidate);
    if (!read || !archive || candidate.kind != model::CandidateKind::wheel) return ok();
    std::string text;
    PIPIT_CHECK(look_into(candidate, *archive, &text));
    PIPIT_TRY(const packaging::Metadata actual, packaging::Metadata::parse(text));
    return fetch::check_same_metadata(*read, actual, describe(resolved));
  }

  // With --no-deps nothing is chosen by metadata; what it says of Python holds all the same.
  Status check_pythons() const {
    std::vector<Error> problems;
    for (const auto& [name, requires_python] : requires_python_)
      if (Status suits = chooser_.check_python(name, requires_python); !suits) problems.push_back(std::move(suits).error());
    if (problems.empty()) return ok();
    Error first = std::move(problems.front());
    first.also.assign(std::make_move_iterator(problems.begin() + 1), std::make_move_iterator(problems.end()));
    return fail(std::move(first));
  }

  // M12: what was chosen by must be what is installed.
  Status compare_sidecars(const std::vector<const install::PlannedProject*>& projects) {
    for (const install::PlannedProject* project : projects) {
      const model::Candidate& candidate = project->resolved.candidate;
      auto read = chooser_.metadata_read(candidate);
      auto wheel = gathered_.wheels.find(candidate.name);
      if (!read || wheel == gathered_.wheels.end() || candidate.kind != model::CandidateKind::wheel) continue;
      PIPIT_TRY(const std::string text, sys::read_file(wheel->second.tree / wheel->second.manifest->dist_info / "METADATA", 64u << 20));
      PIPIT_TRY(const packaging::Metadata actual, packaging::Metadata::parse(text));
      PIPIT_CHECK(fetch::check_same_metadata(*read, actual, describe(project->resolved)));
    }
    return ok();
  }

  const Wanted& wanted_;
  Choice& choice_;
  Chooser& chooser_;
  Sources& sources_;
  Wheels& wheels_;
  Session& session_;
  fetch::FetchListener& listener_;
  bool unpack_ = true;
  Gathered gathered_;
  std::map<std::string, std::string> requires_python_;  // by name; "" where it says nothing
  std::vector<std::string> without_digest_;
  std::vector<fetch::FetchItem> items_;
  std::vector<const model::Resolved*> resolved_, at_hand_;
  std::mutex mutex_;
  std::vector<Error> problems_;
};

}  // namespace

void look_into_store(const std::vector<const install::PlannedProject*>& projects, Choice& choice, Wheels& wheels) {
  for (const install::PlannedProject* project : projects) {
    const model::Candidate& candidate = project->resolved.candidate;
    if (candidate.kind != model::CandidateKind::wheel || candidate.direct_url || choice.stored.count(candidate.name)) continue;
    Hashes advertised;
    for (const packaging::Hash& hash : candidate.file.hashes)
      if (hash.algorithm == "sha256") advertised.push_back(hash);
    auto stored = wheels.find(advertised);
    if (stored && stored->manifest->filename == candidate.file.filename && verify::check(stored->checked.digests(), {{}, candidate.file.hashes}, candidate.file.filename))
      choice.stored.emplace(candidate.name, std::move(*stored));
  }
}

Result<Gathered> gather(const std::vector<const install::PlannedProject*>& projects, const Wanted& wanted, Choice& choice, Chooser& chooser, Sources& sources,
                        Wheels& wheels, Session& session, fetch::FetchListener& listener) {
  return Gathering(wanted, choice, chooser, sources, wheels, session, listener).run(projects);
}

Status gather_archives(const std::vector<const install::PlannedProject*>& projects, const Wanted& wanted, Choice& choice, Chooser& chooser, Sources& sources,
                       Wheels& wheels, Session& session, fetch::FetchListener& listener) {
  return Gathering(wanted, choice, chooser, sources, wheels, session, listener).run_for_archives(projects);
}

}  // namespace pipit::ops
