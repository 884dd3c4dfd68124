#include "ops/store_first.h"

#include <algorithm>
#include <set>

#include "pipit/packaging/filename.h"
#include "pipit/packaging/metadata.h"
#include "pipit/packaging/name.h"
#include "pipit/verify/digest.h"

namespace pipit::ops {

namespace {

// Is the stored wheel a file that the target could use, of the version that is pinned?
bool fits(const wheel::Manifest& manifest, const packaging::WheelFilename& filename, const std::string& name, const packaging::SpecifierSet& pin,
          const TargetView& view, bool ignore_requires_python) {
  if (filename.normalized_name != name || !pin.contains(filename.version, packaging::Prereleases::allow)) return false;
  if (!view.tags.supports(filename.tags)) return false;
  return ignore_requires_python || packaging::requires_python_admits(manifest.requires_python, view.python_version);
}

}  // namespace

std::vector<StoreFirst::Pin> StoreFirst::pins_of(const Wanted& wanted, const std::map<std::string, packaging::Hashes>& required,
                                                 const fetch::ProviderOptions& settings) {
  std::vector<Pin> pins;
  if (settings.finder.uploaded_prior_to) return pins;  // the store does not know when a file was uploaded
  std::set<std::string> seen;
  for (const packaging::RequirementLine& line : wanted.requirements) {
    if (!line.requirement || line.requirement->url || !line.requirement->specifiers.pin()) continue;
    std::string name = line.requirement->normalized_name();
    const auto hashes = required.find(name);
    if (hashes == required.end() || !settings.finder.formats.admits_wheels(name) || !seen.insert(name).second) continue;
    pins.push_back({std::move(name), &line.requirement->specifiers, &hashes->second});
  }
  return pins;
}

StoreFirst::StoreFirst(Wheels& wheels, const TargetView& view, const fetch::ProviderOptions& settings, const Wanted& wanted,
                       const std::map<std::string, packaging::Hashes>& required, const ChoiceMemory& memory, sys::Executor& workers)
    : markers_(settings.markers), no_dependencies_(settings.no_dependencies) {
  const std::vector<Pin> pins = pins_of(wanted, required, settings);
  std::vector<std::optional<Stored>> found(pins.size());
  sys::parallel_for(workers, pins.size(), [&](std::size_t i) {
    const auto sha256 = memory.recall(pins[i].name, pins[i].specifiers->str(), *pins[i].hashes);
    auto wheel = sha256 ? wheels.find({{"sha256", *sha256}}) : std::nullopt;
    if (wheel) found[i] = stored_as(pins[i], *sha256, std::move(*wheel), view, settings);
  });
  for (auto& stored : found)
    if (stored) put(std::move(stored->candidate), std::move(stored->wheel));
}

std::optional<StoreFirst::Stored> StoreFirst::stored_as(const Pin& pin, const std::string& sha256, wheel::PreparedWheel wheel, const TargetView& view,
                                                        const fetch::ProviderOptions& settings) {
  const wheel::Manifest& manifest = *wheel.manifest;
  const auto filename = packaging::WheelFilename::parse(manifest.filename);
  if (!filename || !fits(manifest, *filename, pin.name, *pin.specifiers, view, settings.ignore_requires_python)) return std::nullopt;
  model::Candidate candidate;
  candidate.name = pin.name;
  candidate.version = filename->version;
  candidate.version_text = filename->version_text;
  candidate.tag_rank = view.tags.rank(filename->tags).value_or(0);
  candidate.build = filename->build;
  candidate.file.filename = manifest.filename;
  candidate.file.url = "store:" + sha256;
  candidate.file.hashes = {{"sha256", sha256}};
  return Stored{std::move(wheel), std::move(candidate)};
}

void StoreFirst::put(model::Candidate candidate, wheel::PreparedWheel wheel) {
  const std::string name = candidate.name;
  stored_.insert_or_assign(name, Stored{std::move(wheel), std::move(candidate)});
}

const StoreFirst::Stored* StoreFirst::find(const model::Candidate& candidate) const {
  auto found = stored_.find(candidate.name);
  return found != stored_.end() && found->second.candidate.file.url == candidate.file.url ? &found->second : nullptr;
}

resolve::Provider& StoreFirst::behind() {
  return *behind_;
}

Result<resolve::Listing> StoreFirst::versions(const std::string& name) {
  auto found = stored_.find(name);
  if (found == stored_.end()) return behind().versions(name);
  resolve::Listing listing;
  resolve::Listed listed;
  listed.version = found->second.candidate.version;
  if (found->second.candidate.version_text != listed.version.str()) listed.text = found->second.candidate.version_text;
  listing.versions.push_back(std::move(listed));
  return listing;
}

Result<resolve::CandidateAnswer> StoreFirst::candidate(const std::string& name, const resolve::Listed& listed) {
  auto found = stored_.find(name);
  if (found == stored_.end()) return behind().candidate(name, listed);
  return resolve::CandidateAnswer(found->second.candidate);
}

Result<resolve::CandidateAnswer> StoreFirst::direct(const packaging::Requirement& requirement, const model::Candidate* parent) {
  return behind().direct(requirement, parent);
}

Result<resolve::DependencyAnswer> StoreFirst::dependencies(const model::Candidate& candidate, const std::string& extra) {
  const Stored* stored = find(candidate);
  if (!stored) {
    auto answer = behind_->dependencies(candidate, extra);
    // Bytes that break a promise are reported with all others, in one report, once the choice is made (gather); nothing of
    // them is read. Until then such a project counts as one without dependencies.
    if (!answer && answer.error().code == verify::kHashMismatch) return resolve::DependencyAnswer(resolve::Dependencies{});
    return answer;
  }
  const wheel::Manifest& manifest = *stored->wheel.manifest;
  resolve::Dependencies answer;
  if (!extra.empty())
    answer.provides_extra = std::any_of(manifest.provides_extra.begin(), manifest.provides_extra.end(),
                                        [&](const std::string& provided) { return packaging::normalize_name(provided) == extra; });
  if (no_dependencies_) return resolve::DependencyAnswer(std::move(answer));
  packaging::MarkerExtras extras;
  if (!extra.empty()) extras.extras = {extra};
  for (const std::string& text : manifest.requires_dist) {
    auto requirement = packaging::Requirement::parse(text);
    if (!requirement)
      return resolve::DependencyAnswer(resolve::Unavailable{resolve::UnavailableKind::bad_metadata, "its metadata asks for `" + text + "`, which is no requirement"});
    if (requirement->marker) {
      auto holds = requirement->marker->evaluate(markers_, extras);
      if (!holds) return resolve::DependencyAnswer(resolve::Unavailable{resolve::UnavailableKind::bad_metadata, holds.error().message});
      if (!*holds) continue;
    }
    answer.requirements.push_back(std::move(*requirement));
  }
  return resolve::DependencyAnswer(std::move(answer));
}

void StoreFirst::prefetch(std::span<const resolve::Hint> hints) {
  std::vector<resolve::Hint> others;
  for (const resolve::Hint& hint : hints)
    if (!stored_.count(std::string(hint.name))) others.push_back(hint);
  if (!others.empty()) behind().prefetch(others);
}

std::map<std::string, wheel::PreparedWheel> StoreFirst::take_used(const model::Resolution& resolution) {
  std::map<std::string, wheel::PreparedWheel> used;
  for (const model::Resolved& resolved : resolution.projects)
    if (const Stored* stored = find(resolved.candidate)) used.emplace(resolved.candidate.name, stored->wheel);
  return used;
}

}  // namespace pipit::ops
