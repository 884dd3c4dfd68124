# Sourced by release.sh: compiles and links the program itself.

# The newest dated line of the change log decides what time every file of a release bears; undated means the epoch of 2026.
release_date() {
  day=$(sed -n 's/^## [0-9.]* (\([0-9-]*\))$/\1/p' CHANGELOG.md | head -n 1)
  date -u -d "${day:-2026-01-01}" +%s
}

# Debian's static archives that the program takes; libcurl and libarchive are built here.
DEBIAN_ARCHIVES="ssl crypto nghttp2 cares brotlidec brotlicommon zstd lzma bz2 deflate z"

# Every archive and the headers of what was built, in the one place that third_party/static.cmake looks into. No exception
# passes through a library written in C, so their tables of how to unwind (600 KB) are left out.
gather_prefix() {
  mkdir -p "$WORK/prefix/lib" "$WORK/prefix/include"
  set -- "$WORK/curl-build/lib/libcurl.a" "$WORK/libarchive-build/libarchive/libarchive.a"
  for library in $DEBIAN_ARCHIVES; do set -- "$@" "$LIBRARY_DIR/lib$library.a"; done
  for archive in "$@"; do
    "$TRIPLET-objcopy" --enable-deterministic-archives --remove-section=.eh_frame "$archive" "$WORK/prefix/lib/${archive##*/}"
  done
  cp -R "$WORK/curl/include/curl" "$WORK/prefix/include/"
  cp "$WORK/libarchive/libarchive/archive.h" "$WORK/libarchive/libarchive/archive_entry.h" "$WORK/prefix/include/"
}

package_version() { dpkg-query -W -f '${Version}' "$1"; }

build_program() {
  python3 cmake/release/embed_roots.py /usr/share/ca-certificates/mozilla "ca-certificates $(package_version ca-certificates)" "$WORK/roots.inc"
  # shellcheck disable=SC2086
  cmake -S . -B "$WORK/pipit" -G Ninja $TOOLCHAIN_OPTIONS -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-DNDEBUG \
    "-DCMAKE_CXX_FLAGS=$(release_flags "$PWD" "$WORK/pipit")" -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
    -DPIPIT_TESTS=OFF "-DPIPIT_STATIC_PREFIX=$WORK/prefix" "-DPIPIT_ROOTS=$WORK/roots.inc" >"$WORK/pipit.log" 2>&1 &&
    cmake --build "$WORK/pipit" --target pipit >>"$WORK/pipit.log" 2>&1 ||
    { tail -n 30 "$WORK/pipit.log" >&2; stop "pipit could not be built ($WORK/pipit.log)"; }
}
