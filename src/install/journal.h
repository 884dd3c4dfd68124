// Journal: the moves of one transaction, in the order in which they are made. It is written before the first of them and
// read by recovery, which may be a later version on a machine that lost power, so it carries its version and a checksum.
//
//   journal = "pipit-journal 1" NUL, anchor count NUL, { absolute path NUL }, move count NUL,
//             { anchor index NUL  flags NUL  path NUL }, 64 hex digits of SHA-256 over everything before
//   flags   = [ "o" | "O" ] [ "n" | "N" ]    o: something stands there and goes to old/I; n: new/I comes. By rename or, in
//             capitals, by copy: old/I is then a copy made before the first move, and new/I stays until all is done.
//
// Anchor 0 is the environment's root, whatever it is called when recovery runs; its path is written as "".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"

namespace pipit::install {

inline constexpr ErrorCode kBadJournal{"bad-journal"};

struct Move {
  std::size_t anchor = 0;
  std::string path;          // relative to the anchor
  bool takes_old = false;
  bool puts_new = false;
  bool takes_by_copy = false;
  bool puts_by_copy = false;
  friend bool operator==(const Move&, const Move&) = default;
};

struct Journal {
  std::vector<std::string> anchors;  // [0] is ""
  std::vector<Move> moves;           // number I is new/I and old/I

  std::string to_bytes() const;
  static Result<Journal> from_bytes(std::string_view bytes);
  friend bool operator==(const Journal&, const Journal&) = default;
};

}  // namespace pipit::install
