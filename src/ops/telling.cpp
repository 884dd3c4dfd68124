#include "ops/telling.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "pipit/base/text.h"
#include "pipit/base/url.h"
#include "pipit/packaging/requirement.h"

namespace pipit::ops {

namespace {

std::string size_of(const model::Candidate& candidate) {
  return candidate.file.size_bytes ? fmt::format(" ({})", format_size(*candidate.file.size_bytes)) : "";
}

std::optional<std::string> local_path(const model::Candidate& candidate) {
  auto url = Url::parse(candidate.file.url);
  if (!url || url->scheme != "file") return std::nullopt;
  auto path = url->to_path();
  return path ? std::optional(*path) : std::nullopt;
}

void tell_collecting(const Discovered& found, const Announcement& all, Session& session) {
  const model::Candidate& candidate = found.resolved->candidate;
  const auto path = local_path(candidate);
  session.reporter().info(path ? fmt::format("Processing {}{}", shown_path(*path, session), from_clause(found.from))
                               : fmt::format("Collecting {}{}", mask_credentials(found.wish.str()), from_clause(found.from)));
  const auto present = all.present(candidate);
  if (present) session.reporter().info("  File was already downloaded " + present->path.string());
  if (path || (present && present->adopted)) return;
  const auto sidecar = all.sidecar_bytes(candidate);
  const char* verb = all.is_stored(candidate) ? "Using cached" : "Downloading";
  if (sidecar) {
    session.reporter().info(fmt::format("  Downloading {}.metadata{}", candidate.file.filename, *sidecar ? fmt::format(" ({})", format_size(*sidecar)) : ""));
  } else {
    session.reporter().info(fmt::format("  {} {}{}", verb, candidate.file.filename, size_of(candidate)));
  }
}

void tell_satisfied(const Discovered& found, const python::InstalledDist& dist, Session& session) {
  session.reporter().info(fmt::format("Requirement already satisfied: {} in {}{} ({})", found.wish.str(), shown_path(dist.location, session), from_clause(found.from),
                                      dist.version_text));
}

}  // namespace

std::string spelled(const model::Resolved& resolved) {
  if (!resolved.requested_by.empty()) {
    auto requirement = packaging::Requirement::parse(resolved.requested_by[0].requirement);
    if (requirement && requirement->normalized_name() == resolved.candidate.name) return requirement->name;
  }
  return resolved.candidate.name;
}

std::string shown_path(const std::filesystem::path& path, const Session& session) {
  const std::string here = session.options().current_directory.string() + "/", text = path.string();
  if (text + "/" == here) return "./.";
  return text.starts_with(here) ? "./" + text.substr(here.size()) : text;
}

namespace {

bool satisfies(const python::InstalledDist& dist, const Discovered& found, const Announcement& all) {
  auto fits = [&](const packaging::SpecifierSet& specifiers) { return specifiers.contains(dist.version, packaging::Prereleases::allow); };
  if (dist.version_is_legacy || !fits(found.wish.specifiers)) return false;
  return !all.constraints || std::all_of(all.constraints->begin(), all.constraints->end(), [&](const packaging::RequirementLine& line) {
    return !line.requirement || line.requirement->normalized_name() != dist.normalized_name || fits(line.requirement->specifiers);
  });
}

}  // namespace

void announce(const Announcement& all, Session& session) {
  std::map<std::string, const install::PlannedProject*> planned;
  for (const install::PlannedProject& project : all.plan.projects) planned[project.resolved.candidate.name] = &project;
  std::map<std::string, const python::InstalledDist*> installed;
  for (const python::InstalledDist& dist : all.installed) installed.emplace(dist.normalized_name, &dist);
  for (const Discovered& found : all.discovered) {
    const std::string& name = found.resolved->candidate.name;
    const auto project = planned.find(name);
    const bool kept = project != planned.end() && project->second->action == install::Action::keep;
    // pip looks at what is there first, also where it then takes a newer one.
    if (auto there = installed.find(name); there != installed.end() && satisfies(*there->second, found, all))
      tell_satisfied(found, *there->second, session);
    if (!kept) tell_collecting(found, all, session);
  }
  for (const install::PlannedProject& project : all.plan.projects)
    if (!project.note.empty()) session.reporter().info(project.note);
}

void tell_late_fetch(const model::Candidate& candidate, bool is_stored, Session& session) {
  session.reporter().info(fmt::format("{} {}{}", is_stored ? "Using cached" : "Downloading", candidate.file.filename, size_of(candidate)));
}

void tell_network_builds(Session& session) {
  const auto& names = session.network_builds();
  if (names.empty()) return;
  const std::vector<std::string> list(names.begin(), names.end());
  session.reporter().info("Built with the network allowed by --build-network: " + join(list, ", "));
}

Error tell_conflict(const resolve::Conflict& conflict, const std::vector<std::string>& hints, Session& session) {
  auto say_error = [&](std::string text) { session.reporter().say({Severity::error, {}, mask_credentials(text), {}}); };
  const resolve::ClassicReport& classic = conflict.classic;
  Error error = conflict.error();
  error.hints.insert(error.hints.end(), hints.begin(), hints.end());
  if (error.code == resolve::kUnsupportedPython) return error;
  if (classic.not_found) {
    const auto& missing = *classic.not_found;
    if (!missing.yanked.empty()) say_error("Ignored the following yanked versions: " + join(missing.yanked, ", "));
    if (!missing.requires_python.empty())
      say_error("Ignored the following versions that require a different python version: " + join(missing.requires_python, "; "));
    say_error(fmt::format("Could not find a {}version that satisfies the requirement {} (from versions: {})", missing.final_only ? "final " : "",
                          missing.requirement, missing.versions.empty() ? "none" : join(missing.versions, ", ")));
    if (missing.requirement == "requirements.txt")
      session.reporter().info("HINT: You are attempting to install a package literally named \"requirements.txt\" (which cannot exist). Consider using the "
                              "'-r' flag to install the packages listed in requirements.txt");
    return error;
  }
  say_error(classic.headline());
  std::string text = "\nThe conflict is caused by:";
  for (const std::string& cause : classic.causes) text += "\n    " + cause;
  if (!classic.no_candidates.empty())
    text += "\n\nAdditionally, some packages in these conflicts have no matching distributions available for your environment:\n    " +
            join(classic.no_candidates, "\n    ");
  text += "\n\nTo fix this you could try to:\n1. loosen the range of package versions you've specified\n2. remove package versions to allow pip to attempt to solve "
          "the dependency conflict\n";
  session.reporter().info(mask_credentials(text));
  error.message = "ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/dependency-resolution/#dealing-with-dependency-conflicts";
  return error;
}

}  // namespace pipit::ops
