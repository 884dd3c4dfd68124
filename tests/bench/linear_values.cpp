#include <array>

#include "bench/bench.h"
#include "bench/linear.h"
#include "pipit/packaging/filename.h"
#include "pipit/packaging/name.h"
#include "pipit/packaging/requirement.h"
#include "pipit/packaging/tags.h"

namespace pipit::bench {
namespace {

using namespace packaging;

void parse_version(std::string_view text) {
  const auto version = Version::try_parse(text);
  if (version) keep(version->str());
}
void compare_version(std::string_view text) {
  const auto version = Version::try_parse(text);
  keep(version && *version < Version::try_parse(std::string(text) + "1").value());
}
void parse_specifiers(std::string_view text) {
  const auto set = SpecifierSet::parse(text);
  if (!set) return;
  keep(set->str());
  keep(set->contains(Version()));
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
    LinearRow{"version: digits", "", "1", "", parse_version},
    LinearRow{"version: release", "1", ".1", "", parse_version},
    LinearRow{"version: zeros", "1", ".0", "", compare_version},
    LinearRow{"version: local", "1+a", ".1", "", parse_version},
    LinearRow{"version: local compare", "1+a", ".1", "", compare_version},
    LinearRow{"version: blanks", " ", " ", "x", parse_version},
    LinearRow{"specifier: clauses", "", ">=1.0,", "", parse_specifiers},
    LinearRow{"specifier: distinct clauses", "", "!=1.{},", "", parse_specifiers},
    LinearRow{"specifier: commas", "", ",", "", parse_specifiers},
    LinearRow{"specifier: arbitrary", "===", "a", "", parse_specifiers},
    LinearRow{"specifier: local without end", "==1+a", ".", "", parse_specifiers},
    LinearRow{"specifier: prefix", "==1", ".0", ".*", parse_specifiers},
    LinearRow{"specifier: compatible", "~=1", ".0", "", parse_specifiers},
    LinearRow{"marker: and", "os_name == 'a'", " and os_name == 'a'", "", parse_marker},
    LinearRow{"marker: or of and", "os_name == 'a'", " and os_name == 'a' or os_name == 'b'", "", parse_marker},
    LinearRow{"marker: groups", "os_name == 'a'", " and (os_name == 'a' or extra == 'b')", "", parse_marker},
    LinearRow{"marker: versions", "python_version > '1'", " and python_version > '1.{}'", "", parse_marker},
    LinearRow{"marker: open parentheses", "", "(", "os_name == 'a'", parse_marker},
    LinearRow{"marker: long literal", "os_name == '", "\\x41", "'", parse_marker},
    LinearRow{"marker: unclosed literal", "os_name == '", "a", "", parse_marker},
    LinearRow{"marker: literal in literal", "'a' in '", "a b", "' and os_name in 'x'", parse_marker},
    LinearRow{"marker: blanks", "os_name ", " ", "== 'a'", parse_marker},
    LinearRow{"requirement: name", "a", "-", "a", parse_requirement},
    LinearRow{"requirement: name without end", "a", "-", "", parse_requirement},
    LinearRow{"requirement: extras", "a[b", ",b", "]", parse_requirement},
    LinearRow{"requirement: distinct extras", "a[b", ",b{}", "]", parse_requirement},
    LinearRow{"requirement: unclosed extras", "a[b", ",b{}", "", parse_requirement},
    LinearRow{"requirement: clauses", "a", ">=1.0,", "", parse_requirement},
    LinearRow{"requirement: parenthesised clauses", "a (>=1", ",!=1.{}", ")", parse_requirement},
    LinearRow{"requirement: url", "a @ https://h/", "a", "", parse_requirement},
    LinearRow{"requirement: blanks", "a ", " ", ";", parse_requirement},
    LinearRow{"requirement: letters of other alphabets", "a @ https://h/", "\xC3\xA9", " ; x", parse_requirement},
    LinearRow{"wheel name: dashes", "a-1-py3-none", "-any", ".whl", parse_wheel},
    LinearRow{"wheel name: tags", "a-1-py3", ".py3", "-none-any.whl", parse_wheel},
    LinearRow{"wheel name: distinct tags", "a-1-py3", ".py{}", "-none-any.whl", parse_wheel},
    LinearRow{"wheel name: name", "a", "_a.b", "-1-py3-none-any.whl", parse_wheel},
    LinearRow{"sdist name: dashes", "a", "-a", "-1.0.tar.gz", parse_sdist},
    LinearRow{"sdist version: dashes", "a", "-a", "-1.0.tar.gz", find_sdist_version},
    LinearRow{"tag: sets", "py3", ".py3", "-none-any", parse_tags},
    LinearRow{"name", "a", "-A", "", normalize},
};

}  // namespace

std::span<const LinearRow> value_rows() { return kRows; }

}  // namespace pipit::bench
