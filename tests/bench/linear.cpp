// Is every parser linear? Each is fed the input that hurts it most at sizes n and 2n up to 10 MB; a ratio near 2 is linear, near
// 4 quadratic.
#include <array>
#include <functional>
#include <string>

#include "bench/bench.h"
#include "pipit/packaging/filename.h"
#include "pipit/packaging/name.h"
#include "pipit/packaging/requirement.h"
#include "pipit/packaging/tags.h"

namespace pipit::bench {
namespace {

using namespace packaging;

struct Row {
  std::string_view name;
  std::string_view head, repeated, tail;  // the input is head + repeated * n + tail
  void (*parse)(std::string_view);
};

void parse_version(std::string_view text) { keep(Version::try_parse(text)); }
void compare_version(std::string_view text) {
  const auto version = Version::try_parse(text);
  keep(version && *version < Version::try_parse(std::string(text) + "1").value());
}
void parse_specifiers(std::string_view text) {
  if (const auto set = SpecifierSet::parse(text)) keep(set->str());
}
void parse_marker(std::string_view text) {
  const auto marker = Marker::parse(text);
  if (!marker) return;
  keep(marker->str());
  keep(marker->evaluate({}));
}
void parse_requirement(std::string_view text) {
  if (const auto requirement = Requirement::parse(text)) keep(requirement->str());
}
void parse_wheel(std::string_view text) { keep(WheelFilename::parse(text)); }
void parse_sdist(std::string_view text) { keep(SdistFilename::parse(text)); }
void find_sdist_version(std::string_view text) { keep(sdist_version_text(text, normalize_name(text))); }
void parse_tags(std::string_view text) { keep(parse_tag(text)); }
void normalize(std::string_view text) { keep(normalize_name(text)); }

constexpr std::array kRows{
    Row{"version: digits", "", "1", "", parse_version},
    Row{"version: release", "1", ".1", "", parse_version},
    Row{"version: zeros", "1", ".0", "", compare_version},
    Row{"version: local", "1+a", ".1", "", parse_version},
    Row{"version: local compare", "1+a", ".1", "", compare_version},
    Row{"version: blanks", " ", " ", "x", parse_version},
    Row{"specifier: clauses", "", ">=1.0,", "", parse_specifiers},
    Row{"specifier: arbitrary", "===", "a", "", parse_specifiers},
    Row{"specifier: local without end", "==1+a", ".", "", parse_specifiers},
    Row{"marker: and", "os_name == 'a'", " and os_name == 'a'", "", parse_marker},
    Row{"marker: or of and", "os_name == 'a'", " and os_name == 'a' or os_name == 'b'", "", parse_marker},
    Row{"marker: groups", "os_name == 'a'", " and (os_name == 'a' or extra == 'b')", "", parse_marker},
    Row{"marker: open parentheses", "", "(", "os_name == 'a'", parse_marker},
    Row{"marker: long literal", "os_name == '", "\\x41", "'", parse_marker},
    Row{"marker: unclosed literal", "os_name == '", "a", "", parse_marker},
    Row{"requirement: name", "a", "-", "a", parse_requirement},
    Row{"requirement: name without end", "a", "-", "", parse_requirement},
    Row{"requirement: extras", "a[b", ",b", "]", parse_requirement},
    Row{"requirement: clauses", "a", ">=1.0,", "", parse_requirement},
    Row{"requirement: url", "a @ https://h/", "a", "", parse_requirement},
    Row{"requirement: blanks", "a ", " ", ";", parse_requirement},
    Row{"wheel name: dashes", "a-1-py3-none", "-any", ".whl", parse_wheel},
    Row{"wheel name: tags", "a-1-py3", ".py3", "-none-any.whl", parse_wheel},
    Row{"sdist name: dashes", "a", "-a", "-1.0.tar.gz", parse_sdist},
    Row{"sdist version: dashes", "a", "-a", "-1.0.tar.gz", find_sdist_version},
    Row{"tag: sets", "py3", ".py3", "-none-any", parse_tags},
    Row{"name", "a", "-A", "", normalize},
};

std::string input(const Row& row, std::size_t size) {
  std::string text(row.head);
  while (text.size() + row.tail.size() < size) text += row.repeated;
  return text += row.tail;
}

double measure(const Row& row, std::size_t size) {
  const std::string text = input(row, size);
  return best_ns(5, [&] { row.parse(text); });
}

}  // namespace

int run_linear(Arguments) {
  constexpr std::size_t kHalf = 5'000'000;
  for (const Row& row : kRows) {
    const double half = measure(row, kHalf), whole = measure(row, 2 * kHalf);
    print_figure(std::string(row.name) + ", 10 MB", whole / 1e6, "ms");
    // Below a millisecond the parser gave up at once; a ratio would only show noise.
    if (whole > 1e6) print_figure(std::string(row.name) + ", 2n over n", whole / half, "x");
  }
  return 0;
}

}  // namespace pipit::bench
