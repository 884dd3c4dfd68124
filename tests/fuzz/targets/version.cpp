#include "../fuzz.h"

#include "pipit/packaging/version.h"

using pipit::packaging::Version;

FUZZ_TEXT_TARGET(text) {
  const auto version = Version::try_parse(text);
  if (!version) return;
  const auto again = Version::try_parse(version->str());
  must(again.has_value(), "the printed version parses");
  must(*again == *version && again->hash() == version->hash(), "the printed version is equal");
  must(again->str() == version->str(), "printing is stable");
}
