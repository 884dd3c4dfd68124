// What is wanted: command line and files read into requirement lines, constraints and options; lines that pip would read by
// half are refused; markers are judged for the target. Touches the disk (and the network for -r URL), chooses nothing.
#pragma once

#include <string>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/ops/options.h"
#include "pipit/ops/session.h"
#include "pipit/packaging/requirements_file.h"

namespace pipit::ops {

inline constexpr ErrorCode kNothingToDo{"nothing-to-do"};

struct Wanted {
  std::vector<packaging::RequirementLine> requirements;  // markers hold, in pip's order: arguments, then files
  std::vector<packaging::RequirementLine> constraints;
  std::vector<packaging::RequirementLine> overrides;
  packaging::FileOptions options;                         // after all files
  bool hash_mode = false;
  std::vector<std::string> ignored;                       // pip's sentences on lines whose markers do not hold for the target
};

// `verb` names the command in pip's "You must give at least one requirement to install" text.
Result<Wanted> read_wanted(const ResolveOptions& options, const packaging::MarkerEnvironment& markers, const std::string& verb, Session& session);

// The context for parsing requirements files: loader, variables, disk questions.
packaging::RequirementsParseContext parse_context(Session& session, Diagnostics& diagnostics);

}  // namespace pipit::ops
