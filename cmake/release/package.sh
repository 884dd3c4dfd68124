# Sourced by release.sh: the packages that carry the program. All files bear the time of SOURCE_DATE_EPOCH.
COMPONENTS=cmake/release/components.txt
MAINTAINER="the pipit authors <pipit@packages.debian.org>"

# components KIND: "name package" lines.
components() { awk -v kind="$1" '$1 == kind { print $2, $3 }' "$COMPONENTS"; }

# installed_package KIND PACKAGE: as dpkg knows it for the architecture that is built.
installed_package() {
  case $1 in
    archive) is_cross && printf '%s:%s' "$2" "$DEBIAN_ARCH" || printf '%s' "$2" ;;
    tool) is_cross && printf '%s-%s-cross' "$2" "$DEBIAN_ARCH" || printf '%s' "$2" ;;
    *) printf '%s' "$2" ;;
  esac
}

# What is inside, one a line: "name|version|Debian source package|its version|licence".
list_components() {
  grep -v '^#' "$COMPONENTS" | while read -r kind name package licence; do
    if [ "$kind" = source ]; then
      printf '%s|%s|%s|%s|%s\n' "$name" "$(source_version "$package")" "$package" "$(source_version "$package")" "$licence"
    else
      dpkg-query -W -f "$name|"'${Version}|${source:Package}|${source:Version}'"|$licence\n" "$(installed_package "$kind" "$package")" ||
        stop "the package of $name ($package) is not installed"
    fi
  done
}

# The licences of everything inside, as the packages state them.
write_licences() {
  printf 'pipit is licensed so:\n\n'; cat LICENSE
  grep -v '^#' "$COMPONENTS" | while read -r kind name package licence; do
    printf '\n\n==== %s, inside pipit: %s\n\n' "$name" "$licence"
    if [ "$kind" = source ]; then cat "$WORK/$package/debian/copyright"; else
      installed=$(installed_package "$kind" "$package"); cat "/usr/share/doc/${installed%%:*}/copyright"
    fi
  done
}

run_program() { if is_cross; then "$RUNNER" "$OUT/$NAME" "$@"; else "$OUT/$NAME" "$@"; fi; }

# gather_documents DIR: man pages, completions, documents with examples, and licences, made by the program itself where they can be.
gather_documents() {
  mkdir -p "$1/man" "$1/completions"
  cp README.md CHANGELOG.md "$1/"
  cp -R docs "$1/"
  write_licences >"$1/LICENSES"
  run_program help --man >"$1/man/pipit.1"
  for command in $(run_program help commands | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'); do
    [ "$command" = pipit ] || run_program help --man "$command" >"$1/man/pipit-$command.1"
  done
  # The completed word is the name under which the program is installed, not the one in dist/.
  mkdir -p "$1/bin"; cp "$OUT/$NAME" "$1/bin/pipit"
  runner=''; ! is_cross || runner=$(command -v "$RUNNER")
  for shell in bash zsh fish; do (cd "$1/bin" && PATH=. $runner ./pipit completion --$shell) >"$1/completions/pipit.$shell"; done
  find "$1" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
}

# pack_tar DIR NAME OUTPUT: DIR as NAME/, in an order and with owners that are always the same.
pack_tar() {
  tar --create --directory "$1" --transform "s,^\.,$2," --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    --format=gnu . | gzip -9n >"$3"
}

make_tarball() {
  pack_tar "$WORK/documents" "$NAME" "$OUT/$NAME.tar.gz"
}

make_deb() {
  tree=$WORK/deb
  rm -rf "$tree"
  doc=$tree/usr/share/doc/pipit
  mkdir -p "$tree/DEBIAN" "$tree/usr/bin" "$doc/examples" "$tree/usr/share/man/man1" "$tree/usr/share/bash-completion/completions" \
    "$tree/usr/share/zsh/vendor-completions" "$tree/usr/share/fish/vendor_completions.d" "$tree/usr/share/lintian/overrides"
  documents=$WORK/documents
  cp "$documents/bin/pipit" "$tree/usr/bin/pipit"
  cp "$documents"/man/*.1 "$tree/usr/share/man/man1/"
  gzip -9n "$tree"/usr/share/man/man1/*.1
  cp "$documents/completions/pipit.bash" "$tree/usr/share/bash-completion/completions/pipit"
  cp "$documents/completions/pipit.zsh" "$tree/usr/share/zsh/vendor-completions/_pipit"
  cp "$documents/completions/pipit.fish" "$tree/usr/share/fish/vendor_completions.d/pipit.fish"
  cp -R docs/examples/. "$doc/examples/"
  cp README.md docs/differences.md "$doc/"
  cp "$documents/LICENSES" "$doc/copyright"
  write_debian_changelog | gzip -9n >"$doc/changelog.gz"
  cp cmake/release/lintian-overrides "$tree/usr/share/lintian/overrides/pipit"
  (cd "$tree" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
  write_control "$tree" >"$tree/DEBIAN/control"
  find "$tree" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group -Zxz --threads-max=1 --build "$tree" "$OUT/pipit_${VERSION}_$DEBIAN_ARCH.deb" >/dev/null || stop "dpkg-deb failed"
  lintian --fail-on error,warning "$OUT/pipit_${VERSION}_$DEBIAN_ARCH.deb" >"$WORK/lintian.log" 2>&1 ||
    { cat "$WORK/lintian.log" >&2; stop "lintian does not accept the .deb"; }
}

# CHANGELOG.md in Debian's words.
write_debian_changelog() {
  printf 'pipit (%s) unstable; urgency=medium\n\n' "$VERSION"
  sed -n '/^## /,$p' CHANGELOG.md | sed '1d; /^## /,$d; s/^- /* /; s/^[^*]/  &/; /^$/d' | fold -s -w 76 | sed 's/ *$//' |
    awk '/^\*/ { print "  " $0; next } { sub(/^ */, ""); print "    " $0 }'
  printf '\n -- %s  %s\n' "$MAINTAINER" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")"
}

# What was linked in from other source packages is named, as Debian asks of static programs.
write_control() {
  cat <<CONTROL
Package: pipit
Version: $VERSION
Architecture: $DEBIAN_ARCH
Maintainer: $MAINTAINER
Installed-Size: $(du -k -s --apparent-size "$1/usr" | cut -f1)
Section: python
Priority: optional
Suggests: ca-certificates, python3
Static-Built-Using: $(list_components | awk -F'|' '{ print $3 " (= " $4 ")" }' | LC_ALL=C sort -u | paste -sd, - | sed 's/,/, /g')
Description: installer of Python packages that checks every byte
 pipit takes the place of pip: the same commands, options, files, environment
 variables and exit codes, in one native program that needs neither pip nor
 Python until a source distribution has to be built.
 .
 Every archive is checked against its hash and its RECORD before anything is
 written, and a run is one transaction: it happens as a whole or not at all.
CONTROL
}

make_packages() {
  rm -rf "$WORK/documents"
  gather_documents "$WORK/documents"
  list_components >"$WORK/components"
  say "inside:"; cut -d'|' -f1,2 "$WORK/components" | tr '|' ' '
  make_tarball
  make_deb
  python3 cmake/release/wheel.py "$VERSION" "$ARCH" "$OUT/$NAME" "$WORK/documents/LICENSES" "$OUT"
  python3 cmake/release/sbom.py "$VERSION" "$ARCH" "$OUT/$NAME" "$WORK/components" "$OUT/$NAME.cdx.json"
}

# Of everything in dist/, so that two architectures share one file.
write_sums() {
  (cd dist && find . -maxdepth 1 -type f ! -name SHA256SUMS -printf '%P\n' | LC_ALL=C sort | xargs sha256sum) >"$WORK/sums"
  mv "$WORK/sums" dist/SHA256SUMS
}
