"""Environments that renames do not reach everywhere: the lower layer of a real overlayfs (every container image), and
site-packages or bin on a mount of their own. Install, upgrade, reinstall and uninstall must end exactly as on a plain disk."""
import glob
import os
import sys

import world

FAILED = []


def expect(condition, text, more=""):
    if not condition:
        FAILED.append(text)
        print("BROKEN: %s\n%s" % (text, more), file=sys.stderr)


def compare(what, wanted, venv, done):
    now = world.image_of(venv)
    expect(done.returncode == 0, what + ": exit %d" % done.returncode, done.stdout + done.stderr)
    expect(now == wanted, what + ": the tree differs", world.difference(wanted, now))


def walk_through(w, venv, seal, plain, name):
    """seal() makes what is installed so far hard to move."""
    for step, words in (("install", ["demo==1.0", "other"]), ("upgrade", ["-U", "demo"]), ("downgrade", ["demo==1.0"]),
                        ("reinstall", ["--force-reinstall", "demo==1.0"])):
        done = w.run(*w.install_words(venv, *words))
        compare("%s, %s" % (name, step), plain[step], venv, done)
        seal()
    compare(name + ", uninstall", plain["uninstall"], venv, w.run("--python", venv, "uninstall", "-y", "demo"))


def steps_on_plain_ground(w, venv):
    plain = {}
    for step, words in (("install", ["demo==1.0", "other"]), ("upgrade", ["-U", "demo"]), ("downgrade", ["demo==1.0"]),
                        ("reinstall", ["--force-reinstall", "demo==1.0"])):
        w.run(*w.install_words(venv, *words), check=True)
        plain[step] = world.image_of(venv)
    w.run("--python", venv, "uninstall", "-y", "demo", check=True)
    plain["uninstall"] = world.image_of(venv)
    return plain


class Layers:
    """An overlay whose upper layer becomes a lower one at every seal()."""

    def __init__(self, w, at, upper_parent):
        self.at, self.parent, self.lower = at, upper_parent, []
        os.makedirs(at, exist_ok=True)
        self.add()

    def add(self):
        number = len(self.lower)
        upper, work = (os.path.join(self.parent, "%s%d" % (kind, number)) for kind in ("upper", "work"))
        os.makedirs(upper), os.makedirs(work)
        if not self.lower:
            os.makedirs(os.path.join(self.parent, "empty"))
            self.lower = [os.path.join(self.parent, "empty")]
        more = "" if os.geteuid() == 0 and os.stat("/proc/self/ns/user").st_ino == 0xEFFFFFFD else ",userxattr"
        world.mount("-t", "overlay", "overlay", "-o",
                    "redirect_dir=off,lowerdir=%s,upperdir=%s,workdir=%s%s" % (":".join(self.lower), upper, work, more), self.at)
        self.lower.insert(0, upper)

    def seal(self):
        world.umount(self.at)
        self.add()


def main():
    options = world.parser(__doc__).parse_args()
    world.in_own_mounts()
    w = world.World(options)
    try:
        world.mount("-t", "tmpfs", "tmpfs", w.path("home"))  # can this machine mount at all
        world.umount(w.path("home"))
        for version in ("1.0", "2.0"):
            world.demo_wheel(w.path("wheels"), version)
        world.make_wheel(w.path("wheels"), "other", "1.0", {"demo/plugin/other.py": b"o = 1\n"})
        # The same path for every ground, so that scripts and pyvenv.cfg have the same bytes.
        place = w.path("place")
        os.mkdir(place)
        plain = steps_on_plain_ground(w, w.venv("place/venv"))

        for name, parent in (("overlay on one file system", w.path("memory")), ("overlay over another file system", w.path("disk"))):
            os.mkdir(parent)
            if parent.endswith("memory"):
                world.mount("-t", "tmpfs", "tmpfs", parent)
            layers = Layers(w, place, parent)
            venv = w.venv("place/venv")
            layers.seal()
            walk_through(w, venv, layers.seal, plain, name)
            world.umount(place)

        for name, inner in (("site-packages on a mount of its own", "lib/python3*/site-packages"), ("bin on a mount of its own", "bin")):
            world.mount("-t", "tmpfs", "tmpfs", place)
            venv = w.venv("place/venv")
            mounted = glob.glob(os.path.join(venv, inner))[0]
            os.mkdir(os.path.join(place, "other"))
            os.system("cp -a %s/. %s" % (mounted, os.path.join(place, "other")))
            world.mount("--bind", os.path.join(place, "other"), mounted)
            walk_through(w, venv, lambda: None, plain, name)
            world.umount(mounted)
            world.umount(place)
    finally:
        world.umount(w.path("place"))
        w.close()
    print("mounts: 4 grounds, 5 steps each, %d broken" % len(FAILED))
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
