// The table behind the tests of this room. (Named _test.cpp because the test program is built from those.)
#include "unit/resolve/table_provider.h"

#include <algorithm>
#include <cstdlib>

#include "pipit/packaging/name.h"

namespace pipit::resolve::test {

namespace {

packaging::Version version_of(const std::string& text) { return packaging::Version::parse(text).value(); }

}  // namespace

Result<Listing> TableProvider::versions(const std::string& name) {
  questions.push_back("versions " + name);
  if (fails) return fail(make_error(ErrorCode{"network"}, "the index does not answer"));
  Listing listing;
  if (const auto at = missing.find(name); at != missing.end()) listing.missing = Unavailable{UnavailableKind::no_project, at->second, ""};
  const auto at = projects.find(name);
  if (at == projects.end()) return listing;
  for (std::uint32_t i = 0; i < at->second.size(); ++i) {
    const TableRelease& release = at->second[i];
    Listed listed{version_of(release.version), release.version, release.yanked, std::nullopt, i};
    if (!release.unavailable.empty()) listed.unavailable = Unavailable{UnavailableKind::no_usable_file, release.unavailable, ""};
    if (!release.requires_python.empty())
      listed.unavailable = Unavailable{UnavailableKind::requires_python, "it needs Python " + release.requires_python, release.requires_python};
    listing.versions.push_back(std::move(listed));
  }
  std::ranges::sort(listing.versions, [](const Listed& a, const Listed& b) { return a.version > b.version; });
  return listing;
}

Result<CandidateAnswer> TableProvider::candidate(const std::string& name, const Listed& listed) {
  const TableRelease& release = projects.at(name)[listed.handle];
  questions.push_back("candidate " + name + " " + release.version);
  if (!release.no_file.empty()) return CandidateAnswer(Unavailable{UnavailableKind::no_usable_file, release.no_file, ""});
  model::Candidate candidate;
  candidate.name = name;
  candidate.version = listed.version;
  candidate.version_text = release.version;
  candidate.file.url = "https://files.example/" + name + "-" + release.version + "-py3-none-any.whl";
  if (release.yanked) candidate.file.yanked = "broken";
  return CandidateAnswer(std::move(candidate));
}

Result<CandidateAnswer> TableProvider::direct(const packaging::Requirement& requirement, const model::Candidate* parent) {
  questions.push_back("direct " + *requirement.url);
  static_cast<void>(parent);
  const std::string url = requirement.url->substr(0, requirement.url->find('#'));
  const auto at = urls.find(url);
  if (at == urls.end()) return CandidateAnswer(Unavailable{UnavailableKind::other, "nothing is at " + *requirement.url, ""});
  model::Candidate candidate;
  candidate.name = requirement.normalized_name();
  candidate.version = version_of(at->second.version);
  candidate.version_text = at->second.version;
  candidate.file.url = url;
  return CandidateAnswer(std::move(candidate));
}

const TableRelease* TableProvider::find(const model::Candidate& candidate) const {
  if (const auto at = urls.find(candidate.file.url); at != urls.end()) return &at->second;
  const auto at = projects.find(candidate.name);
  if (at == projects.end()) return nullptr;
  for (const TableRelease& release : at->second)
    if (release.version == candidate.version_text) return &release;
  return nullptr;
}

Result<DependencyAnswer> TableProvider::dependencies(const model::Candidate& candidate, const std::string& extra) {
  questions.push_back("dependencies " + candidate.name + " " + candidate.version_text + (extra.empty() ? "" : " [" + extra + "]"));
  const TableRelease* release = find(candidate);
  if (release == nullptr) return DependencyAnswer(Dependencies{});
  if (!release->bad_metadata.empty()) return DependencyAnswer(Unavailable{UnavailableKind::bad_metadata, release->bad_metadata, ""});
  Dependencies result;
  for (const std::string& text : release->requirements) result.requirements.push_back(parse_requirement(text));
  if (!extra.empty()) {
    const auto at = release->extras.find(extra);
    result.provides_extra = at != release->extras.end();
    if (result.provides_extra)
      for (const std::string& text : at->second) result.requirements.push_back(parse_requirement(text));
  }
  return DependencyAnswer(std::move(result));
}

void TableProvider::prefetch(std::span<const Hint> given) {
  for (const Hint& hint : given)
    hints.push_back(std::string(hint.name) + (hint.listed == nullptr ? "" : " " + hint.listed->version.str()));
}

const packaging::Requirement& parse_requirement(const std::string& text) {
  static std::map<std::string, packaging::Requirement> known;  // tests ask for few requirements, often
  const auto at = known.find(text);
  return at != known.end() ? at->second : known.emplace(text, packaging::Requirement::parse(text).value()).first->second;
}

Root root(const std::string& text, const std::string& file, int line) {
  Root result;
  result.requirement = parse_requirement(text);
  result.text = text;
  result.origin.file = file;
  result.origin.line = line;
  return result;
}

Rule rule(const std::string& text, const std::string& file, int line) {
  Rule result;
  result.requirement = parse_requirement(text);
  result.text = text;
  result.origin.file = file;
  result.origin.line = line;
  result.origin.constraint = true;
  return result;
}

InstalledChoice installed(const std::string& name, const std::string& version) {
  InstalledChoice choice;
  choice.candidate.name = name;
  choice.candidate.version = version_of(version);
  choice.candidate.version_text = version;
  choice.candidate.kind = model::CandidateKind::installed;
  return choice;
}

std::string summary(const Result<Outcome>& outcome) {
  if (!outcome) return "error " + std::string(outcome.error().code.id);
  if (std::holds_alternative<Conflict>(*outcome)) return "conflict";
  if (std::holds_alternative<Exhausted>(*outcome)) return "exhausted";
  std::vector<std::string> parts;
  for (const model::Resolved& project : std::get<Solution>(*outcome).resolution.projects)
    parts.push_back(project.candidate.name + " " + project.candidate.version.str());
  std::ranges::sort(parts);
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::string solved(const SolverOptions& options, TableProvider& provider) {
  Diagnostics diagnostics;
  return summary(solve(options, provider, diagnostics));
}

}  // namespace pipit::resolve::test
