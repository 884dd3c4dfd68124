#include "../fuzz.h"

#include "pipit/packaging/markers.h"

using namespace pipit::packaging;

FUZZ_TEXT_TARGET(text) {
  const auto marker = Marker::parse(text);
  if (!marker) return;
  const auto again = Marker::parse(marker->str());
  must(again.has_value(), "the printed marker parses");
  const MarkerEnvironment environment{"cpython", "3.11.2", "posix", "x86_64", "6.1", "Linux", "#1", "3.11.2", "CPython", "3.11", "linux"};
  const auto one = marker->evaluate(environment), two = again->evaluate(environment);
  must(one.has_value() == two.has_value() && (!one || *one == *two), "the printed marker evaluates alike");
}
