// --compile: byte code for what a run installs, made by one process of the target's own Python and kept in the wheel store.
//
// A .pyc file holds the path, the modification time and the size of its source. Python believes it only if the latter two are
// those of the file beside it; the path is what a traceback shows when the .pyc is run by itself, and pip writes the installed
// one. So what may be linked into another environment is only what was compiled for the very same places: the key of stored
// byte code is the interpreter's identity and the scheme, and another environment's is compiled anew. The time is that of the
// store's file, which a linked source shares; where sources are copied, install corrects the copies' byte code.
//
// An environment that is thrown away (of a build) takes code for anywhere, whose key is the interpreter's identity alone: it
// names the wheel's own path, which an import replaces by the true one. Of a script whose first line is rewritten it may hold
// another environment's size; Python then compiles that script itself.
//
// Sources are compiled, not run. One that does not compile is left out, as pip leaves it out.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ops/place.h"
#include "ops/wheels.h"

namespace pipit::ops {

struct Compiled {
  std::string key;
  std::map<std::string, fetch::ByteCode> byte_code;  // by project
};

enum class CodeFor { here, anywhere };

// Of every project of the request. Nothing here fails an installation but cancelling it: Python makes what is missing later.
Result<Compiled> compile(const PlaceRequest& request, CodeFor whom, Wheels& wheels, Session& session);

}  // namespace pipit::ops
