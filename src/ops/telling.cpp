#include "ops/telling.h"

#include <fmt/format.h>

#include "pipit/base/text.h"
#include "pipit/base/url.h"
#include "pipit/packaging/requirement.h"

namespace pipit::ops {

namespace {

std::string asked_by(const model::Resolved& resolved) {
  if (resolved.requested_by.empty()) return {};
  const model::Edge& edge = resolved.requested_by[0];
  if (!edge.parent.empty()) {
    std::string chain = edge.parent;
    return " (from " + chain + ")";
  }
  const std::string origin = edge.origin.str();
  return origin.empty() ? "" : " (from " + origin + ")";
}

std::string wish(const model::Resolved& resolved) {
  return resolved.requested_by.empty() ? resolved.candidate.name : resolved.requested_by[0].requirement;
}

}  // namespace

std::string spelled(const model::Resolved& resolved) {
  if (!resolved.requested_by.empty()) {
    auto requirement = packaging::Requirement::parse(resolved.requested_by[0].requirement);
    if (requirement && requirement->normalized_name() == resolved.candidate.name) return requirement->name;
  }
  return resolved.candidate.name;
}

void announce(const install::Plan& plan, Session& session) {
  for (const install::PlannedProject& project : plan.projects) {
    const model::Resolved& resolved = project.resolved;
    if (project.action == install::Action::keep && project.installed) {
      session.reporter().info(fmt::format("Requirement already satisfied: {} in {}{} ({})", wish(resolved), project.installed->location.string(), asked_by(resolved),
                                          project.installed->version_text));
      if (!project.note.empty()) session.reporter().info(project.note);
    } else if (!resolved.candidate.direct_url) {
      session.reporter().info(fmt::format("Collecting {}{}", wish(resolved), asked_by(resolved)));
    }
  }
}

void tell_fetch(const model::Candidate& candidate, Session& session) {
  const std::string size = candidate.file.size_bytes ? fmt::format(" ({})", format_size(*candidate.file.size_bytes)) : "";
  if (auto url = Url::parse(candidate.file.url); url && url->scheme == "file") {
    session.reporter().info("  Processing " + url->to_path().value_or(candidate.file.filename) + size);
  } else {
    session.reporter().info("  Downloading " + candidate.file.filename + size);
  }
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
