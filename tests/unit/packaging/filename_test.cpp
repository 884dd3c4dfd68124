#include "pipit/packaging/filename.h"

#include <catch2/catch_test_macros.hpp>
#include <random>

using namespace pipit::packaging;

TEST_CASE("a wheel's name gives name, version, build and tags", "[packaging]") {
  const WheelFilename wheel = WheelFilename::parse("Foo_Bar-1.0.post1+x.1-0012abc-py2.py3-none-any.whl").value();
  CHECK(wheel.name == "Foo_Bar");
  CHECK(wheel.normalized_name == "foo-bar");
  CHECK(wheel.version.str() == "1.0.post1+x.1");
  CHECK(wheel.version_text == "1.0.post1+x.1");
  CHECK(wheel.build == BuildTag{"12", "abc"});
  CHECK(wheel.tags.size() == 2);
  CHECK(WheelFilename::parse("a.b-1_post1-py3-none-any.whl").value().version.str() == "1.post1");
  CHECK(WheelFilename::parse("f\xC3\xB6o-1-py3-none-any.whl").value().normalized_name == "f\xC3\xB6o");
}

TEST_CASE("names that are no wheel's are refused", "[packaging]") {
  for (const char* name :
       {"foo-1.0.tar.gz", "foo-1.0-py3-none-any.WHL", "foo-1.0.whl", "-1.0-py3-none-any.whl", "foo__bar-1.0-py3-none-any.whl",
        "foo+bar-1.0-py3-none-any.whl", "foo-1.x-py3-none-any.whl", "foo--py3-none-any.whl", "foo-1.0-abc-py3-none-any.whl",
        "foo-1.0-1-2-py3-none-any.whl", "foo-1.0-py3-none-.whl", "foo-1.0-py3.-none-any.whl", "foo-1.0-2.7.6-none-any.whl",
        "foo-1.0-py3-none-any-x86_64_v3.whl", ".whl", ""}) {
    CAPTURE(name);
    CHECK_FALSE(WheelFilename::parse(name));
  }
}

TEST_CASE("the quick reading of a wheel's name takes what the whole one takes", "[packaging]") {
  constexpr std::string_view kBytes = "-._+ 1a!W\xC3";
  std::mt19937 random(20261123);  // NOLINT: the same walk every time
  std::size_t taken = 0;
  for (const std::string sound : {"Foo_Bar-1.0.post1+x.1-0012abc-py2.py3-none-any.whl", "numpy-2.1.0-cp313-cp313t-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "a-1-py3-none-any.whl"})
    for (int round = 0; round < 4'000; ++round) {
      std::string name = sound;
      for (std::size_t i = 0, count = random() % 4; i < count; ++i) {
        const std::size_t at = random() % name.size();
        if (random() % 2 == 0) name[at] = kBytes[random() % kBytes.size()];
        else if (random() % 2 == 0 && name.size() > 1) name.erase(at, 1);
        else name.insert(at, 1, kBytes[random() % kBytes.size()]);
      }
      const auto quick = WheelName::read(name);
      const auto whole = WheelFilename::parse(name);
      if (quick.has_value() != whole.has_value()) FAIL(name);
      if (!quick) continue;
      ++taken;
      if (quick->normalized_name != whole->normalized_name || quick->version != whole->version || quick->version_text != whole->version_text ||
          parse_tag(quick->tags).value() != whole->tags)
        FAIL(name);
    }
  CHECK(taken > 3'000);
  std::string many = "p0";
  for (int i = 1; i < 1002; ++i) many += ".p" + std::to_string(i);
  CHECK_FALSE(is_valid_tag("py3-none-" + many));
  CHECK_FALSE(parse_tag("py3-none-" + many));
  const std::string some = many.substr(0, many.find(".p40"));  // 40 x 40 are too many, each alone is not
  CHECK_FALSE(is_valid_tag("py3-" + some + "-" + some));
  CHECK(is_valid_tag("py3-none-" + some));
}

TEST_CASE("build tags sort by number, then text, absent first", "[packaging]") {
  CHECK(BuildTag{} < BuildTag{"0", ""});
  CHECK(BuildTag{"2", "z"} < BuildTag{"10", "a"});
  CHECK(BuildTag{"2", ""} < BuildTag{"2", "a"});
  CHECK(BuildTag{"99999999999999999999", ""} < BuildTag{"100000000000000000000", ""});
}

TEST_CASE("an sdist's name is split at its last dash", "[packaging]") {
  const SdistFilename sdist = SdistFilename::parse("Foo-bar_baz-1.0.tar.gz").value();
  CHECK(sdist.name == "foo-bar-baz");
  CHECK(sdist.version.str() == "1.0");
  for (const char* name : {"foo-1.0.tgz", "foo.tar.gz", "-1.0.tar.gz", "foo-1.x.zip", "foo-.zip"}) {
    CAPTURE(name);
    CHECK_FALSE(SdistFilename::parse(name));
  }
}

TEST_CASE("a link's version is what stands behind the project's name", "[packaging]") {
  CHECK(sdist_version_text("Foo.Bar-1.0.tar.bz2", "foo-bar") == "1.0");
  CHECK(sdist_version_text("foo-bar-1.0.zip", "foo") == "bar-1.0");
  CHECK(sdist_version_text("foo--1.0", "foo") == "-1.0");
  CHECK_FALSE(sdist_version_text("foo-.tar.gz", "foo"));
  CHECK_FALSE(sdist_version_text("foobar-1.0.zip", "foo"));
  CHECK_FALSE(sdist_version_text("foo.tar.gz", "foo"));
}

TEST_CASE("archive suffixes are those that pip knows", "[packaging]") {
  CHECK(archive_suffix("a-1.0.TAR.GZ") == ".tar.gz");
  CHECK(archive_suffix("a-1.0.tar.lzma") == ".tar.lzma");
  CHECK(archive_suffix("a.whl") == ".whl");
  CHECK_FALSE(archive_suffix("a.tar.zip"));
  CHECK_FALSE(archive_suffix(".zip"));
  CHECK_FALSE(archive_suffix("a.gz"));
  CHECK_FALSE(archive_suffix("a.7z"));
  CHECK_FALSE(archive_suffix("tar"));
}
