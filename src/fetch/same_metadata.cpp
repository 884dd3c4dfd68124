// M12: what drove the resolution must be what the wheel says, or a dependency could be hidden from it.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "pipit/base/text.h"
#include "pipit/fetch/index_provider.h"
#include "pipit/packaging/name.h"

namespace pipit::fetch {
namespace {

using Texts = std::set<std::string>;

// Names normalised, so that a spelling is no difference.
Texts requirements_of(const packaging::Metadata& metadata) {
  Texts out;
  for (packaging::Requirement requirement : metadata.requires_dist) {
    requirement.name = requirement.normalized_name();
    out.insert(requirement.str());
  }
  return out;
}

std::string only_in(const Texts& these, const Texts& others) {
  std::string out;
  for (const std::string& text : these)
    if (!others.contains(text)) out += (out.empty() ? "" : ", ") + text;
  return out;
}

Status inconsistent(const std::string& requirement, const char* field, const std::string& sidecar, const std::string& wheel) {
  return fail(make_pip_error(kMetadataMismatch,
                             fmt::format("Requested {} has inconsistent {} between its PEP 658 .metadata file and the wheel's METADATA: "
                                         "sidecar has '{}', wheel has '{}'",
                                         requirement, field, escape_for_terminal(sidecar), escape_for_terminal(wheel))));
}

Status same_sets(const std::string& requirement, const char* field, const Texts& sidecar, const Texts& wheel) {
  if (sidecar == wheel) return ok();
  return inconsistent(requirement, field, only_in(sidecar, wheel), only_in(wheel, sidecar));
}

}  // namespace

Status check_same_metadata(const packaging::Metadata& sidecar, const packaging::Metadata& wheel, const std::string& requirement) {
  const std::string sidecar_name = packaging::normalize_name(sidecar.name), wheel_name = packaging::normalize_name(wheel.name);
  if (sidecar_name != wheel_name) return inconsistent(requirement, "Name", sidecar_name, wheel_name);
  if (sidecar.version != wheel.version) return inconsistent(requirement, "Version", sidecar.version.str(), wheel.version.str());
  PIPIT_CHECK(same_sets(requirement, "Requires-Dist", requirements_of(sidecar), requirements_of(wheel)));
  const std::string sidecar_python = sidecar.requires_python.value_or(""), wheel_python = wheel.requires_python.value_or("");
  const auto parsed_sidecar = packaging::SpecifierSet::parse(sidecar_python), parsed_wheel = packaging::SpecifierSet::parse(wheel_python);
  const bool same_python = parsed_sidecar && parsed_wheel ? *parsed_sidecar == *parsed_wheel : sidecar_python == wheel_python;
  if (!same_python) return inconsistent(requirement, "Requires-Python", sidecar_python, wheel_python);
  return same_sets(requirement, "Provides-Extra", Texts(sidecar.provides_extra.begin(), sidecar.provides_extra.end()),
                   Texts(wheel.provides_extra.begin(), wheel.provides_extra.end()));
}

}  // namespace pipit::fetch
