#include "../fuzz.h"

#include "pipit/packaging/wheel_metadata.h"

using pipit::packaging::WheelMetadata;

FUZZ_TEXT_TARGET(text) {
  const auto wheel = WheelMetadata::parse(text);
  if (wheel) must(wheel->version_major >= 0 && wheel->version_minor >= 0, "versions are natural numbers");
}
