# One interface target carries the warnings, so that no room chooses its own.
add_library(pipit_warnings INTERFACE)
target_compile_options(pipit_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(PIPIT_WERROR)
  target_compile_options(pipit_warnings INTERFACE -Werror)
endif()
# Two warnings that g++ 12 raises inside its own headers once it optimises: -Wrestrict on std::string concatenation (GCC bug
# 105651) and -Wmaybe-uninitialized on std::optional (GCC bug 80635). clang builds the same code with neither switched off.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND (CMAKE_BUILD_TYPE STREQUAL "Release" OR PIPIT_SANITIZE))
  target_compile_options(pipit_warnings INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()
