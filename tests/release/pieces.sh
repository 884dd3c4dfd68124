#!/bin/sh
# pieces.sh PIPIT WORK_DIR, from the checkout: what a release is made by, tried on what is at hand. Every failure is a sentence.
set -eu
pipit=$1 work=$2
rm -rf "$work"; mkdir -p "$work/dist"
fail() { echo "pieces: $*" >&2; exit 1; }

for script in cmake/*.sh cmake/release/*.sh; do sh -n "$script" || fail "$script is no shell script"; done
. cmake/packages.sh
. cmake/release/sources.sh
. cmake/release/architecture.sh
. cmake/release/package.sh
. cmake/release/program.sh

# Pins: digests and plain names, and for each package one .dsc with the files that a source package has.
if grep -nvE '^[0-9a-f]{64}  [a-z0-9.+-]+/[A-Za-z0-9.+~_-]+$' "$PINS"; then fail "$PINS has a malformed line"; fi
for package in $SOURCE_PACKAGES; do
  [ "$(grep -cE "  $package/.*\.dsc\$" "$PINS")" = 1 ] || fail "$PINS must name one .dsc of $package"
  grep -qE "  $package/.*\.orig\.tar\.[a-z0-9]+\$" "$PINS" || fail "$PINS names no upstream archive of $package"
  source_version "$package" | grep -qE '^[0-9][A-Za-z0-9.+~-]*$' || fail "$package has no version in $PINS"
done

# A file that is not the pinned one is never used: here a mirror serves another.
PINS=$work/pins
printf '%064d  curl/curl_1.orig.tar.gz\n' 0 >"$PINS"
mkdir -p "$work/sources/curl"; echo other >"$work/sources/curl/curl_1.orig.tar.gz"
if (debian_mirror() { printf 'file:///nonexistent'; }; security_mirror() { debian_mirror; }; fetch_sources "$work/sources") 2>/dev/null; then
  fail "a source file with another digest was accepted"
fi
PINS=cmake/release/sources.sha256

# Whatever is asked of Debian for the program is in the table of components, and the other way round.
for package in $STATIC_PACKAGES; do components archive | grep -q " $package\$" || fail "$COMPONENTS does not list $package"; done
for package in $HEADER_PACKAGES; do components header | grep -q " $package\$" || fail "$COMPONENTS does not list $package"; done
components archive | while read -r _ package; do case " $STATIC_PACKAGES " in *" $package "*) ;; *) fail "$package is listed but not installed" ;; esac; done
components header | while read -r _ package; do case " $HEADER_PACKAGES " in *" $package "*) ;; *) fail "$package is listed but not installed" ;; esac; done
for package in $SOURCE_PACKAGES; do components source | grep -q " $package\$" || fail "$COMPONENTS does not list $package"; done
[ "$(release_date)" -gt 1700000000 ] || fail "CHANGELOG.md gives no date"

# The wheel: made twice with the same bytes, installed by pipit, and the program in it runs.
printf '#!/bin/sh\necho "I was installed"\n' >"$work/program"
for output in dist again; do
  mkdir -p "$work/$output"
  SOURCE_DATE_EPOCH=1700000000 python3 cmake/release/wheel.py 9.8.7 x86_64 "$work/program" LICENSE "$work/$output"
done
wheel=$(ls "$work"/dist/*.whl)
cmp "$wheel" "$work/again/${wheel##*/}" || fail "the wheel is not reproducible"
env -i PATH="$PATH" HOME="$work" "$pipit" venv "$work/environment" || fail "no environment could be made"
case $(uname -m) in
  x86_64)
    env -i PATH="$PATH" HOME="$work" "$pipit" --python "$work/environment" install --no-index "$wheel" || fail "the wheel cannot be installed"
    [ "$("$work/environment/bin/pipit")" = "I was installed" ] || fail "the installed program does not run" ;;
esac

# The bill of materials: JSON, with every component and the digest of the program.
printf 'zlib|1:1.2.13|zlib|1:1.2.13|Zlib\nlibgcc|12.2|gcc-12|12.2|GPL-3.0-or-later WITH GCC-exception-3.1\n' >"$work/components"
SOURCE_DATE_EPOCH=1700000000 python3 cmake/release/sbom.py 9.8.7 x86_64 "$work/program" "$work/components" "$work/bom.json"
python3 - "$work/bom.json" "$(sha256sum <"$work/program" | cut -c1-64)" <<'CHECK' || fail "the bill of materials is wrong"
import json, sys
bom = json.load(open(sys.argv[1]))
assert bom["bomFormat"] == "CycloneDX" and bom["metadata"]["component"]["hashes"][0]["content"] == sys.argv[2]
assert [part["purl"] for part in bom["components"]][0] == "pkg:deb/debian/zlib@1%3A1.2.13?arch=source&distro=bookworm"
assert {part["bom-ref"] for part in bom["components"]} == set(bom["dependencies"][0]["dependsOn"])
CHECK

# Roots: one entry per certificate, ordered by hash, and nothing that is no certificate.
mkdir "$work/roots"
openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=one" -keyout /dev/null -out "$work/roots/one.crt" 2>/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=two" -keyout /dev/null -out "$work/roots/two.crt" 2>/dev/null
python3 cmake/release/embed_roots.py "$work/roots" "test 1" "$work/roots.inc" >/dev/null
[ "$(grep -c '^  {0x' "$work/roots.inc")" = 2 ] || fail "embed_roots.py lost a certificate"
grep '^  {0x' "$work/roots.inc" | LC_ALL=C sort -c || fail "embed_roots.py does not sort by hash"
echo hello >"$work/roots/three.crt"
if python3 cmake/release/embed_roots.py "$work/roots" "test 1" "$work/roots.inc" 2>/dev/null; then fail "embed_roots.py takes anything for a certificate"; fi
