# Sourced by quickstart.sh and test.sh: installs Debian packages, with sudo where we are not root.

say() { printf '== %s\n' "$*"; }
stop() { printf 'stopped: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null 2>&1; then sudo "$@"; else
    stop "this needs root (or sudo): $*"
  fi
}

BUILD_PACKAGES="g++ cmake ninja-build pkg-config libcurl4-openssl-dev libssl-dev libarchive-dev libdeflate-dev zlib1g-dev
  nlohmann-json3-dev libcli11-dev libfmt-dev libexpected-dev libtomlplusplus-dev ca-certificates python3"

missing_packages() {
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || printf '%s ' "$package"
  done
}

# install_packages NAME...: only what is missing, so that a second run needs neither root nor a network.
install_packages() {
  command -v dpkg-query >/dev/null 2>&1 || stop "this script knows Debian's packages only; see README.md for building by hand"
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || { say "every package is installed already"; return 0; }
  say "installing: $missing"
  as_root apt-get update -q >/dev/null || stop "apt-get update failed; are the package sources reachable?"
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null ||
    stop "apt-get could not install: $missing"
}

debian_suite() { . /etc/os-release; printf '%s' "${VERSION_CODENAME:-}"; }

# The mirror that this machine's own package sources name.
debian_mirror() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null |
    awk '/^URIs:/ && $2 ~ /debian\/?$/ {print $2; exit} /^deb / {for (i = 2; i <= NF; i++) if ($i ~ /^http/ && $i ~ /debian\/?$/) {print $i; exit}}'
}

# Catch2 v3 is in Debian 13; for Debian 12 it comes from bookworm-backports.
install_catch2() {
  if dpkg-query -W -f '${Version}' libcatch2-dev 2>/dev/null | grep -q '^3'; then return 0; fi
  if [ "$(debian_suite)" = bookworm ]; then
    if ! apt-cache policy 2>/dev/null | grep -q bookworm-backports; then
      mirror=$(debian_mirror); [ -n "$mirror" ] || stop "no Debian mirror is named in /etc/apt, so bookworm-backports cannot be added"
      say "adding bookworm-backports for Catch2 v3"
      printf 'deb %s bookworm-backports main\n' "$mirror" | as_root tee /etc/apt/sources.list.d/bookworm-backports.list >/dev/null
    fi
    as_root apt-get update -q >/dev/null || stop "apt-get update failed with bookworm-backports"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends -t bookworm-backports libcatch2-dev >/dev/null ||
      stop "Catch2 v3 could not be installed from bookworm-backports"
  else
    install_packages libcatch2-dev
  fi
}
