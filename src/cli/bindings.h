// Settings -> the option structs of ops. One function per struct; no decisions about packages are made here.
#pragma once

#include "cli/app.h"
#include "pipit/ops/options.h"

namespace pipit::cli {

Result<ops::SessionOptions> bind_session(const CommandContext& context);
Result<ops::ResolveOptions> bind_resolve(const CommandContext& context);
Result<ops::InstallOptions> bind_install(const CommandContext& context);
Result<ops::ForeignTarget> bind_foreign_target(const CommandContext& context);
ops::UninstallOptions bind_uninstall(const CommandContext& context);
ops::ScopeOptions bind_scope(const CommandContext& context);

}  // namespace pipit::cli
