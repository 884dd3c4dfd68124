# The release: every outside library as a static archive, named by file so that no shared one slips in. All of them lie in
# PIPIT_STATIC_PREFIX, where cmake/release/libraries.sh puts its own libcurl and libarchive and Debian's others.

# pipit_archives(target LIBRARY...): an interface target over static archives, in the order in which they need each other.
function(pipit_archives target)
  add_library(${target} INTERFACE)
  foreach(library IN LISTS ARGN)
    find_library(pipit_archive_${library} NAMES lib${library}.a PATHS ${PIPIT_STATIC_PREFIX}/lib REQUIRED NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
    target_link_libraries(${target} INTERFACE ${pipit_archive_${library}})
  endforeach()
  target_include_directories(${target} SYSTEM INTERFACE ${PIPIT_STATIC_PREFIX}/include)
  target_link_libraries(${target} INTERFACE Threads::Threads)
endfunction()

pipit_archives(pipit_openssl ssl crypto)
pipit_archives(pipit_curl curl nghttp2 cares ssl crypto brotlidec brotlicommon zstd z)
pipit_archives(pipit_archive_lib archive zstd lzma bz2 z)
pipit_archives(pipit_deflate deflate)
target_compile_definitions(pipit_curl INTERFACE CURL_STATICLIB)
