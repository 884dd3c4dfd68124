#include "../fuzz.h"

#include "pipit/packaging/entry_points.h"

using namespace pipit::packaging;

FUZZ_TEXT_TARGET(text) {
  const auto entries = parse_entry_points(text);
  if (!entries) return;
  for (const EntryPoint& entry : *entries) must(!entry.name.empty(), "an entry point has a name");
}
