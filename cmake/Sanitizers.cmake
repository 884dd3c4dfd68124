# PIPIT_SANITIZE=address,undefined (or thread) switches the sanitizers on for the whole build.
if(PIPIT_SANITIZE)
  add_compile_options(-fsanitize=${PIPIT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PIPIT_SANITIZE})
endif()
# Fuzzing needs coverage of the parsers themselves, not only of the entry points.
if(PIPIT_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
