#include "../fuzz.h"

#include "pipit/packaging/metadata.h"

using pipit::packaging::Metadata;

FUZZ_TEXT_TARGET(text) {
  const auto metadata = Metadata::parse(text);
  if (metadata) must(!metadata->name.empty() && metadata->field("name").has_value(), "accepted metadata names its project");
}
