// The one script that runs inside the target's Python: it imports a back end, calls its hooks and writes each answer to a
// file. A back end is imported once; every hook but the last is called in a fork, so that each finds it as if it had just been
// imported. Standard output belongs to the back end. Works on CPython 3.6 and later.
#pragma once

namespace pipit::build {

// argv: request.json
inline constexpr const char* kDriverScript = R"PY(
import importlib
import json
import os
import sys
import threading
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


def call(backend, name, arguments):
    hook = getattr(backend, name, None)
    if hook is None:
        if name in OPTIONAL:
            return {"kind": "ok", "missing": True, "value": OPTIONAL[name]}
        return {"kind": "hook-missing"}
    return {"kind": "ok", "missing": False, "value": hook(*arguments)}


def write(path, answer):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(answer, file)


def flush():
    sys.stdout.flush()
    sys.stderr.flush()


# The child calls the hook; the parent gets its exit status. What the back end's import left to be done at exit is the
# parent's to do.
def call_in_fork(backend, item, notices):
    flush()
    child = os.fork()
    if child == 0:
        os.close(notices)
        write(item["answer"], call(backend, item["hook"], item["arguments"]))
        flush()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        os.kill(os.getpid(), os.WTERMSIG(status))
    return os.WEXITSTATUS(status)


# The next call is made only if this one asks for nothing: its answer may be that something is to be installed first.
def asks_for_nothing(path):
    with open(path, encoding="utf-8") as file:
        answer = json.load(file)
    return answer["kind"] == "ok" and answer["value"] == []


def main():
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry or ".") != os.path.dirname(os.path.realpath(__file__))]
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    calls = request["calls"]
    sys.argv[:] = ["pipit-build"]
    try:
        backend = load(request)
    except Exception:
        return write(calls[0]["answer"], {"kind": "backend-unavailable", "text": traceback.format_exc()})
    for item in calls[:-1] if threading.active_count() == 1 else []:
        status = call_in_fork(backend, item, request["notices"])
        if status:
            sys.exit(status)
        if not asks_for_nothing(item["answer"]):
            return None
        os.write(request["notices"], b".")
    last = calls[-1] if threading.active_count() == 1 else calls[0]
    if len(calls) > 1:
        os.close(request["notices"])
    return write(last["answer"], call(backend, last["hook"], last["arguments"]))


main()
)PY";

}  // namespace pipit::build
