// From a PreparedWheel to what must stand in the environment: pure planning, no file is touched. The bytes are pip's
// (26.3): wrappers, shebangs, INSTALLER, REQUESTED, direct_url.json, RECORD.
#pragma once

#include <optional>
#include <string>
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
};

struct ImageFile {
  std::string path;                     // absolute destination
  std::string source;                   // archive path in PreparedWheel::tree to link from; empty: content is given
  std::string content;                  // generated or rewritten files (scripts, RECORD, INSTALLER ...)
  bool executable = false;
  std::uint64_t size = 0;
};

// Everything one wheel puts in place, in an order in which parents come before children and dist-info files last.
struct InstallImage {
  std::string name, version, dist_info;  // dist_info: absolute path
  std::vector<ImageFile> files;
};

Result<InstallImage> plan_install(const PreparedWheel& wheel, const WriteOptions& options, Diagnostics& diagnostics);

}  // namespace pipit::wheel
