// When a conflict is about Requires-Python: would another Python do? Not guessed but tried, by solving once more for it with its
// markers and tags. Nothing is built for the trial. Private to ops.
#pragma once

#include <optional>
#include <string>

#include "ops/target_view.h"
#include "ops/wanted.h"
#include "pipit/fetch/index_provider.h"
#include "pipit/ops/session.h"
#include "pipit/resolve/solver.h"

namespace pipit::ops {

// What a trial needs of the run that failed.
struct FailedRun {
  const resolve::SolverOptions& solver;
  const Wanted& wanted;
  const ResolveOptions& options;
  const TargetView& view;
  index::IndexClient& index;
  Session& session;
};

// "with Python 3.12 there is a solution (numpy 2.1.0)"; nullopt if the conflict is about other things or none was found.
std::optional<std::string> other_python_hint(const resolve::Conflict& conflict, const FailedRun& run);

}  // namespace pipit::ops
