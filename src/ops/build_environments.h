// BuildEnvironments: private environments for PEP 517 back ends, made by pipit itself: its own venv, resolver, store and
// transaction, from the run's own indexes. Without isolation the target itself is the environment. One is made at a time,
// whoever asks. `reporter` may be told from several threads.
#pragma once

#include <memory>

#include "pipit/build/sdist_builder.h"
#include "pipit/ops/options.h"
#include "pipit/ops/session.h"

namespace pipit::ops {

std::unique_ptr<build::EnvironmentMaker> make_build_environments(Session& session, Reporter& reporter, const python::Interpreter& target, const ResolveOptions& options,
                                                                 const packaging::FileOptions& files);

}  // namespace pipit::ops
