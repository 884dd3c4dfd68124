# Sourced by release.sh: the source packages that are built into the static binary, from Debian's mirror, each file pinned
# by its SHA-256 in sources.sha256. No other file is ever unpacked.
SOURCE_PACKAGES="curl libarchive"
SOURCES_SUITE=bookworm
PINS=cmake/release/sources.sha256

# The mirror of security updates lies beside the other one, unless the machine names its own.
security_mirror() {
  named=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -n '/^\(URIs:\|deb\)/s,.*\(http[^ ]*debian-security\).*,\1,p' | head -n 1)
  printf '%s' "${named:-$(debian_mirror | sed 's,/*$,-security,')}"
}

# Debian's pool keeps lib* by its fourth letter as well.
pool_folder() { case $1 in lib?*) printf '%.4s' "$1" ;; *) printf '%.1s' "$1" ;; esac; }

# fetch_pinned SHA256 PACKAGE FILE DIR: a point release moves a file from one place to the other; its digest stays.
fetch_pinned() {
  for place in "$(debian_mirror)/pool/main" "$(security_mirror)/pool/updates/main"; do
    url=$place/$(pool_folder "$2")/$2/$(printf '%s' "$3" | sed 's/+/%2b/g')
    /usr/lib/apt/apt-helper download-file "$url" "$4/$3.part" "SHA256:$1" >/dev/null 2>>"$4/fetch.log" && mv "$4/$3.part" "$4/$3" && return 0
  done
  stop "$3 with the digest $1 is on neither mirror (what was tried: $4/fetch.log); \`sh cmake/release.sh --update-pins\` pins today's source packages"
}

# Every pinned file into DIR/PACKAGE/, each checked, also those that an earlier run left there.
fetch_sources() {
  while read -r digest path; do
    package=${path%%/*} file=${path#*/}
    mkdir -p "$1/$package"
    printf '%s  %s\n' "$digest" "$1/$path" | sha256sum --check --status 2>/dev/null || fetch_pinned "$digest" "$package" "$file" "$1/$package"
  done <"$PINS"
  (cd "$1" && sha256sum --check --strict --quiet) <"$PINS" || stop "the source packages in $1 are not the pinned ones"
}

# unpack_source PACKAGE SOURCES DIR: Debian's patches applied. What was unpacked from the same pins is kept.
unpack_source() {
  pins=$(grep "  $1/" "$PINS")
  if [ "$pins" = "$(cat "$3.pins" 2>/dev/null)" ]; then return 0; fi
  rm -rf "$3"
  dsc=$(sed -n "s,^[0-9a-f]*  \($1/.*\.dsc\)\$,\1,p" "$PINS")
  [ -n "$dsc" ] || stop "$PINS names no .dsc of $1"
  dpkg-source --no-check --extract "$2/$dsc" "$3" >/dev/null || stop "the source package of $1 cannot be unpacked"
  printf '%s\n' "$pins" >"$3.pins"
}

# "7.88.1-10+deb12u15", of the pinned source package.
source_version() { sed -n "s,^[0-9a-f]*  $1/$1_\(.*\)\.dsc\$,\1,p" "$PINS"; }

# The digests come from Debian's signed lists of sources, which apt checks, read into a place of their own.
update_pins() {
  lists=$(mktemp -d) options="-q -o APT::Sandbox::User=root -o APT::Update::Error-Mode=any -o Dir::Etc::SourceList=$lists/sources.list -o Dir::Etc::SourceParts=/dev/null
    -o Dir::State::Lists=$lists/state -o Dir::Cache=$lists/cache"
  mkdir -p "$lists/state/partial" "$lists/cache"
  for suite in "$(debian_mirror) $SOURCES_SUITE" "$(debian_mirror) $SOURCES_SUITE-updates" "$(security_mirror) $SOURCES_SUITE-security"; do
    printf 'deb-src %s main\n' "$suite"
  done >"$lists/sources.list"
  # shellcheck disable=SC2086
  apt-get $options update >/dev/null || stop "the lists of source packages could not be read"
  for package in $SOURCE_PACKAGES; do
    # shellcheck disable=SC2086
    apt-get $options --print-uris --only-source --download-only source "$package" 2>/dev/null |
      sed -n "s,^'[^']*' \([^ ]*\) [0-9]* SHA256:\([0-9a-f]*\)\$,\2  $package/\1,p" || stop "apt-get source $package failed"
  done >"$lists/pins"
  for package in $SOURCE_PACKAGES; do
    grep -q "  $package/.*\.dsc\$" "$lists/pins" || stop "the lists of source packages name no $package"
  done
  LC_ALL=C sort -k 2 "$lists/pins" >"$PINS"
  rm -rf "$lists"
  say "pinned in $PINS:"; cat "$PINS"
}
