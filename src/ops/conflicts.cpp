#include "ops/conflicts.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "ops/inspect_parts.h"
#include "pipit/packaging/name.h"

namespace pipit::ops {

PackageNeeds needs_of(const python::InstalledDist& dist, const packaging::MarkerEnvironment& markers) {
  return {dist.normalized_name, dist.version, dependencies(dist, markers)};
}

PackageNeeds without_needs(const wheel::Manifest& manifest) {
  return {packaging::normalize_name(manifest.name), packaging::Version::parse(manifest.version).value_or(packaging::Version()), {}};
}

PackageNeeds needs_of(const wheel::Manifest& manifest, const packaging::MarkerEnvironment& markers) {
  PackageNeeds needs = without_needs(manifest);
  for (const std::string& text : manifest.requires_dist)
    if (auto requirement = packaging::Requirement::parse(text); requirement && holds_for(*requirement, markers)) needs.needed.push_back(std::move(*requirement));
  return needs;
}

std::vector<PackageNeeds> needs_of(const std::vector<python::InstalledDist>& packages, const packaging::MarkerEnvironment& markers) {
  std::vector<PackageNeeds> needs;
  for (const python::InstalledDist& dist : packages) needs.push_back(needs_of(dist, markers));
  return needs;
}

std::vector<std::string> broken_requirements(const std::vector<PackageNeeds>& packages, const std::optional<std::vector<std::string>>& touched) {
  std::map<std::string_view, const PackageNeeds*> by_name;
  for (const PackageNeeds& package : packages) by_name[package.name] = &package;
  auto is_touched = [&](const std::string& name) { return !touched || std::find(touched->begin(), touched->end(), name) != touched->end(); };
  std::vector<std::string> missing, conflicting;
  for (const auto& [name, package] : by_name) {
    const bool concerned = is_touched(package->name) ||
                           std::any_of(package->needed.begin(), package->needed.end(), [&](const auto& r) { return is_touched(r.normalized_name()); });
    if (!concerned) continue;
    std::set<std::string> absent, unfit;
    for (const packaging::Requirement& requirement : package->needed) {
      auto found = by_name.find(requirement.normalized_name());
      if (found == by_name.end()) {
        absent.insert(fmt::format("{} {} requires {}, which is not installed.", name, package->version.str(), requirement.normalized_name()));
      } else if (!requirement.specifiers.contains(found->second->version, packaging::Prereleases::allow)) {
        // `check` and the warning after an installation say it in different words.
        const char* words = touched ? "{} {} requires {}, but you have {} {} which is incompatible." : "{} {} has requirement {}, but you have {} {}.";
        unfit.insert(fmt::format(fmt::runtime(words), name, package->version.str(), requirement.str(), found->first, found->second->version.str()));
      }
    }
    missing.insert(missing.end(), absent.begin(), absent.end());
    conflicting.insert(conflicting.end(), unfit.begin(), unfit.end());
  }
  missing.insert(missing.end(), conflicting.begin(), conflicting.end());
  return missing;
}

}  // namespace pipit::ops
