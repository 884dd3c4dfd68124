"""start_up.py HELLO PIPIT: how long pipit takes to start, beside a static program that only says hello.

Least of many interleaved runs, so that a busy machine slows both alike. Fails above twice the hello, or if the first C++
exception (a command line that makes no sense is reported through one) costs half a millisecond more than the same without."""
import os
import sys
import time

RUNS = 300
hello, pipit = sys.argv[1:]
commands = {"hello": [hello], "--version": [pipit, "--version"], "exception": [pipit, "install", "--no-such-option"],
            "no exception": [pipit, "help", "install"]}


def run(command):
    null = os.open(os.devnull, os.O_WRONLY)
    actions = [(os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)]
    begin = time.perf_counter()
    os.waitpid(os.posix_spawn(command[0], command, {}, file_actions=actions), 0)
    took = time.perf_counter() - begin
    os.close(null)
    return took


least = dict.fromkeys(commands, 1.0)
for _ in range(RUNS):
    for name, command in commands.items():
        least[name] = min(least[name], run(command))
print("start-up, least of %d runs, in ms: %s" % (RUNS, ", ".join(f"{name} {time * 1000:.2f}" for name, time in least.items())))
if least["--version"] > 2 * least["hello"]:
    sys.exit("--version takes more than twice as long as a static hello")
if least["exception"] - least["no exception"] > 0.0005:
    sys.exit("the first exception takes more than half a millisecond")
