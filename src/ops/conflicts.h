// Requirements that what is installed does not meet: pip check's sentences, and pip's warning after an installation. Pure:
// who needs what is given, read from the environment or known from the wheels of this run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipit/packaging/markers.h"
#include "pipit/packaging/requirement.h"
#include "pipit/python/installed.h"
#include "pipit/wheel/manifest.h"

namespace pipit::ops {

struct PackageNeeds {
  std::string name;  // normalized
  packaging::Version version;
  std::vector<packaging::Requirement> needed;  // those whose markers hold for the target
};

PackageNeeds needs_of(const python::InstalledDist& dist, const packaging::MarkerEnvironment& markers);
PackageNeeds needs_of(const wheel::Manifest& manifest, const packaging::MarkerEnvironment& markers);
// Of a wheel whose requirements are known to be met: it only meets those of others.
PackageNeeds without_needs(const wheel::Manifest& manifest);
std::vector<PackageNeeds> needs_of(const std::vector<python::InstalledDist>& packages, const packaging::MarkerEnvironment& markers);

// Given `touched`, only the sentences about packages that a run touched or that need a touched one, in the warning's words.
std::vector<std::string> broken_requirements(const std::vector<PackageNeeds>& packages, const std::optional<std::vector<std::string>>& touched);

}  // namespace pipit::ops
