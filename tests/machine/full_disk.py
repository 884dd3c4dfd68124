"""A file system that is too small by every multiple of 4 KiB, and by every inode: an upgrade is refused and everything is
as before, with its space returned, or it is installed. The same for the cache: there it is installed either way."""
import os
import shutil
import sys

import world

BAD = []


def broken(text, more=""):
    BAD.append(text)
    print("BROKEN: %s\n%s" % (text, more), file=sys.stderr)


def used(path):
    info = os.statvfs(path)
    return (info.f_blocks - info.f_bfree) * info.f_frsize, info.f_files - info.f_ffree


def ladder(w, disk, venv, words, unit, step):
    kept = w.path("kept")
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(venv, kept, symlinks=True)
    old = world.image_of(venv)
    w.run(*words, check=True)
    new = world.image_of(venv)
    refused = installed = 0
    extra = 0
    while installed < 3:
        shutil.rmtree(venv)
        shutil.copytree(kept, venv, symlinks=True)
        before = used(disk)
        limit = before[0] + extra * 4096 if unit == "size" else before[1] + extra
        world.mount("-o", "remount,%s=%d" % ("size" if unit == "size" else "nr_inodes", limit), disk)
        done = w.run(*words)
        now, after = world.image_of(venv), used(disk)
        world.mount("-o", "remount,size=64m,nr_inodes=100000", disk)
        what = "%s: %d beyond what is used" % (unit, extra)
        if done.returncode == 0:
            installed += 1
            if now != new:
                broken(what + ": exit 0, and the tree is not the new one", world.difference(new, now))
        else:
            refused += 1
            if done.returncode != 1 or now != old:
                broken("%s: exit %d, and the tree is not the old one" % (what, done.returncode), world.difference(old, now) + done.stderr)
            if after != before:
                broken("%s: %s used before, %s after" % (what, before, after))
            if "space" not in done.stderr:
                broken(what + ": it does not say what is missing", done.stderr)
        extra += step
    print("full disk, %s: %d refused, %d installed" % (unit, refused, installed), flush=True)


def cache_ladder(w, disk, venv, words, step):
    old_cache, w.environment["PIP_CACHE_DIR"] = w.environment["PIP_CACHE_DIR"], disk
    without = with_cache = 0
    extra = 1
    new = None
    while with_cache < 3 and extra < 8000:
        world.mount("-t", "tmpfs", "-o", "mode=700,size=%d" % (extra * 4096), "tmpfs", disk)
        w.run("--python", venv, "uninstall", "-y", "demo", "other")
        done = w.run(*words)
        now = world.image_of(venv)
        new = new or now
        if done.returncode != 0 or now != new:
            broken("cache of %d blocks: exit %d" % (extra, done.returncode), done.stdout + done.stderr + world.difference(new, now))
        lines = [line for line in done.stderr.splitlines() if "cache" in line]
        if len(lines) > 1:
            broken("cache of %d blocks: %d lines about it" % (extra, len(lines)), done.stderr)
        without, with_cache = without + bool(lines), with_cache + (not lines)
        world.umount(disk)
        extra += step
    w.environment["PIP_CACHE_DIR"] = old_cache
    print("full cache: %d without it, %d with it" % (without, with_cache), flush=True)


def main():
    p = world.parser(__doc__)
    p.add_argument("--full", action="store_true", help="every step instead of a sample")
    options = p.parse_args()
    world.in_own_mounts()
    w = world.World(options)
    disk = w.path("disk")
    os.mkdir(disk)
    try:
        world.mount("-t", "tmpfs", "-o", "size=64m,nr_inodes=100000", "tmpfs", disk)
        for version in ("1.0", "2.0"):
            world.demo_wheel(w.path("wheels"), version, size=6000)
        world.make_wheel(w.path("wheels"), "other", "1.0", {"other.py": b"o = 1\n" * 3000})
        venv = w.venv("disk/venv")
        w.run(*w.install_words(venv, "demo==1.0"), check=True)
        words = w.install_words(venv, "-U", "demo", "other")
        ladder(w, disk, venv, words, "size", 1 if options.full else 7)
        w.run("--python", venv, "uninstall", "-y", "other", check=True)
        w.run(*w.install_words(venv, "demo==1.0"), check=True)
        ladder(w, disk, venv, words, "inodes", 1 if options.full else 7)
        small = w.path("small")
        os.mkdir(small)
        cache_ladder(w, small, w.venv("plain"), w.install_words(w.path("plain"), "demo", "other"), 1 if options.full else 97)
    finally:
        world.umount(disk)
        w.close()
    print("full disk: %d broken" % len(BAD))
    return 1 if BAD else 0


if __name__ == "__main__":
    sys.exit(main())
