// The WHEEL file (PEP 427): version of the format, purelib flag, tags, build. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"
#include "pipit/packaging/tags.h"

namespace pipit::packaging {

inline constexpr ErrorCode kInvalidWheelMetadata{"invalid-wheel-metadata"};

struct WheelMetadata {
  int version_major = 0, version_minor = 0;
  bool root_is_purelib = false;
  std::vector<Tag> tags;
  std::string build, generator;
  // Messages are pip's: "WHEEL is missing Wheel-Version", "invalid Wheel-Version: 'x'".
  static Result<WheelMetadata> parse(std::string_view text);
};

}  // namespace pipit::packaging
