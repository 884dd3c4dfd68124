#include "../fuzz.h"

#include "pipit/packaging/specifiers.h"

using namespace pipit::packaging;

FUZZ_TEXT_TARGET(text) {
  const auto set = SpecifierSet::parse(text);
  if (!set) return;
  const auto again = SpecifierSet::parse(set->str());
  must(again.has_value(), "the printed set parses");
  for (const char* sample : {"0", "1.0", "1.0rc1", "1.0.post1", "2!1", "1.0+local", "9999"}) {
    const Version version = *Version::try_parse(sample);
    must(set->contains(version, Prereleases::allow) == again->contains(version, Prereleases::allow), "the printed set admits the same");
  }
}
