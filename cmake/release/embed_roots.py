"""Writes certificate authorities as C++ data: embed_roots.py DIRECTORY LABEL OUTPUT

Every *.crt of DIRECTORY (one PEM certificate each) becomes an entry of kRoots under the hash of its subject, which is what
OpenSSL looks a root up by. Sorted by hash, so that the same certificates make the same bytes."""
import base64
import pathlib
import re
import subprocess
import sys


def subject_hash(pem):
    answer = subprocess.run(["openssl", "x509", "-noout", "-subject_hash"], input=pem, capture_output=True, check=True)
    return int(answer.stdout, 16)


def certificates(directory):
    for path in sorted(directory.rglob("*.crt")):
        pem = path.read_bytes()
        bodies = re.findall(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", pem, re.S)
        if len(bodies) != 1:
            sys.exit(f"embed_roots.py: {path} holds {len(bodies)} certificates, expected one")
        yield subject_hash(pem), base64.b64decode(bodies[0])


def lines_of_bytes(data):
    for start in range(0, len(data), 24):
        yield "  " + ",".join(str(byte) for byte in data[start:start + 24]) + ","


def main():
    directory, label, output = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
    roots = sorted(set(certificates(directory)))
    if not roots:
        sys.exit(f"embed_roots.py: no *.crt in {directory}")
    text = ["// Made by cmake/release/embed_roots.py.", f'constexpr std::string_view kLabel = "{label}";',
            "constexpr unsigned char kBytes[] = {"]
    text += lines_of_bytes(b"".join(der for _, der in roots))
    text += ["};", "constexpr EmbeddedRoot kRoots[] = {"]
    at = 0
    for name, der in roots:
        text.append(f"  {{0x{name:08x}, {{kBytes + {at}, {len(der)}}}}},")
        at += len(der)
    output.write_text("\n".join(text + ["};", ""]))
    print(f"{len(roots)} roots, {at} bytes, {label}")


main()
