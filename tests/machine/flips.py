"""Bit-rot: bytes of an installed environment are changed at random places, one to a file; `pipit verify` must name every one
of these files and no other. RECORD files are flipped as well, each alone: there any finding will do."""
import json
import os
import random
import sys
import time

import world


def regular_files(site):
    for where, directories, names in os.walk(site):
        directories[:] = [name for name in directories if name != "__pycache__"]
        for name in names:
            path = os.path.join(where, name)
            if name != "RECORD" and not os.path.islink(path) and os.path.getsize(path) > 0 and not name.endswith(".pth"):
                yield path


def flip(path):
    with open(path, "r+b") as file:
        at = random.randrange(os.path.getsize(path))
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ random.randrange(1, 256)]))
    return at, byte


def unflip(path, at, byte):
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(bytes([byte]))


def main():
    p = world.parser(__doc__)
    p.add_argument("--flips", type=int, default=100)
    p.add_argument("--batch", type=int, default=50)
    p.add_argument("--wheels", help="a directory of wheels to install all of; default: a few small ones")
    p.add_argument("--requirements")
    options = p.parse_args()
    w, bad, found = world.World(options), 0, 0
    try:
        venv = w.venv()
        if options.wheels:
            words = ["--python", venv, "install", "--no-index", "--no-deps", "-f", options.wheels, "-r", options.requirements]
        else:
            world.demo_wheel(w.path("wheels"), "1.0")
            for i in range(8):
                world.make_wheel(w.path("wheels"), "p%d" % i, "1", {"p%d/%03d.py" % (i, n): os.urandom(50 + 97 * n) for n in range(30)})
            words = w.install_words(venv, "demo", *("p%d" % i for i in range(8)))
        w.run(*words, "--link-mode", "copy", check=True)
        site = next(where for where, _, _ in os.walk(venv) if where.endswith("site-packages"))
        files = sorted(regular_files(site))
        while found + bad < options.flips:
            chosen = random.sample(files, min(options.batch, options.flips - found - bad))
            before = {path: flip(path) for path in chosen}
            begin = time.monotonic()
            done = w.run("--python", venv, "verify", "--json")
            seconds = time.monotonic() - begin
            report = json.loads(done.stdout)
            named = {finding["path"] for finding in report["findings"]}
            for path, (at, byte) in before.items():
                found, bad = found + (path in named), bad + (path not in named)
                if path not in named:
                    print("NOT FOUND: byte %d of %s" % (at, path), file=sys.stderr)
            for path in named - set(before):
                bad += 1
                print("NAMED, though untouched: " + path, file=sys.stderr)
            if done.returncode != 1:
                bad += 1
                print("exit %d with %d changed files" % (done.returncode, len(chosen)), file=sys.stderr)
            for path, (at, byte) in before.items():
                unflip(path, at, byte)
        records = [os.path.join(where, "RECORD") for where, _, names in os.walk(site) if where.endswith(".dist-info") and "RECORD" in names]
        for path in random.sample(records, min(len(records), max(3, options.flips // 50))):
            at, byte = flip(path)
            if w.run("--python", venv, "verify").returncode != 1:
                bad += 1
                print("NOT FOUND: byte %d of %s" % (at, path), file=sys.stderr)
            unflip(path, at, byte)
        clean = w.run("--python", venv, "verify")
        if clean.returncode != 0:
            bad += 1
            print("not clean after all was put back\n" + clean.stdout, file=sys.stderr)
    finally:
        w.close()
    print("flips: %d found, %d wrong; %d files, %d bytes, last run %.2f s" % (found, bad, report["files"], report["bytes"], seconds))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
