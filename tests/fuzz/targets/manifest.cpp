#include "../fuzz.h"

#include "pipit/wheel/manifest.h"

using pipit::wheel::Manifest;

FUZZ_TEXT_TARGET(text) {
  const auto manifest = Manifest::from_bytes(std::string(text));
  if (!manifest) return;
  const std::string again = manifest->to_bytes();
  must(Manifest::from_bytes(again).has_value(), "what is written can be read");
}
