#include "pipit/packaging/tags.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

using namespace pipit::packaging;

namespace {

TagTarget linux_target(int minor, std::string flags = "") {
  TagTarget target;
  target.python_minor = minor;
  target.abi_flags = std::move(flags);
  target.architecture = "x86_64";
  target.libc = Libc::glibc;
  target.libc_major = 2;
  target.libc_minor = 17;
  return target;
}

std::vector<std::string> texts(const TagTarget& target) {
  std::vector<std::string> all;
  const SupportedTags supported = SupportedTags::for_target(target);
  for (const Tag& tag : supported.tags()) all.push_back(tag.str());
  return all;
}

bool supports(const TagTarget& target, std::string_view tag) {
  return SupportedTags::for_target(target).supports(parse_tag(tag).value());
}

// The tags of one platform keep the list short enough to read.
TagTarget windows_target(int minor, std::string flags = "") {
  TagTarget target = linux_target(minor, std::move(flags));
  target.os = OsKind::windows;
  target.architecture = "amd64";
  return target;
}

}  // namespace

TEST_CASE("a compressed tag stands for the product of its sets", "[packaging]") {
  CHECK(parse_tag("py2.PY3-none-any").value() == std::vector<Tag>{{"py2", "none", "any"}, {"py3", "none", "any"}});
  CHECK(parse_tag("py3.py3-none-any").value().size() == 1);
  for (const char* text :
       {"", "py3", "py3-none", "py3-none-any-x", "py3.-none-any", "-none-any", "py3-none-", "2.7-none-any", "py+3-none-any"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_tag(text));
  }
}

TEST_CASE("a tag made to explode is refused", "[packaging]") {
  std::string set = "a";
  for (int i = 0; i < 200; ++i) set += ".a" + std::to_string(i);
  CHECK_FALSE(parse_tag(set + "-" + set + "-" + set));
}

TEST_CASE("CPython's tags stand in the order of the reference", "[packaging]") {
  CHECK(texts(windows_target(4, "m")) ==
        std::vector<std::string>{"cp34-cp34m-win_amd64", "cp34-abi3-win_amd64", "cp34-none-win_amd64", "cp33-abi3-win_amd64",
                                 "cp32-abi3-win_amd64", "py34-none-win_amd64", "py3-none-win_amd64", "py33-none-win_amd64",
                                 "py32-none-win_amd64", "py31-none-win_amd64", "py30-none-win_amd64", "cp34-none-any",
                                 "py34-none-any", "py3-none-any", "py33-none-any", "py32-none-any", "py31-none-any",
                                 "py30-none-any"});
}

TEST_CASE("a free-threaded build takes abi3t and never abi3", "[packaging]") {
  const TagTarget target = windows_target(15, "t");
  CHECK(texts(target).front() == "cp315-cp315t-win_amd64");
  CHECK(supports(target, "cp315-abi3.abi3t-win_amd64"));
  CHECK(supports(target, "cp313-abi3t-win_amd64"));
  CHECK_FALSE(supports(target, "cp313-abi3-win_amd64"));
  CHECK_FALSE(supports(target, "cp315-cp315-win_amd64"));
  CHECK_FALSE(supports(windows_target(15), "cp315-abi3t-win_amd64"));
}

TEST_CASE("a debug build also loads ordinary extensions since 3.8", "[packaging]") {
  CHECK(supports(windows_target(12, "d"), "cp312-cp312d-win_amd64"));
  CHECK(supports(windows_target(12, "d"), "cp312-cp312-win_amd64"));
  CHECK_FALSE(supports(windows_target(7, "dm"), "cp37-cp37m-win_amd64"));
}

TEST_CASE("older stable ABIs are usable, older plain tags are not", "[packaging]") {
  CHECK(supports(windows_target(12), "cp39-abi3-win_amd64"));
  CHECK_FALSE(supports(windows_target(12), "cp39-none-win_amd64"));
  CHECK_FALSE(supports(windows_target(12), "cp39-none-any"));
  CHECK_FALSE(supports(windows_target(9), "cp312-abi3-win_amd64"));
}

TEST_CASE("PyPy and GraalPy have no stable ABI", "[packaging]") {
  TagTarget pypy = windows_target(10);
  pypy.implementation = "pypy";
  pypy.pypy_abi = "pypy310_pp73";
  CHECK(texts(pypy).front() == "pp310-pypy310_pp73-win_amd64");
  CHECK(supports(pypy, "pp3-none-any"));
  CHECK_FALSE(supports(pypy, "cp310-abi3-win_amd64"));
  TagTarget graal = pypy;
  graal.implementation = "graalpy";
  graal.pypy_abi = "graalpy242_311_native";
  CHECK(texts(graal).front() == "graalpy310-graalpy242_311_native-win_amd64");
  CHECK_FALSE(supports(graal, "graalpy310-none-any"));
}

TEST_CASE("linux_* comes first, then every manylinux the glibc can run, with the legacy names", "[packaging]") {
  TagTarget target = linux_target(12);
  CHECK(platform_tags(target) ==
        std::vector<std::string>{"linux_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux_2_16_x86_64",
                                 "manylinux_2_15_x86_64", "manylinux_2_14_x86_64", "manylinux_2_13_x86_64",
                                 "manylinux_2_12_x86_64", "manylinux2010_x86_64", "manylinux_2_11_x86_64",
                                 "manylinux_2_10_x86_64", "manylinux_2_9_x86_64", "manylinux_2_8_x86_64", "manylinux_2_7_x86_64",
                                 "manylinux_2_6_x86_64", "manylinux_2_5_x86_64", "manylinux1_x86_64"});
  target.architecture = "aarch64";
  CHECK(platform_tags(target) == std::vector<std::string>{"linux_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"});
  target.architecture = "mips64";
  CHECK(platform_tags(target) == std::vector<std::string>{"linux_mips64"});
  target.libc = Libc::none;
  target.architecture = "x86_64";
  CHECK(platform_tags(target) == std::vector<std::string>{"linux_x86_64"});
}

TEST_CASE("glibc and musl never mix, and 32-bit ARM needs hard floats", "[packaging]") {
  TagTarget target = linux_target(12);
  target.libc = Libc::musl;
  target.libc_major = 1;
  target.libc_minor = 1;
  CHECK(platform_tags(target) == std::vector<std::string>{"linux_x86_64", "musllinux_1_1_x86_64", "musllinux_1_0_x86_64"});
  TagTarget arm = linux_target(12);
  arm.architecture = "armv8l";
  CHECK(platform_tags(arm) == std::vector<std::string>{"linux_armv8l", "linux_armv7l", "manylinux_2_17_armv8l",
                                                       "manylinux2014_armv8l", "manylinux_2_17_armv7l", "manylinux2014_armv7l"});
  arm.arm_hard_float = false;
  CHECK(platform_tags(arm) == std::vector<std::string>{"linux_armv8l", "linux_armv7l"});
}

TEST_CASE("macOS counts minors before 11 and majors after", "[packaging]") {
  TagTarget target = linux_target(12);
  target.os = OsKind::macos;
  target.architecture = "arm64";
  target.os_major = 12;
  target.os_minor = 3;
  std::vector<std::string> tags = platform_tags(target);
  tags.resize(6);
  CHECK(tags == std::vector<std::string>{"macosx_12_0_arm64", "macosx_12_0_universal2", "macosx_11_0_arm64",
                                         "macosx_11_0_universal2", "macosx_10_16_universal2", "macosx_10_15_universal2"});
  target.architecture = "x86_64";
  target.os_major = 10;
  target.os_minor = 4;
  CHECK(platform_tags(target) == std::vector<std::string>{"macosx_10_4_x86_64", "macosx_10_4_intel", "macosx_10_4_fat64",
                                                          "macosx_10_4_fat3", "macosx_10_4_universal2", "macosx_10_4_universal"});
}

TEST_CASE("the platforms of phones, browsers and the rest", "[packaging]") {
  TagTarget target;
  target.os = OsKind::android;
  target.architecture = "arm64-v8a";
  target.os_major = 17;
  CHECK(platform_tags(target) == std::vector<std::string>{"android_17_arm64_v8a", "android_16_arm64_v8a"});
  target.os = OsKind::ios;
  target.architecture = "arm64-iphoneos";
  target.os_major = 12;
  target.os_minor = 1;
  CHECK(platform_tags(target) == std::vector<std::string>{"ios_12_1_arm64_iphoneos", "ios_12_0_arm64_iphoneos"});
  target.os = OsKind::emscripten;
  target.os_major = 2026;
  target.os_minor = 0;
  target.generic_platform = "emscripten-4.0.9-wasm32";
  CHECK(platform_tags(target) == std::vector<std::string>{"pyemscripten_2026_0_wasm32", "emscripten_4_0_9_wasm32"});
  target.os = OsKind::other;
  target.generic_platform = "freebsd-14.0-release-amd64";
  CHECK(platform_tags(target) == std::vector<std::string>{"freebsd_14_0_release_amd64"});
  target.os = OsKind::windows;
  target.architecture = "x86";
  CHECK(platform_tags(target) == std::vector<std::string>{"win32"});
}

TEST_CASE("the rank of a wheel is that of its best tag", "[packaging]") {
  const SupportedTags tags({{"cp312", "cp312", "p"}, {"py3", "none", "any"}, {"cp312", "cp312", "p"}});
  CHECK(tags.rank(parse_tag("py2.py3-none-any").value()) == 1);
  CHECK(tags.rank(parse_tag("cp312.py3-cp312.none-p.any").value()) == 0);
  CHECK_FALSE(tags.rank(parse_tag("py2-none-any").value()));
  CHECK_FALSE(SupportedTags().rank(parse_tag("py2-none-any").value()));
}

TEST_CASE("given platforms replace the computed ones", "[packaging]") {
  TagTarget target = linux_target(12);
  target.platforms = {"manylinux2014_x86_64"};
  CHECK(supports(target, "cp312-cp312-manylinux2014_x86_64"));
  CHECK_FALSE(supports(target, "cp312-cp312-linux_x86_64"));
}
