#!/bin/sh
# From a bare Debian 12 to what is published: dist/ with one static program that runs on any Linux, and the packages that
# carry it. The same sources and the same versions of packages make the same bytes, wherever and whenever.
#   sh cmake/release.sh [--arch x86_64|aarch64]     aarch64 is cross-compiled and tried under qemu
#   sh cmake/release.sh --update-pins               pins today's source packages of libcurl and libarchive
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C TZ=UTC
umask 022
for part in packages release/sources release/architecture release/libraries release/program release/check release/package; do
  . "cmake/$part.sh"
done

ARCH=x86_64
while [ $# -gt 0 ]; do
  case $1 in
    --update-pins) update_pins; exit 0 ;;
    --arch) [ $# -ge 2 ] || stop "--arch needs a name"; ARCH=$2; shift 2 ;;
    *) stop "unknown argument $1 (see the head of cmake/release.sh)" ;;
  esac
done

VERSION=$(sed -n 's/^project(pipit VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(release_date)}
export SOURCE_DATE_EPOCH
WORK=$PWD/build/release-$ARCH
NAME=pipit-$VERSION-$ARCH-linux
OUT=$WORK/out  # what becomes of dist/ once all of it has passed
rm -rf "$OUT"
mkdir -p "$OUT" dist

choose_architecture
install_release_packages
say "the source packages"
fetch_sources "$PWD/build/sources"
for package in $SOURCE_PACKAGES; do unpack_source "$package" "$PWD/build/sources" "$WORK/$package"; done
say "libcurl and libarchive"
build_curl "$WORK/curl" "$WORK/curl-build"
build_libarchive "$WORK/libarchive" "$WORK/libarchive-build"
gather_prefix
say "pipit $VERSION for $ARCH"
build_program
cp "$WORK/pipit/pipit" "$OUT/$NAME"
say "checking $NAME"
check_program "$OUT/$NAME"
say "packages"
make_packages
mv "$OUT"/* dist/
write_sums
say "done"
(cd dist && ls -l && cat SHA256SUMS)
