"""What the tests against the real kernel share: wheels, environments, images of directory trees, and mounts of their own.

Every program here takes --pipit PATH and ends with 0 (all good), 1 (something is broken, said on stderr) or 77 (this
machine does not allow the test; one sentence says why). Scratch lies below $TMPDIR and is removed.
"""
import argparse
import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile

SKIPPED = 77


def skip(why):
    print("skipped: " + why)
    sys.exit(SKIPPED)


def parser(text):
    p = argparse.ArgumentParser(description=text)
    p.add_argument("--pipit", required=True)
    p.add_argument("--python", default=shutil.which("python3"))
    return p


def in_own_mounts():
    """Runs this program again where it may mount: as root in a mount namespace, else in a user namespace, else not at all."""
    if os.environ.get("PIPIT_OWN_MOUNTS") == "1":
        return
    ways = [["unshare", "--mount"]] if os.geteuid() == 0 else [["unshare", "--user", "--map-root-user", "--mount"]]
    for way in ways:
        try:
            if subprocess.run(way + ["true"], capture_output=True).returncode != 0:
                continue
        except OSError:
            continue
        done = subprocess.run(way + [sys.executable] + sys.argv, env=dict(os.environ, PIPIT_OWN_MOUNTS="1"))
        sys.exit(done.returncode if done.returncode >= 0 else 1)
    skip("mounting needs root, or user namespaces, and this machine offers neither")


def mount(*words):
    done = subprocess.run(["mount", *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        skip("mount %s: %s" % (" ".join(map(str, words)), done.stderr.strip()))


def umount(path):
    subprocess.run(["umount", "-l", str(path)], check=False)


def make_wheel(directory, name, version, files, console_scripts=()):
    """files: path -> bytes. Returns the wheel's path."""
    info = "%s-%s.dist-info" % (name, version)
    members = dict(files)
    members[info + "/METADATA"] = ("Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version)).encode()
    members[info + "/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    if console_scripts:
        members[info + "/entry_points.txt"] = ("[console_scripts]\n" + "\n".join(console_scripts) + "\n").encode()
    rows = []
    for path, data in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append("%s,sha256=%s,%d" % (path, digest, len(data)))
    members[info + "/RECORD"] = ("\n".join(rows + [info + "/RECORD,,"]) + "\n").encode()
    path = os.path.join(directory, "%s-%s-py3-none-any.whl" % (name, version))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return path


def demo_wheel(directory, version, modules=12, size=400):
    """The toy of the published baseline: some modules, one console script, one name that only this version has."""
    files = {"demo/__init__.py": ("version = %r\n" % version).encode()}
    for i in range(modules):
        files["demo/part%02d.py" % i] = (("# part %d of %s\n" % (i, version)) * (size // 20)).encode()
    files["demo/only_%s.py" % version.replace(".", "_")] = b""
    files["demo/data/table.txt"] = version.encode() * 50
    return make_wheel(directory, "demo", version, files, ["demo = demo:main"])


def image_of(top, ignore=("__pycache__",)):
    """relative path -> what is there; times are left out."""
    image = {}
    for where, directories, files in os.walk(top):
        for name in list(directories) + files:
            path = os.path.join(where, name)
            if name in ignore:
                if name in directories:
                    directories.remove(name)
                continue
            shown, info = os.path.relpath(path, top), os.lstat(path)
            if os.path.islink(path):
                image[shown] = "link " + os.readlink(path)
            elif os.path.isdir(path):
                image[shown] = "directory %o" % (info.st_mode & 0o7777)
            else:
                with open(path, "rb") as file:
                    image[shown] = "file %o %s" % (info.st_mode & 0o7777, hashlib.sha256(file.read()).hexdigest())
    return image


def difference(before, now):
    lines = ["- " + path for path in before if path not in now]
    lines += ["+ " + path for path in now if path not in before]
    lines += ["! " + path for path in now if path in before and before[path] != now[path]]
    return "\n".join(sorted(lines)[:20])


class World:
    """A scratch directory with a cache, a home, wheels and environments, and the program under test."""

    def __init__(self, options, parent=None):
        self.pipit, self.python = os.path.abspath(options.pipit), options.python
        self.top = tempfile.mkdtemp(prefix="pipit-machine-", dir=parent)
        for name in ("wheels", "home", "tmp", "cache"):
            os.mkdir(self.path(name))
        self.environment = {"PATH": os.environ["PATH"], "HOME": self.path("home"), "TMPDIR": self.path("tmp"),
                            "PIP_CACHE_DIR": self.path("cache"), "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1",
                            "LC_ALL": "C.UTF-8"}

    def path(self, *names):
        return os.path.join(self.top, *names)

    def run(self, *words, check=False, **more):
        done = subprocess.run([self.pipit, *map(str, words)], env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, **more)
        if check and done.returncode != 0:
            raise SystemExit("%s\n%s%s" % (" ".join(map(str, words)), done.stdout, done.stderr))
        return done

    def start(self, *words, **more):
        return subprocess.Popen([self.pipit, *map(str, words)], env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, **more)

    def venv(self, name="venv"):
        self.run("venv", "--python", self.python, self.path(name), check=True)
        return self.path(name)

    def install_words(self, venv, *words):
        return ["--python", venv, "install", "--no-index", "-f", self.path("wheels"), *words]

    def close(self):
        shutil.rmtree(self.top, ignore_errors=True)
