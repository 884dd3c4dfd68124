// METADATA, WHEEL, RECORD, entry_points.txt and direct_url.json: what real files hold, and what hostile ones try.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "pipit/base/text.h"
#include "pipit/packaging/direct_url.h"
#include "pipit/packaging/entry_points.h"
#include "pipit/packaging/metadata.h"
#include "pipit/packaging/record.h"
#include "pipit/packaging/wheel_metadata.h"

using namespace pipit;
using namespace pipit::packaging;

namespace {
const std::string kHead = "Metadata-Version: 2.1\nName: Foo.Bar\nVersion: 1.0\n";
}

TEST_CASE("METADATA gives name, version, dependencies and every header", "[packaging]") {
  const auto metadata = Metadata::parse(kHead +
                                        "requires-dist: a>=1\nRequires-Dist: b (<2) ;\n   extra == 'X'\nRequires-Python: >=3.6\nProvides-Extra: X_y\n"
                                        "Provides-Extra: x-y\nClassifier: A\nClassifier: B\nLicense: MIT\n        second line\n\nThe body\n");
  REQUIRE(metadata);
  CHECK(metadata->name == "Foo.Bar");
  CHECK(metadata->version.str() == "1.0");
  REQUIRE(metadata->requires_dist.size() == 2);
  CHECK(metadata->requires_dist[1].str() == "b<2; extra == \"x\"");
  CHECK(metadata->requires_python == ">=3.6");
  CHECK(metadata->provides_extra == std::vector<std::string>{"x-y"});
  CHECK(metadata->field_values("classifier") == std::vector<std::string>{"A", "B"});
  CHECK(metadata->field("LICENSE") == "MIT\n        second line");
  CHECK_FALSE(metadata->field("Author"));
  CHECK(metadata->description == "The body\n");
  CHECK_FALSE(metadata->dependencies_are_static());
}

TEST_CASE("static dependencies need metadata 2.2 and no Dynamic mark", "[packaging]") {
  const auto is_static = [](const std::string& text) { return Metadata::parse(text)->dependencies_are_static(); };
  CHECK(is_static("Metadata-Version: 2.2\nName: a\nVersion: 1\n"));
  CHECK(is_static("Metadata-Version: 2.10\nName: a\nVersion: 1\nDynamic: Summary\n"));
  CHECK_FALSE(is_static("Metadata-Version: 2.2\nName: a\nVersion: 1\nDynamic: Requires-Dist\n"));
  CHECK_FALSE(is_static("Metadata-Version: 2.1\nName: a\nVersion: 1\n"));
  CHECK_FALSE(is_static("Name: a\nVersion: 1\n"));
}

TEST_CASE("METADATA that two readers could read differently is refused", "[packaging]") {
  const std::string bad[] = {
      "",
      "Name: a\n",
      "Version: 1\n",
      kHead + "Name: other\n",
      kHead + "version: 2.0\n",
      "Metadata-Version: 2.1\nName: a\n b\nVersion: 1\n",
      "Metadata-Version: 2.1\nName: a b\nVersion: 1\n",
      "Metadata-Version: 2.1\nName: ../a\nVersion: 1\n",
      "Metadata-Version: 2.1\nName: a\nVersion: one\n",
      "Metadata-Version: 3.0\nName: a\nVersion: 1\n",
      "Metadata-Version: x\nName: a\nVersion: 1\n",
      kHead + "Requires-Dist: !\n",
      kHead + "Summary: caf\xE9\n",
      kHead + std::string("Summary: a\0b\n", 13),
      "body first\n" + kHead,
      "\n" + kHead,
      std::string(17u << 20, 'a'),
  };
  for (const std::string& text : bad) {
    INFO(text.substr(0, 80));
    const auto metadata = Metadata::parse(text);
    REQUIRE_FALSE(metadata);
    CHECK(metadata.error().code == kInvalidMetadata);
  }
  std::string many = kHead;
  for (int i = 0; i < 30'000; ++i) many += "Requires-Dist: a\n";
  CHECK_FALSE(Metadata::parse(many));
}

TEST_CASE("line ends and a broken header do not change what METADATA says", "[packaging]") {
  CHECK(Metadata::parse("Metadata-Version: 2.1\r\nName: a\r\nVersion: 1\r\n\r\nb\r\nc")->description == "b\nc");
  CHECK(Metadata::parse("Metadata-Version: 2.1\rName: a\rVersion: 1\r\rb")->description == "b");
  CHECK(Metadata::parse(kHead + "not a header\nSummary: x\n")->description == "not a header\nSummary: x\n");
  CHECK(Metadata::parse(kHead + "Description: old\n        |way\n")->description == "old\n        |way");
}

TEST_CASE("requires-python that cannot be parsed admits everything", "[packaging]") {
  const Version python = *Version::parse("3.11.2");
  CHECK(requires_python_admits(">=3.8,<4", python));
  CHECK_FALSE(requires_python_admits(">=3.12", python));
  CHECK(requires_python_admits("three", python));
  CHECK(requires_python_admits("", python));
}

TEST_CASE("WHEEL is read, and refused in pip's words", "[packaging]") {
  const auto wheel = WheelMetadata::parse("Wheel-Version: 1.0\nGenerator: g 1\nRoot-Is-Purelib: TRUE\nTag: py2-none-any\nTag: py3-none-any\nBuild: 1\n");
  REQUIRE(wheel);
  CHECK(wheel->version_major == 1);
  CHECK(wheel->version_minor == 0);
  CHECK(wheel->root_is_purelib);
  CHECK(wheel->tags.size() == 2);
  CHECK(wheel->build == "1");
  CHECK(wheel->generator == "g 1");
  CHECK(WheelMetadata::parse("Wheel-Version: 2.1")->version_major == 2);
  CHECK(WheelMetadata::parse("Root-Is-Purelib: true\n").error().message == "WHEEL is missing Wheel-Version");
  for (const char* version : {"x", "", "1.x", "-1", "1.", "1_0", "99999999999999999999", "1. 0"})
    CHECK(WheelMetadata::parse(std::string("Wheel-Version: ") + version + "\n").error().message == std::string("invalid Wheel-Version: '") + version + "'");
  CHECK_FALSE(WheelMetadata::parse("Wheel-Version: 1.0\nWheel-Version: 2.0\n"));
  CHECK_FALSE(WheelMetadata::parse("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nRoot-Is-Purelib: false\n"));
  CHECK_FALSE(WheelMetadata::parse("Wheel-Version: 1.0\nTag: nonsense\n"));
}

TEST_CASE("RECORD is CSV with any line end", "[packaging]") {
  const auto rows = parse_record("a.py,sha256=x,3\r\n\"with,comma\",sha256=y,1\n\"q\"\"uote\",,\rplain\n\nlast,,");
  REQUIRE(rows);
  CHECK(*rows == std::vector<RecordRow>{{"a.py", "sha256=x", "3"}, {"with,comma", "sha256=y", "1"}, {"q\"uote", "", ""}, {"plain", "", ""}, {"last", "", ""}});
  CHECK(print_record(*rows) == "a.py,sha256=x,3\r\nlast,,\r\nplain,,\r\n\"q\"\"uote\",,\r\n\"with,comma\",sha256=y,1\r\n");
  CHECK(parse_record(print_record(*rows))->size() == 5);
  CHECK(parse_record("")->empty());
}

TEST_CASE("parse(print(r)) is r for random rows of RECORD", "[packaging]") {
  std::mt19937 random(376);
  const auto text = [&](std::string_view letters, std::size_t shortest) {
    std::string out;
    for (std::size_t length = shortest + random() % 6; length > 0; --length) out += letters[random() % letters.size()];
    return out;
  };
  for (int i = 0; i < 500; ++i) {
    std::vector<RecordRow> rows;
    for (std::size_t count = random() % 8; count > 0; --count)
      rows.push_back({text("a/b \",.-\xC3\xA9'#;", 1), random() % 3 == 0 ? "" : "sha256=" + text("abc_-=", 0), random() % 3 == 0 ? "" : text("0123456789", 1)});
    std::erase_if(rows, [](const RecordRow& row) { return !is_valid_utf8(row.path); });
    std::ranges::sort(rows);
    const auto again = parse_record(print_record(rows));
    REQUIRE(again);
    CHECK(*again == rows);
  }
}

TEST_CASE("RECORD rows that hide something are refused, all of them with their lines", "[packaging]") {
  const std::string bad[] = {
      std::string("a\0b,,", 5), "a\x1b,,", "\"open", "\"a\"b,,", "a,b,c,d", ",sha256=x,1", "a,,x1", "a,,-1", "caf\xE9,,",
      "a\xE2\x80\xA8" "b,,", "a\xC2\x85" "b,,", std::string(100'000, 'a'), "\"two\nlines\",,",
  };
  for (const std::string& text : bad) {
    INFO(text.substr(0, 40));
    const auto rows = parse_record("good,,\n" + text + "\n");
    REQUIRE_FALSE(rows);
    CHECK(rows.error().where == "RECORD:2");
  }
  CHECK(parse_record("a,,x\nb,,\nc,,y\n").error().also.size() == 1);
  std::string many;
  for (int i = 0; i < 500; ++i) many += "a,,x\n";
  CHECK(parse_record(many).error().also.size() == 99);
}

TEST_CASE("entry points keep the case of names and know comments, groups and extras", "[packaging]") {
  const auto entries = parse_entry_points(
      "# c\n; c\n[console_scripts]\nFoo = pkg.mod:main\n  bar=pkg:a.b [extra,x]\nbaz =\n    pkg:c\n\n[other : group]\nx = mod\ny = not a reference\n");
  REQUIRE(entries);
  REQUIRE(entries->size() == 5);
  CHECK((*entries)[0] == EntryPoint{"console_scripts", "Foo", "pkg.mod:main", "pkg.mod", "main"});
  CHECK((*entries)[1] == EntryPoint{"console_scripts", "bar", "pkg:a.b [extra,x]", "pkg", "a.b"});
  CHECK((*entries)[2] == EntryPoint{"console_scripts", "baz", "pkg:c", "pkg", "c"});
  CHECK((*entries)[3] == EntryPoint{"other : group", "x", "mod", "mod", ""});
  CHECK((*entries)[4].module.empty());
  CHECK(parse_entry_points("junk = above\n[g]\n")->empty());
  CHECK(parse_entry_points("[g]\n  a = m:f\n  b = m:g\n")->size() == 2);
  CHECK_FALSE(parse_entry_points("[g]\nno equals sign\n"));
  CHECK_FALSE(parse_entry_points("[g]\n= m:f\n"));
  CHECK_FALSE(parse_entry_points(std::string("[g]\na\0b = m:f\n", 14)));
  CHECK_FALSE(parse_entry_points("[g]\na = \xFF\n"));
}

TEST_CASE("direct_url.json has pip's bytes", "[packaging]") {
  struct Row {
    DirectUrl value;
    std::string json;
  };
  const Row rows[] = {
      {{"https://h/x.whl", ArchiveInfo{{{"sha256", "ab"}}}, {}},
       R"({"archive_info": {"hash": "sha256=ab", "hashes": {"sha256": "ab"}}, "url": "https://h/x.whl"})"},
      {{"https://h/x.zip", ArchiveInfo{}, "sub"}, R"({"archive_info": {}, "subdirectory": "sub", "url": "https://h/x.zip"})"},
      {{"file:///p", DirInfo{}, {}}, R"({"dir_info": {}, "url": "file:///p"})"},
      {{"file:///p", DirInfo{true}, {}}, R"({"dir_info": {"editable": true}, "url": "file:///p"})"},
      {{"https://h/r", VcsInfo{"git", "abc", "v1"}, {}},
       R"({"url": "https://h/r", "vcs_info": {"commit_id": "abc", "requested_revision": "v1", "vcs": "git"}})"},
      {{"https://h/\xC3\xBC\"", VcsInfo{"hg", "1", {}}, {}}, R"({"url": "https://h/\u00fc\"", "vcs_info": {"commit_id": "1", "vcs": "hg"}})"},
  };
  for (const Row& row : rows) {
    CHECK(row.value.json() == row.json);
    const auto back = DirectUrl::parse(row.json);
    REQUIRE(back);
    CHECK(*back == row.value);
  }
}

TEST_CASE("parse(print(d)) is d for random direct URLs", "[packaging]") {
  std::mt19937 random(610);
  const auto pick = [&](std::initializer_list<const char*> list) { return std::string(std::data(list)[random() % list.size()]); };
  const auto maybe = [&](std::string text) { return random() % 2 == 0 ? std::optional(std::move(text)) : std::nullopt; };
  for (int i = 0; i < 500; ++i) {
    DirectUrl value{pick({"https://h/a b.zip", "https://h/\"q\"?x=1", "https://${U}:${P}@h/\xC3\xA9", "https://h/\\x\x7F"}), ArchiveInfo{}, maybe(pick({"s", "s/t u"}))};
    switch (random() % 3) {
      case 0:
        for (const char* algorithm : {"md5", "sha256", "sha512"})
          if (random() % 2 == 0) std::get<ArchiveInfo>(value.info).hashes.push_back({algorithm, pick({"00", "ab"})});
        break;
      case 1: value.url = "file:///" + pick({"p", "p q", "\xC3\xA9"}), value.info = DirInfo{random() % 2 == 0}; break;
      default: value.info = VcsInfo{pick({"git", "hg"}), pick({"abc", "0123456789abcdef"}), maybe(pick({"v1", "feature/x \"y\""}))}; break;
    }
    CAPTURE(value.json());
    const auto again = DirectUrl::parse(value.json());
    REQUIRE(again);
    CHECK(*again == value);
    CHECK(again->json() == value.json());
  }
}

TEST_CASE("direct_url.json is printed the same again, whatever the order and the case of its hashes", "[packaging]") {
  for (const char* hashes : {R"("B": "1", "a": "2")", R"("A": "1", "a": "1", "b": "2")", R"("c": "1", "b": "2", "a": "3")"}) {
    for (const char* legacy : {"", R"("hash": "b=1", )", R"("hash": "A=1", )", R"("hash": "c=1", )"}) {
      const auto value = DirectUrl::parse(fmt::format(R"({{"url": "u", "archive_info": {{{}"hashes": {{{}}}}}}})", legacy, hashes));
      if (!value) continue;  // `hash` and `hashes` disagree
      CAPTURE(value->json());
      const auto again = DirectUrl::parse(value->json());
      REQUIRE(again);
      CHECK(again->json() == value->json());
    }
  }
  const auto legacy = DirectUrl::parse(R"({"url": "u", "archive_info": {"hash": "sha512=2", "hashes": {"sha256": "1", "sha512": "2"}}})");
  REQUIRE(legacy);
  CHECK(legacy->json().find(R"("hash": "sha512=2")") != std::string::npos);
}

TEST_CASE("direct_url.json keeps no password", "[packaging]") {
  const auto printed = [](const std::string& url) { return DirectUrl{url, ArchiveInfo{}, {}}.json(); };
  CHECK(printed("https://u:secret@h/x").find("secret") == std::string::npos);
  CHECK(printed("https://token@h/x").find("token") == std::string::npos);
  CHECK(printed("https://${USER}:${PASS}@h/x").find("${USER}:${PASS}@h") != std::string::npos);
  CHECK(printed("ssh://git@h/x").find("git@h") != std::string::npos);
}

TEST_CASE("direct_url.json that contradicts itself is refused", "[packaging]") {
  const std::string bad[] = {
      "", "[]", "null", "{", R"({"url": "u"})", R"({"archive_info": {}})", R"({"url": 1, "archive_info": {}})",
      R"({"url": "file:///x", "archive_info": {}, "dir_info": {}})", R"({"url": "https://h", "dir_info": {}})",
      R"({"url": "file://x", "dir_info": {}})", R"({"url": "file:x", "dir_info": {}})",
      R"({"url": "u", "archive_info": []})", R"({"url": "u", "archive_info": {"hashes": {"sha256": 1}}})",
      R"({"url": "u", "archive_info": {"hash": "sha256"}})", R"({"url": "u", "archive_info": {"hashes": {"sha=256": "a"}}})", R"({"url": "u", "archive_info": {"hash": "sha256=a", "hashes": {"sha256": "b"}}})",
      R"({"url": "u", "archive_info": {"hashes": {"SHA256": "a", "sha256": "b"}}})",
      R"({"url": "u", "vcs_info": {"vcs": "git"}})", R"({"url": "file:///x", "dir_info": {"editable": "yes"}})",
      std::string(100'000, '['), R"({"url": "u", "archive_info": {}, "x": )" + std::string(50'000, '{'), std::string(2u << 20, ' '),
  };
  for (const std::string& text : bad) {
    INFO(text.substr(0, 80));
    CHECK_FALSE(DirectUrl::parse(text));
  }
}
