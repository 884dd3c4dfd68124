# Sourced by release.sh: builds libcurl and libarchive as static archives with what pipit uses of them and nothing else.
# Debian's own archives cannot be taken: libcurl.a needs Kerberos, of which there is none; libarchive.a brings ICU.

# What every compiler call of a release is given: the same bytes wherever and whenever it is built. Small before quick: the
# time of a run goes into the kernel, libdeflate and OpenSSL, and what is downloaded and started often had better be small.
#   release_flags SOURCE_DIR BUILD_DIR
release_flags() {
  printf '%s' "-Os -g0 -fPIC -ffunction-sections -fdata-sections -fstack-protector-strong -D_FORTIFY_SOURCE=2" \
    " -ffile-prefix-map=$1=. -ffile-prefix-map=$2=."
}

# build_library NAME SOURCE_DIR BUILD_DIR TARGET FLAGS CMAKE_OPTION...
build_library() {
  name=$1 source=$2 build=$3 target=$4 flags=$5; shift 5
  cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS_RELEASE=-DNDEBUG $TOOLCHAIN_OPTIONS \
    -DCMAKE_POSITION_INDEPENDENT_CODE=ON "-DCMAKE_C_FLAGS=$flags" "$@" >"$build.log" 2>&1 &&
    cmake --build "$build" --target "$target" >>"$build.log" 2>&1 || { tail -n 30 "$build.log" >&2; stop "$name could not be built ($build.log)"; }
}

# switches VALUE PREFIX NAME...: -DPREFIXNAME=VALUE for each
switches() {
  value=$1 prefix=$2; shift 2
  for name in "$@"; do printf -- '-D%s%s=%s ' "$prefix" "$name" "$value"; done
}

# Debian's static archive of a library, for the architecture that is built.
debian_archive() { printf '%s/%s' "$LIBRARY_DIR" "$1"; }

# build_curl SOURCE BUILD: http and https alone, HTTP/2, names by c-ares, no configuration or certificates of the build machine.
build_curl() {
  # shellcheck disable=SC2046
  build_library libcurl "$1" "$2" libcurl "$(release_flags "$1" "$2")" \
    -DBUILD_SHARED_LIBS=OFF -DBUILD_CURL_EXE=OFF -DBUILD_TESTING=OFF -DENABLE_MANUAL=OFF \
    -DCURL_USE_OPENSSL=ON -DUSE_NGHTTP2=ON -DENABLE_ARES=ON -DCURL_ZLIB=ON -DCURL_BROTLI=ON -DCURL_ZSTD=ON \
    -DCURL_USE_LIBSSH2=OFF -DCURL_USE_LIBPSL=OFF -DUSE_LIBIDN2=OFF -DCURL_USE_GSSAPI=OFF -DUSE_LIBRTMP=OFF \
    -DCURL_DISABLE_NTLM=ON -DCURL_DISABLE_OPENSSL_AUTO_LOAD_CONFIG=ON -DCURL_CA_BUNDLE=none -DCURL_CA_PATH=none \
    $(switches ON CURL_DISABLE_ LDAP LDAPS DICT FILE FTP GOPHER IMAP MQTT POP3 RTSP SMB SMTP TELNET TFTP)
}

# build_libarchive SOURCE BUILD: the filters that sdists come in, and no character set conversion.
build_libarchive() {
  # shellcheck disable=SC2046
  build_library libarchive "$1" "$2" archive_static \
    "$(release_flags "$1" "$2") -DHAVE_LOCALE_CHARSET=1 -include $PWD/cmake/release/utf8_charset.h -ffile-prefix-map=$PWD=." \
    $(switches OFF ENABLE_ TEST TAR CPIO CAT ACL XATTR LIBXML2 EXPAT NETTLE MBEDTLS OPENSSL LZ4 LZO LIBB2 ICONV PCREPOSIX) \
    $(switches ON ENABLE_ ZLIB BZip2 LZMA ZSTD)
}
