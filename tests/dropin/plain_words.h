// Makes what a program printed independent of where and when it ran: directories, ports, Python's version, temporary
// names and durations become words in angle brackets. Pure; the same text gives the same words.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace pipit::test {

// Each `first` becomes its `second`; longer ones are taken before shorter ones.
using Replacements = std::vector<std::pair<std::string, std::string>>;

std::string plain_words(std::string text, Replacements replacements);

// pipit names each error by its id, in a line of its own behind pip's sentence ("error: no-matching-distribution"), and may
// add its place and hints. It is one documented difference (docs/differences.md, "errors") and left out of the comparison. pip's own diagnostics
// ("error: externally-managed-environment" and an empty line) stay.
std::string without_error_ids(const std::string& text);

}  // namespace pipit::test
