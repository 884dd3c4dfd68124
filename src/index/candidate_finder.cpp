#include "pipit/index/candidate_finder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pipit/base/text.h"
#include "pipit/packaging/filename.h"
#include "pipit/packaging/metadata.h"

namespace pipit::index {

bool FormatControl::admits_wheels(const std::string& normalized_name) const {
  if (only_binary.contains(normalized_name)) return true;
  if (no_binary.contains(normalized_name)) return false;
  return only_binary.contains(":all:") || !no_binary.contains(":all:");
}

bool FormatControl::admits_sdists(const std::string& normalized_name) const {
  if (only_binary.contains(normalized_name)) return false;
  if (no_binary.contains(normalized_name)) return true;
  return !only_binary.contains(":all:");
}

bool Release::is_yanked() const {
  return !files.empty() && std::all_of(files.begin(), files.end(), [](const UsableFile& file) { return file.is_yanked; });
}

namespace {

struct Verdict {
  std::optional<Rejection> rejected;
  std::size_t tag_rank = 0;
};

bool any_match(const packaging::Hashes& offered, const packaging::Hashes& wanted) {
  return std::any_of(offered.begin(), offered.end(),
                     [&](const packaging::Hash& hash) { return std::find(wanted.begin(), wanted.end(), hash) != wanted.end(); });
}

packaging::BuildTag build_tag(std::string_view filename) {
  const Result<packaging::WheelFilename> parsed = packaging::WheelFilename::parse(filename);
  return parsed ? parsed->build : packaging::BuildTag();
}

}  // namespace

// Most wheels of a page are for other machines or Pythons, which one of the words tells. False: no tag of theirs can be among
// ours. Words with capitals are left to the full judgement.
bool CandidateFinder::may_fit(std::string_view tags) {
  if (interpreters_.empty())
    for (const packaging::Tag& tag : options_.tags.tags()) interpreters_.insert(tag.interpreter), platforms_.insert(tag.platform);
  const auto any_in = [](std::string_view words, const std::unordered_set<std::string>& ours) {
    for (bool more = true; more;) {
      const std::size_t dot = words.find('.');
      if (ours.contains(std::string(words.substr(0, dot)))) return true;
      more = dot != words.npos;
      if (more) words.remove_prefix(dot + 1);
    }
    return false;
  };
  if (std::any_of(tags.begin(), tags.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) return true;
  const std::size_t first = tags.find('-'), last = tags.rfind('-');
  return first != tags.npos && any_in(tags.substr(last + 1), platforms_) && any_in(tags.substr(0, first), interpreters_);
}

std::optional<std::size_t> CandidateFinder::tag_rank(std::string_view tags) {
  const auto [at, is_new] = tag_ranks_.try_emplace(std::string(tags));
  if (is_new && may_fit(tags))
    if (const auto parsed = packaging::parse_tag(tags)) at->second = options_.tags.rank(*parsed);
  return at->second;
}

bool CandidateFinder::python_admits(std::string_view requires_python) {
  const auto [at, is_new] = python_admits_.try_emplace(std::string(requires_python), true);
  if (is_new) at->second = packaging::requires_python_admits(requires_python, options_.python_version);
  return at->second;
}

// One search: what holds for the whole project is decided once, what a page interns is judged once a page.
class CandidateFinder::Run {
 public:
  Run(CandidateFinder& finder, const std::string& name, const Wanted& wanted, Candidates& out)
      : finder_(finder), options_(finder.options_), wanted_(wanted), out_(out), wheels_(options_.formats.admits_wheels(name)),
        sdists_(options_.formats.admits_sdists(name)), limit_(options_.uploaded_prior_to) {
    if (const auto own = options_.uploaded_prior_to_by_name.find(name); own != options_.uploaded_prior_to_by_name.end()) limit_ = own->second;
    for (const packaging::Hash& hash : wanted.hashes)
      if (std::find(algorithms_.begin(), algorithms_.end(), hash.algorithm) == algorithms_.end()) algorithms_.push_back(hash.algorithm);
  }

  void take_page(std::uint32_t page);
  std::optional<UsableFile> newest(std::uint32_t page, const packaging::SpecifierSet& specifiers);
  void merge_equal_versions();
  void filter_by_digest();
  void sort();

 private:
  Verdict judge(const PackedPage& page, const PackedFile& file);
  std::optional<std::size_t> tag_rank(const PackedPage& page, std::uint32_t text);
  bool python_admits(const PackedPage& page, std::uint32_t text);
  void turn_to(const PackedPage& page);
  bool is_local(const PackedPage& page, const PackedFile& file) const { return page.text(file.url).starts_with("file:"); }
  std::optional<Rejection> judge_time(const PackedPage& page, const PackedFile& file) const;
  packaging::Hashes digests_of(const UsableFile& file, bool read_local) const;
  std::size_t count_wanted() const;
  bool is_wanted(const Release& release) const;
  bool digests_are_known(const packaging::Hashes& hashes) const { return !hashes.empty(); }
  void sort_files(Release& release) const;

  CandidateFinder& finder_;
  const FinderOptions& options_;
  const Wanted& wanted_;
  Candidates& out_;
  bool wheels_, sdists_;
  std::optional<TimePoint> limit_;
  std::vector<std::string> algorithms_;
  // By number of an interned text of the page that is being looked at: what was found out about it.
  const PackedPage* page_ = nullptr;
  std::vector<std::optional<std::optional<std::size_t>>> ranks_;
  std::vector<std::optional<bool>> admits_;
};

void CandidateFinder::Run::turn_to(const PackedPage& page) {
  if (std::exchange(page_, &page) == &page) return;
  ranks_.assign(page.text_count(), std::nullopt);
  admits_.assign(page.text_count(), std::nullopt);
}

std::optional<std::size_t> CandidateFinder::Run::tag_rank(const PackedPage& page, std::uint32_t text) {
  turn_to(page);
  if (text >= ranks_.size()) return std::nullopt;
  if (!ranks_[text]) ranks_[text] = finder_.tag_rank(page.interned(text));
  return *ranks_[text];
}

bool CandidateFinder::Run::python_admits(const PackedPage& page, std::uint32_t text) {
  turn_to(page);
  if (text >= admits_.size()) return true;
  if (!admits_[text]) admits_[text] = finder_.python_admits(page.interned(text));
  return *admits_[text];
}

std::optional<Rejection> CandidateFinder::Run::judge_time(const PackedPage& page, const PackedFile& file) const {
  if (!limit_ || is_local(page, file)) return std::nullopt;
  const std::optional<TimePoint> time = parse_time(page.text(file.upload_time));
  if (!time) return Rejection::upload_time_missing;
  return *time >= *limit_ ? std::optional(Rejection::uploaded_too_late) : std::nullopt;
}

// pip's order; the first reason wins, because it is the one that is shown.
Verdict CandidateFinder::Run::judge(const PackedPage& page, const PackedFile& file) {
  Verdict verdict{std::nullopt, options_.tags.tags().size()};
  const bool is_wheel = file.shape == FileShape::wheel || file.shape == FileShape::invalid_wheel_name || file.shape == FileShape::other_project;
  if (file.shape == FileShape::not_an_archive) return {Rejection::not_an_archive};
  if (is_wheel && !wheels_) return {Rejection::no_binary};
  if (file.shape == FileShape::macosx10) return {Rejection::macosx10};
  if (file.shape == FileShape::invalid_wheel_name) return {Rejection::invalid_wheel_name};
  if (file.shape == FileShape::other_project) return {Rejection::other_project};
  if (is_wheel) {
    const std::optional<std::size_t> rank = tag_rank(page, file.tags);
    if (!rank) return {Rejection::no_matching_tag};
    verdict.tag_rank = *rank;
  }
  if (const auto rejected = judge_time(page, file)) return {*rejected};
  if (!is_wheel && !sdists_) return {Rejection::no_source};
  if (file.shape == FileShape::no_version) return {Rejection::no_version};
  if (!is_wheel && file.tags != kNoText && page.interned(file.tags) != options_.python_minor) return {Rejection::other_python_suffix};
  if (file.requires_python != kNoText && !options_.ignore_requires_python && !python_admits(page, file.requires_python))
    return {Rejection::requires_python};
  if (file.shape == FileShape::invalid_version) return {Rejection::invalid_version};
  return verdict;
}

void CandidateFinder::Run::take_page(std::uint32_t number) {
  const PackedPage& page = *out_.pages_[number];
  for (const PackedRelease& listed : page.releases()) {
    Release release;
    release.text = page.text(listed.version);
    const auto version = listed.valid ? packaging::Version::try_parse(release.text) : std::nullopt;
    if (version) release.version = *version;
    for (std::uint32_t i = 0; i < listed.file_count; ++i) {
      const std::uint32_t at = listed.first_file + i;
      const PackedFile& file = page.files()[at];
      const Verdict verdict = judge(page, file);
      if (!version || verdict.rejected) {
        (version ? release.rejected : out_.strays).push_back({number, at, verdict.rejected.value_or(Rejection::invalid_version)});
      } else {
        release.files.push_back({number, at, static_cast<std::uint32_t>(verdict.tag_rank), file.shape == FileShape::wheel, page.yanked(file), false});
      }
    }
    if (version) out_.releases.push_back(std::move(release));
  }
}

std::optional<UsableFile> CandidateFinder::Run::newest(std::uint32_t number, const packaging::SpecifierSet& specifiers) {
  const PackedPage& page = *out_.pages_[number];
  for (const PackedRelease& listed : page.releases()) {
    const auto version = listed.valid ? packaging::Version::try_parse(page.text(listed.version)) : std::nullopt;
    if (!version || version->is_prerelease() || !specifiers.contains(*version, packaging::Prereleases::allow)) continue;
    Release release;
    for (std::uint32_t at = listed.first_file; at < listed.first_file + listed.file_count; ++at) {
      const PackedFile& file = page.files()[at];
      const Verdict verdict = judge(page, file);
      if (verdict.rejected || page.yanked(file)) continue;
      release.files.push_back({number, at, static_cast<std::uint32_t>(verdict.tag_rank), file.shape == FileShape::wheel, false, false});
    }
    if (release.files.empty()) continue;
    sort_files(release);
    return release.files.front();
  }
  return std::nullopt;
}

// Several pages: their releases are put in one order, equal versions joined. One page is in order already.
void CandidateFinder::Run::merge_equal_versions() {
  if (out_.pages_.size() < 2) return;
  std::stable_sort(out_.releases.begin(), out_.releases.end(), [](const Release& a, const Release& b) { return a.version > b.version; });
  std::vector<Release> merged;
  merged.reserve(out_.releases.size());
  for (Release& release : out_.releases) {
    if (merged.empty() || merged.back().version != release.version) {
      merged.push_back(std::move(release));
      continue;
    }
    merged.back().files.insert(merged.back().files.end(), release.files.begin(), release.files.end());
    merged.back().rejected.insert(merged.back().rejected.end(), release.rejected.begin(), release.rejected.end());
  }
  out_.releases = std::move(merged);
}

bool CandidateFinder::Run::is_wanted(const Release& release) const {
  return wanted_.specifiers.contains(release.version, release.text, packaging::Prereleases::allow);
}

std::size_t CandidateFinder::Run::count_wanted() const {
  std::size_t count = 0;
  for (const Release& release : out_.releases)
    if (is_wanted(release)) count += release.files.size();
  return count;
}

packaging::Hashes CandidateFinder::Run::digests_of(const UsableFile& file, bool read_local) const {
  const PackedPage& page = *out_.pages_[file.page];
  const PackedFile& row = out_.row(file.page, file.file);
  packaging::Hashes known = page.hashes(row.hashes);
  if (known.empty() && read_local && options_.digest && is_local(page, row)) known = options_.digest(page.dist_file(row), algorithms_);
  return known;
}

// pip's rule: if any file of a wanted version has a wanted digest, those known to be wrong go; if none has, all
// stay, so that the mismatch can be reported with both values.
void CandidateFinder::Run::filter_by_digest() {
  if (wanted_.hashes.empty()) return;
  bool any = false;
  // Digesting local files costs reading them: only files of a wanted version, and only where there is a choice. A single
  // file is digested when it is fetched.
  const bool read_local = count_wanted() > 1;
  std::vector<std::vector<bool>> known_wrong(out_.releases.size());
  for (std::size_t i = 0; i < out_.releases.size(); ++i) {
    Release& release = out_.releases[i];
    if (!is_wanted(release)) continue;
    for (UsableFile& file : release.files) {
      const packaging::Hashes digests = digests_of(file, read_local);
      file.digest_is_wanted = any_match(digests, wanted_.hashes);
      any = any || file.digest_is_wanted;
      known_wrong[i].push_back(digests_are_known(digests) && !file.digest_is_wanted);
    }
  }
  if (!any) return;
  for (std::size_t i = 0; i < out_.releases.size(); ++i) {
    Release& release = out_.releases[i];
    std::vector<UsableFile> kept;
    for (std::size_t k = 0; k < release.files.size(); ++k)
      if (k < known_wrong[i].size() && known_wrong[i][k])
        release.rejected.push_back({release.files[k].page, release.files[k].file, Rejection::unwanted_digest});
      else
        kept.push_back(release.files[k]);
    release.files = std::move(kept);
  }
}

void CandidateFinder::Run::sort_files(Release& release) const {
  const auto order = [this](const UsableFile& file) { return std::pair(file.page, out_.row(file.page, file.file).order); };
  std::sort(release.files.begin(), release.files.end(), [&](const UsableFile& a, const UsableFile& b) {
    if (a.digest_is_wanted != b.digest_is_wanted) return a.digest_is_wanted;
    if (a.is_yanked != b.is_yanked) return b.is_yanked;
    if (options_.prefer_binary && a.is_wheel != b.is_wheel) return a.is_wheel;
    if (a.tag_rank != b.tag_rank) return a.tag_rank < b.tag_rank;
    if (a.is_wheel && b.is_wheel) {
      const auto build_a = build_tag(out_.pages_[a.page]->text(out_.row(a.page, a.file).filename));
      const auto build_b = build_tag(out_.pages_[b.page]->text(out_.row(b.page, b.file).filename));
      if (build_a != build_b) return build_a > build_b;
    }
    return order(a) > order(b);
  });
  if (!release.files.empty()) {
    const UsableFile& best = release.files.front();
    release.text = out_.pages_[best.page]->text(out_.row(best.page, best.file).version);
  }
}

void CandidateFinder::Run::sort() {
  for (Release& release : out_.releases) sort_files(release);
  if (wanted_.hashes.empty() && !options_.prefer_binary) return;
  const auto has_wanted = [](const Release& release) { return !release.files.empty() && release.files.front().digest_is_wanted; };
  const auto has_wheel = [](const Release& release) {
    return std::any_of(release.files.begin(), release.files.end(), [](const UsableFile& file) { return file.is_wheel && !file.is_yanked; });
  };
  std::stable_sort(out_.releases.begin(), out_.releases.end(), [&](const Release& a, const Release& b) {
    if (has_wanted(a) != has_wanted(b)) return has_wanted(a);
    return options_.prefer_binary && has_wheel(a) && !has_wheel(b);
  });
}

std::optional<model::Candidate> CandidateFinder::guess(const std::string& normalized_name, const std::vector<std::shared_ptr<const PackedPage>>& pages,
                                                       const packaging::SpecifierSet& specifiers) {
  Candidates out;
  out.name_ = normalized_name;
  out.pages_ = pages;
  const Wanted none;
  Run run(*this, normalized_name, none, out);
  std::optional<model::Candidate> best;
  for (std::uint32_t i = 0; i < pages.size(); ++i) {
    if (pages[i]->status() == ProjectStatus::quarantined) return std::nullopt;
    const std::optional<UsableFile> file = run.newest(i, specifiers);
    if (!file) continue;
    model::Candidate candidate = out.candidate(*file);
    if (!best || best->version <= candidate.version) best = std::move(candidate);
  }
  return best;
}

Candidates CandidateFinder::find(const std::string& normalized_name, std::vector<std::shared_ptr<const PackedPage>> pages, const Wanted& wanted) {
  Candidates out;
  out.name_ = normalized_name;
  out.python_version_ = options_.python_version.str();
  out.pages_ = std::move(pages);
  for (const auto& page : out.pages_)
    if (page->status() != ProjectStatus::active && out.status != ProjectStatus::quarantined) {
      out.status = page->status();
      out.status_reason = page->status_reason();
    }
  Run run(*this, normalized_name, wanted, out);
  for (std::uint32_t i = 0; i < out.pages_.size(); ++i) run.take_page(i);
  run.merge_equal_versions();
  run.filter_by_digest();
  run.sort();
  return out;
}

}  // namespace pipit::index
