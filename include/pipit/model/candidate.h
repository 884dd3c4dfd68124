// Candidate: a DistFile that could be used here: its name and version are known and its tags fit (or it is an sdist).
// Plain value.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "pipit/model/dist_file.h"
#include "pipit/packaging/direct_url.h"
#include "pipit/packaging/filename.h"
#include "pipit/packaging/version.h"

namespace pipit::model {

enum class CandidateKind { wheel, sdist, source_tree, vcs, installed };

struct Candidate {
  std::string name;                    // normalised
  packaging::Version version;
  std::string version_text;            // as written in the file name
  CandidateKind kind = CandidateKind::wheel;
  DistFile file;                       // empty for installed
  std::size_t tag_rank = 0;            // smaller is better; wheels only
  packaging::BuildTag build;
  bool editable = false;
  std::string subdirectory;            // of a source archive or VCS checkout
  // Set for direct references (URL, path, VCS); becomes direct_url.json. Hashes are filled once known.
  std::optional<packaging::DirectUrl> direct_url;
  bool is_yanked() const { return file.yanked.has_value(); }
  friend bool operator==(const Candidate&, const Candidate&) = default;
};

}  // namespace pipit::model
