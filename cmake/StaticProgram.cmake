# How the program of a release is linked. static-pie and not -static: with g++ 12's start files for -static the first C++
# exception sorts every unwind entry (4 ms); with those for static-pie it looks them up (0.04 ms). lld, because it folds
# functions that came out alike and packs relocations for every architecture. No build id, no paths and no symbols: the bytes
# depend on the sources and the packages alone.
target_sources(pipit PRIVATE cmake/release/no_host_modules.cpp)
target_compile_options(pipit PRIVATE -fPIE)
# A cross compiler looks for lld under its own prefix, which no package has, and where -B points.
find_program(PIPIT_LLD ld.lld REQUIRED)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/linker)
file(CREATE_LINK ${PIPIT_LLD} ${PROJECT_BINARY_DIR}/linker/ld.lld SYMBOLIC)
target_link_options(pipit PRIVATE -static-pie -fuse-ld=lld -B${PROJECT_BINARY_DIR}/linker
  -Wl,--gc-sections,--icf=all,--pack-dyn-relocs=relr,-z,relro,-z,now,-z,noexecstack,--build-id=none -s)

# A release is compiled for size (-Os). Of the rest hardly anything is run twice; these see every byte, every link or every
# version of every index page, for some 35 KB.
set_source_files_properties(src/index/json_reader.cpp src/index/file_link.cpp src/index/file_shape.cpp src/packaging/version.cpp
  PROPERTIES COMPILE_OPTIONS -O2)
