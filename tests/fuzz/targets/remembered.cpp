#include "../fuzz.h"

#include "ops/resolution_memory.h"

FUZZ_TEXT_TARGET(text) {
  const auto read = pipit::ops::parse_remembered(text);
  if (!read) return;
  const auto again = pipit::ops::print_remembered(*read);
  must(again.has_value() && pipit::ops::parse_remembered(*again).has_value(), "what is written can be read");
}
