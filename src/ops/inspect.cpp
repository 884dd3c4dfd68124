#include "pipit/ops/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "ops/finding.h"
#include "ops/git_checkout.h"
#include "ops/conflicts.h"
#include "ops/inspect_parts.h"
#include "ops/json_forms.h"
#include "ops/wanted.h"
#include "pipit/base/text.h"
#include "pipit/base/url.h"
#include "pipit/ops/about.h"
#include "pipit/packaging/name.h"
#include "pipit/packaging/wheel_metadata.h"
#include "pipit/sys/file.h"

namespace pipit::ops {

bool holds_for(const packaging::Requirement& requirement, const packaging::MarkerEnvironment& markers) {
  return !requirement.marker || requirement.marker->evaluate(markers).value_or(false);
}

std::vector<packaging::Requirement> dependencies(const python::InstalledDist& dist, const packaging::MarkerEnvironment& markers) {
  std::vector<packaging::Requirement> needed;
  auto metadata = dist.metadata();
  if (!metadata) return needed;
  for (packaging::Requirement& requirement : metadata->requires_dist) {
    if (holds_for(requirement, markers)) needed.push_back(std::move(requirement));
  }
  return needed;
}

std::string direct_reference(const packaging::DirectUrl& direct, const std::string& name) {
  std::string text = name + " @ ";
  std::vector<std::string> fragments;
  if (const auto* vcs = std::get_if<packaging::VcsInfo>(&direct.info)) {
    text += fmt::format("{}+{}@{}", vcs->vcs, direct.url, vcs->commit_id);
  } else {
    text += direct.url;
    if (const auto* archive = std::get_if<packaging::ArchiveInfo>(&direct.info); archive && !archive->hashes.empty())
      fragments.push_back(archive->hashes[0].algorithm + "=" + archive->hashes[0].hex);
  }
  if (direct.subdirectory) fragments.push_back("subdirectory=" + *direct.subdirectory);
  return fragments.empty() ? text : text + "#" + join(fragments, "&");
}

namespace {

using python::InstalledDist;

// What pip never lists: parts of the interpreter itself.
bool is_interpreter_part(const std::string& name) { return name == "python" || name == "wsgiref" || name == "argparse"; }

bool is_below(const std::filesystem::path& path, const std::string& root) {
  const std::string text = path.string() + "/", wall = root + "/";
  return text.starts_with(wall);
}

Result<std::vector<InstalledDist>> everything(const ScopeOptions& scope, Session& session) {
  std::vector<std::string> directories;
  for (const std::string& path : scope.paths) directories.push_back((session.options().current_directory / path).lexically_normal().string());
  if (directories.empty()) {
    PIPIT_TRY(const python::Interpreter* target, session.target());
    directories = target->search_path;
  }
  Diagnostics diagnostics;
  auto found = python::installed_in(directories, diagnostics);
  session.report(diagnostics);
  return found;
}

std::string homepage_of(const packaging::Metadata& metadata) {
  if (auto page = metadata.field("Home-page"); page && !page->empty()) return *page;
  for (const std::string& entry : metadata.field_values("Project-URL")) {
    const std::size_t comma = entry.find(',');
    if (comma == std::string::npos) continue;
    std::string label;
    for (char c : entry.substr(0, comma))
      if (std::isalnum(static_cast<unsigned char>(c))) label += c;
    if (ascii_lower(label) == "homepage") return std::string(trim(std::string_view(entry).substr(comma + 1)));
  }
  return {};
}

void sort_ignoring_case(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) { return std::pair(ascii_lower(a), a) < std::pair(ascii_lower(b), b); });
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

ShownPackage describe(const InstalledDist& dist, const std::vector<InstalledDist>& all, const packaging::MarkerEnvironment& markers, bool files) {
  ShownPackage shown;
  shown.name = dist.name;
  shown.version = dist.version_text;
  shown.location = dist.location.string();
  shown.installer = dist.installer;
  shown.editable_location = dist.editable_location;
  if (auto metadata = dist.metadata()) {
    auto text = [&](const char* field) { return without_header_indent(metadata->field(field).value_or("")); };
    shown.summary = text("Summary");
    shown.homepage = homepage_of(*metadata);
    shown.author = text("Author");
    shown.author_email = text("Author-email");
    shown.license = text("License");
    shown.license_expression = text("License-Expression");
    shown.metadata_version = metadata->metadata_version;
    shown.classifiers = metadata->field_values("Classifier");
    shown.project_urls = metadata->field_values("Project-URL");
  }
  for (const packaging::Requirement& requirement : dependencies(dist, markers)) shown.requirements.push_back(requirement.name);
  sort_ignoring_case(shown.requirements);
  for (const InstalledDist& other : all)
    for (const packaging::Requirement& requirement : dependencies(other, markers))
      if (requirement.normalized_name() == dist.normalized_name) {
        shown.required_by.push_back(other.name);
        break;
      }
  sort_ignoring_case(shown.required_by);
  if (auto text = sys::read_file(dist.metadata_path / "entry_points.txt", 1u << 20))
    for (std::string_view line : split(*text, '\n')) shown.entry_points.emplace_back(trim(line));
  while (!shown.entry_points.empty() && shown.entry_points.back().empty()) shown.entry_points.pop_back();
  if (files)
    if (auto rows = dist.record()) {
      shown.files.emplace();
      for (const packaging::RecordRow& row : *rows) shown.files->push_back(row.path);
      std::sort(shown.files->begin(), shown.files->end());
    }
  return shown;
}

// An editable tree as pip writes it: the commit of its working tree, or why there is none.
std::string frozen_editable(const std::string& name, const std::string& pinned, const std::string& location, Session& session) {
  const auto tree = look_at_working_tree(location, session);
  if (!tree) return fmt::format("# Editable install with no version control ({})\n-e {}", pinned, location);
  if (!tree->invalid_remote.empty())
    return fmt::format("# Editable Git install ({}) with either a deleted local remote or invalid URI:\n# '{}'\n-e {}", pinned, tree->invalid_remote, location);
  if (tree->remote.empty()) return fmt::format("# Editable Git install with no remote ({})\n-e {}", pinned, location);
  std::string egg = name;
  std::replace(egg.begin(), egg.end(), '-', '_');
  const bool is_prefixed = tree->remote.starts_with("git:");  // pip: only these need no "git+"
  return fmt::format("-e {}{}@{}#egg={}{}", is_prefixed ? "" : "git+", tree->remote, tree->commit, egg, tree->subdirectory.empty() ? "" : "&subdirectory=" + tree->subdirectory);
}

std::string frozen(const InstalledDist& dist, Session& session) {
  const std::string pinned = dist.name + (dist.version_is_legacy ? "===" + dist.version_text : "==" + dist.version.str());
  if (dist.editable_location) return frozen_editable(dist.name, pinned, *dist.editable_location, session);
  if (dist.direct_url) return direct_reference(*dist.direct_url, dist.name);
  return pinned;
}

bool is_passed_through(std::string_view line) {
  static constexpr std::string_view starts[] = {"-r", "--requirement", "-f", "--find-links", "-i", "--index-url", "--pre", "--trusted-host",
                                                "--process-dependency-links", "--extra-index-url", "--use-feature"};
  const std::string_view content = trim(line);
  if (content.empty() || content[0] == '#') return true;
  return std::any_of(std::begin(starts), std::end(starts), [&](std::string_view start) { return line.starts_with(start); });
}

// The words before a comment.
std::string without_comment(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i)
    if (line[i] == '#' && (i == 0 || is_space(line[i - 1]))) return std::string(trim(line.substr(0, i)));
  return std::string(trim(line));
}

// Lays the installed packages out in the order of requirements files, as freeze -r does.
class FreezeTemplate {
 public:
  FreezeTemplate(std::map<std::string, std::string>& frozen, Session& session, Diagnostics& diagnostics)
      : frozen_(frozen), session_(session), context_(parse_context(session, diagnostics)) {}

  Status add_file(const std::string& file) {
    PIPIT_TRY(const std::string text, sys::read_file(session_.options().current_directory / file));
    for (std::string_view line : split(text.ends_with('\n') ? std::string_view(text).substr(0, text.size() - 1) : std::string_view(text), '\n'))
      PIPIT_CHECK(add_line(line, file));
    return ok();
  }
  void warn_repeated() const {
    for (const auto& [name, files] : seen_)
      if (files.size() > 1)
        session_.reporter().warn("", fmt::format("Requirement {} included multiple times [{}]", name, fmt::join(std::set<std::string>(files.begin(), files.end()), ", ")));
  }
  std::vector<std::string> lines;

 private:
  Status add_line(std::string_view line, const std::string& file) {
    if (is_passed_through(line)) {
      while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
      if (emitted_.insert(std::string(line)).second) lines.emplace_back(line);
      return ok();
    }
    const bool editable = line.starts_with("-e") || line.starts_with("--editable");
    std::string words = editable ? std::string(trim(line.substr(line.starts_with("--editable") ? 10 : 2))) : without_comment(line);
    if (editable && words.starts_with('=')) words.erase(0, 1);
    PIPIT_TRY(auto requirement, packaging::parse_requirement_argument(words, editable, context_));
    std::string name = requirement.requirement ? requirement.requirement->name : "";
    if (name.empty())
      if (auto url = Url::parse(requirement.url)) name = url->fragment_value("egg").value_or("");
    if (name.empty()) {
      session_.reporter().info(fmt::format("Skipping line in requirement file [{}] because it's not clear what it would install: {}", file, trim(line)));
      session_.reporter().info("  (add #egg=PackageName to the URL to avoid this warning)");
      return ok();
    }
    auto found = frozen_.find(packaging::normalize_name(name));
    if (found != frozen_.end()) {
      lines.push_back(found->second);
      frozen_.erase(found);
      seen_[name].push_back(file);
    } else if (seen_[name].empty()) {
      session_.reporter().warn("", fmt::format("Requirement file [{}] contains {}, but package '{}' is not installed", file, editable ? without_comment(words) : without_comment(line), name));
    } else {
      seen_[name].push_back(file);
    }
    return ok();
  }

  std::map<std::string, std::string>& frozen_;
  Session& session_;
  packaging::RequirementsParseContext context_;
  std::set<std::string> emitted_;
  std::map<std::string, std::vector<std::string>> seen_;
};

// Adds what the index has, and keeps what is behind it (outdated) or level with it. A project that no index knows is left
// out, as with pip; an index that cannot be asked is an error, unlike with pip, which then finds everything up to date.
Result<std::vector<ListedPackage>> compare_with_index(std::vector<ListedPackage> packages, const ListOptions& options, Session& session) {
  PIPIT_TRY(auto lookup, Lookup::make(options.resolve, session));
  std::vector<std::string> names;
  for (const ListedPackage& package : packages) names.push_back(package.dist.normalized_name);
  lookup->prefetch(names);
  std::vector<ListedPackage> kept;
  for (ListedPackage& package : packages) {
    PIPIT_TRY(const auto offers, lookup->offers(package.dist.normalized_name));
    if (offers.empty()) continue;
    const Lookup::Offer& latest = offers.front();
    const bool is_behind = package.dist.version_is_legacy || package.dist.version < latest.version;
    if (options.outdated ? !is_behind : package.dist.version_is_legacy || package.dist.version != latest.version) continue;
    package.latest_version = latest.version.str();
    package.latest_filetype = latest.is_wheel ? "wheel" : "sdist";
    kept.push_back(std::move(package));
  }
  return kept;
}

std::vector<InstalledDist> without_needed(std::vector<InstalledDist> packages) {
  std::set<std::string> needed;
  for (const InstalledDist& dist : packages)
    if (auto metadata = dist.metadata())
      for (const packaging::Requirement& requirement : metadata->requires_dist)
        if (!requirement.marker || !requirement.marker->mentions_extra()) needed.insert(requirement.normalized_name());
  std::erase_if(packages, [&](const InstalledDist& dist) { return needed.count(dist.normalized_name) != 0; });
  return packages;
}

}  // namespace

Result<std::vector<InstalledDist>> installed_packages(const ScopeOptions& scope, Session& session) {
  if (!scope.paths.empty() && (scope.user || scope.local))
    return fail(make_pip_error(kBadScope, "Cannot combine '--path' with '--user' or '--local'"));
  PIPIT_TRY(std::vector<InstalledDist> packages, everything(scope, session));
  const python::Interpreter* target = nullptr;
  if (scope.paths.empty()) {
    PIPIT_TRY(target, session.target());
  }
  std::erase_if(packages, [&](const InstalledDist& dist) {
    if (is_interpreter_part(dist.normalized_name)) return true;
    if (std::find(scope.excluded.begin(), scope.excluded.end(), dist.normalized_name) != scope.excluded.end()) return true;
    if (scope.exclude_editable && dist.editable_location) return true;
    if (scope.only_editable && !dist.editable_location) return true;
    if (target && scope.local && target->is_venv && !is_below(dist.location, target->prefix)) return true;
    if (target && scope.user && (target->user_site.empty() || !is_below(dist.location, target->user_site))) return true;
    return false;
  });
  std::sort(packages.begin(), packages.end(), [](const InstalledDist& a, const InstalledDist& b) { return a.normalized_name < b.normalized_name; });
  return packages;
}

std::string list_json(const std::vector<ListedPackage>& packages, bool with_latest, bool verbose) {
  Json rows = Json::array();
  for (const ListedPackage& package : packages) {
    const InstalledDist& dist = package.dist;
    Json row = {{"name", dist.name}, {"version", dist.version_is_legacy ? dist.version_text : dist.version.str()}};
    if (verbose) {
      row["location"] = dist.location.string();
      row["installer"] = dist.installer;
    }
    if (with_latest) {
      row["latest_version"] = package.latest_version;
      row["latest_filetype"] = package.latest_filetype;
    }
    if (dist.editable_location) row["editable_project_location"] = *dist.editable_location;
    rows.push_back(std::move(row));
  }
  return print_json_line(rows);
}

Result<std::vector<ListedPackage>> list_packages(const ListOptions& options, Session& session) {
  ScopeOptions scope = options.scope;
  const std::vector<std::string> excluded = std::exchange(scope.excluded, {});  // a hidden package still needs others
  PIPIT_TRY(std::vector<InstalledDist> packages, installed_packages(scope, session));
  if (options.not_required) packages = without_needed(std::move(packages));
  std::erase_if(packages, [&](const InstalledDist& dist) { return std::find(excluded.begin(), excluded.end(), dist.normalized_name) != excluded.end(); });
  std::vector<ListedPackage> listed;
  for (InstalledDist& dist : packages) {
    ListedPackage package;
    if (auto text = sys::read_file(dist.metadata_path / "WHEEL", 1u << 20))
      if (auto wheel = packaging::WheelMetadata::parse(*text)) package.build_tag = wheel->build;
    package.dist = std::move(dist);
    listed.push_back(std::move(package));
  }
  if (options.outdated || options.uptodate) return compare_with_index(std::move(listed), options, session);
  return listed;
}

Result<ShowResult> show(const std::vector<std::string>& names, bool files, Session& session) {
  PIPIT_TRY(const python::Interpreter* target, session.target());
  PIPIT_TRY(const std::vector<InstalledDist> all, everything({}, session));
  ShowResult result;
  for (const std::string& name : names) {
    const std::string wanted = packaging::normalize_name(name);
    auto found = std::find_if(all.begin(), all.end(), [&](const InstalledDist& dist) { return dist.normalized_name == wanted; });
    if (found == all.end()) {
      result.missing.push_back(name);
    } else {
      result.packages.push_back(describe(*found, all, target->markers, files));
    }
  }
  std::sort(result.missing.begin(), result.missing.end());
  return result;
}

Result<std::vector<std::string>> freeze(const FreezeOptions& options, Session& session) {
  PIPIT_TRY(const std::vector<InstalledDist> packages, installed_packages(options.scope, session));
  std::map<std::string, std::string> lines_by_name;
  std::vector<std::pair<std::string, std::string>> by_spelling;
  for (const InstalledDist& dist : packages) {
    lines_by_name[dist.normalized_name] = frozen(dist, session);
    by_spelling.emplace_back(ascii_lower(dist.name), dist.normalized_name);
  }
  Diagnostics diagnostics;
  FreezeTemplate layout(lines_by_name, session, diagnostics);
  for (const std::string& file : options.requirement_files) PIPIT_CHECK(layout.add_file(file));
  session.report(diagnostics);
  std::vector<std::string> lines = std::move(layout.lines);
  if (!options.requirement_files.empty()) {
    layout.warn_repeated();
    lines.emplace_back("## The following requirements were added by pip freeze:");
  }
  std::set<std::string> skipped;
  if (!options.all) {
    skipped = {"pip"};
    PIPIT_TRY(const python::Interpreter* target, session.target());
    if (target->major == 3 && target->minor < 12) skipped.insert({"setuptools", "wheel", "distribute"});
  }
  std::sort(by_spelling.begin(), by_spelling.end());
  for (const auto& [spelling, name] : by_spelling)
    if (lines_by_name.count(name) && !skipped.count(name)) lines.push_back(lines_by_name[name]);
  return lines;
}

namespace {

// pip's words, the parser's own below them. False: its metadata cannot be read.
bool warn_if_unreadable(const InstalledDist& dist, Session& session) {
  const auto metadata = dist.metadata();
  if (metadata) return true;
  std::string why = metadata.error().message;
  constexpr std::string_view kField = "Requires-Dist: ";
  if (why.starts_with(kField)) why.erase(0, kField.size());
  for (const std::string& line : metadata.error().details) why += "\n    " + line;
  session.reporter().warn("", fmt::format("Error parsing dependencies of {}: {}", dist.name, why));
  return false;
}

}  // namespace

Result<CheckResult> check(Session& session) {
  PIPIT_TRY(const python::Interpreter* target, session.target());
  PIPIT_TRY(const std::vector<InstalledDist> packages, everything({}, session));
  CheckResult result;
  result.problems = broken_requirements(needs_of(packages, target->markers), std::nullopt);
  for (const InstalledDist& dist : packages) {
    result.all_read &= warn_if_unreadable(dist, session);
    auto text = sys::read_file(dist.metadata_path / "WHEEL", 1u << 20);
    if (!text) continue;
    auto wheel = packaging::WheelMetadata::parse(*text);
    if (wheel && !wheel->tags.empty() && !target->tags.supports(wheel->tags))
      result.problems.push_back(fmt::format("{} {} is not supported on this platform", dist.name, dist.version_text));
  }
  return result;
}

Result<std::string> inspect_json(const ScopeOptions& scope, Session& session) {
  PIPIT_TRY(const python::Interpreter* target, session.target());
  PIPIT_TRY(const std::vector<InstalledDist> packages, installed_packages(scope, session));
  Json installed = Json::array();
  for (const InstalledDist& dist : packages) {
    Json item;
    auto metadata = dist.metadata();
    item["metadata"] = metadata ? metadata_json(*metadata) : Json::object();
    item["metadata_location"] = dist.metadata_path.string();
    if (dist.direct_url) {
      item["direct_url"] = direct_url_json(*dist.direct_url);
    } else if (dist.editable_location) {
      item["direct_url"] = {{"url", Url::from_path(*dist.editable_location).str()}, {"dir_info", {{"editable", true}}}};
    }
    if (!dist.installer.empty()) item["installer"] = dist.installer;
    if (dist.kind == python::MetadataKind::dist_info) item["requested"] = dist.requested;
    installed.push_back(std::move(item));
  }
  return print_json(Json{{"version", "1"}, {"pip_version", kPipVersion}, {"installed", std::move(installed)}, {"environment", environment_json(target->markers)}});
}

}  // namespace pipit::ops
