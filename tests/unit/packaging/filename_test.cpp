#include "pipit/packaging/filename.h"

#include <catch2/catch_test_macros.hpp>

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
