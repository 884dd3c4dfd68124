#include "../fuzz.h"

#include <string>

#include "ops/resolution_memory.h"

FUZZ_TEXT_TARGET(text) {
  if (const auto printed = pipit::ops::PrintedMetadata::from_bytes(std::string(text))) {
    const auto same = pipit::ops::PrintedMetadata::from_bytes(printed->to_bytes());
    must(same.has_value() && same->to_bytes() == printed->to_bytes(), "printed metadata is written as it was read");
  }
  const auto read = pipit::ops::parse_remembered(text);
  if (!read) return;
  const auto again = pipit::ops::print_remembered(*read);
  must(again.has_value() && pipit::ops::parse_remembered(*again).has_value(), "what is written can be read");
}
