# One interface target carries the warnings, so that no room chooses its own.
add_library(pipit_warnings INTERFACE)
target_compile_options(pipit_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(PIPIT_WERROR)
  target_compile_options(pipit_warnings INTERFACE -Werror)
endif()
