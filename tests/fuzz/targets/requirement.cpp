#include "../fuzz.h"

#include "pipit/packaging/requirement.h"

using pipit::packaging::Requirement;

FUZZ_TEXT_TARGET(text) {
  const auto requirement = Requirement::parse(text);
  if (!requirement) return;
  const auto again = Requirement::parse(requirement->str());
  must(again.has_value(), "the printed requirement parses");
  must(again->str() == requirement->str(), "printing is stable");
}
