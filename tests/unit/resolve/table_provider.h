// A provider over a table, for tests: a universe of projects, releases and requirements held in memory. It counts what it
// is asked and remembers the hints it was given.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "pipit/resolve/provider.h"
#include "pipit/resolve/solver.h"

namespace pipit::resolve::test {

struct TableRelease {
  std::string version;
  std::vector<std::string> requirements;
  std::map<std::string, std::vector<std::string>> extras;  // by extra: what it adds
  bool yanked = false;
  std::string unavailable;       // known from the listing
  std::string no_file;           // found when its file is asked for
  std::string bad_metadata;      // found when its dependencies are asked for
  std::string requires_python;   // as unavailable, with kind requires_python
};

class TableProvider final : public Provider {
 public:
  std::map<std::string, std::vector<TableRelease>> projects;  // any order; the listing is newest first
  std::map<std::string, TableRelease> urls;
  std::map<std::string, std::string> missing;

  TableProvider& add(const std::string& name, TableRelease release) {
    projects[name].push_back(std::move(release));
    return *this;
  }

  Result<Listing> versions(const std::string& name) override;
  Result<CandidateAnswer> candidate(const std::string& name, const Listed& listed) override;
  Result<CandidateAnswer> direct(const packaging::Requirement& requirement, const model::Candidate* parent) override;
  Result<DependencyAnswer> dependencies(const model::Candidate& candidate, const std::string& extra) override;
  void prefetch(std::span<const Hint> hints) override;

  std::vector<std::string> questions;   // "versions x", "candidate x 1.0", "dependencies x 1.0 [e]"
  std::vector<std::string> hints;       // "x", "x 1.0"
  bool fails = false;                   // every question fails, as on a dead network

 private:
  const TableRelease* find(const model::Candidate& candidate) const;
};

const packaging::Requirement& parse_requirement(const std::string& text);
Root root(const std::string& text, const std::string& file = "", int line = 0);
Rule rule(const std::string& text, const std::string& file = "", int line = 0);
InstalledChoice installed(const std::string& name, const std::string& version);

// "a 1.0, b 2.0" in name order; or "conflict", "exhausted", "error <id>".
std::string summary(const Result<Outcome>& outcome);
std::string solved(const SolverOptions& options, TableProvider& provider);

}  // namespace pipit::resolve::test
