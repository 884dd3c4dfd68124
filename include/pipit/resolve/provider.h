// Provider: what the solver asks the world, in the solver's words. fetch implements it one floor up (index pages, sidecars,
// caches, installed metadata); tests implement it over a table. It does not know what is being solved.
//
// Ownership: the solver borrows the provider for the length of one call. Threads: every function is called from the thread
// that called the solver; an implementation may work ahead on others (prefetch). Errors: a Result that fails ends the whole
// resolution (a dead network, a broken index). What is merely not usable (no file fits, metadata is invalid, the sdist does
// not build, the project does not exist) is a fact: Unavailable, which becomes part of the explanation.
// The solver asks each question at most once per solve(); a later solve (suggest) asks again, so answers should be remembered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/model/candidate.h"
#include "pipit/packaging/requirement.h"
#include "pipit/packaging/version.h"

namespace pipit::resolve {

enum class UnavailableKind {
  no_project,       // no index or directory knows the name
  no_usable_file,   // files exist, none fits the target (tags, --only-binary, --no-binary, upload date)
  requires_python,  // the release does not want the target's Python
  bad_metadata,     // unreadable, inconsistent or invalid
  build_failed,     // an sdist whose metadata could not be made
  quarantined,      // the index withdrew it
  offline,          // not in the cache, and the network may not be used
  other
};

// `reason` completes the sentence "x 1.0 cannot be used: ...", lower case, no full stop: "it has no wheel for
// linux_x86_64", "it needs Python >=3.12, the target is 3.11.4".
struct Unavailable {
  UnavailableKind kind = UnavailableKind::other;
  std::string reason;
  std::string requires_python = {};  // requires_python only: the release's value as written, for pip's own message
  std::string refusing_python = {};  // the target's version, where only the release's metadata refuses it: its index did not say so
  friend bool operator==(const Unavailable&, const Unavailable&) = default;
};

// One release of a project as a page lists it. Light on purpose: a project may have thousands, of which one is looked at.
struct Listed {
  packaging::Version version;
  std::string text;                        // version as written in the file name if that is not version.str(); for ===
  bool yanked = false;                     // every usable file of it is yanked
  std::optional<Unavailable> unavailable;  // where that is known without further work
  std::uint32_t handle = 0;                // the provider's own number for it; the solver only hands it back
};

// Everything known of a project. Most preferred first (pip's order: a wanted digest, --prefer-binary, then newest; yanked
// ones simply in version order). No two entries have equal versions.
struct Listing {
  std::vector<Listed> versions;
  std::optional<Unavailable> missing;  // why the list is empty, if it is worth saying
};

using CandidateAnswer = std::variant<model::Candidate, Unavailable>;

// What a candidate needs in the target, markers already evaluated (requirements whose marker is false are left out).
struct Dependencies {
  std::vector<packaging::Requirement> requirements;  // in METADATA's order
  bool provides_extra = true;                        // false: `extra` was asked for and METADATA does not know it
};
using DependencyAnswer = std::variant<Dependencies, Unavailable>;

// A release the solver is likely to ask about soon. `listed` lives during the call only.
struct Hint {
  std::string_view name;
  const Listed* listed = nullptr;  // nullptr: the project's listing will be wanted
  // With a listing that will be wanted: a requirement that asks for the project, if there is one. Lives during the call only.
  const packaging::Requirement* requirement = nullptr;
};

class Provider {
 public:
  virtual ~Provider() = default;

  // `name` is normalised, as everywhere here.
  virtual Result<Listing> versions(const std::string& name) = 0;
  // The file to use for a release; asked only when the solver is about to try it.
  virtual Result<CandidateAnswer> candidate(const std::string& name, const Listed& listed) = 0;
  // The archive, tree or checkout behind `name @ url`, with its version. The solver never asks versions() of a project whose
  // URL the user gave. `parent` is the candidate whose metadata names the URL; nullptr: the user does (pip refuses a URL
  // that a project from an index depends on: answer Unavailable with the reason).
  virtual Result<CandidateAnswer> direct(const packaging::Requirement& requirement, const model::Candidate* parent) = 0;
  // extra empty: the plain dependencies. Otherwise: those that hold with `extra` set (normalised); repeating plain ones is
  // harmless. Requires-Python of the metadata is judged here as well. Also called for installed candidates.
  virtual Result<DependencyAnswer> dependencies(const model::Candidate& candidate, const std::string& extra) = 0;
  // Never blocks, may be ignored. Called before a decision with one hint per undecided project, and with a batch of a
  // project's next releases after 5, 10, 20, 40 ... of its releases were tried in vain.
  virtual void prefetch(std::span<const Hint> hints) { static_cast<void>(hints); }
};

}  // namespace pipit::resolve
