// pyproject.toml, dependency groups, pylock.toml and script metadata.
#include <catch2/catch_test_macros.hpp>

#include "pipit/packaging/pylock.h"
#include "pipit/packaging/pyproject.h"
#include "pipit/packaging/script_metadata.h"

using namespace pipit;
using namespace pipit::packaging;

namespace {
std::string deep(char open, std::size_t count) { return "x = " + std::string(count, open); }
std::string dotted(std::size_t count) {
  std::string key = "a";
  for (std::size_t i = 1; i < count; ++i) key += ".a";
  return key;
}
const std::string kLock = "lock-version = \"1.0\"\ncreated-by = \"t\"\n";
const std::string kHashes = "hashes = {sha256 = \"AB\"}\n";
}  // namespace

TEST_CASE("a build system is what the table says, else setuptools", "[packaging]") {
  const auto project = Pyproject::parse("[build-system]\nrequires = [\"hatchling\", \"a>=1\"]\nbuild-backend = \"hatchling.build\"\nbackend-path = [\"_b\", \"./c/d\"]\n", "x");
  REQUIRE(project);
  CHECK(project->build_system->backend == "hatchling.build");
  CHECK(project->build_system->requires_dist.size() == 2);
  CHECK(project->build_system->backend_path == std::vector<std::string>{"_b", "./c/d"});
  CHECK_FALSE(project->build_system->backend_is_default);
  CHECK_FALSE(Pyproject::parse("", "x")->build_system);
  CHECK(BuildSystem::legacy().backend == "setuptools.build_meta:__legacy__");
  CHECK(BuildSystem::legacy().requires_text == std::vector<std::string>{"setuptools>=40.8.0"});
  const auto without_backend = Pyproject::parse("[build-system]\nrequires = []\n", "x");
  CHECK(without_backend->build_system->backend_is_default);
}

TEST_CASE("letters of every alphabet may stand in a quoted key, and in a bare one they are refused", "[packaging]") {
  for (const char* letter : {"\u00e9", "\u041d", "\u30ab", "\u4e2d", "\U0001f40d"}) {
    CAPTURE(letter);
    CHECK(Pyproject::parse(std::string("[tool.\"") + letter + "\"]\nx = '" + letter + "' # " + letter + "\n", "x"));
    CHECK_FALSE(Pyproject::parse(std::string("a") + letter + "b = 1\n", "x"));
    CHECK_FALSE(Pyproject::parse(std::string("x = \"\"\"\\") + letter + "\"\"\"\n", "x"));
  }
}

TEST_CASE("a table header that does not begin with a key is refused", "[packaging]") {
  for (const char* text : {"[ = 1]\n", "[.a]\n", "[[=]]\n", "[a.=]\n", "[,]\n", "[", "[["}) {
    CAPTURE(text);
    CHECK_FALSE(Pyproject::parse(text, "x"));
  }
}

TEST_CASE("a build system that cannot be obeyed is refused", "[packaging]") {
  struct Row {
    std::string text;
    ErrorCode code;
  };
  const Row rows[] = {
      {"[build-system]\nbuild-backend = \"x\"\n", kMissingBuildRequires},
      {"[build-system]\nrequires = \"x\"\n", kInvalidBuildRequires},
      {"[build-system]\nrequires = [1]\n", kInvalidBuildRequires},
      {"[build-system]\nrequires = [\"!\"]\n", kInvalidBuildRequires},
      {"build-system = 1\n", kInvalidPyproject},
      {"[build-system]\nrequires = []\nbuild-backend = 1\n", kInvalidPyproject},
      {"[build-system]\nrequires = []\nbackend-path = [\"..\"]\n", kInvalidPyproject},
      {"[build-system]\nrequires = []\nbackend-path = [\"a/../../b\"]\n", kInvalidPyproject},
      {"[build-system]\nrequires = []\nbackend-path = [\"/abs\"]\n", kInvalidPyproject},
      {"not toml", kInvalidPyproject},
      {"a = \"\xFF\"\n", kInvalidPyproject},
      {deep('[', 100'000), kInvalidPyproject},
      {"x = " + std::string(100'000, '{'), kInvalidPyproject},
      {dotted(100'000) + " = 1\n", kInvalidPyproject},
      {"[" + dotted(100'000) + "]\n", kInvalidPyproject},
  };
  for (const Row& row : rows) {
    INFO(row.text.substr(0, 80));
    const auto project = Pyproject::parse(row.text, "x");
    REQUIRE_FALSE(project);
    CHECK(project.error().code == row.code);
  }
  CHECK(Pyproject::parse("a = 1\nb = = 2\n", "x").error().where == "pyproject.toml:2:5");
}

TEST_CASE("[project] gives static dependencies, and its faults do not stop a build", "[packaging]") {
  const auto project = Pyproject::parse(
      "[project]\nname = \"A.b\"\nversion = \"1\"\nrequires-python = \">=3\"\ndependencies = [\"x>1\"]\n[project.optional-dependencies]\nFoo_Bar = [\"y\"]\n", "x");
  REQUIRE(project->project);
  CHECK(project->project->dependencies.at(0).str() == "x>1");
  CHECK(project->project->optional_dependencies.at("foo-bar").size() == 1);
  CHECK(project->project->dependencies_are_static());
  CHECK_FALSE(Pyproject::parse("[project]\nname = \"a\"\ndynamic = [\"version\", \"dependencies\"]\n", "x")->project->dependencies_are_static());
  for (const char* bad : {"[project]\n", "[project]\nname = \"-\"\nversion=\"1\"\n", "[project]\nname = \"a\"\n", "project = []\n",
                          "[project]\nname=\"a\"\nversion=\"1\"\ndependencies=\"x\"\n", "[project]\nname=\"a\"\nversion=\"1\"\ndynamic=[\"name\"]\n",
                          "[project]\nname=\"a\"\nversion=\"1\"\noptional-dependencies={a-b=[],a_b=[]}\n"}) {
    INFO(bad);
    const auto broken = Pyproject::parse(bad, "x");
    REQUIRE(broken);
    CHECK_FALSE(broken->project);
    CHECK(broken->project_problem);
  }
}

TEST_CASE("dependency groups expand in place and are judged only when asked for", "[packaging]") {
  const auto project = Pyproject::parse(
      "[dependency-groups]\ntest = [\"a\", {include-group = \"Doc_s\"}, \"a\"]\ndoc-s = [\"b\", {include-group = \"base\"}]\nbase = [\"c>1\"]\n"
      "loop = [{include-group = \"pool\"}]\npool = [{include-group = \"loop\"}]\nself = [{include-group = \"self\"}]\nlost = [{include-group = \"nowhere\"}]\n"
      "keys = [{include-group = \"base\", other = 1}]\nnumber = [1]\ntext = \"a\"\nbad = [\"!\", \"?\"]\ntwice = [{include-group = \"base\"}, {include-group = \"base\"}]\n", "x");
  REQUIRE(project);
  const auto names = [&](std::string_view group) {
    std::string out;
    const auto requirements = project->groups.resolve(group);
    REQUIRE(requirements);
    for (const Requirement& requirement : *requirements) out += requirement.str() + " ";
    return out;
  };
  CHECK(names("TEST") == "a b c>1 a ");
  CHECK(names("twice") == "c>1 c>1 ");
  for (const char* bad : {"loop", "self", "lost", "keys", "number", "text", "unknown"}) {
    INFO(bad);
    CHECK_FALSE(project->groups.resolve(bad));
  }
  CHECK(project->groups.resolve("bad").error().also.size() == 1);
  CHECK(Pyproject::parse("[dependency-groups]\nA_b = []\na-B = []\n", "x")->groups_problem);
}

TEST_CASE("groups that double at every step are stopped", "[packaging]") {
  std::vector<DependencyGroup> groups;
  for (int i = 0; i < 60; ++i) groups.push_back({"g" + std::to_string(i), {{"", "g" + std::to_string(i + 1), ""}, {"", "g" + std::to_string(i + 1), ""}}, ""});
  groups.push_back({"g60", {{"a", "", ""}}, ""});
  CHECK_FALSE(DependencyGroups::make(std::move(groups))->resolve("g0"));
}

TEST_CASE("a lock file is read and printed without loss", "[packaging]") {
  const std::string text = "lock-version = \"1.0\"\nenvironments = [\"sys_platform == 'linux'\"]\nrequires-python = \">=3.9\"\nextras = [\"x\"]\n"
      "dependency-groups = [\"dev\"]\ndefault-groups = [\"dev\"]\ncreated-by = \"a \\\"tool\\\"\"\n"
      "[[packages]]\nname = \"foo\"\nversion = \"1.0\"\nmarker = \"os_name == 'posix'\"\nrequires-python = \">=3.9\"\nindex = \"https://i/simple\"\n"
      "dependencies = [{name = \"bar\"}]\nattestation-identities = [{kind = \"GitHub\", repository = \"a/b\"}]\n"
      "sdist = {url = \"https://h/foo-1.0.tar.gz\", size = 12, upload-time = 2024-05-06T07:08:09Z, hashes = {sha512 = \"cd\", sha256 = \"AB\"}}\n"
      "wheels = [{name = \"foo-1.0-py3-none-any.whl\", path = \"w/foo.whl\", hashes = {sha256 = \"ef\"}}]\n"
      "[[packages]]\nname = \"bar\"\nvcs = {type = \"git\", url = \"https://h/r\", requested-revision = \"v1\", commit-id = \"abc\", subdirectory = \"s\"}\n"
      "[[packages]]\nname = \"dir\"\ndirectory = {path = \".\", editable = true}\n"
      "[[packages]]\nname = \"arc\"\narchive = {url = \"https://h/a.zip\", hashes = {sha256 = \"00\"}, subdirectory = \"q\"}\n[tool.x]\ny = 1\n";
  const auto lock = Pylock::parse(text);
  if (!lock) FAIL(lock.error().message);
  REQUIRE(lock->packages.size() == 4);
  CHECK(lock->packages[0].sdist->hashes == Hashes{{"sha256", "ab"}, {"sha512", "cd"}});
  CHECK(lock->packages[0].sdist->upload_time == "2024-05-06T07:08:09Z");
  CHECK(lock->packages[0].sdist->size_bytes == 12);
  CHECK(lock->packages[0].wheels[0].filename() == "foo-1.0-py3-none-any.whl");
  CHECK(lock->packages[1].vcs->commit_id == "abc");
  CHECK(lock->packages[2].directory->editable == true);
  CHECK(lock->names_local_paths());
  const std::string printed = lock->print();
  const auto again = Pylock::parse(printed);
  if (!again) FAIL(again.error().message << "\n" << printed);
  CHECK(again->print() == printed);
  CHECK(again->packages[0].sdist == lock->packages[0].sdist);
  CHECK(again->packages[0].wheels == lock->packages[0].wheels);
  CHECK(again->packages[1].vcs == lock->packages[1].vcs);
  CHECK(again->packages[3].archive == lock->packages[3].archive);
  CHECK(Pylock::parse(kLock + "packages = []\n")->print() == kLock + "packages = []\n");
}

TEST_CASE("a lock file that cannot be obeyed is refused with its place", "[packaging]") {
  struct Row {
    std::string text, message;
  };
  const std::string package = kLock + "[[packages]]\nname = \"foo\"\nversion = \"1.0\"\n";
  const Row rows[] = {
      {"created-by = \"t\"\npackages = []\n", "Missing required value in 'lock-version'"},
      {"lock-version = \"1.0\"\npackages = []\n", "Missing required value in 'created-by'"},
      {kLock, "Missing required value in 'packages'"},
      {"lock-version = \"2.0\"\ncreated-by = \"t\"\npackages = []\n", "pylock version 2.0 is not supported"},
      {"lock-version = 1\ncreated-by = \"t\"\npackages = []\n", "Unexpected type int (expected str) in 'lock-version'"},
      {kLock + "[[packages]]\n", "Missing required value in 'packages[0].name'"},
      {kLock + "[[packages]]\nname = \"Foo\"\n", "Name 'Foo' is not normalized in 'packages[0].name'"},
      {package, "Exactly one of vcs, directory, archive must be set if sdist and wheels are not set in 'packages[0]'"},
      {package + "[packages.archive]\n" + kHashes, "path or url must be provided in 'packages[0].archive'"},
      {package + "[packages.archive]\nurl = \"u\"\n", "Missing required value in 'packages[0].archive.hashes'"},
      {package + "[packages.archive]\nurl = \"u\"\nhashes = {}\n", "At least one hash must be provided in 'packages[0].archive.hashes'"},
      {package + "[[packages.wheels]]\nurl = \"https://h/bar-1.0-py3-none-any.whl\"\n" + kHashes,
       "Name in 'bar-1.0-py3-none-any.whl' is not consistent with package name 'foo' in 'packages[0].wheels[0]'"},
      {package + "[[packages.wheels]]\nurl = \"https://h/foo-2.0-py3-none-any.whl\"\n" + kHashes,
       "Version in 'foo-2.0-py3-none-any.whl' is not consistent with package version '1.0' in 'packages[0].wheels[0]'"},
      {package + "[[packages.wheels]]\nurl = \"https://h/x%2Ffoo-1.0-py3-none-any.whl\"\n" + kHashes,
       "Invalid wheel filename 'x/foo-1.0-py3-none-any.whl' in 'packages[0].wheels[0]'"},
      {package + "[packages.sdist]\nurl = \"https://h/foo.tar.gz\"\n" + kHashes, "Invalid sdist filename 'foo.tar.gz' in 'packages[0].sdist'"},
      {package + "[packages.directory]\npath = \".\"\n[packages.sdist]\nurl = \"https://h/foo-1.0.tar.gz\"\n" + kHashes,
       "None of vcs, directory, archive must be set if sdist or wheels are set in 'packages[0]'"},
      {package + "[packages.sdist]\nurl = \"https://h/foo-1.0.tar.gz\"\nupload-time = 2024-01-01\n" + kHashes,
       "Unexpected type date (expected datetime) in 'packages[0].sdist.upload-time'"},
      {package + "[packages.sdist]\nurl = \"https://h/foo-1.0.tar.gz\"\nsize = -1\n" + kHashes, "Negative size in 'packages[0].sdist.size'"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto lock = Pylock::parse(row.text);
    REQUIRE_FALSE(lock);
    CHECK(lock.error().message == row.message);
    CHECK(lock.error().where.starts_with("pylock.toml"));
  }
  CHECK(Pylock::parse("lock-version = \"1.1\"\ncreated-by = \"t\"\npackages = []\n")->minor_version_is_newer);
}

TEST_CASE("lock files have their names", "[packaging]") {
  CHECK(is_pylock_filename("pylock.toml"));
  CHECK(is_pylock_filename("pylock.dev.toml"));
  CHECK_FALSE(is_pylock_filename("pylock.a.b.toml"));
  CHECK_FALSE(is_pylock_filename("pylock..toml"));
  CHECK_FALSE(is_pylock_filename("xpylock.toml"));
}

TEST_CASE("inline script metadata is found as PEP 723 finds it", "[packaging]") {
  const auto script = ScriptMetadata::parse("#!/usr/bin/env python\n# /// script\n# requires-python = \">=3.11\"\n# dependencies = [\n#   \"a<3\",\n#\n#   \"b\",\n# ]\n# ///\nimport a\n", "s.py");
  REQUIRE(script);
  REQUIRE(*script);
  CHECK((*script)->requires_python == ">=3.11");
  CHECK((*script)->dependencies.size() == 2);
  CHECK_FALSE(*ScriptMetadata::parse("print(1)\n", "s.py"));
  CHECK_FALSE(*ScriptMetadata::parse("# /// script\n# x = 1\nnot closed\n", "s.py"));
  CHECK(*script_block("# /// other\n# y = 1\n# ///\n\n# /// script\n# x = 1\n# ///\n", "script", "s") == "x = 1\n");
  CHECK_FALSE(*script_block("# /// other\n# y = 1\n# ///\n# /// script\n# x = 1\n# ///\n", "script", "s"));  // one run of comments is one block
  CHECK_FALSE(*script_block("# /// script\n# ///\n", "script", "s"));
  CHECK(*script_block("# /// script\n# x = 1\n# ///\n# y = 2\n# ///\n# z\n", "script", "s") == "x = 1\n///\ny = 2\n");  // its last end ends it
  CHECK(*script_block("# /// script\n# /// script\n\n# /// script\n# x = 1\n# ///", "script", "s") == "x = 1\n");  // an unclosed one hides none below
  CHECK(*script_block("# /// script\n#x\n# /// script\n# x = 1\n# ///\n", "script", "s") == "x = 1\n");
  CHECK_FALSE(script_block("# /// script\n# x = 1\n# ///\n\n# /// script\n# x = 2\n# ///\n", "script", "s"));
  CHECK_FALSE(ScriptMetadata::parse("# /// script\n# dependencies = [\"!\"]\n# ///\n", "s.py"));
  CHECK_FALSE(ScriptMetadata::parse("# /// script\n# dependencies = 1\n# ///\n", "s.py"));
}
