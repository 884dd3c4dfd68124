"""SIGKILL at every system call that changes something: a fresh install, an upgrade, an uninstall, a cold cache, and the
recovery of killed runs. The next command must reach exactly the old or exactly the new environment, and leave no litter."""
import os
import shutil
import sys

import traced
import world

BAD = []


class Sweep:
    def __init__(self, w):
        self.w, self.points, self.old_ones, self.new_ones = w, 0, 0, 0
        self.venv, self.kept = w.path("venv"), w.path("kept")
        self.kept_cache = w.path("kept-cache")

    def start(self, name, words, cold=False):
        """What is there now is the old state; running the words tells the new one."""
        self.name, self.words, self.cold = name, [self.w.pipit, *map(str, words)], cold
        self.points = self.old_ones = self.new_ones = 0
        shutil.rmtree(self.kept, ignore_errors=True)
        shutil.copytree(self.venv, self.kept, symlinks=True)
        self.old = world.image_of(self.venv)
        status, self.length, _ = traced.run(self.words, self.w.environment)
        if status != 0:
            raise SystemExit("%s: exit %s without any kill" % (name, status))
        self.new = world.image_of(self.venv)
        self.reset()

    def reset(self):
        shutil.rmtree(self.venv)
        shutil.copytree(self.kept, self.venv, symlinks=True)
        if self.cold:
            shutil.rmtree(self.w.path("cache"))
            os.mkdir(self.w.path("cache"))

    def judge(self, what):
        self.points += 1
        now = world.image_of(self.venv)
        if now == self.old:
            self.old_ones += 1
            return "old"
        if now == self.new:
            self.new_ones += 1
            return "new"
        BAD.append("%s: %s" % (self.name, what))
        print("BROKEN: %s: %s\n%s" % (self.name, what, world.difference(self.new, now)), file=sys.stderr)
        return "bad"

    def check_scratch(self, what):
        # One killed before it could lock its directory leaves it empty; it goes after an hour.
        left = [name for name in os.listdir(self.w.path("tmp")) if len(os.listdir(self.w.path("tmp", name))) > 1]
        if left:
            BAD.append("%s: %s: %s is left in $TMPDIR" % (self.name, what, left))
            print(BAD[-1], file=sys.stderr)
            for name in left:
                shutil.rmtree(self.w.path("tmp", name), ignore_errors=True)

    def recover(self):
        done = self.w.run("--python", self.venv, "repair")
        if done.returncode != 0:
            BAD.append(self.name + ": repair ends with %d" % done.returncode)
            print(done.stdout + done.stderr, file=sys.stderr)

    def every_call(self, step=1):
        for at in range(1, self.length + 50, step):
            self.reset()
            status, _, call = traced.run(self.words, self.w.environment, at)
            if status is not None:
                if status != 0 or world.image_of(self.venv) != self.new:
                    BAD.append("%s: exit %d where nothing was killed" % (self.name, status))
                    print(BAD[-1] + "\n" + world.difference(self.new, world.image_of(self.venv)), file=sys.stderr)
                break
            self.recover()
            state = self.judge("killed at call %d (%s)" % (at, call))
            if self.cold:
                self.after_a_cold_kill(at, state)
        self.report("killed at each of its calls")

    # The next run must use what is whole of the cache, and nothing else.
    def after_a_cold_kill(self, at, state):
        done = self.w.run(*self.words[1:])
        if done.returncode != 0 or world.image_of(self.venv) != self.new:
            BAD.append("%s: the run after a kill at call %d ends with %d" % (self.name, at, done.returncode))
            print(BAD[-1] + "\n" + world.difference(self.new, world.image_of(self.venv)) + done.stdout + done.stderr, file=sys.stderr)
        damaged = self.w.run("cache", "verify")
        if damaged.returncode != 0:
            BAD.append("%s: the cache is damaged after a kill at call %d" % (self.name, at))
            print(BAD[-1] + "\n" + damaged.stdout + damaged.stderr, file=sys.stderr)
        self.check_scratch("after a kill at call %d and a whole run" % at)

    def killed_recovery(self, kills, step=1):
        for at in kills:
            again = 1
            while True:
                self.reset()
                status, _, call = traced.run(self.words, self.w.environment, at)
                if status is not None:
                    break
                repair = [self.w.pipit, "--python", self.venv, "repair"]
                status, _, second = traced.run(repair, self.w.environment, again)
                if status is not None:
                    break
                self.recover()
                self.judge("killed at call %d (%s), its recovery at call %d (%s)" % (at, call, again, second))
                again += step
        self.report("killed, and its recovery at each of its calls")

    def report(self, how):
        print("%s, %s: %d points (%d old, %d new, %d bad so far)" % (self.name, how, self.points, self.old_ones, self.new_ones, len(BAD)), flush=True)
        self.total = self.points


def main():
    p = world.parser(__doc__)
    p.add_argument("--full", action="store_true", help="every call instead of a sample")
    options = p.parse_args()
    w = world.World(options)
    points = 0
    try:
        for version in ("1.0", "2.0"):
            world.demo_wheel(w.path("wheels"), version)
        venv = w.venv()
        sweep = Sweep(w)
        step = 1 if options.full else 5
        install = lambda *words: w.install_words(venv, "--no-deps", *words)

        sweep.start("fresh install from a cold cache", install("demo==1.0"), cold=True)
        sweep.every_call(step)
        points += sweep.points
        w.run(*install("demo==2.0"), check=True)
        w.run("--python", venv, "uninstall", "-y", "demo", check=True)
        sweep.start("fresh install", install("demo==1.0"))
        sweep.every_call(step)
        points += sweep.points
        w.run(*install("demo==1.0"), check=True)
        sweep.start("upgrade", install("-U", "demo"))
        sweep.every_call(step)
        points += sweep.points
        middle = range(2, sweep.length, 7 if options.full else 23)
        sweep.points = sweep.old_ones = sweep.new_ones = 0
        sweep.killed_recovery(middle, 1 if options.full else 3)
        points += sweep.points
        sweep.reset()
        sweep.start("uninstall", ["--python", venv, "uninstall", "-y", "demo"])
        sweep.every_call(step)
        points += sweep.points
    finally:
        w.close()
    print("SIGKILL: %d points, %d bad" % (points, len(BAD)))
    return 1 if BAD else 0


if __name__ == "__main__":
    sys.exit(main())
