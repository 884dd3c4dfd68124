// Sealing: whether this run's builds are sealed (--build-sandbox), what a sealed build sees, and who is let out
// (--build-network).
#pragma once

#include <optional>

#include "pipit/ops/options.h"
#include "pipit/ops/session.h"
#include "pipit/sys/seal.h"

namespace pipit::ops {

inline constexpr ErrorCode kSandboxRequired{"sandbox-required"};

// seal_build wants to know whether this system can seal. It is found out beside whatever comes before.
void begin_sealing(const ResolveOptions& options, const python::Interpreter& target, Session& session);
// The seal for a build of `name` (empty: not known yet), or nullopt where builds are not sealed. Says once why not, or fails
// if sealing is required.
Result<std::optional<sys::SealSpec>> seal_build(const std::string& name, const ResolveOptions& options, const python::Interpreter& target, Session& session);

}  // namespace pipit::ops
