#include "pipit/ops/versions.h"

#include <fmt/format.h>

#include <algorithm>

#include "ops/finding.h"
#include "ops/json_forms.h"
#include "pipit/packaging/name.h"
#include "pipit/python/installed.h"

namespace pipit::ops {

Result<AvailableVersions> available_versions(const std::string& name, const ResolveOptions& options, Session& session) {
  if (!packaging::is_valid_name(name)) return fail(make_pip_error(kNoMatchingDistribution, "No matching distribution found for " + name));  // no index knows it
  const std::string normalized = packaging::normalize_name(name);
  PIPIT_TRY(auto lookup, Lookup::make(options, session));
  PIPIT_TRY(auto offers, lookup->offers(normalized));
  if (offers.empty()) return fail(make_pip_error(kNoMatchingDistribution, "No matching distribution found for " + name));
  std::sort(offers.begin(), offers.end(), [](const auto& a, const auto& b) { return a.version > b.version; });
  AvailableVersions available;
  available.name = name;
  available.latest_is_prerelease = offers.front().version.is_prerelease();
  for (const Lookup::Offer& offer : offers) available.versions.push_back(offer.version.str());
  PIPIT_TRY(const python::Interpreter* target, session.target());
  Diagnostics quiet;
  for (const python::InstalledDist& dist : python::installed_in(target->search_path, quiet))
    if (dist.normalized_name == normalized) available.installed = dist.version_is_legacy ? dist.version_text : dist.version.str();
  return available;
}

std::string versions_json(const AvailableVersions& available) {
  Json answer = {{"name", available.name}, {"versions", available.versions}, {"latest", available.latest()}};
  if (available.installed) answer["installed_version"] = *available.installed;
  return print_json_line(answer);
}

}  // namespace pipit::ops
