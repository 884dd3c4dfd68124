// Text for people and for formats: escaping strangers' bytes before they reach a terminal, hex and base64url, splitting.
// Pure functions; no locale is ever consulted (ASCII rules only).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pipit {

// Control characters, DEL, invalid UTF-8, bidi overrides and zero-width characters become \xNN or \u{NNNN}; LF is
// escaped as well, so one stranger's name stays on one line.
std::string escape_for_terminal(std::string_view text);

bool is_valid_utf8(std::string_view text);
// Bytes before the first one that is not UTF-8; text.size() if all are.
std::size_t valid_utf8_length(std::string_view text);

std::string to_hex(std::span<const std::uint8_t> bytes);
// Returns nullopt unless text is an even number of hex digits (either case).
std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text);
// RFC 4648 section 5 alphabet without padding, as RECORD and peep write digests.
std::string to_base64url(std::span<const std::uint8_t> bytes);
// Strict: the url-safe alphabet only, optional padding, no stray bits.
std::optional<std::vector<std::uint8_t>> from_base64url(std::string_view text);

std::string ascii_lower(std::string_view text);
std::string ascii_upper(std::string_view text);
bool ascii_iequals(std::string_view a, std::string_view b);
// ASCII white space: space, \t, \n, \v, \f, \r.
bool is_space(char c);
std::string_view trim(std::string_view text);
// Splits at every separator; "a,,b" gives three parts.
std::vector<std::string_view> split(std::string_view text, char separator);
// Splits at runs of white space; no empty parts.
std::vector<std::string_view> split_words(std::string_view text);
std::string join(std::span<const std::string> parts, std::string_view separator);
// pip's way of printing sizes: "2.2 kB", "13.0 MB", "512 bytes" (powers of 1000).
std::string format_size(std::uint64_t size_bytes);
// Like text.find(wanted), for texts where its first letter is everywhere.
std::size_t find_in_long_text(std::string_view text, std::string_view wanted);
// A path that stays below where it begins: no component is empty, "." or ".."; no NUL.
bool is_plain_path(std::string_view path);
// The candidate with the smallest edit distance to `word`, or nullopt when none is within two edits.
std::optional<std::string> nearest_word(std::string_view word, std::span<const std::string> candidates);

}  // namespace pipit
