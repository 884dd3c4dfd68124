// What choosing depends on: markers, tags and Python version of the target; the interpreter's own, or those of a foreign
// target (--platform, --python-version, --implementation, --abi), whose markers are the foreign ones, too (pip's are not).
#pragma once

#include "pipit/base/result.h"
#include "pipit/ops/options.h"
#include "pipit/packaging/markers.h"
#include "pipit/packaging/tags.h"
#include "pipit/packaging/version.h"
#include "pipit/python/interpreter.h"

namespace pipit::ops {

struct TargetView {
  packaging::MarkerEnvironment markers;
  packaging::SupportedTags tags;
  packaging::Version python_version;  // X.Y.Z
  std::string python_minor;           // "3.11"
  bool foreign = false;
  std::string given;                  // what of a foreign target was asked for, in pip's words: "platforms=['win32']"
};

Result<TargetView> view_target(const python::Interpreter& interpreter, const ForeignTarget& foreign);

}  // namespace pipit::ops
