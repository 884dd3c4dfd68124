# Sourced by release.sh: what is asked of Debian for the architecture in $ARCH, and how its tools are called.
# What lies below the architecture's own directory: static archives (the rest is in SOURCE_PACKAGES) and headers that name it.
STATIC_PACKAGES="libssl-dev libnghttp2-dev libc-ares-dev libbrotli-dev libzstd-dev liblzma-dev libbz2-dev libdeflate-dev zlib1g-dev libfmt-dev"
HEADER_PACKAGES="nlohmann-json3-dev libcli11-dev libexpected-dev libtomlplusplus-dev"

choose_architecture() {
  [ "$(debian_suite)" = bookworm ] || stop "a release is built on Debian 12 (this is ${PRETTY_NAME:-something else})"
  case $ARCH in
    x86_64) DEBIAN_ARCH=amd64 ;;
    aarch64) DEBIAN_ARCH=arm64 ;;
    *) stop "no release is built for $ARCH (x86_64 and aarch64 are)" ;;
  esac
  TRIPLET=$ARCH-linux-gnu LIBRARY_DIR=/usr/lib/$ARCH-linux-gnu TOOLCHAIN_OPTIONS='' RUNNER=''
  [ "$(dpkg --print-architecture)" != "$DEBIAN_ARCH" ] || return 0
  TOOLCHAIN_OPTIONS="-DCMAKE_TOOLCHAIN_FILE=$PWD/cmake/release/cross.cmake -DPIPIT_CROSS_ARCH=$ARCH"
  RUNNER=qemu-$ARCH-static
}

is_cross() { [ -n "$RUNNER" ]; }

# Cross-compiling takes the other architecture's static archives by Debian's own multi-arch; headers without code are shared.
install_release_packages() {
  packages="g++ lld cmake ninja-build pkg-config dpkg-dev xz-utils binutils file openssl ca-certificates python3 lintian $HEADER_PACKAGES"
  suffix=''
  if is_cross; then
    dpkg --print-foreign-architectures | grep -qx "$DEBIAN_ARCH" || as_root dpkg --add-architecture "$DEBIAN_ARCH"
    packages="$packages g++-$ARCH-linux-gnu qemu-user-static" suffix=:$DEBIAN_ARCH
  fi
  for package in $STATIC_PACKAGES; do packages="$packages $package$suffix"; done
  # shellcheck disable=SC2086
  install_packages $packages
}
