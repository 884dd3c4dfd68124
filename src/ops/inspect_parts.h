// What inspect's two forms, JSON and the page, share with the other reading verbs.
#pragma once

#include <string>
#include <vector>

#include "pipit/packaging/direct_url.h"
#include "pipit/packaging/markers.h"
#include "pipit/packaging/requirement.h"
#include "pipit/python/installed.h"

namespace pipit::ops {

// No marker, or one that holds; one that cannot be evaluated does not.
bool holds_for(const packaging::Requirement& requirement, const packaging::MarkerEnvironment& markers);
// The requirements that hold for the target, without extras (pip's iter_dependencies()).
std::vector<packaging::Requirement> dependencies(const python::InstalledDist& dist, const packaging::MarkerEnvironment& markers);
// "name @ URL#sha256=...", as freeze writes it.
std::string direct_reference(const packaging::DirectUrl& direct, const std::string& name);

}  // namespace pipit::ops
