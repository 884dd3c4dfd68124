// Requirements files as pip reads them, row by row: what `install -r` makes of a file, beside what pip 26 was seen to make
// of it. Where pip loses words or joins lines without telling, pipit refuses the line and says why.
#include <catch2/catch_test_macros.hpp>

#include "cmdline/run_pipit.h"

using namespace pipit::test;
namespace fs = std::filesystem;

namespace {

// What the rows find around them: archives, files to include, directories of further archives.
struct Scene {
  Bench bench;
  fs::path venv;
  std::string foo_hash, a_hash;

  Scene() {
    venv = bench.venv();
    bench.directory = bench.path("work");
    fs::create_directories(bench.directory / "rel");
    for (const char* name : {"a", "b", "other"}) bench.wheel(name, "1");
    bench.wheel("foo", "2.0");
    foo_hash = sha256_of(bench.wheel("foo", "1.0"));
    a_hash = sha256_of(bench.wheels() / "a-1-py3-none-any.whl");
    WheelMaker extra = Bench::make("x", "1.0", {"a ; extra == \"extra\""});
    extra.metadata_line("Provides-Extra: extra");
    for (const char* place : {"", "rel"}) extra.write_to(bench.directory / place);
    for (const char* place : {"d1", "d2"}) fs::create_directories(bench.directory / place);
    Bench::make("ind1", "1").write_to(bench.directory / "d1");
    Bench::make("ind2", "1").write_to(bench.directory / "d2");
    write_all();
  }

  void write_all() const {
    const std::pair<const char*, const char*> files[] = {
        {"a.txt", "a==1\n"},        {"b.txt", "b==1\n"},           {"below2.txt", "foo<2\n"},          {"old.txt", "foo<2; python_version<\"3\"\n"},
        {"from1.txt", "foo>=1\n"},  {"extras.txt", "a[x]==1\n"},   {"url.txt", "x @ file:rel/x-1.0-py3-none-any.whl\n"},
        {"unnamed.txt", "./x-1.0.zip\n"}, {"editable.txt", "-e ./tree\n"}, {"inner.txt", "-r a.txt\n"}};
    for (const auto& [name, text] : files) write_file(bench.directory / name, text);
    fs::create_directories(bench.directory / "tree");
    write_file(bench.directory / "tree/pyproject.toml", "[project]\nname = \"tree\"\nversion = \"1\"\n");
    write_file(bench.directory / "x-1.0.zip", "");
  }

  Outcome install(const std::string& text) const {
    write_file(bench.directory / "r.txt", text);
    return bench.install(venv, {"--dry-run", "-I", "-r", "r.txt"});
  }
};

struct Row {
  std::string text;
  int exit_code;
  std::string said;        // somewhere in the output
};

void check(const Scene& scene, const Row& row) {
  CAPTURE(row.text);
  const Outcome outcome = scene.install(row.text);
  CAPTURE(outcome.out, outcome.err);
  CHECK(outcome.signal == 0);
  CHECK(outcome.exit_code == row.exit_code);
  CHECK(has(outcome.all(), row.said));
  CHECK(has(outcome.out, "Would install ") == row.said.starts_with("Would install "));
}

std::string would(const std::string& what) { return "Would install " + what + "\n"; }

}  // namespace

TEST_CASE("install -r: comments, continuations, variables and blanks are pip's", "[cmdline]") {
  Scene scene;
  scene.bench.variables = {{"EMPTY", ""}, {"WHICH", "a"}};
  const Row rows[] = {
      {"a==1 # c\n", 0, would("a-1")},
      {"a==1\t# c\n", 0, would("a-1")},
      {"d#x\n", 1, "ERROR: Invalid requirement: 'd#x': Expected semicolon (after name with no version specifier) or end\n    d#x\n     ^ (from line 1 of r.txt)\n"},
      {"a \\\n# c \\\nb\n", 0, would("a-1 b-1")},
      {"a==1 \\\n  --hash=sha256:" + scene.a_hash + "\n", 0, would("a-1")},
      {"a==1 \\\n  --hash=sha256:00\n", 1, "    a==1 from file://" + (scene.bench.wheels() / "a-1-py3-none-any.whl").string() +
                                               " (from -r r.txt (line 1)):\n        Expected sha256 00\n             Got        " + scene.a_hash + "\n"},
      {"a \\", 0, would("a-1")},
      {"${WHICH}==1\n", 0, would("a-1")},
      {"a @ https://127.0.0.1:9/${UNSET}/a-1-py3-none-any.whl\n", 1, "https://127.0.0.1:9/${UNSET}/a-1-py3-none-any.whl"},
      {"a @ https://127.0.0.1:9/${EMPTY}/a-1-py3-none-any.whl\n", 1, "https://127.0.0.1:9/${EMPTY}/a-1-py3-none-any.whl"},
      {"$HOME\n", 1, "ERROR: Invalid requirement: '$HOME': Expected package name at the start of dependency specifier\n    $HOME\n    ^ (from line 1 of r.txt)\n"},
      {"${home}\n", 1, "ERROR: Invalid requirement: '${home}': Expected package name at the start of dependency specifier\n"},
      {"foo == 2.0\n", 0, would("foo-2.0")},
      {"Foo >= 1.0 , < 2\n", 0, would("Foo-1.0")},
      {"foo==1.0\nfoo==1.0\n", 0, would("foo-1.0")},
      {"foo==1.0.*\r\nb\r\n", 0, would("b-1 foo-1.0")},
  };
  for (const Row& row : rows) check(scene, row);
}

TEST_CASE("install -r: options on a requirement's line are pip's", "[cmdline]") {
  const Scene scene;
  const std::string usage = "Usage: pip [options]\n\nERROR: Invalid requirement: ";
  const Row rows[] = {
      {"foo==1.0 --hash sha256:" + scene.foo_hash + "\n", 0, would("foo-1.0")},
      {"foo==1.0 --hash=sha256:" + scene.foo_hash + "\n", 0, would("foo-1.0")},
      {"foo --hash=sha256:" + scene.foo_hash + "\n", 0, would("foo-1.0")},
      {"foo==1.0\t--hash=sha256:00\n", 1, "ERROR: Invalid requirement: 'foo==1.0\\t--hash=sha256:00': Expected "},
      {"foo --hash=md5:00\n", 1, usage + "foo --hash=md5:00\npip: error: Allowed hash algorithms for --hash are sha256, sha384, sha512.\n"},
      {"foo --config-setting x=y\n", 0, would("foo-2.0")},
      {"foo --global-option=x\n", 1, usage + "foo --global-option=x\npip: error: no such option: --global-option\n"},
      {"foo --install-option=x\n", 1, usage + "foo --install-option=x\npip: error: no such option: --install-option\n"},
      {"--timeout 3\n", 1, usage + "--timeout 3\npip: error: no such option: --timeout\n"},
      {"-i\n", 1, usage + "-i\npip: error: -i option requires 1 argument\n"},
      {"-f \"\n", 1, "ERROR: Invalid requirement: -f \"\nCould not split options: -f \"\n"},
      {"foo=1.0\n", 1, "ERROR: Invalid requirement: 'foo=1.0': Expected semicolon (after name with no version specifier) or end\n    foo=1.0\n       ^ (from "
                       "line 1 of r.txt)\nHint: = is not a valid operator. Did you mean == ?\n"},
  };
  for (const Row& row : rows) check(scene, row);
  CHECK_FALSE(has(scene.install("-f \"\n").all(), "Usage: "));
}

TEST_CASE("install -r: option lines are pip's", "[cmdline]") {
  const Scene scene;
  const Row rows[] = {
      {"", 0, ""},
      {"# c\n\n", 0, ""},
      {"--pre\n", 0, ""},
      {"--require-hash\n", 0, ""},
      {"--hash=sha256:00\n", 0, "WARNING: r.txt line 1 has --hash but no requirement, and will be ignored.\n"},
      {"--require-hash\na==1\n", 1, "Hashes are required in --require-hashes mode, but they are missing from some requirements."},
      {"-f d1\nind1\n", 0, would("ind1-1")},
      {"--find-links=d2\nind2\n", 0, would("ind2-1")},
      {"--no-index\n--index-url https://127.0.0.1:9/A\nnothing\n", 1, "ERROR: No matching distribution found for nothing\n"},
      {"--trusted-host h\na\n", 0, would("a-1")},
      {"--no-binary :all:\na\n", 1, "ERROR: No matching distribution found for a\n"},
      {"-r a.txt\n-r a.txt\n", 0, would("a-1")},
      {"-ra.txt\n", 0, would("a-1")},
      {"--requirement=inner.txt\n", 0, would("a-1")},
      {"-r r.txt\n", 1, "ERROR: " + (scene.bench.directory / "r.txt").string() + " recursively references itself in r.txt\n"},
      {"-r missing.txt\n", 1, "ERROR: Could not open requirements file: [Errno 2] No such file or directory: '" + (scene.bench.directory / "missing.txt").string() + "'\n"},
      {"-c missing.txt\n", 1, "ERROR: Could not open constraint file: [Errno 2] No such file or directory: '" + (scene.bench.directory / "missing.txt").string() + "'\n"},
      {"-r https://127.0.0.1:9/r.txt\n", 1, "× Failed to connect to 127.0.0.1 while fetching https://127.0.0.1:9/r.txt\n"},
  };
  for (const Row& row : rows) check(scene, row);
}

TEST_CASE("install -r: a later index replaces the earlier ones, further indexes add up", "[cmdline]") {
  const Scene scene;
  write_file(scene.bench.directory / "r.txt", "--index-url http://127.0.0.1:9/A\n--extra-index-url http://127.0.0.1:9/X\n--index-url http://127.0.0.1:9/B\n");
  const Outcome replaced = scene.bench.run({"--python", scene.venv.string(), "install", "--dry-run", "--retries", "0", "-r", "r.txt", "nothing"});
  CHECK(replaced.exit_code == 1);
  CHECK(has(replaced.out, "Looking in indexes: http://127.0.0.1:9/B\n"));
  write_file(scene.bench.directory / "r.txt", "-i http://127.0.0.1:9/A\n--extra-index-url http://127.0.0.1:9/X\n--extra-index-url http://127.0.0.1:9/Y\n");
  const Outcome added = scene.bench.run({"--python", scene.venv.string(), "install", "--dry-run", "--retries", "0", "-r", "r.txt", "nothing"});
  CHECK(added.exit_code == 1);
  CHECK(has(added.out, "Looking in indexes: http://127.0.0.1:9/A, http://127.0.0.1:9/X, http://127.0.0.1:9/Y\n"));
}

TEST_CASE("install -r: names, paths, URLs and markers are pip's", "[cmdline]") {
  const Scene scene;
  const std::string work = scene.bench.directory.string();
  const Row rows[] = {
      {"./simplewheel.whl\n", 1, "WARNING: Requirement './simplewheel.whl' looks like a filename, but the file does not exist\nERROR: Invalid wheel filename (wrong "
                                 "number of parts): 'simplewheel'\n"},
      {"./x-1.0-py3-none-any.whl[extra]\n", 0, would("a-1 x-1.0")},
      {"./x-1.0-py3-none-any.whl [extra]\n", 0, would("a-1 x-1.0")},
      {"x @ file:rel/x-1.0-py3-none-any.whl\n", 0, would("x-1.0")},
      {"a; python_version < \"3\"\n", 0, "Ignoring a: markers 'python_version < \"3\"' don't match your environment\n"},
      {"file:x-1.0-py3-none-any.whl;python_version<'3'\n", 1,
       "ERROR: Could not install packages due to an OSError: [Errno 2] No such file or directory: \"" + work + "/x-1.0-py3-none-any.whl;python_version<'3'\"\n"},
      {"file:x-1.0-py3-none-any.whl ; python_version<'3'\n", 0, "Ignoring x: markers 'python_version < \"3\"' don't match your environment\n"},
      {"./x-1.0-py3-none-any.whl; python_version<\"3\"\n", 0, "Ignoring x: markers 'python_version < \"3\"' don't match your environment\n"},
      {"foo==1.0\nfoo==2.0\n", 1, "ERROR: Cannot install foo==1.0 and foo==2.0 because these package versions have conflicting dependencies.\n"},
      {"./a.txt\n", 1, "\nHint: It looks like a path. The path does exist. The argument you provided (./a.txt) appears to be a requirements file. If that is the case, use "
                       "the '-r' flag to install the packages specified within it.\n"},
      {"./nowhere\n", 1, "\nHint: It looks like a path. File './nowhere' does not exist.\n"},
      {"./rel\n", 1, "ERROR: Directory './rel' is not installable. Neither 'setup.py' nor 'pyproject.toml' found.\n"},
      {"requirements.txt\n", 1, "HINT: You are attempting to install a package literally named \"requirements.txt\" (which cannot exist). Consider using the '-r' flag to "
                                "install the packages listed in requirements.txt\n"},
      {"-e foo\n", 1, "ERROR: foo is not a valid editable requirement. It should either be a path to a local project or a VCS URL (beginning with bzr+http, "},
      {"-e git+https://127.0.0.1:9/x\n", 1, "ERROR: Could not detect requirement name for 'git+https://127.0.0.1:9/x', please specify one with your_package_name @ URL\n"},
      {"https://127.0.0.1:9/x.zip#egg=a==1\n", 1, "× The 'a==1' egg fragment is invalid\n"},
      {"a==1; foo==\"x\"\n", 1, "ERROR: Invalid requirement: 'a==1': Expected a marker variable or quoted string\n    foo==\"x\"\n    ^\n"},
  };
  for (const Row& row : rows) check(scene, row);
}

TEST_CASE("install -r: constraints are pip's", "[cmdline]") {
  const Scene scene;
  const Row rows[] = {
      {"-c below2.txt\nfoo\n", 0, would("foo-1.0")},
      {"-c old.txt\nfoo\n", 0, would("foo-2.0")},
      {"-c from1.txt\n-c below2.txt\nfoo\n", 0, would("foo-1.0")},
      {"-c url.txt\nx\n", 0, would("x-1.0")},
      {"-c below2.txt\n", 0, ""},
      {"-c unnamed.txt\na\n", 1, "ERROR: Unnamed requirements are not allowed as constraints\n"},
      {"-c editable.txt\na\n", 1, "ERROR: Editable requirements are not allowed as constraints\n"},
      {"-c extras.txt\na\n", 1, "ERROR: Constraints cannot have extras\n"},
  };
  for (const Row& row : rows) check(scene, row);
}

TEST_CASE("install -r: words that pip would lose are refused, all of them in one run", "[cmdline]") {
  const Scene scene;
  const std::pair<std::string, std::string> rows[] = {
      {"--pre foo", "`foo`"},
      {"foo -r other.txt", "`-r other.txt`"},
      {"foo --require-hash", "`--require-hashes`"},
      {"-r a.txt -r b.txt", "`-r b.txt`"},
      {"-r a.txt --pre", "`--pre`"},
      {"-r a.txt b c", "`b`, `c`"},
      {"-f d1 -f d2", "`-f d2`"},
      {"-e ./tree --hash=sha256:00", "`--hash=sha256:00`"},
      {"foo --no-index", "`--no-index`"},
      {"foo -- b", "`b`"},
  };
  std::string all;
  for (const auto& [text, lost] : rows) {
    check(scene, {text + "\n", 1, "ERROR: lost-words: pip would silently drop " + lost + " from this line\n  " + text + "\n  "});
    all += text + "\n";
  }
  const Outcome outcome = scene.install(all + "foo=1\n");
  CHECK(outcome.exit_code == 1);
  for (std::size_t i = 0; i < std::size(rows); ++i) CHECK(has(outcome.err, "  where: r.txt:" + std::to_string(i + 1) + "\n"));
  CHECK(has(outcome.err, "  where: r.txt:11\n"));
}

TEST_CASE("what a stranger makes endless is told in a few lines", "[cmdline]") {
  const Scene scene;
  const std::string endless(1'000'000, 'a');
  for (const std::string& line : {endless, endless + "-", "a==" + endless, "a==1" + endless, "a --hash=md5:" + endless, "a==1 --hash=sha256:" + endless,
                                  "a[" + endless + "]", "a @ https://127.0.0.1:9/" + endless, "./" + endless, "-r " + endless,
                                  "--no-index\n-f ./" + endless + "\nnothing", "a ; os_name == '" + endless + "'"}) {
    const Outcome outcome = scene.install(line + "\n");
    CAPTURE(line.substr(0, 30), line.size());
    CHECK(outcome.signal == 0);
    CHECK(outcome.all().size() < 60'000);
  }
}

TEST_CASE("ten broken lines in three nested files are ten errors of one run, each with file, line, caret and hint", "[cmdline]") {
  const Scene scene;
  fs::create_directories(scene.bench.directory / "sub");
  write_file(scene.bench.directory / "sub/mid.txt", "pkg[extra==1\n-r low.txt\nname ; python_version >> \"3\"\n--pre foo\n");
  write_file(scene.bench.directory / "sub/low.txt", "a b\n-c\nfoo @ \n-r none.txt\n");
  const Outcome outcome = scene.install("foo=1.0\nb==1\nbar --hash=md5:00\n-r sub/mid.txt\n--timeout 3\n");
  CHECK(outcome.exit_code == 1);
  const std::string sub = (scene.bench.directory / "sub").string();
  std::size_t at = 0;
  for (const std::string& place : {std::string("r.txt:1"), std::string("r.txt:3"), sub + "/mid.txt:1", sub + "/low.txt:1", sub + "/low.txt:2", sub + "/low.txt:3",
                                   sub + "/low.txt:4", sub + "/mid.txt:3", std::string("r.txt:5"), sub + "/mid.txt:4"}) {
    CAPTURE(place, outcome.err);
    const std::size_t where = outcome.err.find("  where: " + place + "\n", at);
    REQUIRE(where != std::string::npos);
    const std::string part = outcome.err.substr(at, where - at);
    CHECK(has(part, "^"));
    const std::size_t next = outcome.err.find("ERROR: ", where);
    CHECK((has(part, "Hint: ") || has(outcome.err.substr(where, next - where), "hint: ")));
    at = where + 1;
  }
  CHECK(outcome.err.find("  where: ", at) == std::string::npos);
}
