// Git references: which commit is built, what is recorded of it, what is refused. And wheels that were built before.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "cmdline/run_pipit.h"
#include "pipit/sys/process.h"
#include "support/tar_maker.h"

using namespace pipit::test;
namespace fs = std::filesystem;

namespace {

// A back end in the tree itself: the wheel of NAME with the version that the file VERSION holds, and a module of it.
std::string back_end(const std::string& name) {
  return "import base64, hashlib, json, os, zipfile\n"
         "def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):\n"
         "    version = open('VERSION').read().strip()\n"
         "    info = '" + name + "-%s.dist-info/' % version\n"
         "    files = {'" + name + ".py': 'version = %r; settings = %s; flags = %r\\n' % (version, config_settings, os.environ.get('CFLAGS')),\n"
         "             info + 'METADATA': 'Metadata-Version: 2.1\\nName: " + name + "\\nVersion: %s\\n' % version,\n"
         "             info + 'WHEEL': 'Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'}\n"
         "    digest = lambda text: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')\n"
         "    rows = ''.join('%s,sha256=%s,%d\\n' % (path, digest(text), len(text)) for path, text in files.items())\n"
         "    files[info + 'RECORD'] = rows + info + 'RECORD,,\\n'\n"
         "    wheel = '" + name + "-%s-py3-none-any.whl' % version\n"
         "    with zipfile.ZipFile(os.path.join(wheel_directory, wheel), 'w') as archive:\n"
         "        for path, text in files.items(): archive.writestr(path, text)\n"
         "    return wheel\n"
         "build_editable = build_wheel\n";
}

const char* kPyproject = "[build-system]\nrequires = []\nbuild-backend = \"back\"\nbackend-path = [\".\"]\n";

void write_project(const fs::path& directory, const std::string& name, const std::string& version) {
  fs::create_directories(directory);
  write_file(directory / "pyproject.toml", kPyproject);
  write_file(directory / "back.py", back_end(name));
  write_file(directory / "VERSION", version);
}

// A repository with the commits 1.0 (tag v1) and 2.0 (branch main), and a second project below sub/.
struct Repository {
  Bench bench;
  fs::path venv = bench.venv();
  fs::path directory = bench.path("repo");
  std::optional<fs::path> program = pipit::sys::find_program("git", std::getenv("PATH") != nullptr ? std::getenv("PATH") : "");
  std::string first, second;

  Repository() {
    if (!program) SKIP("there is no git here");
    for (const char* role : {"AUTHOR", "COMMITTER"})
      for (const char* what : {"NAME", "EMAIL", "DATE"}) bench.variables.emplace_back(std::string("GIT_") + role + "_" + what, "2020-01-01T00:00:00Z");
    bench.variables.emplace_back("GIT_CONFIG_NOSYSTEM", "1");
    fs::create_directories(directory);
    git({"init", "--quiet", "--initial-branch=main"});
    write_project(directory, "harbour", "1.0");
    write_project(directory / "sub", "pier", "1.0");
    first = commit();
    git({"tag", "v1"});
    write_file(directory / "VERSION", "2.0");
    second = commit();
  }

  std::string git(const Words& words) const {
    Words all = {"-C", directory.string()};
    all.insert(all.end(), words.begin(), words.end());
    const Outcome outcome = bench.start(*program, all);
    INFO(outcome.all());
    REQUIRE(outcome.exit_code == 0);
    return outcome.out.substr(0, outcome.out.find('\n'));
  }
  std::string commit() const {
    git({"add", "--all"});
    git({"commit", "--quiet", "--message", "x"});
    return git({"rev-parse", "HEAD"});
  }
  std::string url(const std::string& rest = "") const { return "git+file://" + directory.string() + rest; }
  std::string freeze() const { return bench.run({"freeze", "--python", venv.string()}).out; }
};

}  // namespace

TEST_CASE("a git reference is the commit that its revision names, and is recorded as that", "[cmdline]") {
  const Repository repository;
  const struct {
    std::string revision, commit, installed;
  } rows[] = {{"@v1", repository.first, "harbour-1.0"},
              {"@main", repository.second, "harbour-2.0"},
              {"", repository.second, "harbour-2.0"},
              {"@" + repository.first, repository.first, "harbour-1.0"},
              {"@" + repository.first.substr(0, 9), repository.first, "harbour-1.0"},
              {"@refs/tags/v1", repository.first, "harbour-1.0"}};
  for (const auto& row : rows) {
    const Outcome outcome = repository.bench.install(repository.venv, {"--force-reinstall", repository.url(row.revision)});
    INFO(row.revision << "\n" << outcome.all());
    CHECK(outcome.exit_code == 0);
    CHECK(has(outcome.out, "Resolved file://" + repository.directory.string() + " to commit " + row.commit));
    CHECK(installed_in(repository.venv) == row.installed);
    CHECK(repository.freeze() == "harbour @ " + repository.url("@" + row.commit) + "\n");
    const std::string recorded = read_whole_file(site_packages(repository.venv) / (row.installed + ".dist-info/direct_url.json"));
    CHECK(has(recorded, row.commit));
    CHECK(has(recorded, "\"vcs\": \"git\""));
    if (!row.revision.empty()) CHECK(has(recorded, "\"requested_revision\": \"" + row.revision.substr(1) + "\""));
  }
  CHECK(fs::is_empty(repository.bench.temporary()));
}

TEST_CASE("a subdirectory of a repository is built, and an editable clone stands below src", "[cmdline]") {
  const Repository repository;
  const Outcome part = repository.bench.install(repository.venv, {repository.url("@v1#subdirectory=sub")});
  INFO(part.all());
  CHECK(installed_in(repository.venv) == "pier-1.0");
  CHECK(repository.freeze() == "pier @ " + repository.url("@" + repository.first + "#subdirectory=sub") + "\n");
  const Outcome editable = repository.bench.install(repository.venv, {"-e", repository.url("@v1#egg=harbour")});
  INFO(editable.all());
  CHECK(editable.exit_code == 0);
  CHECK(read_whole_file(repository.venv / "src/harbour/VERSION") == "1.0");
  CHECK(has(repository.freeze(), "-e " + repository.url("@" + repository.first + "#egg=harbour") + "\n"));
  // Brought up to date where it stands.
  const Outcome again = repository.bench.install(repository.venv, {"-e", repository.url("@main#egg=harbour")});
  INFO(again.all());
  CHECK(read_whole_file(repository.venv / "src/harbour/VERSION") == "2.0");
}

TEST_CASE("freeze names an editable tree by its repository, as pip does: remote, commit, place in it", "[cmdline]") {
  const Repository repository;
  const std::string at = "@" + repository.second + "#egg=";
  const std::string tree = repository.directory.string();
  const struct {
    std::string remote, url;  // of `origin`; what freeze makes of it, empty: no URL
  } rows[] = {{"https://example.invalid/a/harbour.git", "git+https://example.invalid/a/harbour.git"},
              {"ssh://git@example.invalid/a/harbour.git", "git+ssh://git@example.invalid/a/harbour.git"},
              {"git@example.invalid:a/harbour.git", "git+ssh://git@example.invalid/a/harbour.git"},
              {"file:///elsewhere/harbour", "git+file:///elsewhere/harbour"},
              {tree, "git+file://" + tree},
              {"/no/such/place", ""}};
  const auto freeze_of = [&](const std::string& place) {
    const Outcome outcome = repository.bench.install(repository.venv, {"-e", place});
    INFO(outcome.all());
    REQUIRE(outcome.exit_code == 0);
    return repository.freeze();
  };
  CHECK(freeze_of(tree) == "# Editable Git install with no remote (harbour==2.0)\n-e " + tree + "\n");
  for (const auto& row : rows) {
    INFO(row.remote);
    repository.git({"remote", "add", "origin", row.remote});
    if (row.url.empty()) {
      CHECK(freeze_of(tree) == "# Editable Git install (harbour==2.0) with either a deleted local remote or invalid URI:\n# '" + row.remote + "'\n-e " + tree + "\n");
    } else {
      CHECK(freeze_of(tree) == "-e " + row.url + at + "harbour\n");
      CHECK(freeze_of(tree + "/sub") == "-e " + row.url + at + "harbour\n-e " + row.url + at + "pier&subdirectory=sub\n");
      REQUIRE(repository.bench.run({"uninstall", "--python", repository.venv.string(), "-y", "pier"}).exit_code == 0);
    }
    repository.git({"remote", "remove", "origin"});
  }
  repository.git({"remote", "add", "first", "https://example.invalid/first.git"});
  CHECK(freeze_of(tree) == "-e git+https://example.invalid/first.git" + at + "harbour\n");
  write_file(repository.directory / "back.py", back_end("harbour") + "# not committed\n");
  CHECK(freeze_of(tree) == "-e git+https://example.invalid/first.git" + at + "harbour\n");
}

TEST_CASE("revisions that are none, that could be options, or that only look like an object are refused", "[cmdline]") {
  const Repository repository;
  const std::string decoy(40, 'a');
  repository.git({"branch", decoy, "main"});
  for (const std::string& rest : {std::string("@nosuch"), std::string("@--upload-pack=touch"), std::string("@a..b"), "@" + decoy, std::string("@"), std::string("#subdirectory=../venv"),
                                  std::string("@v1#subdirectory=nosuch")}) {
    const Outcome outcome = repository.bench.install(repository.venv, {repository.url(rest)});
    INFO(rest << "\n" << outcome.all());
    CHECK(outcome.exit_code == 1);
    CHECK(installed_in(repository.venv).empty());
  }
  const Outcome hashed = repository.bench.install(repository.venv, {"--require-hashes", repository.url("@v1")});
  CHECK(hashed.exit_code == 1);
  CHECK(fs::is_empty(repository.bench.temporary()));
}

TEST_CASE("a git of the current directory is never run, submodules are not fetched", "[cmdline]") {
  Repository repository;
  const fs::path here = repository.bench.path("here");
  fs::create_directories(here);
  write_file(here / "git", "#!/bin/sh\ntouch " + (here / "planted").string() + "\n");
  fs::permissions(here / "git", fs::perms::owner_all);
  repository.bench.directory = here;
  write_file(repository.directory / ".gitmodules", "[submodule \"m\"]\n\tpath = m\n\turl = ../elsewhere\n");
  repository.commit();
  const std::string path = repository.program->parent_path().string();
  repository.bench.variables.emplace_back("PATH", ".:" + here.string() + "::" + path + ":/usr/bin:/bin");
  const Outcome outcome = repository.bench.install(repository.venv, {repository.url()});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 0);
  CHECK(has(outcome.err, "has submodules; they are not fetched"));
  CHECK_FALSE(fs::exists(here / "planted"));
}

TEST_CASE("an sdist is built once for the same circumstances, and its remembered wheel is proved", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path sdist = bench.wheels() / "harbour-1.0.tar.gz";
  fs::create_directories(bench.wheels());
  write_file(sdist, TarMaker().file("harbour-1.0/PKG-INFO", "Metadata-Version: 2.1\nName: harbour\nVersion: 1.0\n").file("harbour-1.0/pyproject.toml", kPyproject)
                        .file("harbour-1.0/back.py", back_end("harbour")).file("harbour-1.0/VERSION", "1.0").tar_gz());
  const auto builds = [&](const Words& options = {}) {
    Words words = {"--force-reinstall", "harbour"};
    words.insert(words.end(), options.begin(), options.end());
    const Outcome outcome = bench.install(venv, words);
    INFO(outcome.all());
    CHECK(outcome.exit_code == 0);
    CHECK(bench.python(venv, "__import__('harbour').version") == "1.0");
    return has(outcome.out, "Building wheel") || has(outcome.out, "Getting requirements");
  };
  CHECK(builds());
  CHECK_FALSE(builds());
  CHECK_FALSE(builds({"--no-deps"}));  // then nobody asks for metadata, and no index promised a digest
  CHECK(builds({"-C", "a=b"}));
  CHECK(bench.python(venv, "__import__('harbour').settings") == "{'a': 'b'}");
  CHECK_FALSE(builds({"-C", "a=b"}));
  bench.variables = {{"CFLAGS", "-O3"}};
  CHECK(builds());
  CHECK(bench.python(venv, "__import__('harbour').flags") == "-O3");
  bench.variables.clear();
  CHECK_FALSE(builds());
  // What somebody wrote into the cache meanwhile is not installed.
  for (const auto& entry : fs::recursive_directory_iterator(bench.cache()))
    if (entry.path().extension() == ".whl") write_file(entry.path(), "damaged");
  fs::remove_all(bench.cache() / "pipit" / "wheels-v1");
  CHECK(bench.install(venv, {"--force-reinstall", "harbour"}).exit_code == 0);
  CHECK(bench.python(venv, "__import__('harbour').version") == "1.0");
  CHECK(builds({"--no-cache-dir"}));
}
