#include <array>

#include "bench/bench.h"
#include "bench/linear.h"
#include "pipit/packaging/direct_url.h"
#include "pipit/packaging/entry_points.h"
#include "pipit/packaging/metadata.h"
#include "pipit/packaging/pylock.h"
#include "pipit/packaging/pyproject.h"
#include "pipit/packaging/record.h"
#include "pipit/packaging/script_metadata.h"
#include "pipit/packaging/wheel_metadata.h"

namespace pipit::bench {
namespace {

using namespace packaging;

void metadata(std::string_view text) { keep(Metadata::parse(text)); }
void record(std::string_view text) {
  if (const auto rows = parse_record(text)) keep(print_record(*rows));
}
void entry_points(std::string_view text) { keep(parse_entry_points(text)); }
void wheel(std::string_view text) { keep(WheelMetadata::parse(text)); }
void direct_url(std::string_view text) {
  if (const auto parsed = DirectUrl::parse(text)) keep(parsed->json());
}
void pylock(std::string_view text) {
  if (const auto parsed = Pylock::parse(text)) keep(parsed->print());
}
void pyproject(std::string_view text) {
  const auto parsed = Pyproject::parse(text, "demo");
  if (!parsed) return;
  for (const std::string& name : parsed->groups.names()) keep(parsed->groups.resolve(name));
}
void script(std::string_view text) { keep(ScriptMetadata::parse(text, "demo.py")); }

constexpr std::string_view kHead = "Metadata-Version: 2.1\nName: a\nVersion: 1\n";
constexpr std::string_view kLock = "lock-version = '1.0'\ncreated-by = 'x'\n";

constexpr std::array kRows{
    LinearRow{"METADATA: classifiers", kHead, "Classifier: a{}\n", "", metadata},
    LinearRow{"METADATA: dependencies", kHead, "Requires-Dist: package{} >=1 ; extra == 'tests'\n", "", metadata},
    LinearRow{"METADATA: extras", kHead, "Provides-Extra: a{}\n", "", metadata},
    LinearRow{"METADATA: folded value", "Metadata-Version: 2.1\nName: a\nVersion: 1\nRequires-Python: >=3", "\n ,", "", metadata},
    LinearRow{"METADATA: one value", "Metadata-Version: 2.1\nName: a\nVersion: 1\nSummary: ", "a", "", metadata},
    LinearRow{"METADATA: one dependency", "Metadata-Version: 2.1\nName: a\nVersion: 1\nRequires-Dist: a", ">=1,", "", metadata},
    LinearRow{"METADATA: body", "Metadata-Version: 2.1\nName: a\nVersion: 1\n\n", "text\r\n", "", metadata},
    LinearRow{"METADATA: carriage returns", "Metadata-Version: 2.1\nName: a\nVersion: 1\n\n", "\r", "", metadata},
    LinearRow{"METADATA: one line", "", "a", "", metadata},
    LinearRow{"RECORD: files", "", "a/{}.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n", "", record},
    LinearRow{"RECORD: one row", "", "a", ",,", record},
    LinearRow{"RECORD: quotes", "\"", "\"\"", "\",,", record},
    LinearRow{"RECORD: quoted rows", "", "\"a,{}\",,\n", "", record},
    LinearRow{"RECORD: commas", "", ",", "", record},
    LinearRow{"RECORD: bad rows", "", "a,b,c,d\n", "", record},
    LinearRow{"RECORD: blank lines", "", "\r\n", "", record},
    LinearRow{"entry_points: names", "[console_scripts]\n", "a{} = b:c\n", "", entry_points},
    LinearRow{"entry_points: groups", "", "[a{}]\n", "", entry_points},
    LinearRow{"entry_points: continuation", "[a]\nb = c", "\n  d", "", entry_points},
    LinearRow{"entry_points: comments", "[a]\n", "# b\n", "", entry_points},
    LinearRow{"entry_points: one line", "[a]\nb = ", "c", "", entry_points},
    LinearRow{"WHEEL: tags", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n", "Tag: py3-none-any\n", "", wheel},
    LinearRow{"WHEEL: one tag", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3", ".py3", "-none-any\n", wheel},
    LinearRow{"WHEEL: version", "Wheel-Version: ", "1", ".0\n", wheel},
    LinearRow{"direct_url: open brackets", "", "[", "", direct_url},
    LinearRow{"direct_url: open objects", "", "{\"a\":", "", direct_url},
    LinearRow{"direct_url: hashes", R"({"url": "https://h/a.zip", "archive_info": {"hashes": {"sha256": "00")", ", \"a{}\": \"00\"", "}}}", direct_url},
    LinearRow{"direct_url: one URL", R"({"url": "https://h/)", "a", R"(", "archive_info": {}})", direct_url},
    LinearRow{"direct_url: escapes", R"({"url": "https://h/)", "\\u00e9", R"(", "archive_info": {}})", direct_url},
    LinearRow{"pylock: packages", kLock, "[[packages]]\nname = 'a{}'\nversion = '1'\n[packages.archive]\nurl = 'https://h/a.zip'\nhashes = {sha256 = '00'}\n", "", pylock},
    LinearRow{"pylock: wheels", "lock-version = '1.0'\ncreated-by = 'x'\n[[packages]]\nname = 'a'\nversion = '1'\n", "[[packages.wheels]]\nurl = 'https://h/a-1-py3-none-any.whl'\nhashes = {sha256 = '00'}\n", "", pylock},
    LinearRow{"pylock: environments", "lock-version = '1.0'\ncreated-by = 'x'\npackages = []\nenvironments = [", "'os_name == \"a{}\"', ", "]\n", pylock},
    LinearRow{"pylock: extras", "lock-version = '1.0'\ncreated-by = 'x'\npackages = []\nextras = [", "'a{}', ", "]\n", pylock},
    LinearRow{"TOML: keys", "", "a{} = 1\n", "", pyproject},
    LinearRow{"TOML: dotted keys", "a", ".a", " = 1", pyproject},
    LinearRow{"TOML: keys of one table", "a = {", "a{} = 1, ", "b = 1}", pyproject},
    LinearRow{"TOML: tables", "", "[a{}]\n", "", pyproject},
    LinearRow{"TOML: tables below one", "", "[a.b.c.d{}]\n", "", pyproject},
    LinearRow{"TOML: array of tables", "", "[[a]]\n", "", pyproject},
    LinearRow{"TOML: open arrays", "a = ", "[", "", pyproject},
    LinearRow{"TOML: open tables", "a = ", "{a=", "", pyproject},
    LinearRow{"TOML: headers", "", "[", "", pyproject},
    LinearRow{"TOML: array", "a = [", "1,", "]", pyproject},
    LinearRow{"TOML: text", "a = '", "a", "'", pyproject},
    LinearRow{"TOML: text with escapes", "a = \"", "\\u00e9", "\"", pyproject},
    LinearRow{"TOML: text of many lines", "a = '''", "\n", "'''", pyproject},
    LinearRow{"TOML: digits", "a = ", "1", "", pyproject},
    LinearRow{"TOML: digits of a fraction", "a = 1.", "1", "", pyproject},
    LinearRow{"TOML: comments", "", "# a\n", "", pyproject},
    LinearRow{"TOML: one comment", "#", "a", "", pyproject},
    LinearRow{"TOML: letters of other alphabets", "\"", "\xD0\xB6", "\" = 1", pyproject},
    LinearRow{"pyproject: dependencies", "[project]\nname = 'a'\ndependencies = [", "'a{} >= 1', ", "]\n", pyproject},
    LinearRow{"pyproject: extras", "[project]\nname = 'a'\n[project.optional-dependencies]\n", "a{} = ['b']\n", "", pyproject},
    LinearRow{"pyproject: requirements of a group", "[dependency-groups]\na = [", "'a{} >= 1', ", "]\n", pyproject},
    LinearRow{"pyproject: groups", "[dependency-groups]\n", "a{} = ['b']\n", "", pyproject},
    LinearRow{"pyproject: a group includes another often", "[dependency-groups]\nb = ['c']\na = [", "{include-group = 'b'}, ", "]\n", pyproject},
    LinearRow{"script: blocks", "", "# /// a\n# b\n# ///\n", "", script},
    LinearRow{"script: open blocks", "", "# /// script\n", "", script},
    LinearRow{"script: ends of one block", "# /// script\n", "# ///\n", "", script},
    LinearRow{"script: dependencies", "# /// script\n# dependencies = [\n", "#  'a{}',\n", "# ]\n# ///\n", script},
    LinearRow{"script: code", "", "print()\n", "", script},
};

}  // namespace

std::span<const LinearRow> file_rows() { return kRows; }

}  // namespace pipit::bench
