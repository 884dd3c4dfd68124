#include "../fuzz.h"

#include "pipit/packaging/pylock.h"

using pipit::packaging::Pylock;

FUZZ_TEXT_TARGET(text) {
  const auto lock = Pylock::parse(text);
  if (!lock) return;
  const std::string printed = lock->print();
  const auto again = Pylock::parse(printed);
  must(again.has_value(), "the printed lock file parses");
  must(again->print() == printed, "printing is stable");
}
