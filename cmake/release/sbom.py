"""sbom.py VERSION ARCH PROGRAM COMPONENTS OUTPUT: what the program is made of, as CycloneDX 1.5.

COMPONENTS has lines "name|version|Debian source package|its version|licence" (see package.sh)."""
import datetime
import hashlib
import json
import os
import pathlib
import sys
import urllib.parse
import uuid

version, arch, program, components, output = sys.argv[1:]
digest = hashlib.sha256(pathlib.Path(program).read_bytes()).hexdigest()


def licence(text):
    return [{"expression": text}] if " " in text else [{"license": {"id": text}}]


def component(line):
    name, binary, source, source_version, terms = line.split("|")
    purl = f"pkg:deb/debian/{source}@{urllib.parse.quote(source_version, safe='')}?arch=source&distro=bookworm"
    return {"type": "library", "bom-ref": f"{name}@{binary}", "name": name, "version": binary, "licenses": licence(terms), "purl": purl}


inside = [component(line) for line in pathlib.Path(components).read_text().splitlines()]
itself = {"type": "application", "bom-ref": f"pipit@{version}", "name": "pipit", "version": version, "licenses": licence("MIT"),
          "hashes": [{"alg": "SHA-256", "content": digest}],
          "properties": [{"name": "pipit:architecture", "value": arch}]}
when = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
bom = {"$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.5",
       "serialNumber": "urn:uuid:" + str(uuid.uuid5(uuid.NAMESPACE_OID, digest)), "version": 1,
       "metadata": {"timestamp": when.strftime("%Y-%m-%dT%H:%M:%SZ"), "component": itself},
       "components": inside,
       "dependencies": [{"ref": itself["bom-ref"], "dependsOn": [part["bom-ref"] for part in inside]}]}
pathlib.Path(output).write_text(json.dumps(bom, indent=2, ensure_ascii=False) + "\n")
