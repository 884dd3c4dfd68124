// Rows A1-A19 and Z1-Z21 of the attack catalogue as far as an archive alone can show them. Every hostile archive has a
// benign twin: the same shape without the flaw.
#include "pipit/archive/zip_directory.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <set>

#include "pipit/archive/reader.h"
#include "support/zip_maker.h"

using namespace pipit;
using namespace pipit::archive;
using test::le16;
using test::le32;
using test::le64;
using test::ZipEntry;
using test::ZipMaker;

namespace {

std::set<std::string> problems_of(const std::string& bytes, const ZipLimits& limits = {}) {
  const auto directory = ZipDirectory::read(as_bytes_view(bytes), "x.whl", limits);
  if (directory) return {};
  std::set<std::string> ids{std::string(directory.error().code.id)};
  for (const Error& error : directory.error().also) ids.insert(std::string(error.code.id));
  return ids;
}
bool refuses(const ZipMaker& zip, ErrorCode code, const ZipLimits& limits = {}) {
  const auto ids = problems_of(zip.finish(), limits);
  const bool found = ids.count(std::string(code.id)) == 1;
  if (!found) UNSCOPED_INFO("expected " << code.id << ", got " << (ids.empty() ? "acceptance" : *ids.begin()));
  return found;
}
bool accepts(const ZipMaker& zip, const ZipLimits& limits = {}) {
  const auto ids = problems_of(zip.finish(), limits);
  if (!ids.empty()) UNSCOPED_INFO("refused: " << *ids.begin());
  return ids.empty();
}
ZipMaker named(const std::string& name) {
  ZipMaker zip;
  zip.add("pkg/__init__.py", "x = 1\n");
  zip.add(name, "hello");
  return zip;
}
ZipMaker plain() {
  ZipMaker zip;
  zip.add("pkg/", "");
  zip.add("pkg/a.py", "print('a')\n");
  zip.add("pkg/b.bin", "stored", test::kStored, 0100755);
  return zip;
}

}  // namespace

TEST_CASE("an honest archive is read as it was written", "[archive]") {
  const std::string bytes = plain().finish();
  const auto directory = ZipDirectory::read(as_bytes_view(bytes), "x.whl");
  REQUIRE(directory);
  REQUIRE(directory->members().size() == 3);
  CHECK(directory->members()[0].directory);
  CHECK(directory->find("pkg/a.py")->size == 11);
  CHECK_FALSE(directory->find("pkg/a.py")->executable());
  CHECK(directory->find("pkg/b.bin")->executable());
  CHECK(directory->find("nowhere") == nullptr);
  CHECK(*read_member(as_bytes_view(bytes), *directory, *directory->find("pkg/a.py"), 100) == "print('a')\n");
  CHECK(directory->total_size() == 17);
  CHECK_FALSE(read_member(as_bytes_view(bytes), *directory, *directory->find("pkg/a.py"), 10));
}

TEST_CASE("unsafe member names are refused by name", "[archive][A1][A2][A3][A4][A5][A12][A15][A16][A17][A18][A19]") {
  struct Row {
    std::string name;
    ErrorCode code;
    std::string twin;
  };
  const std::string deep = [] {
    std::string path;
    for (int i = 0; i < 3000; ++i) path += "d/";
    return path + "x";
  }();
  const Row row = GENERATE_COPY(values<Row>({
      {"../../../../x.py", kZipPathEscapes, "up/x.py"},
      {"a/../../b.py", kZipPathEscapes, "a/b..py"},
      {"..", kZipPathEscapes, "..."  "x"},
      {"/x.py", kZipPathAbsolute, "x.py"},
      {"//x", kZipPathAbsolute, "x"},
      {"/", kZipPathNotNormal, "d/x"},
      {"../site-packages-evil/x", kZipPathEscapes, "site-packages-evil/x"},
      {"..\\..\\x", kZipPathBackslash, "x"},
      {"a/b\\c", kZipPathBackslash, "a/b_c"},
      {"\\\\h\\s", kZipPathBackslash, "h_s"},
      {"C:x", kZipPathNotPortable, "C_x"},
      {"a.py:s", kZipPathNotPortable, "a.py_s"},
      {"NUL.py", kZipPathNotPortable, "NULL.py"},
      {"pkg/con", kZipPathNotPortable, "pkg/conf"},
      {"com7.tar.gz", kZipPathNotPortable, "com77.tar.gz"},
      {"a.", kZipPathNotPortable, "a.x"},
      {"a ", kZipPathNotPortable, "a b"},
      {"./a", kZipPathNotNormal, ".a"},
      {"a//b", kZipPathNotNormal, "a/b"},
      {"", kZipPathNotNormal, "e"},
      {".", kZipPathNotNormal, ".e"},
      {"a/.", kZipPathNotNormal, "a/.e"},
      {std::string("a\0b", 3), kZipPathControl, "ab"},
      {"a\x1b[31m.py", kZipPathControl, "a[31m.py"},
      {"a\nb", kZipPathControl, "ab"},
      {"a\rb", kZipPathControl, "ab"},
      {"a\x7f", kZipPathControl, "a7f"},
      {"a\xe2\x80\xae" "b", kZipPathControl, "a\xe2\x82\xac" "b"},   // right-to-left override; euro sign
      {"a\xe2\x80\x8b" "b", kZipPathControl, "a\xe6\x96\x87" "b"},   // zero-width space; a Chinese character
      {"a\xff" "b", kZipPathNotUtf8, "a\xc3\xbf" "b"},
      {"a\xc0\xaf" "b", kZipPathNotUtf8, "a/b"},
      {std::string(300, 'a'), kZipPathTooLong, std::string(255, 'a')},
      {deep, kZipPathTooLong, "d/d/d/d/d/d/d/d/x"},
  }));
  CAPTURE(row.name.substr(0, 80));
  CHECK(refuses(named(row.name), row.code));
  CHECK(accepts(named(row.twin)));
}

TEST_CASE("the message shows a hostile name escaped and says where it stands", "[archive][A16][R1]") {
  const std::string bytes = named("a\x1b[31mSuccessfully installed\n").finish();
  const auto directory = ZipDirectory::read(as_bytes_view(bytes), "x.whl");
  REQUIRE_FALSE(directory);
  const std::string& message = directory.error().message;
  CHECK(message.find('\x1b') == std::string::npos);
  CHECK(message.find('\n') == std::string::npos);
  CHECK(message.find("x.whl") == 0);
  CHECK(message.find("at byte ") != std::string::npos);
}

TEST_CASE("a name outside ASCII needs the UTF-8 mark", "[archive][A17]") {
  ZipMaker zip = named("\xc3\xa9.py");
  CHECK(accepts(zip));
  zip.at("\xc3\xa9.py").both([](auto& fields) { fields.flags = 0; });
  CHECK(refuses(zip, kZipPathNotUtf8));
}

TEST_CASE("a second name in an extra field must be the first one", "[archive][A17]") {
  const auto with_extra = [](const std::string& extra) {
    ZipMaker zip = named("a.py");
    zip.at("a.py").both([&](auto& fields) { fields.extra = extra; });
    return zip;
  };
  const auto unicode_path = [](const std::string& name, std::uint32_t crc) { return test::zip_extra(0x7075, "\1" + le32(crc) + name); };
  const std::uint32_t crc = test::crc32_of("a.py");
  CHECK(accepts(with_extra(unicode_path("a.py", crc))));
  CHECK(refuses(with_extra(unicode_path("b.py", crc)), kZipBadExtra));
  CHECK(refuses(with_extra(unicode_path("a.py", crc + 1)), kZipBadExtra));
  CHECK(refuses(with_extra(unicode_path("a.py", crc) + unicode_path("a.py", crc)), kZipBadExtra));
  ZipMaker local_only = named("a.py");
  local_only.at("a.py").local.extra = unicode_path("b.py", crc);
  CHECK(refuses(local_only, kZipBadExtra));
}

TEST_CASE("links and special files are refused, set-id bits are only noted", "[archive][A7][A9][A10]") {
  const auto with_mode = [](std::uint32_t mode) {
    ZipMaker zip = plain();
    zip.at("pkg/a.py").set_mode(mode);
    return zip;
  };
  CHECK(refuses(with_mode(0120777), kZipLink));
  for (const std::uint32_t type : {0010000u, 0020000u, 0060000u, 0140000u}) CHECK(refuses(with_mode(type | 0644), kZipSpecialFile));
  CHECK(refuses(with_mode(0040755), kZipDirectoryWithData));
  for (const std::uint32_t mode : {0100644u, 0104755u, 0102755u, 0101777u, 0u, 0644u}) CHECK(accepts(with_mode(mode)));
}

TEST_CASE("a link that would be written through is refused before anything is written", "[archive][A8]") {
  ZipMaker zip;
  zip.add("d", "/etc", test::kStored, 0120777);
  zip.add("d/x", "pwned");
  const auto ids = problems_of(zip.finish());
  CHECK(ids.count("zip-link") == 1);
  CHECK(ids.count("zip-file-is-directory") == 1);
  ZipMaker twin;
  twin.add("d/", "");
  twin.add("d/x", "fine");
  CHECK(accepts(twin));
}

TEST_CASE("one name twice is refused, with equal and with different bytes", "[archive][A11]") {
  ZipMaker different = plain(), equal = plain(), twin = plain();
  different.add("pkg/a.py", "print('evil')\n");
  equal.add("pkg/a.py", "print('a')\n");
  twin.add("pkg/aa.py", "print('a')\n");
  CHECK(refuses(different, kZipDuplicateMember));
  CHECK(refuses(equal, kZipDuplicateMember));
  CHECK(accepts(twin));
}

TEST_CASE("names that some file system would take for one are refused", "[archive][A12]") {
  struct Row {
    std::string a, b;
    bool same;
  };
  const Row row = GENERATE(values<Row>({
      {"A.py", "a.py", true},
      {"a.py", "b.py", false},
      {"pkg/X/y.py", "pkg/x/Y.py", true},
      {"pkg/X/y.py", "pkg/x/z.py", true},                     // two directories may be one
      {"X/a/y.py", "x/a/z.py", true},
      {"pkg/x/y.py", "pkg/x/z.py", false},
      {"\xc3\xa9.py", "e\xcc\x81.py", true},                  // composed, decomposed
      {"\xc3\xa9.py", "e\xcc\x80.py", false},
      {"\xc3\x89.py", "e\xcc\x81.py", true},                  // and case
      {"stra\xc3\x9f" "e", "STRASSE", true},
      {"\xe2\x84\xaa", "k", true},                            // the Kelvin sign
      {"\xce\xa3", "\xcf\x82", true},                         // final sigma
      {"q\xcc\xa3\xcc\x87", "q\xcc\x87\xcc\xa3", true},       // the order of marks
      {"\xea\xb0\x80", "\xe1\x84\x80\xe1\x85\xa1", true},     // a Hangul syllable and its letters
      {"\xd0\x96", "\xd0\xb6", true},
      {"\xd0\x96", "\xd0\xb7", false},
  }));
  CAPTURE(row.a, row.b);
  ZipMaker zip;
  zip.add(row.a, "1");
  zip.add(row.b, "2");
  CHECK(refuses(zip, kZipNameCollision) == row.same);
  CHECK(accepts(zip) == !row.same);
}

TEST_CASE("a file is not a directory", "[archive][A13]") {
  ZipMaker zip, late, twin;
  zip.add("a", "1");
  zip.add("a/b", "2");
  late.add("x/A/b/c", "2");
  late.add("x/a", "1");
  twin.add("a/", "");
  twin.add("a/b", "2");
  CHECK(refuses(zip, kZipFileIsDirectory));
  CHECK(refuses(late, kZipFileIsDirectory));
  CHECK(accepts(twin));
}

TEST_CASE("a directory carries no data", "[archive][A14]") {
  ZipMaker zip = plain();
  zip.add("d/", "payload");
  CHECK(refuses(zip, kZipDirectoryWithData));
  ZipMaker regular = plain();
  regular.at("pkg/").set_mode(0100644);
  CHECK(refuses(regular, kZipDirectoryWithData));
  CHECK(accepts(plain()));
}

TEST_CASE("local and central header must agree", "[archive][Z1][Z2]") {
  using Edit = void (*)(ZipEntry&);
  const Edit edit = GENERATE(values<Edit>({
      [](ZipEntry& e) { e.local.name = "pkg/z.py"; },
      [](ZipEntry& e) { e.local.crc ^= 1; },
      [](ZipEntry& e) { e.local.size += 1; },
      [](ZipEntry& e) { e.local.compressed_size -= 1; },
      [](ZipEntry& e) { e.local.flags = 2; },
      [](ZipEntry& e) { e.local.flags = test::kFlagUtf8; },
      [](ZipEntry& e) { e.local.method = test::kStored; },
      [](ZipEntry& e) { e.local.crc = e.local.size = e.local.compressed_size = 0; },
  }));
  ZipMaker zip = plain();
  edit(zip.at("pkg/a.py"));
  CHECK(refuses(zip, kZipLocalCentralMismatch));
}

TEST_CASE("a member that only streaming readers would see is refused", "[archive][Z3]") {
  for (const std::size_t at : {0u, 1u, 2u}) {
    ZipMaker zip = plain();
    zip.add("hidden.py", "import os\n");
    std::rotate(zip.entries().begin() + static_cast<std::ptrdiff_t>(at), zip.entries().end() - 1, zip.entries().end());
    zip.at("hidden.py").in_central = false;
    CHECK(refuses(zip, kZipHiddenMember));
  }
}

TEST_CASE("a central header that points nowhere or at another's data is refused", "[archive][Z4]") {
  ZipMaker nowhere = plain(), shared = plain(), behind = plain(), inside = plain();
  nowhere.add("ghost.py", "x").in_body = false;
  CHECK(refuses(nowhere, kZipDamagedHeader));
  shared.at("pkg/b.bin").offset = 0;
  CHECK(refuses(shared, kZipOverlap));
  behind.at("pkg/b.bin").offset = 0xfffffff0;
  CHECK(refuses(behind, kZipDamagedHeader));
  inside.at("pkg/b.bin").offset = 60;
  CHECK_FALSE(accepts(inside));
}

TEST_CASE("bytes before, between and after the members are refused", "[archive][Z5][Z6][Z3]") {
  ZipMaker before = plain(), between = plain(), before_central = plain(), after_central = plain(), after = plain();
  before.entries().front().before = "#!/bin/sh\n";
  between.at("pkg/a.py").before = std::string(8, '\0');
  before_central.before_central = "x";
  after_central.after_central = "xyz";
  after.after_end = std::string(1, '\0');
  CHECK(refuses(before, kZipLeadingBytes));
  CHECK(refuses(between, kZipUnaccountedBytes));
  CHECK(refuses(before_central, kZipUnaccountedBytes));
  CHECK(refuses(after_central, kZipEndMismatch));
  CHECK(refuses(after, kZipTrailingBytes));
  CHECK(problems_of("#!/bin/sh\n" + plain().finish()) == std::set<std::string>{"zip-end-mismatch"});
}

TEST_CASE("an end record with a comment, or two of them, is refused", "[archive][Z7]") {
  ZipMaker comment = plain(), nested = plain(), lying = plain();
  comment.edit_end = [](test::ZipEnd& end) { end.comment = "hello"; };
  nested.edit_end = [](test::ZipEnd& end) { end.comment = plain().finish(); };
  lying.edit_end = [](test::ZipEnd& end) { end.comment_size = 5; };
  CHECK(refuses(comment, kZipComment));
  CHECK_FALSE(accepts(nested));
  CHECK_FALSE(accepts(lying));
  CHECK_FALSE(problems_of(plain().finish() + plain().finish()).empty());
}

TEST_CASE("zip64 end records must agree with everything", "[archive][Z8]") {
  ZipMaker zip = plain();
  zip.zip64_end = true;
  CHECK(accepts(zip));
  zip.edit_end = [](test::ZipEnd& end) {
    end.entries = end.entries_here = 0xffff;
    end.central_size = end.central_offset = 0xffffffff;
  };
  CHECK(accepts(zip));
  struct Row {
    std::size_t at;
    std::string bytes;
  };
  const Row row = GENERATE(values<Row>({{4, le64(45)}, {16, le32(1)}, {20, le32(1)}, {24, le64(4)}, {32, le64(4)}, {40, le64(1)},
                                        {48, le64(1)}, {48, le64(~std::uint64_t{0})}, {56 + 4, le32(1)}, {56 + 8, le64(7)},
                                        {56 + 16, le32(2)}, {0, "PK\5\6"}}));
  CAPTURE(row.at);
  zip.edit_zip64_end = [&](std::string& records) { records.replace(row.at, row.bytes.size(), row.bytes); };
  CHECK_FALSE(accepts(zip));
  ZipMaker disagreeing = plain();
  disagreeing.zip64_end = true;
  disagreeing.edit_end = [](test::ZipEnd& end) { end.entries = end.entries_here = 2; };
  CHECK(refuses(disagreeing, kZipEndMismatch));
  ZipMaker missing = plain();
  missing.edit_end = [](test::ZipEnd& end) { end.central_offset = 0xffffffff; };
  CHECK(refuses(missing, kZipEndMismatch));
}

TEST_CASE("a zip64 field is there exactly when it is needed, once, and with the right length", "[archive][Z9]") {
  const auto member = [](const std::string& central, const std::string& local, bool full) {
    ZipMaker zip = plain();
    ZipEntry& entry = zip.at("pkg/b.bin");
    entry.local.extra = local;
    entry.central.extra = central;
    if (full) entry.both([](auto& fields) { fields.size = fields.compressed_size = 0xffffffff; });
    return zip;
  };
  const std::string good = test::zip_extra(1, le64(6) + le64(6));
  CHECK(accepts(member(good, good, true)));
  CHECK(refuses(member(good, good, false), kZipBadExtra));
  CHECK(refuses(member(good + good, good, true), kZipBadExtra));
  CHECK(refuses(member(test::zip_extra(1, le64(6)), good, true), kZipBadExtra));
  CHECK(refuses(member(test::zip_extra(1, le64(6) + le64(6) + le64(0)), good, true), kZipBadExtra));
  CHECK(refuses(member(good, test::zip_extra(1, le64(6)), true), kZipBadExtra));
  CHECK(refuses(member("", "", true), kZipBadExtra));
  CHECK(refuses(member("\1\0\x10", good, false), kZipBadExtra));
  CHECK(refuses(member("\x99\x99\xff\xff" "abc", "", false), kZipBadExtra));
  CHECK(accepts(member(test::zip_extra(0x5455, "\1abcd"), test::zip_extra(0x5455, "\1abcd"), false)));
  // protobuf's wheels repeat the true sizes in every local header.
  CHECK(accepts(member("", good, false)));
  CHECK(refuses(member("", test::zip_extra(1, le64(6) + le64(7)), false), kZipBadExtra));
  CHECK(refuses(member(good, "", false), kZipBadExtra));
  // A writer that did not know the sizes beforehand reserves the field in the local header alone.
  ZipMaker forced = plain();
  forced.at("pkg/b.bin").local.extra = good;
  forced.at("pkg/b.bin").local.size = forced.at("pkg/b.bin").local.compressed_size = 0xffffffff;
  CHECK(accepts(forced));
}

TEST_CASE("data descriptors may tell the truth and nothing else", "[archive][Z10]") {
  const auto with_descriptor = [](const std::function<void(ZipEntry&)>& edit) {
    ZipMaker zip = plain();
    zip.at("pkg/a.py").use_descriptor();
    edit(zip.at("pkg/a.py"));
    return zip;
  };
  CHECK(accepts(with_descriptor([](ZipEntry&) {})));
  CHECK(accepts(with_descriptor([](ZipEntry& e) {  // the sizes in front as well
    e.local.crc = e.central.crc;
    e.local.size = e.central.size;
    e.local.compressed_size = e.central.compressed_size;
  })));
  CHECK(refuses(with_descriptor([](ZipEntry& e) { e.descriptor[4] ^= 1; }), kZipDescriptorLies));
  CHECK(refuses(with_descriptor([](ZipEntry& e) { e.descriptor[8] ^= 1; }), kZipDescriptorLies));
  CHECK(refuses(with_descriptor([](ZipEntry& e) { e.descriptor[12] ^= 1; }), kZipDescriptorLies));
  CHECK(refuses(with_descriptor([](ZipEntry& e) { e.descriptor = e.descriptor.substr(4); }), kZipDescriptorLies));
  CHECK(refuses(with_descriptor([](ZipEntry& e) { e.descriptor.clear(); }), kZipDescriptorLies));
  ZipMaker off = plain();
  ZipEntry& entry = off.at("pkg/a.py");
  entry.descriptor = "PK\7\10" + le32(entry.central.crc) + le32(entry.central.compressed_size) + le32(entry.central.size);
  CHECK(refuses(off, kZipUnaccountedBytes));
}

TEST_CASE("encryption, disks, unknown flags and methods are refused", "[archive][Z11][Z12][Z13]") {
  const auto both = [](const std::function<void(test::ZipFields&)>& edit) {
    ZipMaker zip = plain();
    zip.at("pkg/a.py").both(edit);
    return zip;
  };
  for (const int bit : {0, 6, 13}) CHECK(refuses(both([&](auto& f) { f.flags = static_cast<std::uint16_t>(1u << bit); }), kZipEncrypted));
  for (const int bit : {4, 5, 7, 15})
    CHECK(refuses(both([&](auto& f) { f.flags = static_cast<std::uint16_t>(1u << bit); }), kZipUnsupportedFlag));
  for (const int bit : {1, 2, 11}) CHECK(accepts(both([&](auto& f) { f.flags = static_cast<std::uint16_t>(1u << bit); })));
  for (const int method : {1, 9, 12, 14, 93, 95, 99}) {
    const ZipMaker zip = both([&](auto& f) { f.method = static_cast<std::uint16_t>(method); });
    CHECK(refuses(zip, kZipUnsupportedMethod));
    const std::string bytes = zip.finish();
    CHECK(ZipDirectory::read(as_bytes_view(bytes), "x").error().message.find("method " + std::to_string(method)) != std::string::npos);
  }
  ZipMaker disk = plain(), member_disk = plain();
  disk.edit_end = [](test::ZipEnd& end) { end.disk = 1; };
  member_disk.at("pkg/a.py").disk = 1;
  CHECK(refuses(disk, kZipMultiDisk));
  CHECK(refuses(member_disk, kZipMultiDisk));
}

TEST_CASE("a wrong CRC is found when the member is read", "[archive][Z14]") {
  ZipMaker zip = plain();
  zip.at("pkg/a.py").both([](auto& fields) { fields.crc ^= 1; });
  zip.at("pkg/b.bin").both([](auto& fields) { fields.crc ^= 1; });
  const std::string bytes = zip.finish();
  const auto directory = ZipDirectory::read(as_bytes_view(bytes), "x.whl");
  REQUIRE(directory);
  for (const char* name : {"pkg/a.py", "pkg/b.bin"}) {
    const auto content = read_member(as_bytes_view(bytes), *directory, *directory->find(name), 100);
    REQUIRE_FALSE(content);
    CHECK(content.error().code == kZipBadCrc);
  }
}

TEST_CASE("overlapping members are refused from their ranges alone", "[archive][Z15]") {
  ZipMaker zip = plain();
  ZipEntry& entry = zip.at("pkg/a.py");
  entry.both([](auto& fields) { fields.compressed_size = 200; });
  CHECK(refuses(zip, kZipOverlap));
}

TEST_CASE("bombs are refused by ratio, total, size and impossible claims", "[archive][Z16]") {
  ZipMaker claims = plain(), huge = plain(), ratio = plain(), twin = plain();
  claims.at("pkg/a.py").both([](auto& fields) { fields.size = 1u << 30; });
  CHECK(refuses(claims, kZipBomb));
  ratio.add("zeros", std::string(70u << 20, '\0'));
  CHECK(refuses(ratio, kZipBomb));
  twin.add("zeros", std::string(60u << 20, '\0'));
  CHECK(accepts(twin));
  ZipLimits small;
  small.member_size_max_bytes = 10;
  CHECK(refuses(plain(), kZipBomb, small));
  small = {};
  small.total_size_max_bytes = 16;
  CHECK(refuses(plain(), kZipBomb, small));
  small.total_size_max_bytes = 17;
  CHECK(accepts(plain(), small));
}

TEST_CASE("an archive inside an archive is only a file", "[archive][Z17]") {
  ZipMaker zip = plain();
  zip.add("inner.zip", plain().finish(), test::kStored);
  CHECK(accepts(zip));
}

TEST_CASE("absurd counts are refused before anything is allocated for them", "[archive][Z18]") {
  ZipMaker zip = plain();
  zip.zip64_end = true;
  zip.edit_end = [](test::ZipEnd& end) { end.entries = end.entries_here = 0xffff; };
  for (const std::uint64_t count : {std::uint64_t{10'000'000}, std::uint64_t{1} << 32, ~std::uint64_t{0}}) {
    zip.edit_zip64_end = [&](std::string& records) { records.replace(24, 16, le64(count) + le64(count)); };
    CHECK(refuses(zip, kZipTooManyMembers));
  }
  ZipLimits limits;
  limits.members_max = 2;
  CHECK(refuses(plain(), kZipTooManyMembers, limits));
  limits.members_max = 3;
  CHECK(accepts(plain(), limits));
  ZipMaker fewer = plain();
  fewer.edit_end = [](test::ZipEnd& end) { end.entries = end.entries_here = 4; };
  CHECK(refuses(fewer, kZipEndMismatch));
  fewer.edit_end = [](test::ZipEnd& end) { end.entries = end.entries_here = 2; };
  CHECK(refuses(fewer, kZipDamagedHeader));
}

TEST_CASE("a deflate stream must end with its data and give its size", "[archive][Z19]") {
  const auto read = [](const std::function<void(ZipEntry&)>& edit) {
    ZipMaker zip;
    edit(zip.add("a", "some text, some text, some text"));
    const std::string bytes = zip.finish();
    const auto directory = ZipDirectory::read(as_bytes_view(bytes), "x.whl");
    REQUIRE(directory);
    return read_member(as_bytes_view(bytes), *directory, directory->members()[0], 1000).has_value();
  };
  const auto set_data = [](ZipEntry& e, const std::string& data) {
    e.data = data;
    e.both([&](auto& fields) { fields.compressed_size = static_cast<std::uint32_t>(data.size()); });
  };
  CHECK(read([](ZipEntry&) {}));
  CHECK_FALSE(read([&](ZipEntry& e) { set_data(e, e.data + "garbage"); }));
  CHECK_FALSE(read([&](ZipEntry& e) { set_data(e, e.data + e.data); }));
  CHECK_FALSE(read([&](ZipEntry& e) { set_data(e, e.data.substr(0, e.data.size() - 1)); }));
  CHECK_FALSE(read([&](ZipEntry& e) { set_data(e, std::string(e.data.size(), '\xff')); }));
  CHECK_FALSE(read([&](ZipEntry& e) { e.both([](auto& fields) { fields.size += 1; }); }));
  CHECK_FALSE(read([&](ZipEntry& e) { e.both([](auto& fields) { fields.size -= 1; }); }));
}

TEST_CASE("something else that ends like a zip is refused", "[archive][Z20]") {
  std::string tar(1024, '\0');
  tar.replace(257, 5, "ustar");
  CHECK_FALSE(problems_of(tar + plain().finish()).empty());
  ZipMaker moved = plain();
  moved.entries().front().before = tar;
  CHECK(refuses(moved, kZipLeadingBytes));
  CHECK(problems_of(tar) == std::set<std::string>{"zip-not-a-zip"});
  CHECK(problems_of("") == std::set<std::string>{"zip-not-a-zip"});
  CHECK(problems_of("<html>") == std::set<std::string>{"zip-not-a-zip"});
}

TEST_CASE("an archive cut at any byte is refused", "[archive][Z21]") {
  ZipMaker zip = plain();
  zip.at("pkg/a.py").use_descriptor();
  zip.zip64_end = true;
  const std::string whole = zip.finish();
  REQUIRE(problems_of(whole).empty());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    REQUIRE_FALSE(problems_of(cut).empty());
  }
}

TEST_CASE("an archive with any one bit flipped is refused or reads as itself", "[archive][Z22]") {
  const std::string whole = plain().finish();
  const auto contents = [](const std::string& bytes) -> std::optional<std::string> {
    const auto directory = ZipDirectory::read(as_bytes_view(bytes), "x.whl");
    if (!directory) return std::nullopt;
    std::string all;
    for (const ZipMember& member : directory->members()) {
      const auto content = read_member(as_bytes_view(bytes), *directory, member, 1000);
      if (!content) return std::nullopt;
      all += std::string(member.name) + "=" + *content + ";";
    }
    return all;
  };
  const auto truth = contents(whole);
  REQUIRE(truth);
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const auto got = contents(flipped);
    if (got) REQUIRE(*got == *truth);  // a time, a version, a mode: nothing that changes what is read
  }
}

TEST_CASE("every problem of an archive is told at once, up to twenty", "[archive]") {
  ZipMaker zip;
  for (int i = 0; i < 30; ++i) zip.add("../" + std::to_string(i), "x");
  const std::string bytes = zip.finish();
  const Error error = ZipDirectory::read(as_bytes_view(bytes), "x.whl").error();
  CHECK(error.also.size() == 19);
  CHECK(error.details == std::vector<std::string>{"and 10 further problems"});
}

TEST_CASE("only harmless rules can be lifted, and that they were is told", "[archive]") {
  const std::string aux = named("pkg/aux.py").finish(), escape = named("../x").finish();
  const auto lifted = ZipDirectory::read(as_bytes_view(aux), "x.whl", {}, {"zip-path-not-portable", "zip-path-escapes"});
  REQUIRE(lifted);
  CHECK(lifted->allowances_used() == std::vector<std::string>{"zip-path-not-portable"});
  CHECK_FALSE(ZipDirectory::read(as_bytes_view(escape), "x.whl", {}, {"zip-path-escapes"}));
}

TEST_CASE("one member is found and read through the tail of a distant archive", "[archive]") {
  ZipMaker zip = plain();
  zip.at("pkg/a.py").use_descriptor();
  const std::string whole = zip.finish();
  std::uint64_t needed = 0;
  const auto too_short = ZipTail::read(whole.substr(whole.size() - 30), whole.size(), "x.whl", &needed);
  REQUIRE(too_short);
  CHECK_FALSE(too_short->has_value());
  REQUIRE(needed < whole.size());
  auto tail = ZipTail::read(whole.substr(whole.size() - needed), whole.size(), "x.whl", &needed);
  REQUIRE(tail);
  REQUIRE(tail->has_value());
  const ZipTail moved = std::move(**tail);
  for (const ZipMember& member : moved.members()) {
    const ZipTail::Range range = moved.range_of(member);
    const std::string bytes = whole.substr(range.offset, range.size);
    const auto content = moved.read_member(member, as_bytes_view(bytes), 1000);
    REQUIRE(content);
    CHECK(content->size() == member.size);
    const std::string cut = bytes.substr(0, bytes.size() - 1);
    CHECK_FALSE(moved.read_member(member, as_bytes_view(cut), 1000));
  }
  CHECK_FALSE(ZipTail::read(whole, whole.size() - 1, "x.whl", &needed));
}
