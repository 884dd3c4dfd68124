"""Several pipits with one empty cache download each file once: the others wait for it. One that is killed in the middle gives
way to the next. The server counts what it sends."""
import hashlib
import http.server
import json
import os
import shutil
import sys
import threading
import time

import world

BAD = []


def broken(text, more=""):
    BAD.append(text)
    print("BROKEN: %s\n%s" % (text, more), file=sys.stderr)


class Index(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, wheels):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {}
        for name in os.listdir(wheels):
            with open(os.path.join(wheels, name), "rb") as file:
                self.files[name] = file.read()
        self.lock, self.pause = threading.Lock(), 0.0
        self.forget()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def forget(self):
        self.asked, self.bytes = {}, {}

    def url(self):
        return "http://127.0.0.1:%d/simple/" % self.server_address[1]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        parts = self.path.strip("/").split("/")
        if parts[0] == "simple" and len(parts) == 2:
            files = [{"filename": name, "url": "/files/" + name, "hashes": {"sha256": hashlib.sha256(data).hexdigest()}, "size": len(data)}
                     for name, data in self.server.files.items() if name.startswith(parts[1] + "-")]
            body = json.dumps({"meta": {"api-version": "1.0"}, "name": parts[1], "files": files}).encode()
            return self.answer(200 if files else 404, body, "application/vnd.pypi.simple.v1+json")
        data = self.server.files.get(parts[-1])
        if parts[0] != "files" or data is None:
            return self.answer(404, b"", "text/plain")
        begin, status, extra = 0, 200, {"ETag": '"%s"' % hashlib.sha256(data).hexdigest()[:16], "Accept-Ranges": "bytes"}
        wanted = self.headers.get("Range", "")
        whole = not wanted
        end = len(data)
        if wanted.startswith("bytes="):
            first, last = wanted[6:].split("-")
            begin = int(first) if first else len(data) - int(last)
            end = min(len(data), int(last) + 1) if first and last else len(data)
            status, extra["Content-Range"] = 206, "bytes %d-%d/%d" % (begin, end - 1, len(data))
        with self.server.lock:
            if whole:
                self.server.asked[parts[-1]] = self.server.asked.get(parts[-1], 0) + 1
        try:
            self.answer(status, data[begin:end], "application/octet-stream", extra, self.server.pause if whole else 0, parts[-1])
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def answer(self, status, body, kind, extra=(), pause=0.0, name=None):
        self.send_response(status)
        for key, value in {"Content-Type": kind, "Content-Length": str(len(body)), **dict(extra)}.items():
            self.send_header(key, value)
        self.end_headers()
        for at in range(0, len(body), 65536):
            if pause:
                time.sleep(pause)
            self.wfile.write(body[at:at + 65536])
            if name:
                with self.server.lock:
                    self.server.bytes[name] = self.server.bytes.get(name, 0) + len(body[at:at + 65536])


def words(index, venv, projects):
    return ["--python", venv, "install", "-i", index.url(), *projects]


def all_at_once(w, index, projects, rounds, together):
    index.pause = 0.005
    for number in range(rounds):
        shutil.rmtree(w.path("cache"))
        os.mkdir(w.path("cache"))
        index.forget()
        venvs = []
        for i in range(together):
            shutil.rmtree(w.path("v%d" % i), ignore_errors=True)
            venvs.append(w.venv("v%d" % i))
        runs = [w.start(*words(index, venv, projects)) for venv in venvs]
        for run in runs:
            talk = run.communicate()[0]
            if run.returncode != 0:
                broken("round %d: exit %d" % (number, run.returncode), talk)
        twice = {name: times for name, times in index.asked.items() if times != 1}
        if twice or len(index.asked) != len(projects):
            broken("round %d: downloads %s" % (number, index.asked))
        for venv in venvs:
            if w.run("--python", venv, "verify").returncode != 0:
                broken("round %d: %s does not verify" % (number, venv))
    left = [name for name in os.listdir(w.path("cache", "pipit", "downloads-v1")) if name.endswith(".lock")] if os.path.isdir(w.path("cache", "pipit", "downloads-v1")) else []
    if left:
        broken("locks are left: %s" % left)
    print("%d at once, %d files: %d rounds, every file once" % (together, len(projects), rounds), flush=True)


def the_first_dies(w, index, rounds):
    for number in range(rounds):
        shutil.rmtree(w.path("cache"))
        os.mkdir(w.path("cache"))
        index.forget()
        index.pause = 0.02
        first, second = w.venv("first"), w.venv("second")
        one = w.start(*words(index, first, ["large"]))
        while not index.asked:
            time.sleep(0.005)
        two = w.start(*words(index, second, ["large"]))
        time.sleep(0.15)
        if index.asked.get("large-1.0-py3-none-any.whl") != 1:
            broken("round %d: the second did not wait: %s" % (number, index.asked))
        one.kill()
        one.communicate()
        died = time.monotonic()
        index.pause = 0
        talk = two.communicate()[0]
        if two.returncode != 0 or time.monotonic() - died > 10:
            broken("round %d: exit %d after %.1f s" % (number, two.returncode, time.monotonic() - died), talk)
        for venv in (first, second):
            shutil.rmtree(venv)
    print("the first is killed: %d rounds, the second goes on" % rounds, flush=True)


def main():
    p = world.parser(__doc__)
    p.add_argument("--full", action="store_true")
    options = p.parse_args()
    w = world.World(options)
    w.environment["NO_PROXY"] = "127.0.0.1"
    try:
        projects = ["p%d" % i for i in range(5)] + ["large"]
        for i in range(5):
            world.make_wheel(w.path("wheels"), "p%d" % i, "1.0", {"p%d/data.bin" % i: os.urandom(100_000 + 90_000 * i)})
        world.make_wheel(w.path("wheels"), "large", "1.0", {"large/data.bin": os.urandom(2_000_000)})
        index = Index(w.path("wheels"))
        all_at_once(w, index, projects, 20 if options.full else 2, 2)
        all_at_once(w, index, projects, 10 if options.full else 1, 4)
        the_first_dies(w, index, 10 if options.full else 2)
    finally:
        w.close()
    print("once: %d broken" % len(BAD))
    return 1 if BAD else 0


if __name__ == "__main__":
    sys.exit(main())
