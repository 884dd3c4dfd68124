// From a PreparedWheel to what must stand in the environment: pure planning, no file is touched. The bytes are pip's
// (26.3): wrappers, shebangs, INSTALLER, REQUESTED, direct_url.json, RECORD.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/diagnostics.h"
#include "pipit/packaging/direct_url.h"
#include "pipit/wheel/prepared_wheel.h"

namespace pipit::wheel {

inline constexpr ErrorCode kInvalidWheel{"invalid-wheel"};
inline constexpr ErrorCode kSameDestination{"same-destination"};  // two members of one wheel, with different bytes

// Absolute directories of the target (PEP 376 scheme keys). `headers` is complete up to the project's own directory.
struct Scheme {
  std::string purelib, platlib, scripts, data, headers;
};

struct WriteOptions {
  Scheme scheme;
  std::string interpreter;              // for shebangs: the environment's own python, not resolved
  std::string requirement_name;         // as requested: names the headers directory and appears in messages
  std::string installer = "pipit";
  bool requested = false;
  std::optional<packaging::DirectUrl> direct_url;
  int python_major = 3, python_minor = 0;  // for pip/easy_install special wrappers
  const Manifest* byte_code = nullptr;     // what was compiled of this wheel: listed in RECORD, as pip does, without digests
};

// Ten thousand of them are usual, so nothing here has a text of its own: they are views into the manifest and InstallImage::texts.
struct ImageFile {
  std::string_view directory;           // absolute: the scheme's directory that the file goes below
  std::string_view rest;                // where below it
  const ManifestFile* source = nullptr; // of InstallImage::manifest: what below the tree to link from; null: content is given
  std::string_view content;             // generated or rewritten files (scripts, RECORD, INSTALLER ...)
  bool executable = false;

  std::string path() const;             // absolute destination
};

// Everything one wheel puts in place, in an order in which parents come before children and dist-info files last.
struct InstallImage {
  std::string name, version, dist_info;  // dist_info: absolute path
  std::vector<ImageFile> files;
  std::shared_ptr<const Manifest> manifest;
  std::shared_ptr<TextPool> texts = std::make_shared<TextPool>();
};

Result<InstallImage> plan_install(const PreparedWheel& wheel, const WriteOptions& options, Diagnostics& diagnostics);

// A source that pip's --compile would compile: where it lies in the wheel, where it will stand, and what it will measure there
// (a script's first line is rewritten).
struct Compilable {
  std::string source, path;
  std::uint64_t size = 0;
};
Result<std::vector<Compilable>> compilable(const PreparedWheel& wheel, const WriteOptions& options);
// "pkg/__pycache__/mod.cpython-311.pyc" for "pkg/mod.py" (PEP 3147).
std::string byte_code_path(std::string_view source, std::string_view cache_tag);
std::string source_of_byte_code(std::string_view path);  // the way back; "" if it is no such path
// The byte code of a wheel: sources are paths below the tree that `byte_code` describes.
Result<InstallImage> plan_byte_code(const PreparedWheel& wheel, std::shared_ptr<const Manifest> byte_code, const WriteOptions& options);

}  // namespace pipit::wheel
