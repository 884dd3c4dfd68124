"""Several installers at work at the same time: two pipits on one environment, two pipits that fill one cache, and pip in a
loop beside pipit. Never a mixture; every exit code is true."""
import os
import random
import shutil
import subprocess
import sys
import time

import world

BAD = []


def broken(text, more=""):
    BAD.append(text)
    print("BROKEN: %s\n%s" % (text, more), file=sys.stderr)


def two_on_one_environment(w, venv, rounds):
    images = {}
    for version in ("1.0", "2.0"):
        w.run(*w.install_words(venv, "demo==" + version), check=True)
        images[version] = world.image_of(venv)
    both = 0
    for number in range(rounds):
        if random.random() < 0.3:
            w.run("--python", venv, "uninstall", "-y", "demo")
        runs = []
        for version in random.sample(["1.0", "2.0"], 2):
            runs.append((version, w.start(*w.install_words(venv, "demo==" + version))))
            time.sleep(random.random() * 0.06)
        said = {version: (run.communicate()[0], run.returncode) for version, run in runs}
        now = world.image_of(venv)
        winner = [version for version, image in images.items() if image == now]
        codes = {version: code for version, (_, code) in said.items()}
        both += list(codes.values()) == [0, 0]
        talk = "".join(text for text, _ in said.values())
        if len(winner) != 1:
            broken("round %d: neither 1.0 nor 2.0: %s" % (number, codes), world.difference(images["2.0"], now) + "\n" + talk)
        elif codes[winner[0]] != 0:
            broken("round %d: %s is installed, and its run ended with %d" % (number, winner[0], codes[winner[0]]), talk)
        if any(code not in (0, 1) for code in codes.values()):
            broken("round %d: exit codes %s" % (number, codes), talk)
    print("two on one environment: %d rounds, %d with 0 and 0" % (rounds, both), flush=True)


def two_on_one_cache(w, rounds):
    words = ["demo", "big", "other"]
    wanted = None
    for number in range(rounds):
        shutil.rmtree(w.path("cache"))
        os.mkdir(w.path("cache"))
        venvs = []
        for name in ("a", "b", "c"):
            shutil.rmtree(w.path(name), ignore_errors=True)
            venvs.append(w.venv(name))
        runs = [w.start(*w.install_words(venv, *words)) for venv in venvs]
        for name, venv, run in zip("abc", venvs, runs):
            talk = run.communicate()[0]
            if run.returncode != 0:
                broken("cache round %d: %s ends with %d" % (number, name, run.returncode), talk)
        for venv in venvs:
            # What names the place differs: scripts, the rows of RECORD about them, the stamp that is bound to RECORD.
            image = {path: what for path, what in world.image_of(venv).items()
                     if not path.startswith("bin") and path not in ("pyvenv.cfg", ".pipit/stamp") and "RECORD" not in path}
            wanted = wanted or image
            if image != wanted:
                broken("cache round %d: the trees differ" % number, world.difference(wanted, image))
        done = w.run("cache", "verify")
        if done.returncode != 0:
            broken("cache round %d: damaged" % number, done.stdout + done.stderr)
    print("three on one cache: %d rounds" % rounds, flush=True)


def pip_in_a_loop(w, venv, pip, seconds):
    stop = w.path("stop")
    loop = subprocess.Popen(["sh", "-c", 'i=0; while [ ! -e "$STOP" ]; do i=$((1 - i)); "$PIP" --python "$VENV/bin/python" install -q --no-index '
                             '--no-compile -f "$WHEELS" demo==$((1 + i)).0 || exit 3; done'],
                            env=dict(w.environment, STOP=stop, PIP=pip, VENV=venv, WHEELS=w.path("wheels"), PIP_CACHE_DIR=w.path("pip-cache")),
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    done = {0: 0, 1: 0}
    installed = None
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        version = random.choice(["1.0", "2.0"])
        run = w.run(*w.install_words(venv, "second==" + version))
        done[run.returncode] = done.get(run.returncode, 0) + 1
        if run.returncode == 0:
            installed = version
        elif "environment-changed" not in run.stderr and "meanwhile" not in run.stderr and "METADATA" not in run.stderr:
            broken("beside pip: exit %d" % run.returncode, run.stdout + run.stderr)
        found = w.run("--python", venv, "list", "--format", "freeze").stdout
        if installed and "second==" + installed not in found:
            broken("beside pip: second %s was installed, and is not there" % installed, found)
    open(stop, "w").close()
    talk = loop.communicate()[1]
    if loop.returncode != 0:
        broken("beside pip: pip itself ended with %d" % loop.returncode, talk)
    verified = w.run("--python", venv, "verify")
    if verified.returncode != 0:
        broken("beside pip: the environment is not sound", verified.stdout + verified.stderr)
    print("beside pip: %s exit codes of pipit" % done, flush=True)


def main():
    p = world.parser(__doc__)
    p.add_argument("--full", action="store_true")
    p.add_argument("--pip", help="a pip to run in a loop; default: the one of --python, if it has one")
    options = p.parse_args()
    w = world.World(options)
    try:
        for version in ("1.0", "2.0"):
            world.demo_wheel(w.path("wheels"), version)
            world.make_wheel(w.path("wheels"), "second", version, {"second/__init__.py": version.encode(), "second/v%s.py" % version[0]: b"", "ns/second.py": b""})
        world.make_wheel(w.path("wheels"), "other", "1.0", {"other.py": b"o = 1\n"})
        world.make_wheel(w.path("wheels"), "big", "1.0", {"big/part%03d.py" % i: os.urandom(3000).hex().encode() for i in range(300)})
        two_on_one_environment(w, w.venv("pair"), 200 if options.full else 15)
        two_on_one_cache(w, 40 if options.full else 4)
        pip = options.pip or shutil.which("pip", path=os.path.dirname(os.path.realpath(options.python)))
        if pip:
            pip_in_a_loop(w, w.venv("beside"), pip, 120 if options.full else 8)
        else:
            print("beside pip: left out, there is no pip here")
    finally:
        w.close()
    print("together: %d broken" % len(BAD))
    return 1 if BAD else 0


if __name__ == "__main__":
    sys.exit(main())
