// NamedFile: what a file name says about itself within one project's listing, before any target is known. These are the
// parts of pip's link filter that depend on the name alone. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pipit/index/packed_page.h"
#include "pipit/packaging/version.h"

namespace pipit::index {

struct NamedFile {
  FileShape shape = FileShape::not_an_archive;
  std::optional<packaging::Version> version;  // set for shapes wheel and sdist only
  std::string version_text;                   // as written
  std::string tags;                           // "cp311-cp311-linux_x86_64" of a wheel; "3.9" of an old "-py3.9" sdist
};

NamedFile read_file_name(std::string_view filename, const std::string& normalized_name);

}  // namespace pipit::index
