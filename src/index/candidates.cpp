// What Candidates can tell: a file as a value, and reasons in words.
#include <fmt/format.h>

#include <algorithm>

#include "pipit/base/text.h"
#include "pipit/index/candidate_finder.h"
#include "pipit/packaging/filename.h"

namespace pipit::index {
namespace {

// pip prints the clauses in the order of the digits after their dots, which is nearly the order of the versions.
std::string clauses_as_pip_prints_them(std::string_view requires_python) {
  const Result<packaging::SpecifierSet> set = packaging::SpecifierSet::parse(requires_python);
  if (!set) return std::string(requires_python);
  std::vector<std::pair<std::vector<std::string>, std::string>> clauses;
  for (const packaging::Specifier& clause : set->specifiers()) {
    std::string text = clause.str();
    std::vector<std::string> key;
    for (std::string_view part : split(text, '.'))
      if (!part.empty() && std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; })) {
        const std::size_t digits = std::min(part.find_first_not_of('0'), part.size() - 1);
        key.push_back(std::string(part.substr(digits)));
      }
    clauses.emplace_back(std::move(key), std::move(text));
  }
  const auto smaller_number = [](const std::string& a, const std::string& b) { return a.size() != b.size() ? a.size() < b.size() : a < b; };
  std::stable_sort(clauses.begin(), clauses.end(), [&](const auto& a, const auto& b) {
    return std::lexicographical_compare(a.first.begin(), a.first.end(), b.first.begin(), b.first.end(), smaller_number);
  });
  std::string out;
  for (const auto& [key, text] : clauses) out += (out.empty() ? "" : ",") + text;
  return out;
}

std::string counted(std::size_t count, std::string_view noun) { return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s"); }

}  // namespace

model::Candidate Candidates::candidate(const UsableFile& file) const {
  const PackedPage& page = *pages_[file.page];
  const PackedFile& packed = row(file.page, file.file);
  model::Candidate out;
  out.name = name_;
  out.version_text = page.text(packed.version);
  if (auto version = packaging::Version::try_parse(out.version_text)) out.version = std::move(*version);
  out.kind = file.is_wheel ? model::CandidateKind::wheel : model::CandidateKind::sdist;
  out.file = page.dist_file(packed);
  out.tag_rank = file.is_wheel ? file.tag_rank : 0;
  if (file.is_wheel)
    if (const auto parsed = packaging::WheelFilename::parse(out.file.filename)) out.build = parsed->build;
  return out;
}

model::DistFile Candidates::dist_file(const RejectedFile& file) const { return pages_[file.page]->dist_file(row(file.page, file.file)); }

std::string Candidates::reason(const RejectedFile& file) const {
  const PackedPage& page = *pages_[file.page];
  const PackedFile& packed = row(file.page, file.file);
  switch (file.why) {
    case Rejection::not_an_archive: return "unsupported archive format";
    case Rejection::no_binary: return "No binaries permitted for " + name_;
    case Rejection::macosx10: return "macosx10 one";
    case Rejection::invalid_wheel_name: return "invalid wheel filename";
    case Rejection::other_project: return fmt::format("wrong project name (not {})", name_);
    case Rejection::no_matching_tag:
      return fmt::format("none of the wheel's tags ({}) are compatible (run pip debug --verbose to show compatible tags)", page.interned(packed.tags));
    case Rejection::upload_time_missing: return fmt::format("Index {} does not provide upload-time metadata.", page.source());
    case Rejection::uploaded_too_late: return fmt::format("Upload time {} is not before the limit", page.text(packed.upload_time));
    case Rejection::no_source: return "No sources permitted for " + name_;
    case Rejection::no_version: return "Missing project version for " + name_;
    case Rejection::other_python_suffix: return "Python version is incorrect";
    case Rejection::requires_python:
      return fmt::format("{} Requires-Python {}", page.text(packed.version), clauses_as_pip_prints_them(page.interned(packed.requires_python)));
    case Rejection::invalid_version: return "invalid version";
    case Rejection::unwanted_digest: return "its digest is not among those asked for";
  }
  return {};
}

// The reason nearest to being usable speaks for the release: a wish of the user before a property of the target.
std::string Candidates::reason(const Release& release) const {
  const auto first = [&](Rejection why) -> const RejectedFile* {
    const auto at = std::find_if(release.rejected.begin(), release.rejected.end(), [&](const RejectedFile& file) { return file.why == why; });
    return at == release.rejected.end() ? nullptr : &*at;
  };
  if (const RejectedFile* file = first(Rejection::requires_python))
    return fmt::format("it needs Python {}, the target has {}", escape_for_terminal(pages_[file->page]->interned(row(file->page, file->file).requires_python)), python_version_);
  if (first(Rejection::unwanted_digest)) return "none of its files has a digest that was asked for";
  if (const RejectedFile* file = first(Rejection::uploaded_too_late))
    return fmt::format("it was uploaded at {}, after the limit", escape_for_terminal(pages_[file->page]->text(row(file->page, file->file).upload_time)));
  if (first(Rejection::upload_time_missing)) return "its index does not tell when it was uploaded";
  if (first(Rejection::no_source)) return "it has no wheel that fits, and source archives are not permitted";
  if (first(Rejection::no_binary)) return "it has only wheels, and wheels are not permitted";
  const auto wheels = static_cast<std::size_t>(std::count_if(release.rejected.begin(), release.rejected.end(),
                                                             [](const RejectedFile& file) { return file.why == Rejection::no_matching_tag; }));
  if (wheels > 0)
    if (const RejectedFile* file = first(Rejection::no_matching_tag))
      return fmt::format("none of its {} fits the target, and it has no source archive (one is for {})", counted(wheels, "wheel"),
                         escape_for_terminal(pages_[file->page]->interned(row(file->page, file->file).tags)));
  return "it has no file that can be used";
}

std::optional<TimePoint> Candidates::first_upload(const packaging::Version& version) const {
  std::optional<TimePoint> first;
  const auto look_at = [&](std::uint32_t page, std::uint32_t file) {
    const auto time = parse_time(pages_[page]->text(row(page, file).upload_time));
    if (time && (!first || *time < *first)) first = time;
  };
  for (const Release& release : releases) {
    if (release.version != version) continue;
    for (const UsableFile& file : release.files) look_at(file.page, file.file);
    for (const RejectedFile& file : release.rejected) look_at(file.page, file.file);
  }
  return first;
}

std::string Candidates::requires_python(const Release& release) const {
  for (const RejectedFile& file : release.rejected)
    if (file.why == Rejection::requires_python)
      return clauses_as_pip_prints_them(pages_[file.page]->interned(row(file.page, file.file).requires_python));
  return {};
}

std::vector<std::string> Candidates::requires_python_skipped() const {
  std::set<std::string> out;
  for (const Release& release : releases)
    for (const RejectedFile& file : release.rejected)
      if (file.why == Rejection::requires_python) out.insert(reason(file));
  return {out.begin(), out.end()};
}

std::vector<std::string> Candidates::versions() const {
  std::vector<const Release*> sorted;
  for (const Release& release : releases)
    if (std::any_of(release.files.begin(), release.files.end(), [](const UsableFile& file) { return !file.is_yanked; })) sorted.push_back(&release);
  std::sort(sorted.begin(), sorted.end(), [](const Release* a, const Release* b) { return a->version < b->version; });
  std::vector<std::string> out;
  for (const Release* release : sorted) out.push_back(release->version.str());
  return out;
}

std::vector<std::string> Candidates::yanked_versions() const {
  std::vector<const Release*> sorted;
  for (const Release& release : releases)
    if (std::any_of(release.files.begin(), release.files.end(), [](const UsableFile& file) { return file.is_yanked; })) sorted.push_back(&release);
  std::sort(sorted.begin(), sorted.end(), [](const Release* a, const Release* b) { return a->version < b->version; });
  std::vector<std::string> out;
  for (const Release* release : sorted) out.push_back(release->version.str());
  return out;
}

}  // namespace pipit::index
