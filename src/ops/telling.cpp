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

}  // namespace pipit::ops
