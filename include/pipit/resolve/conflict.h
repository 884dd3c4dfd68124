// Conflict: why there is no solution, as a value: a derivation tree whose leaves are facts (a line of a requirements file,
// a dependency of a release, a release that cannot be used) and whose inner nodes follow from others. explain()
// turns it into sentences. It knows nothing of how it was found and asks nobody anything.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pipit/base/error.h"
#include "pipit/packaging/requirement.h"
#include "pipit/packaging/requirements_file.h"
#include "pipit/packaging/version.h"

namespace pipit::resolve {

inline constexpr ErrorCode kResolutionImpossible{"resolution-impossible"};
inline constexpr ErrorCode kNoMatchingCandidate{"no-matching-candidate"};
inline constexpr ErrorCode kUnsupportedPython{"unsupported-python"};

// What is said of one project: that it is there with one of `versions`, or (positive false) that this is not so.
struct Claim {
  std::string project;  // "flask", "flask[async]"; empty: the user's wishes as a whole
  bool positive = true;
  std::vector<packaging::Version> versions;  // of those the index lists, ascending
  bool all_versions = false;                 // all that the index lists and that may be used
  std::string text;                          // "flask 1.0 to 2.3", "flask 2.0, 2.1 and 2.3", "all versions of flask"
};

enum class FactKind {
  user_requires,    // the user's line `origin` asks for `requirement`
  constraint,       // the constraint line forbids the claimed versions
  depends,          // claims[0] depends on `requirement`
  no_versions,      // no listed version matches `requirement`
  unavailable,      // claims[0] cannot be used: `reason`
  prerelease,       // claims[0] are pre-releases that nobody asked for
  yanked,           // claims[0] are yanked and nobody pins them
  other_source,     // claims[0] comes from another URL than wanted
  same_project,     // name[extra] and name have one version (never printed)
  derived           // follows from the nodes in `from`
};

struct Derivation {
  FactKind kind = FactKind::derived;
  std::vector<Claim> claims;              // that all of these hold is impossible
  std::vector<std::size_t> from;          // indices into Conflict::nodes, if derived
  packaging::Requirement requirement;     // as written; for user_requires, constraint, depends, no_versions
  std::string requirement_text;           // as written
  packaging::Origin origin;               // for user_requires and constraint; empty for the command line
  std::string reason;                     // unavailable: why; no_versions: what there is instead
  std::string requires_python;            // unavailable because of the target's Python: what the releases ask for
  std::string refusing_python;            // the target's version, if only the metadata of the releases refuses it
};

// The two sides of pip's own report (resolution/resolvelib/factory.py), so that cli can print pip's lines before ours.
struct ClassicReport {
  // One cause only: "Could not find a version that satisfies the requirement x==9 (from versions: 1.0, 2.0)" and
  // "No matching distribution found for x==9". Empty otherwise.
  struct NotFound {
    std::string project;
    std::string requirement;               // "x==9", "x==9 (from a)"
    std::vector<std::string> versions;     // ascending; without yanked and unusable ones
    std::vector<std::string> yanked;       // ascending: "Ignored the following yanked versions: ..."
    std::vector<std::string> requires_python;  // "2.0 Requires-Python >=3.9" reasons
    bool final_only = false;               // pip then says "final version"
  };
  std::optional<NotFound> not_found;
  std::vector<std::string> triggers;       // sorted: "a==1", "b==2"
  std::vector<std::string> causes;         // "The user requested x", "pkg 1.0 depends on y<2", "The user requested (constraint) x<1"
  std::vector<std::string> no_candidates;  // sorted names
  // "Cannot install a==1 and b==2 because these package versions have conflicting dependencies."
  std::string headline() const;
};

struct Conflict {
  std::vector<Derivation> nodes;  // children before parents; the last one is the contradiction
  ClassicReport classic;
  std::vector<std::string> projects;  // normalised names that take part, in order of appearance
  std::vector<std::string> clashes;   // those of which no version fits all that is asked of them; may be empty

  // Short numbered sentences, from the facts to the contradiction. One sentence a line.
  std::vector<std::string> explain() const;
  // The releases whose metadata refuses the target's Python: pip then tells of nothing else. nullopt: there are none.
  std::optional<Error> python_problem() const;
  // An Error in pip's words with explain() in details; hints are the caller's (suggest()).
  Error error() const;
};

}  // namespace pipit::resolve
