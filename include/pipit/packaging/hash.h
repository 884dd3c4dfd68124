// A digest as text formats carry it: algorithm and lower-case hex. Not validated for length (pip accepts any value and
// lets the comparison fail); verify computes real digests. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipit/base/result.h"

namespace pipit::packaging {

struct Hash {
  std::string algorithm;  // lower case: "sha256", "sha384", "sha512"; an index may name others ("md5", "blake2b_256")
  std::string hex;        // lower case
  friend auto operator<=>(const Hash&, const Hash&) = default;
};
using Hashes = std::vector<Hash>;  // in order of appearance; any one match satisfies

// "sha256:abc..." as in --hash and index fragments use '='; `separator` says which.
std::optional<Hash> parse_hash(std::string_view text, char separator);

}  // namespace pipit::packaging
