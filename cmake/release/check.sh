# Sourced by release.sh: what must hold of the program before it is packed. Each check stops the release.
SIZE_MAX=10000000

# check_program FILE
check_program() {
  file -b "$1" | grep -q 'static-pie linked' || stop "$1 is not static-pie: $(file -b "$1")"
  if readelf -lWd "$1" | grep -qE 'INTERP|\(NEEDED\)'; then stop "$1 asks for a loader or for shared libraries"; fi
  readelf -lW "$1" | grep -q GNU_EH_FRAME || stop "$1 has no table of unwind entries: its first exception would be slow"
  [ "$(stat -c %s "$1")" -le $SIZE_MAX ] || stop "$1 is larger than $SIZE_MAX bytes"
  if grep -qaF "$WORK" "$1"; then stop "$1 names the directory it was built in"; fi
  check_in_empty_root "$1"
  is_cross || check_start_up "$1"
}

# in_root DIR COMMAND...: in DIR as root directory, with nothing of the environment.
in_root() {
  root=$1; shift
  chroot=$(PATH=$PATH:/usr/sbin:/sbin command -v chroot)
  if [ "$(id -u)" = 0 ]; then env -i "$chroot" "$root" "$@"; else env -i "$(command -v unshare)" --user --map-root-user "$chroot" "$root" "$@"; fi
}

# Nothing but the program, wheels and a Python tree that cannot run: no /proc, /etc, /dev, libraries, locale or certificates.
check_in_empty_root() {
  root=$(mktemp -d)
  cp "$1" "$root/pipit"
  cp -R fixtures/quickstart/wheels "$root/wheels"
  python=$(readlink -f /usr/bin/python3)
  mkdir -p "$root/tmp" "$root/usr/bin" "$root/usr/lib"
  cp "$python" "$root/usr/bin/"
  cp -R "/usr/lib/${python##*/}" "$root/usr/lib/"
  run=/pipit
  if is_cross; then cp "$(command -v "$RUNNER")" "$root/runner"; run="/runner /pipit"; fi
  # shellcheck disable=SC2086
  [ "$(in_root "$root" $run --version)" = "pipit $VERSION" ] || stop "$1 does not run in an empty root"
  # shellcheck disable=SC2086
  [ "$(in_root "$root" $run self verify | cut -c1-64)" = "$(sha256sum <"$1" | cut -c1-64)" ] || stop "$1 does not know its own digest"
  # shellcheck disable=SC2086
  in_root "$root" $run --python "$python" --no-cache-dir install --no-index --find-links /wheels --target /made --no-deps harbour >"$WORK/empty-root.log" 2>&1 || { cat "$WORK/empty-root.log" >&2; stop "$1 does not install in an empty root"; }
  [ -e "$root/made/harbour" ] || [ -e "$root/made/harbour.py" ] || stop "$1 installed nothing in an empty root"
  rm -rf "$root"
}

# Beside a static program that does nothing: at most twice its time, and no slow first exception (an unknown option throws).
check_start_up() {
  printf '#include <cstdio>\nint main() { std::puts("hello"); }\n' >"$WORK/hello.cpp"
  g++ -O2 -static-pie -o "$WORK/hello" "$WORK/hello.cpp"
  python3 cmake/release/start_up.py "$WORK/hello" "$1" || stop "$1 starts too slowly"
}
