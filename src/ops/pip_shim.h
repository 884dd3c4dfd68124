// The `pip` of an environment made with --pip-shim: bin/pip, bin/pip3 and bin/pip3.X are links to this program, which behaves
// as pip under these names, and an importable package `pip` of a few lines runs it for `python -m pip`. A dist-info says
// version and owner, so that whoever asks for pip's version gets an answer and `uninstall pip` takes everything away.
#pragma once

#include "pipit/base/result.h"
#include "pipit/ops/session.h"
#include "pipit/python/venv.h"

namespace pipit::ops {

inline constexpr ErrorCode kPipIsThere{"pip-is-there"};

// Adds the files and links to what will be made in venv.directory. Fails if another pip is installed there, unless it is cleared.
Status add_pip_shim(python::VenvOptions& venv, const python::Interpreter& base, const Session& session);

}  // namespace pipit::ops
