#include "pipit/python/venv.h"

#include <fmt/format.h>

#include "ops/pip_shim.h"
#include "pipit/ops/install.h"
#include "pipit/sys/file.h"

namespace pipit::ops {

Status make_environment(const VenvOptions& options, Session& session) {
  PIPIT_TRY(const python::Interpreter base, python::find_base(session.options().python, session.target_request(), session.inspect_options()));
  python::VenvOptions venv;
  venv.directory = session.options().current_directory / options.directory;
  venv.clear = options.clear;
  venv.prompt = options.prompt;
  venv.system_site_packages = options.system_site_packages;
  venv.command_line = options.command_line;
  const bool was_there = sys::exists(venv.directory);
  if (options.pip_shim) PIPIT_CHECK(add_pip_shim(venv, base, session));
  PIPIT_TRY(python::Interpreter made, python::make_venv(session.os(), base, venv));
  session.reporter().debug(fmt::format("made {} for {} {}", made.prefix, made.implementation, made.full_version));
  const std::string root = made.prefix;
  session.set_target(std::move(made));
  if (!options.install) return ok();
  auto installed = install(*options.install, session);
  if (!installed) {
    // An environment that was not there before the run is not there after a failed one.
    Error error = std::move(installed).error();
    if (!was_there)
      if (Status removed = sys::remove_tree(root); !removed) error.also.push_back(std::move(removed).error());
    return fail(std::move(error));
  }
  std::string names;
  for (const InstalledName& item : installed->installed) names += fmt::format(" {}-{}", item.name, item.version);
  if (!names.empty()) session.reporter().info("Successfully installed" + names);
  return ok();
}

}  // namespace pipit::ops
