#!/usr/bin/env python3
"""Record what a Python says about itself, as the golden that pipit's reading of files is compared with.

    record_goldens.py --packaging DIR --out DIR PYTHON...     one JSON file for each PYTHON, named by version and vendor
    record_goldens.py --packaging DIR --print PYTHON          the same, to stdout

DIR of --packaging holds the `packaging` package (26.3 or newer). Its sys_tags() and default_environment() are called inside
PYTHON; where PYTHON is older than packaging supports, the running Python calls them with PYTHON's version and build variables put
in place ("how" says which). Run it with a Python that packaging supports. The PROBE below runs on Python 3.6 and newer.
"""
import argparse
import json
import os
import subprocess
import sys

PROBE = r"""
import json, os, platform, site, sys, sysconfig
v = sys.implementation.version
out = dict(
    version=list(sys.version_info), implementation=sys.implementation.name, implementation_version=list(v),
    full_version=platform.python_version(), platform_implementation=platform.python_implementation(),
    abi_flags=getattr(sys, 'abiflags', ''), executable=sys.executable, prefix=sys.prefix, base_prefix=sys.base_prefix,
    paths=sysconfig.get_paths(), site_packages=site.getsitepackages(), user_site=site.getusersitepackages(),
    platlibdir=getattr(sys, 'platlibdir', 'lib'), uname=list(os.uname()),
    libc=os.confstr('CS_GNU_LIBC_VERSION') if 'CS_GNU_LIBC_VERSION' in os.confstr_names else None,
    config={k: sysconfig.get_config_var(k) for k in
            ('SOABI', 'EXT_SUFFIX', 'Py_DEBUG', 'Py_GIL_DISABLED', 'WITH_PYMALLOC', 'ABIFLAGS', 'MULTIARCH', 'PLATLIBDIR')},
)
print(json.dumps(out))
"""

ASK_PACKAGING = r"""
import json, sys
sys.path.insert(0, sys.argv[1])
import packaging, packaging.markers, packaging.tags
print(json.dumps(dict(packaging=packaging.__version__, tags=[str(t) for t in packaging.tags.sys_tags()],
                      markers=dict(packaging.markers.default_environment()))))
"""


def clean_environment():
    drop = ("PIP_", "PYTHON", "SSL_CERT", "REQUESTS_CA", "CURL_CA")
    return {k: v for k, v in os.environ.items() if not k.startswith(drop)}


def run(python, script, *arguments):
    done = subprocess.run([python, "-I", "-c", script, *arguments], env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return json.loads(done.stdout) if done.returncode == 0 else None


def ask_here(facts, packaging_dir):
    """packaging of this process, told that it runs in the interpreter `facts` came from."""
    sys.path.insert(0, packaging_dir)
    import packaging
    import packaging.markers
    import packaging.tags as tags

    version = tuple(facts["version"][:2])
    tags._get_config_var = lambda name, warn=False: facts["config"].get(name)
    ordered = list(tags.cpython_tags(version, abis=tags._cpython_abis(version)))
    ordered += tags.compatible_tags(version, interpreter="cp%d%d" % version)
    info = facts["implementation_version"]
    spelled = "%d.%d.%d" % tuple(info[:3]) + ("" if info[3] == "final" else info[3][0] + str(info[4]))
    markers = dict(packaging.markers.default_environment())
    markers.update(implementation_name=facts["implementation"], implementation_version=spelled, python_full_version=facts["full_version"],
                   python_version="%d.%d" % version, platform_python_implementation=facts["platform_implementation"])
    return dict(packaging=packaging.__version__, tags=[str(t) for t in ordered], markers=markers)


def relocated(value, prefix):
    """`value` with the installation's prefix as "@"."""
    if isinstance(value, dict):
        return {k: relocated(v, prefix) for k, v in value.items()}
    if isinstance(value, list):
        return [relocated(v, prefix) for v in value]
    if isinstance(value, str) and (value == prefix or value.startswith(prefix + "/")):
        return "@" + value[len(prefix):]
    return value


def without_this_machine(facts):
    """A golden is read elsewhere: no prefix, home, host or kernel of whoever recorded it."""
    facts = relocated(facts, facts["prefix"])
    facts["user_site"] = facts["user_site"].replace(os.path.expanduser("~"), "~")
    facts["uname"][1:4] = ["host", "6.1.0-golden", "#1 SMP golden"]
    facts["markers"].update(platform_release="6.1.0-golden", platform_version="#1 SMP golden")
    return facts


def record(python, packaging_dir):
    facts = run(python, PROBE)
    if facts is None:
        sys.exit("%s: cannot be recorded" % python)
    said, how = run(python, ASK_PACKAGING, packaging_dir), "inside"
    if said is None:
        said, how = ask_here(facts, packaging_dir), "outside, with its version and build variables"
    facts.update(said, how=how)
    return facts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--packaging", required=True)
    parser.add_argument("--out")
    parser.add_argument("--print", action="store_true")
    parser.add_argument("pythons", nargs="+")
    options = parser.parse_args()
    for python in options.pythons:
        facts = record(python, options.packaging)
        if options.print:
            print(json.dumps(facts))
            continue
        vendor = "debian" if "dist-packages" in facts["paths"]["purelib"] else "plain"
        name = "%s-%s-%s.json" % (facts["implementation"], facts["full_version"], vendor)
        with open(os.path.join(options.out, name), "w") as f:
            json.dump(without_this_machine(facts), f, indent=0, sort_keys=True)
            f.write("\n")


main()
