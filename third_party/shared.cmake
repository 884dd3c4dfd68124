# The developer's build: whatever the system's pkg-config finds.
find_package(PkgConfig REQUIRED)

# pipit_found(target module): an interface target over a pkg-config module.
function(pipit_found target module)
  pkg_check_modules(${target}_pc REQUIRED IMPORTED_TARGET ${module})
  add_library(${target} INTERFACE)
  target_link_libraries(${target} INTERFACE PkgConfig::${target}_pc)
endfunction()

# libcurl >= 7.88 (curl licence): HTTP/1.1 and HTTP/2 transfers through one multi handle.
pipit_found(pipit_curl "libcurl>=7.88")
# OpenSSL >= 3.0 (Apache-2.0): SHA-2 with hardware support, TLS trust store shared between connections.
pipit_found(pipit_openssl "openssl>=3.0")
# libarchive >= 3.6 (BSD-2-Clause): reads wheels and sdists (zip, tar.gz, tar.bz2, tar.xz).
pipit_found(pipit_archive_lib "libarchive>=3.6")
# libdeflate >= 1.14 (MIT): CRC-32 and inflate at memory speed.
pipit_found(pipit_deflate "libdeflate>=1.14")
