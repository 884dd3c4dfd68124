// The one script that runs inside the target's Python: it imports a back end, calls one hook and writes its answer to a
// file. Standard output belongs to the back end. Works on CPython 3.6 and later.
#pragma once

namespace pipit::build {

// argv: request.json answer.json
inline constexpr const char* kDriverScript = R"PY(
import importlib
import json
import os
import sys
import traceback

OPTIONAL = {"get_requires_for_build_wheel": [], "get_requires_for_build_editable": [],
            "prepare_metadata_for_build_wheel": None, "prepare_metadata_for_build_editable": None}


def load(request):
    module_name, _, object_path = request["backend"].partition(":")
    places = [os.path.realpath(place) for place in request["backend_path"]]
    sys.path[:0] = places
    module = importlib.import_module(module_name)
    if places:
        found = os.path.realpath(getattr(module, "__file__", None) or "")
        if not any(found == place or found.startswith(place + os.sep) for place in places):
            raise ImportError("the back end %r was found at %s, outside of backend-path" % (module_name, found))
    backend = module
    for name in filter(None, object_path.split(".")):
        backend = getattr(backend, name)
    return backend


def run(request):
    try:
        backend = load(request)
    except Exception:
        return {"kind": "backend-unavailable", "text": traceback.format_exc()}
    name = request["hook"]
    hook = getattr(backend, name, None)
    if hook is None:
        if name in OPTIONAL:
            return {"kind": "ok", "missing": True, "value": OPTIONAL[name]}
        return {"kind": "hook-missing"}
    return {"kind": "ok", "missing": False, "value": hook(*request["arguments"])}


def main():
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry or ".") != os.path.dirname(os.path.realpath(__file__))]
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    answer_path = sys.argv[2]
    sys.argv[:] = ["pipit-build"]
    answer = run(request)
    with open(answer_path, "w", encoding="utf-8") as file:
        json.dump(answer, file)


main()
)PY";

}  // namespace pipit::build
