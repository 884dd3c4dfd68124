#!/usr/bin/env python3
"""The figures of pipit-bench beside those of pypa/packaging, over the same texts, in one run.

    beside_packaging.py PIPIT_BENCH [REQUIREMENTS_FILE]     with a Python that has `packaging`

Both sides count processor time and take the best of a few rounds. Prints a table; asserts nothing.
"""

import subprocess
import sys
import time

import packaging
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.version import Version

ROUNDS = 3
ENVIRONMENT = {
    "implementation_name": "cpython", "implementation_version": "3.11.4", "os_name": "posix", "platform_machine": "x86_64",
    "platform_release": "6.1.0-18-amd64", "platform_system": "Linux", "platform_version": "#1 SMP", "python_full_version": "3.11.4",
    "platform_python_implementation": "CPython", "python_version": "3.11", "sys_platform": "linux", "extra": "test",
}


def bench(program, *words):
    return subprocess.run([program, *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def best(work):
    """Nanoseconds of the best of some runs of work()."""
    times = []
    for _ in range(ROUNDS):
        begin = time.process_time_ns()
        work()
        times.append(time.process_time_ns() - begin)
    return min(times)


def less(versions):
    return sum(a < b for a, b in zip(versions, versions[1:]))


def versions(program):
    texts = bench(program, "inputs", "versions").splitlines()
    parsed = [Version(text) for text in texts]
    less(parsed)  # keys are made at the first comparison
    parse = best(lambda: [Version(text) for text in texts])
    compare = best(lambda: less(parsed))
    yield "version parse", parse / len(texts)
    yield "version compare", compare / (len(texts) - 1)
    yield "1,000,000 version parses and compares", (parse + compare) / 1e6


def requirements(program):
    lines = bench(program, "inputs", "requirements").splitlines()
    yield "100,000 requirement lines with markers", best(lambda: [Requirement(line) for line in lines]) / 1e6


def markers(program, times=10_000):
    for row in bench(program, "inputs", "markers").splitlines():
        name, text = row.split("\t")
        marker = Marker(text)
        yield name, best(lambda: [marker.evaluate(ENVIRONMENT) for _ in range(times)]) / times


def file_of_names(path):
    """A file without options: comments are cut, every other line is a requirement."""
    def parse():
        with open(path, encoding="utf-8") as file:
            lines = (line.split(" #")[0].strip() for line in file)
            return [Requirement(line) for line in lines if line and not line.startswith("#")]
    yield "requirements file: parse", best(parse) / 1e6


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    program, *files = arguments
    figures = bench(program, "packaging") + "".join(bench(program, "requirements", file) for file in files)
    ours = {name: (float(value), unit) for name, value, unit in (line.split("\t") for line in figures.splitlines())}
    theirs = dict(versions(program))
    for source in (requirements(program), markers(program), *map(file_of_names, files)):
        theirs.update(source)
    print(f"{'':42}{'pipit':>12}{'packaging ' + packaging.__version__:>18}{'times':>8}")
    for name, (value, unit) in ours.items():
        if name in theirs:
            print(f"{name:42}{value:12.2f}{theirs[name]:18.2f}{theirs[name] / value:8.0f}  {unit}")
        else:
            print(f"{name:42}{value:12.2f}{'':26}  {unit}")


main(sys.argv[1:])
