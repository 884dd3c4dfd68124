// The reading verbs: list, show, freeze, check, inspect. They look at the target (or at --path directories) and change nothing.
// What is printed, and how, is cli's matter, except where the words are a format of their own (freeze lines, inspect's JSON).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipit/base/diagnostics.h"
#include "pipit/base/result.h"
#include "pipit/ops/options.h"
#include "pipit/ops/session.h"
#include "pipit/python/installed.h"

namespace pipit::ops {

inline constexpr ErrorCode kBadScope{"bad-scope"};

// What the target (or --path) holds, within the scope; sorted by normalised name.
Result<std::vector<python::InstalledDist>> installed_packages(const ScopeOptions& scope, Session& session);

struct ListOptions {
  ScopeOptions scope;
  bool outdated = false, uptodate = false, not_required = false;
  ResolveOptions resolve;  // index and selection, for outdated and uptodate
};
struct ListedPackage {
  python::InstalledDist dist;
  std::string build_tag;
  std::string latest_version, latest_filetype;  // with outdated or uptodate
};
Result<std::vector<ListedPackage>> list_packages(const ListOptions& options, Session& session);
// One line, as pip list --format=json.
std::string list_json(const std::vector<ListedPackage>& packages, bool with_latest, bool verbose);

struct ShownPackage {
  std::string name, version, summary, homepage, author, author_email, license, license_expression, location, installer, metadata_version;
  std::optional<std::string> editable_location;
  std::vector<std::string> requirements, required_by, classifiers, entry_points, project_urls;
  std::optional<std::vector<std::string>> files;  // with `files` asked for and a RECORD there
};
struct ShowResult {
  std::vector<ShownPackage> packages;
  std::vector<std::string> missing;  // as typed
};
Result<ShowResult> show(const std::vector<std::string>& names, bool files, Session& session);

struct FreezeOptions {
  ScopeOptions scope;
  std::vector<std::string> requirement_files;
  bool all = false;
};
// Lines as pip freeze prints them.
Result<std::vector<std::string>> freeze(const FreezeOptions& options, Session& session);

// pip check's sentences; metadata that cannot be read is warned about, and what it asks for is not known.
struct CheckResult {
  std::vector<std::string> problems;
  bool all_read = true;
};
Result<CheckResult> check(Session& session);

// pip inspect's JSON.
Result<std::string> inspect_json(const ScopeOptions& scope, Session& session);
// The same for people: one HTML page that needs nothing else, no script and no network. Verifies the files it shows.
Result<std::string> inspect_html(const ScopeOptions& scope, Session& session);

}  // namespace pipit::ops
