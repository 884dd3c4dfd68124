"""wheel.py VERSION ARCH PROGRAM LICENCES OUTPUT_DIRECTORY: the program as a wheel, so that any installer can put it into an environment.

The distribution is called pipit-installer (the plain name belongs to somebody else); it holds the program as a script and no
Python. The tags name old and new C libraries, of which the program needs none."""
import base64
import hashlib
import os
import pathlib
import sys
import time
import zipfile

version, arch, program, licences, output = sys.argv[1:]
name = f"pipit_installer-{version}"
platforms = [f"manylinux_2_17_{arch}", f"manylinux2014_{arch}", f"musllinux_1_1_{arch}"]
stamp = time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"]))[:6]

metadata = f"""Metadata-Version: 2.4
Name: pipit-installer
Version: {version}
Summary: pipit, an installer of Python packages that checks every byte, as one native program
License-Expression: MIT
License-File: LICENSES
Requires-Python: >=3.6
Classifier: Environment :: Console
Classifier: Operating System :: POSIX :: Linux
Classifier: Topic :: System :: Software Distribution
Description-Content-Type: text/markdown

""" + pathlib.Path("README.md").read_text()
wheel = "Wheel-Version: 1.0\nGenerator: pipit release\nRoot-Is-Purelib: false\n" + "".join(f"Tag: py3-none-{p}\n" for p in platforms)

members = [(f"{name}.data/scripts/pipit", pathlib.Path(program).read_bytes(), 0o755),
           (f"{name}.dist-info/METADATA", metadata.encode(), 0o644),
           (f"{name}.dist-info/WHEEL", wheel.encode(), 0o644),
           (f"{name}.dist-info/licenses/LICENSES", pathlib.Path(licences).read_bytes(), 0o644)]


def record_line(path, data):
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(data)}\n"


record = "".join(record_line(path, data) for path, data, _ in members) + f"{name}.dist-info/RECORD,,\n"
members.append((f"{name}.dist-info/RECORD", record.encode(), 0o644))
path = pathlib.Path(output) / f"{name}-py3-none-{'.'.join(platforms)}.whl"
with zipfile.ZipFile(path, "w") as archive:
    for member, data, mode in members:
        info = zipfile.ZipInfo(member, stamp)
        info.external_attr = (0o100000 | mode) << 16
        info.create_system = 3
        archive.writestr(info, data, zipfile.ZIP_DEFLATED, 9)
