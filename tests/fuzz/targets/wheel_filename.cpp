#include "../fuzz.h"

#include "pipit/packaging/filename.h"

using namespace pipit::packaging;

FUZZ_TEXT_TARGET(text) {
  const auto wheel = WheelFilename::parse(text);
  if (wheel) must(!wheel->tags.empty() && !wheel->normalized_name.empty(), "a wheel has a name and tags");
  (void)SdistFilename::parse(text);
  (void)archive_suffix(text);
}
