// Which C library an interpreter runs on, read from the loader its ELF header names and the libc beside that loader
// (specs: PEP 600 glibc banner, PEP 656 musl loader). Never the libc pipit itself uses: that is another one in a static
// build, under Nix, or for a foreign architecture. Reads files; runs nothing.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "pipit/packaging/tags.h"

namespace pipit::python {

struct LibcFacts {
  packaging::Libc kind = packaging::Libc::none;
  int major = 0, minor = 0;
  bool known = true;  // false: there is a C library, but its version could not be read
};

// `program`: the bytes of the executable that names the loader. Where there is no C library at all (a Python tree in an
// otherwise empty root), the newest version it asks for is a version it will have when it runs.
LibcFacts libc_of_loader(const std::filesystem::path& loader, std::string_view program = {});
// The largest of the "GLIBC_2.34" that a program's symbols ask for -> {2, 34}
std::optional<std::pair<int, int>> glibc_asked_for(std::string_view program);
// "... stable release version 2.36." -> {2, 36}
std::optional<std::pair<int, int>> glibc_banner_version(std::string_view libc);
// A lone "1.2.5" between NULs -> {1, 2}
std::optional<std::pair<int, int>> musl_loader_version(std::string_view loader);

}  // namespace pipit::python
