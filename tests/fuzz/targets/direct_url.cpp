#include "../fuzz.h"

#include "pipit/packaging/direct_url.h"

using pipit::packaging::DirectUrl;

FUZZ_TEXT_TARGET(text) {
  const auto direct = DirectUrl::parse(text);
  if (!direct) return;
  const std::string printed = direct->json();
  const auto again = DirectUrl::parse(printed);
  must(again.has_value(), "the printed JSON parses");
  must(again->json() == printed, "printing is stable");
}
