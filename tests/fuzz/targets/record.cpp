#include "../fuzz.h"

#include "pipit/packaging/record.h"

using namespace pipit::packaging;

FUZZ_TEXT_TARGET(text) {
  const auto rows = parse_record(text);
  if (!rows) return;
  const std::string printed = print_record(*rows);
  const auto again = parse_record(printed);
  must(again.has_value() && again->size() == rows->size(), "the printed RECORD has the same rows");
  must(print_record(*again) == printed, "printing is stable");
}
