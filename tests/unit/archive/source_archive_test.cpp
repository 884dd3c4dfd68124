// Rows T1-T8 of the attack catalogue, each with a benign twin.
#include "pipit/archive/source_archive.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <filesystem>
#include <map>

#include "support/tar_maker.h"
#include "support/wheel_maker.h"

using namespace pipit;
using namespace pipit::archive;
using test::TarMaker;

namespace {

struct Outcome {
  std::string id, message;                   // id is empty if it was unpacked
  std::map<std::string, std::string> files;  // content; "-> target" for links
  bool clean_outside = true;
};

Outcome unpack(const std::string& bytes, const std::string& filename = "demo-1.0.tar.gz", const SourceLimits& limits = {}) {
  const auto temp = sys::TempDir::create({}, "pipit-test-");
  REQUIRE(temp);
  const std::filesystem::path root = temp->path() / "a" / "b";
  std::filesystem::create_directories(root);
  const auto dir = sys::Dir::open(sys::real_os(), root);
  const Status status = unpack_source(as_bytes_view(bytes), filename, *dir, limits);
  Outcome outcome;
  if (!status) outcome.id = status.error().code.id, outcome.message = status.error().message;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const std::string name = entry.path().lexically_relative(root).string();
    if (entry.is_symlink()) outcome.files[name] = "-> " + std::filesystem::read_symlink(entry.path()).string();
    else if (entry.is_regular_file()) outcome.files[name] = test::read_whole_file(entry.path());
  }
  std::size_t around = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(temp->path())) ++around;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(temp->path() / "a")) ++around;
  outcome.clean_outside = around == 2;
  return outcome;
}

std::string id_of(const TarMaker& tar) {
  const Outcome outcome = unpack(tar.tar_gz());
  CHECK(outcome.clean_outside);
  return outcome.id;
}
TarMaker demo() { return TarMaker().directory("demo-1.0/").file("demo-1.0/setup.py", "import setuptools\n"); }

}  // namespace

TEST_CASE("an honest source archive is unpacked without its top directory", "[archive]") {
  const Outcome outcome = unpack(demo().file("demo-1.0/run.sh", "#!/bin/sh\n", 0755).file("demo-1.0/demo-1.0", "same name").tar_gz());
  CHECK(outcome.id.empty());
  CHECK(outcome.files == std::map<std::string, std::string>{{"setup.py", "import setuptools\n"}, {"run.sh", "#!/bin/sh\n"}, {"demo-1.0", "same name"}});
}

TEST_CASE("an archive without a common top directory is unpacked as it is", "[archive]") {
  const Outcome outcome = unpack(demo().file("other/x", "y").tar_gz());
  CHECK(outcome.files.count("demo-1.0/setup.py") == 1);
  CHECK(outcome.files.count("other/x") == 1);
  CHECK(unpack(TarMaker().file("./demo-1.0/x", "1").file("demo-1.0/y", "2").tar_gz()).files.size() == 2);
}

TEST_CASE("plain tar and zip are unpacked like tar.gz, and the name decides which it is", "[archive][Z20]") {
  CHECK(unpack(demo().tar(), "demo-1.0.tar").files.count("setup.py") == 1);
  test::ZipMaker zip;
  zip.add("demo-1.0/setup.py", "x");
  CHECK(unpack(zip.finish(), "demo-1.0.zip").files.count("setup.py") == 1);
  for (const char* name : {"demo-1.0.tar.bz2", "demo-1.0.tar.xz", "demo-1.0.zip", "demo-1.0.rar"}) CHECK_FALSE(unpack(demo().tar_gz(), name).id.empty());
  CHECK(unpack(zip.finish(), "demo-1.0.tar.gz").id == "tar-not-a-tar");
  CHECK(unpack("", "demo-1.0.tar.gz").id == "tar-not-a-tar");
  CHECK(unpack(std::string(2048, 'x'), "demo-1.0.tar").id == "tar-not-a-tar");
}

TEST_CASE("a member that leads outside is refused", "[archive][T1]") {
  for (const char* name : {"../x", "demo-1.0/../../x", "/etc/x", "//x", "..", "demo-1.0/.."}) CHECK(id_of(demo().file(name, "x")) == "tar-path-escapes");
  for (const char* name : {"demo-1.0/a\\b", "demo-1.0/a\x1b[31m", "demo-1.0/a\xff", "demo-1.0//x"}) CHECK(id_of(demo().file(name, "x")) == "tar-bad-path");
  CHECK(id_of(demo().file("demo-1.0/..x", "x")).empty());
}

TEST_CASE("links stay inside, however they are chained, and nothing is written through one", "[archive][T2]") {
  const auto link = [](const char* name, const char* target) { return demo().symlink(name, target); };
  CHECK(id_of(link("demo-1.0/l", "setup.py")).empty());
  CHECK(unpack(link("demo-1.0/l", "setup.py").tar_gz()).files.at("l") == "-> setup.py");
  CHECK(id_of(link("demo-1.0/d/l", "../setup.py")).empty());
  CHECK(id_of(link("demo-1.0/l", "missing")).empty());
  for (const char* target : {"/etc/passwd", "../../etc", "d/../../../x", "..", "../demo-1.0/setup.py"})
    CHECK(id_of(link("demo-1.0/l", target)) == "tar-link-escapes");
  CHECK(id_of(demo().symlink("demo-1.0/a", "sub/deep").directory("demo-1.0/sub/deep").symlink("demo-1.0/b", "a/../../../x")) == "tar-link-escapes");
  CHECK(id_of(demo().symlink("demo-1.0/a", "b").symlink("demo-1.0/b", "a")) == "tar-link-escapes");
  CHECK(id_of(demo().symlink("demo-1.0/d", "sub").file("demo-1.0/d/x", "through")) == "tar-path-escapes");
  CHECK(id_of(demo().symlink("demo-1.0/setup.py", "x")) == "tar-bad-path");
  CHECK(id_of(demo().symlink("demo-1.0/l", "setup.py").file("demo-1.0/l", "through")) == "tar-bad-path");
}

TEST_CASE("a long chain of links ends", "[archive][T2]") {
  TarMaker tar = demo();
  std::string long_name = "demo-1.0/";
  for (int i = 0; i < 60; ++i) tar.symlink("demo-1.0/l" + std::to_string(i), "l" + std::to_string(i + 1));
  CHECK(id_of(tar) == "tar-link-escapes");
}

TEST_CASE("hard links join files that were unpacked before", "[archive][T3]") {
  const Outcome good = unpack(demo().hard_link("demo-1.0/copy.py", "demo-1.0/setup.py").tar_gz());
  CHECK(good.files.at("copy.py") == "import setuptools\n");
  for (const char* target : {"/etc/passwd", "../../x", "demo-1.0/absent", "demo-1.0"}) CHECK_FALSE(id_of(demo().hard_link("demo-1.0/h", target)).empty());
  CHECK(id_of(demo().symlink("demo-1.0/l", "setup.py").hard_link("demo-1.0/h", "demo-1.0/l")) == "tar-link-escapes");
}

TEST_CASE("devices, FIFOs and kinds of other tools are refused", "[archive][T4]") {
  for (const char type : {'3', '4', '6'}) CHECK(id_of(demo().member({"demo-1.0/x", {}, type}, {})) == "tar-special-file");
  for (const char type : {'S', 'D', 'M', 'V', 'N', 'z', '\1'}) CHECK(id_of(demo().member({"demo-1.0/x", {}, type}, {})) == "tar-bad-header");
  CHECK(id_of(demo().member({"demo-1.0/x", {}, '7', 0644, 1}, "y")).empty());
}

TEST_CASE("a pax size must be the header's", "[archive][T5]") {
  const auto sized = [](const std::string& size) { return demo().pax(TarMaker::record("size", size)).file("demo-1.0/x", "12345"); };
  CHECK(id_of(sized("5")).empty());
  for (const char* size : {"0", "512", "-5", "", "5x", "99999999999999999999999"}) CHECK(id_of(sized(size)) == "tar-headers-disagree");
  for (const char type : {'1', '2', '5'}) CHECK(id_of(demo().member({"demo-1.0/x", "setup.py", type, 0644, 512}, std::string(512, 'x'))) == "tar-bad-header");
}

TEST_CASE("pax records are well-formed, single, and global ones rename nothing", "[archive][T6]") {
  const auto with = [](const std::string& records, char type = 'x') { return demo().pax(records, type).file("demo-1.0/x", "y"); };
  const auto record = &TarMaker::record;
  CHECK(id_of(with(record("comment", "hello") + record("mtime", "1.5"))).empty());
  CHECK(unpack(with(record("path", "demo-1.0/\xc3\xa9")).tar_gz()).files.count("\xc3\xa9") == 1);
  CHECK(id_of(with(record("comment", "abc"), 'g')).empty());
  CHECK(id_of(with(record("path", "demo-1.0/evil"), 'g')) == "tar-headers-disagree");
  CHECK(id_of(with(record("size", "1"), 'g')) == "tar-headers-disagree");
  CHECK(id_of(with(record("GNU.sparse.name", "x"))) == "tar-headers-disagree");
  CHECK(id_of(with(record("hdrcharset", "BINARY"))) == "tar-headers-disagree");
  CHECK(id_of(with(record("path", "demo-1.0/a") + record("path", "demo-1.0/b"))) == "tar-bad-header");
  CHECK(id_of(with(record("path", std::string("demo-1.0/a\0b", 12)))) == "tar-bad-header");
  CHECK(id_of(with(record("path", "../evil"))) == "tar-path-escapes");
  for (const char* bad : {"path=x\n", "5 path=x\n", "99 path=x\n", "10 path=abc", "-1 a=b\n", "4 =\n", "18446744073709551617 a=b\n"})
    CHECK(id_of(with(bad)) == "tar-bad-header");
  CHECK(id_of(demo().pax(record("comment", "a")).pax(record("comment", "b")).file("demo-1.0/x", "y")) == "tar-headers-disagree");
  CHECK(id_of(demo().pax(record("comment", "a"))) == "tar-truncated");
}

TEST_CASE("GNU long names are read, once", "[archive][T6]") {
  const std::string name = "demo-1.0/" + std::string(150, 'n');
  const std::string zero_ended = name + std::string(1, '\0');
  CHECK(unpack(demo().pax(zero_ended, 'L').file("cut", "y").tar_gz()).files.count(std::string(150, 'n')) == 1);
  CHECK(id_of(demo().pax(zero_ended, 'L').pax(zero_ended, 'L').file("cut", "y")) == "tar-headers-disagree");
  CHECK(id_of(demo().pax(zero_ended, 'L').pax(TarMaker::record("path", "demo-1.0/other")).file("cut", "y")) == "tar-headers-disagree");
}

TEST_CASE("numbers that are negative, huge or not octal are refused", "[archive][T7]") {
  const auto patched = [](std::size_t at, const std::string& bytes) {
    std::string tar = TarMaker().file("demo-1.0/x", "12345").tar();
    tar.replace(at, bytes.size(), bytes);
    tar.replace(148, 8, "        ");
    unsigned sum = 0;
    for (int i = 0; i < 512; ++i) sum += static_cast<unsigned char>(tar[static_cast<std::size_t>(i)]);
    char text[16];
    std::snprintf(text, sizeof text, "%06o", sum);
    tar.replace(148, 7, std::string(text) + '\0');
    return unpack(tar, "demo-1.0.tar").id;
  };
  CHECK(patched(124, "00000000005").empty());
  CHECK(patched(124, std::string("\x80\0\0\0\0\0\0\0\0\0\0\5", 12)) == "tar-not-a-tar");
  CHECK(patched(124, std::string(12, '\xff')) == "tar-not-a-tar");
  CHECK(patched(124, "-0000000005") == "tar-not-a-tar");
  CHECK(patched(124, "0000000000x") == "tar-not-a-tar");
  CHECK_FALSE(patched(124, "77777777777").empty());
  CHECK(id_of(demo().member({"demo-1.0/x", {}, '0', 0644, 5, true}, "12345")) == "tar-bad-header");
}

TEST_CASE("an archive cut at any place is refused", "[archive][T7]") {
  const std::string tar = demo().tar(), gz = demo().tar_gz();
  for (std::size_t size = 0; size + 1024 < tar.size(); size += 97) CHECK_FALSE(unpack(tar.substr(0, size), "demo-1.0.tar").id.empty());
  for (std::size_t size = 0; size < gz.size(); size += 3) CHECK_FALSE(unpack(gz.substr(0, size)).id.empty());
}

TEST_CASE("a second stream, trailing bytes and bombs are refused", "[archive][T8]") {
  const std::string gz = demo().tar_gz();
  CHECK(unpack(gz + gz).id == "tar-trailing-bytes");
  CHECK(unpack(gz + "junk").id == "tar-trailing-bytes");
  CHECK(unpack(test::gzip(demo().tar() + "junk")).id == "tar-trailing-bytes");
  CHECK(unpack(test::gzip(demo().tar() + std::string(8192, '\0'))).id.empty());
  SourceLimits limits;
  limits.total_size_max_bytes = 1000;
  CHECK(unpack(demo().file("demo-1.0/big", std::string(1001, 'x')).tar_gz(), "demo-1.0.tar.gz", limits).id == "tar-bomb");
  limits = {};
  limits.ratio_floor_bytes = 1000;
  CHECK(unpack(demo().file("demo-1.0/big", std::string(1u << 20, '\0')).tar_gz(), "demo-1.0.tar.gz", limits).id == "tar-bomb");
  limits = {};
  limits.members_max = 2;
  CHECK(unpack(demo().file("demo-1.0/third", "").tar_gz(), "demo-1.0.tar.gz", limits).id == "tar-bomb");
  CHECK(id_of(demo().member({"demo-1.0/x", {}, 'x', 0644, 2u << 20}, std::string(2u << 20, ' '))) == "tar-bad-header");
}

TEST_CASE("files keep the times of the archive, which build tools compare", "[archive]") {
  const auto temp = sys::TempDir::create({}, "pipit-test-");
  REQUIRE(temp);
  const auto seconds_of = [&](const TarMaker& tar) {
    const std::string bytes = tar.tar_gz();
    const auto folder = sys::TempDir::create(temp->path(), "each-");
    REQUIRE(folder);
    const auto destination = sys::Dir::open(sys::real_os(), folder->path());
    REQUIRE(destination);
    REQUIRE(archive::unpack_source(as_bytes_view(bytes), "demo-1.0.tar.gz", *destination));
    return sys::stat_path(folder->path() / "configure", sys::Follow::no).value()->mtime_ns;
  };
  const auto configure = [](std::uint64_t seconds) { return TarMaker::Header{"demo-1.0/configure", "", '0', 0755, 1, false, seconds}; };
  CHECK(seconds_of(TarMaker().member(configure(1'600'000'000), "x")) == 1'600'000'000'000'000'000);
  CHECK(seconds_of(TarMaker().pax(TarMaker::record("mtime", "1600000001.25")).member(configure(7), "x")) == 1'600'000'001'250'000'000);
  CHECK(seconds_of(TarMaker().pax(TarMaker::record("mtime", "-1")).member(configure(7), "x")) > 1'600'000'001'250'000'000);  // of no use: now
}

TEST_CASE("a file that occurs again replaces the first one", "[archive]") {
  CHECK(unpack(demo().file("demo-1.0/setup.py", "second").tar_gz()).files.at("setup.py") == "second");
}
