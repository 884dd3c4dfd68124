// Incompatibility: a set of terms that cannot all hold, with where it comes from. A term says that a package is in one of
// the states of a VersionSet ("not chosen" is one of them). "flask 2 needs werkzeug>=2" is the incompatibility
// { flask in {2}, werkzeug in {everything else, not chosen} }. An empty one is the contradiction: there is no solution.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipit/resolve/conflict.h"
#include "resolve/project.h"
#include "resolve/version_set.h"

namespace pipit::resolve {

using PackageId = std::uint32_t;          // a project, or a project with one extra
using IncompatibilityId = std::uint32_t;
inline constexpr std::uint32_t kNone = UINT32_MAX;

struct Term {
  PackageId package = 0;
  VersionSet states;
};

struct Incompatibility {
  std::vector<Term> terms;  // one per package
  FactKind kind = FactKind::derived;
  std::vector<IncompatibilityId> causes;                   // derived: resolved with one another in this order
  const packaging::Requirement* requirement = nullptr;     // demands and constraints; owned by Facts or the options
  const std::string* text = nullptr;                       // as written, if the user wrote it
  const packaging::Origin* origin = nullptr;
  PackageId source = kNone, target = kNone;                // who requires (kNone: the user) and what is required
  SpecId spec = 0;
  std::string reason, requires_python, refusing_python;    // unavailable

  const Term* term(PackageId package) const {
    for (const Term& candidate : terms)
      if (candidate.package == package) return &candidate;
    return nullptr;
  }
};

}  // namespace pipit::resolve
