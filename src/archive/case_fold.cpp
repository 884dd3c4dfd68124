#include "archive/case_fold.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

#include "pipit/base/text.h"

namespace pipit::archive {
namespace {

struct FoldRun {
  std::int32_t first, last, step, add;
};
struct FoldString {
  std::int32_t from;
  std::int32_t to[4];
};
struct ClassRun {
  std::int32_t first, last, combining_class;
};
#include "archive/unicode_tables.inc"

template <class Run, std::size_t N>
const Run* find_run(const Run (&runs)[N], std::int32_t c) {
  const Run* run = std::upper_bound(std::begin(runs), std::end(runs), c, [](std::int32_t value, const Run& r) { return value < r.first; });
  if (run == std::begin(runs)) return nullptr;
  --run;
  return c <= run->last ? run : nullptr;
}

int combining_class(std::int32_t c) {
  const ClassRun* run = c < 0x300 ? nullptr : find_run(kClassRuns, c);
  return run == nullptr ? 0 : run->combining_class;
}

// Unicode chapter 3.12: a syllable is a leading consonant, a vowel and perhaps a trailing consonant.
void append_hangul(std::vector<std::int32_t>& out, std::int32_t c) {
  const std::int32_t index = c - 0xAC00;
  out.push_back(0x1100 + index / 588);
  out.push_back(0x1161 + index % 588 / 28);
  if (index % 28 != 0) out.push_back(0x11A7 + index % 28);
}

void append_folded(std::vector<std::int32_t>& out, std::int32_t c) {
  if (c < 0x80) return out.push_back(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (c >= 0xAC00 && c <= 0xD7A3) return append_hangul(out, c);
  const FoldRun* run = find_run(kFoldRuns, c);
  if (run != nullptr && (c - run->first) % run->step == 0) return out.push_back(c + run->add);
  const FoldString* string =
      std::lower_bound(std::begin(kFoldStrings), std::end(kFoldStrings), c, [](const FoldString& s, std::int32_t v) { return s.from < v; });
  if (string == std::end(kFoldStrings) || string->from != c) return out.push_back(c);
  for (const std::int32_t next : string->to)
    if (next != 0) out.push_back(next);
}

// Marks that follow one another are sorted by class, so that their order of writing does not matter.
void reorder(std::vector<std::int32_t>& text) {
  for (auto begin = text.begin(); begin != text.end();) {
    if (combining_class(*begin) == 0) {
      ++begin;
      continue;
    }
    const auto end = std::find_if(begin, text.end(), [](std::int32_t c) { return combining_class(c) == 0; });
    std::stable_sort(begin, end, [](std::int32_t a, std::int32_t b) { return combining_class(a) < combining_class(b); });
    begin = end;
  }
}

// Reads one code point of valid UTF-8; a stray byte stands for itself.
std::int32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::int32_t>(static_cast<unsigned char>(text[i])); };
  const std::int32_t lead = byte(at++);
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
  if (more == 0 || at + static_cast<std::size_t>(more) > text.size()) return lead;
  std::int32_t value = lead & (0x3F >> more);
  for (int i = 0; i < more; ++i) value = (value << 6) | (byte(at++) & 0x3F);
  return value;
}

void append_utf8(std::string& out, std::int32_t c) {
  const auto put = [&](std::int32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) return put(c);
  if (c < 0x800) return put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
  if (c < 0x10000) return put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F)), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
}

}  // namespace

std::string collision_key(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) return ascii_lower(text);
  std::vector<std::int32_t> folded;
  folded.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) append_folded(folded, next_code_point(text, at));
  reorder(folded);
  std::string key;
  key.reserve(text.size());
  for (const std::int32_t c : folded) append_utf8(key, c);
  return key;
}

}  // namespace pipit::archive
