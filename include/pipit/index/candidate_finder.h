// CandidateFinder: which files of a project could be used here, and in what order of preference (the rules are
// pip 26.3's). It takes the pages of all indexes in merge order and gives releases, most preferred first; each with
// its usable files best first and the others with the reason why not. Which release is taken is the solver's business:
// versions, pre-releases and yanked releases are not filtered here.
//
// Pure apart from FinderOptions::digest. A finder remembers what tags and requires-python texts mean for its target; use it
// from one thread. Pages outlive nothing: Candidates holds them.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "pipit/index/packed_page.h"
#include "pipit/model/candidate.h"
#include "pipit/packaging/specifiers.h"
#include "pipit/packaging/tags.h"
#include "pipit/packaging/version.h"

namespace pipit::index {

// --no-binary and --only-binary after pip's set rules: normalised names and ":all:"; a name beats ":all:".
struct FormatControl {
  std::set<std::string> no_binary, only_binary;
  bool admits_wheels(const std::string& normalized_name) const;
  bool admits_sdists(const std::string& normalized_name) const;
};

using TimePoint = std::chrono::sys_time<std::chrono::microseconds>;
// "2024-05-01T12:00:00.123456Z", with an offset, or without one (then UTC). Returns nullopt for anything else.
std::optional<TimePoint> parse_time(std::string_view text);

struct FinderOptions {
  packaging::SupportedTags tags;
  packaging::Version python_version;         // X.Y.Z of the target
  std::string python_minor;                  // "3.11": what an sdist's "-py3.11" suffix must say
  FormatControl formats;
  bool prefer_binary = false;
  bool ignore_requires_python = false;
  // Only files uploaded before; one without an upload time counts as too new (X11). Local files are exempt.
  std::optional<TimePoint> uploaded_prior_to;
  std::map<std::string, std::optional<TimePoint>> uploaded_prior_to_by_name;  // nullopt: no limit for this name
  // Digests of a local file in the algorithms given, for files that a directory offers without any. Empty: not digested.
  std::function<packaging::Hashes(const model::DistFile& file, const std::vector<std::string>& algorithms)> digest;
};

// What the user demands of a project: digests count only where the versions do (pip filters by version first).
struct Wanted {
  packaging::Hashes hashes;             // any one match; empty: nothing demanded
  packaging::SpecifierSet specifiers;
};

enum class Rejection : std::uint8_t {
  not_an_archive, no_binary, macosx10, invalid_wheel_name, other_project, no_matching_tag, upload_time_missing, uploaded_too_late,
  no_source, no_version, other_python_suffix, requires_python, invalid_version, unwanted_digest
};

struct UsableFile {
  std::uint32_t page = 0, file = 0;
  std::uint32_t tag_rank = 0;           // sdists: behind every tag
  bool is_wheel = false, is_yanked = false, digest_is_wanted = false;
};
struct RejectedFile {
  std::uint32_t page = 0, file = 0;
  Rejection why = Rejection::not_an_archive;
};

struct Release {
  packaging::Version version;
  std::string text;                     // as the best (or first) file writes it
  std::vector<UsableFile> files;        // best first; empty: the release cannot be used
  std::vector<RejectedFile> rejected;
  bool is_yanked() const;               // every usable file is
};

class Candidates {
 public:
  std::vector<Release> releases;        // most preferred first; those without usable files among them, in version order
  std::vector<RejectedFile> strays;     // files whose names tell no version of this project
  ProjectStatus status = ProjectStatus::active;  // the gravest of the pages'
  std::string status_reason;

  model::Candidate candidate(const UsableFile& file) const;
  model::DistFile dist_file(const RejectedFile& file) const;
  // pip's words for one file ("No binaries permitted for x"), and ours for a whole release that has no usable file
  // ("it needs Python >=3.12, the target has 3.11.4"), which complete "x 1.0 cannot be used: ...".
  std::string reason(const RejectedFile& file) const;
  std::string reason(const Release& release) const;
  // When the first file of a release was uploaded, usable here or not; nullopt if no file tells.
  std::optional<TimePoint> first_upload(const packaging::Version& version) const;
  // Requires-Python of a release that was rejected for it, in pip's printing (">=3.9"); empty for others.
  std::string requires_python(const Release& release) const;
  // "2.0 Requires-Python >=3.9", sorted, each once: what pip lists after "Ignored the following versions ...".
  std::vector<std::string> requires_python_skipped() const;
  // Ascending, each once: pip's "(from versions: ...)" and "Ignored the following yanked versions".
  std::vector<std::string> versions() const;
  std::vector<std::string> yanked_versions() const;

 private:
  friend class CandidateFinder;
  std::string name_;
  std::string python_version_;
  std::vector<std::shared_ptr<const PackedPage>> pages_;
  const PackedFile& row(std::uint32_t page, std::uint32_t file) const { return pages_[page]->files()[file]; }
};

class CandidateFinder {
 public:
  explicit CandidateFinder(FinderOptions options) : options_(std::move(options)) {}
  // `pages` in merge order: of two files that are equal in everything else, the one of the later page wins.
  Candidates find(const std::string& normalized_name, std::vector<std::shared_ptr<const PackedPage>> pages, const Wanted& wanted = {});
  // The candidate that is wanted most likely: of the newest release that `specifiers` admit and that has a usable file, leaving
  // out pre-releases and yanked files. Looks no further than that; a guess, to work ahead with.
  std::optional<model::Candidate> guess(const std::string& normalized_name, const std::vector<std::shared_ptr<const PackedPage>>& pages,
                                        const packaging::SpecifierSet& specifiers);
  const FinderOptions& options() const { return options_; }

 private:
  class Run;
  bool may_fit(std::string_view tags);
  std::optional<std::size_t> tag_rank(std::string_view tags);
  bool python_admits(std::string_view requires_python);

  FinderOptions options_;
  std::unordered_set<std::string> interpreters_, platforms_;  // words of the target's tags, from the first question on
  std::unordered_map<std::string, std::optional<std::size_t>> tag_ranks_;
  std::unordered_map<std::string, bool> python_admits_;
};

}  // namespace pipit::index
