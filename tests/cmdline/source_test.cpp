// Archives and directories named directly, and sdists: what is built, what is recorded in direct_url.json.
#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>

#include "cmdline/local_index.h"
#include "support/tar_maker.h"
#include "support/places.h"

using namespace pipit::test;
namespace fs = std::filesystem;

namespace {

// A back end without requirements of its own, in the tree of the project; `wheel` is written as it is.
std::string back_end(const std::string& wheel_name, const std::string& wheel_bytes) {
  std::string literal;
  for (const char c : wheel_bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    literal += kDigits[byte >> 4];
    literal += kDigits[byte & 15];
  }
  return "import os\n"
         "def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):\n"
         "    with open(os.path.join(wheel_directory, '" + wheel_name + "'), 'wb') as out:\n"
         "        out.write(bytes.fromhex('" + literal + "'))\n"
         "    return '" + wheel_name + "'\n"
         "build_editable = build_wheel\n";
}

const char* kProject = "[build-system]\nrequires = []\nbuild-backend = \"back\"\nbackend-path = [\".\"]\n";

fs::path tree(const Bench& bench, const WheelMaker& wheel) {
  const fs::path directory = bench.path("tree");
  fs::create_directories(directory);
  write_file(directory / "pyproject.toml", kProject);
  write_file(directory / "back.py", back_end(wheel.filename(), wheel.bytes()));
  return directory;
}

std::string sdist(const std::string& name, const std::string& version, const std::string& back) {
  const std::string top = name + "-" + version + "/";
  return TarMaker().file(top + "PKG-INFO", "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n").file(top + "pyproject.toml", kProject)
      .file(top + "back.py", back).tar_gz();
}

std::string direct_url(const fs::path& venv, const std::string& dist) { return read_whole_file(site_packages(venv) / (dist + ".dist-info/direct_url.json")); }

}  // namespace

TEST_CASE("the offline quick start: hashed wheels and an sdist with its back end in its own tree", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const std::string quickstart = pipit::test::fixtures() + "/quickstart";
  const Outcome outcome = bench.run({"--python", venv.string(), "install", "--no-index", "-f", quickstart + "/wheels", "-r", quickstart + "/offline.txt"});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 0);
  CHECK(installed_in(venv) == "harbour-2.0.1 lantern-1.2.0 pier-1.4");
  CHECK(fs::is_empty(bench.temporary()));
}

TEST_CASE("a wheel by path and by file URL is recorded in direct_url.json with its digest", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path wheel = bench.wheel("demo");
  const std::string digest = sha256_of(wheel);
  REQUIRE(bench.install(venv, {wheel.string()}).exit_code == 0);
  const std::string recorded = direct_url(venv, "demo-1.0");
  CHECK(recorded == "{\"archive_info\": {\"hash\": \"sha256=" + digest + "\", \"hashes\": {\"sha256\": \"" + digest + "\"}}, \"url\": \"file://" + wheel.string() + "\"}");
  CHECK(has(bench.run({"freeze", "--python", venv.string()}).out, "demo @ file://" + wheel.string() + "#sha256=" + digest + "\n"));
  REQUIRE(bench.install(venv, {"--force-reinstall", "demo @ file://" + wheel.string() + "#sha256=" + digest}).exit_code == 0);
  CHECK(direct_url(venv, "demo-1.0") == recorded);
  REQUIRE(bench.install(venv, {"--force-reinstall", "demo"}).exit_code == 0);
  CHECK_FALSE(fs::exists(site_packages(venv) / "demo-1.0.dist-info/direct_url.json"));
}

TEST_CASE("a wheel by URL: no password in direct_url.json; a name that does not fit is refused", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  LocalIndex index;
  const WheelMaker wheel = Bench::make("demo");
  index.add("demo", wheel);
  bench.honest.push_back(sha256_of(wheel.write_to(bench.wheels())));
  std::string url = index.file_url(wheel.filename());
  const std::string plain = url;
  url.insert(url.find("127."), "user:canary-word@");
  const Outcome outcome = bench.run({"--python", venv.string(), "install", "--no-index", "demo @ " + url});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 0);
  CHECK_FALSE(has(outcome.all(), "canary-word"));
  CHECK(has(direct_url(venv, "demo-1.0"), "\"url\": \"" + plain + "\""));
  const Refusal refusal(bench, venv);
  const Outcome other = bench.run({"--python", venv.string(), "install", "--no-index", "other @ " + plain});
  refusal.check(other);
  CHECK(has(other.err, "other"));
  CHECK(has(other.err, "demo"));
  const Outcome missing = bench.run({"--python", venv.string(), "install", "--no-index", "--retries", "0", index.file_url("gone-1.0-py3-none-any.whl")});
  refusal.check(missing);
  CHECK(has(missing.err, "404"));
  CHECK(has(missing.err, "gone-1.0-py3-none-any.whl"));
}

TEST_CASE("a directory is built and installed, also editable, and recorded as what it is", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path project = tree(bench, Bench::make("demo"));
  const Outcome outcome = bench.install(venv, {project.string()});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 0);
  CHECK(direct_url(venv, "demo-1.0") == "{\"dir_info\": {}, \"url\": \"file://" + project.string() + "\"}");
  const Outcome editable = bench.install(venv, {"-e", project.string()});
  INFO(editable.all());
  CHECK(editable.exit_code == 0);
  CHECK(direct_url(venv, "demo-1.0") == "{\"dir_info\": {\"editable\": true}, \"url\": \"file://" + project.string() + "\"}");
  CHECK(fs::is_empty(bench.temporary()));
}

TEST_CASE("an sdist of a directory is built after its hash was checked, and not run at all when the hash is wrong", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path mark = bench.path("the-back-end-ran");
  const WheelMaker wheel = Bench::make("demo");
  const std::string back = "open(" + ("'" + mark.string() + "'") + ", 'w').close()\n" + back_end(wheel.filename(), wheel.bytes());
  const fs::path archive = bench.wheels() / "demo-1.0.tar.gz";
  write_file(archive, sdist("demo", "1.0", back));
  const Refusal refusal(bench, venv);
  bench.variables = {{"PIP_BUILD_SANDBOX", "off"}};  // the back end writes outside of its tree
  const Outcome wrong = bench.install(venv, {"-r", bench.file("bad.txt", "demo==1.0 --hash=sha256:" + std::string(64, '0') + "\n")});
  refusal.check(wrong);
  CHECK(has(wrong.err, "Got        " + sha256_of(archive)));
  CHECK_FALSE(fs::exists(mark));
  const Outcome right = bench.install(venv, {"-r", bench.file("good.txt", "demo==1.0 --hash=sha256:" + sha256_of(archive) + "\n")});
  INFO(right.all());
  CHECK(right.exit_code == 0);
  CHECK(fs::exists(mark));
  CHECK(installed_in(venv) == "demo-1.0");
  CHECK(fs::is_empty(bench.temporary()));
}

TEST_CASE("a build that fails, or builds something else, is one error and leaves nothing", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const WheelMaker other = Bench::make("other");
  const Refusal refusal(bench, venv);
  std::string back;
  SECTION("the hook raises") { back = "def build_wheel(*a, **k):\n    raise ValueError('the hook gave up')\n"; }
  SECTION("the back end cannot be imported") { back = "import no_such_module_at_all\n"; }
  SECTION("the process dies") { back = "import os\nos._exit(7)\n"; }
  SECTION("it builds another project") { back = back_end(other.filename(), other.bytes()); }
  SECTION("it builds no wheel") { back = back_end("demo-1.0-py3-none-any.whl", "no zip"); }
  write_file(bench.wheels() / "demo-1.0.tar.gz", sdist("demo", "1.0", back));
  const Outcome outcome = bench.install(venv, {"demo"});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 1);
  CHECK(has(outcome.err, "demo"));
  CHECK_FALSE(has(outcome.all(), "Successfully installed"));
  CHECK(installed_in(venv).empty());
  CHECK(fs::is_empty(bench.temporary()));
}

TEST_CASE("a version that does not build is left out with a warning where another one fits, and told in full where none does", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const WheelMaker good = Bench::make("demo");
  write_file(bench.wheels() / good.filename(), good.bytes());
  write_file(bench.wheels() / "demo-2.0.tar.gz", sdist("demo", "2.0", "def prepare_metadata_for_build_wheel(*a, **k):\n    raise ValueError('the hook gave up')\n"));
  const Outcome pinned = bench.install(venv, {"demo==2.0"});
  INFO(pinned.all());
  CHECK(pinned.exit_code == 1);
  CHECK(has(pinned.all(), "the hook gave up"));
  CHECK(installed_in(venv).empty());
  const Outcome free = bench.install(venv, {"demo"});
  INFO(free.all());
  CHECK(free.exit_code == 0);
  CHECK(has(free.err, "WARNING: a version of demo is left out because it does not build"));
  CHECK(installed_in(venv) == "demo-1.0");
}

TEST_CASE("a back end that comes as a wheel is imported from byte code made once for all build environments", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  // What Python writes by itself names the file's whole path; what serves every environment names the wheel's.
  const std::string refusal =
      "import marshal\n"
      "with open(__spec__.cached, 'rb') as file:\n"
      "    named = marshal.loads(file.read()[16:]).co_filename\n"
      "if named != 'hooks.py' or back_end_s_own_name() != __file__:\n"
      "    raise RuntimeError('compiled for ' + named + ', loaded as ' + back_end_s_own_name())\n";
  const WheelMaker made = Bench::make("one", "1.0");
  bench.wheel(Bench::make("back", "1.0").file("hooks.py", back_end(made.filename(), made.bytes()) +
                                                             "def back_end_s_own_name():\n    return back_end_s_own_name.__code__.co_filename\n" + refusal));
  write_file(bench.wheels() / "one-1.0.tar.gz",
             TarMaker().file("one-1.0/PKG-INFO", "Metadata-Version: 2.1\nName: one\nVersion: 1.0\n")
                 .file("one-1.0/pyproject.toml", "[build-system]\nrequires = [\"back\"]\nbuild-backend = \"hooks\"\n").tar_gz());
  for (const std::string time : {"first", "second"}) {  // compiled, then taken from the store
    CAPTURE(time);
    const Outcome outcome = bench.install(venv, {"--force-reinstall", "one", "-C", "time=" + time});
    INFO(outcome.all());
    CHECK(outcome.exit_code == 0);
    CHECK(installed_in(venv) == "one-1.0");
  }
}

TEST_CASE("however a tree is named, with extras or without, the same URL is recorded and frozen", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path project = tree(bench, Bench::make("demo"));
  bench.directory = project;
  for (const char* name : {".", ".[x]", "./[x]", ".[x,y]", "../tree[x]", "../tree/.[x]", "./", "file:../tree", "-e.[x]"}) {
    const Outcome outcome = bench.install(venv, {"--force-reinstall", name});
    INFO(name << "\n" << outcome.all());
    CHECK(outcome.exit_code == 0);
    CHECK(has(direct_url(venv, "demo-1.0"), "\"url\": \"file://" + project.string() + "\"}"));
    const std::string frozen = name[0] == '-' ? "# Editable install with no version control (demo==1.0)\n-e " + project.string() + "\n" : "demo @ file://" + project.string() + "\n";
    CHECK(bench.run({"freeze", "--python", venv.string()}).out == frozen);
  }
}

TEST_CASE("what builds a package is held to the hashes of --build-constraint, wherever that comes from and however deep it lies", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const WheelMaker made = Bench::make("one", "1.0");
  const fs::path back = bench.wheel(Bench::make("back", "1.0", {"helper"}).file("hooks.py", back_end(made.filename(), made.bytes()) +
                                                                                  "def get_requires_for_build_wheel(config_settings=None):\n    return ['late']\n"));
  const fs::path helper = bench.wheel("helper"), late = bench.wheel("late");
  write_file(bench.wheels() / "one-1.0.tar.gz",
             TarMaker().file("one-1.0/PKG-INFO", "Metadata-Version: 2.1\nName: one\nVersion: 1.0\n")
                 .file("one-1.0/pyproject.toml", "[build-system]\nrequires = [\"back\"]\nbuild-backend = \"hooks\"\n").tar_gz());
  const auto line = [](const fs::path& wheel) { return wheel.filename().string().substr(0, wheel.filename().string().find('-')) + "==1.0 --hash=sha256:" + sha256_of(wheel) + "\n"; };
  const std::string wrong(64, '0');
  const struct {
    const char* what;
    std::vector<std::string> files;
    std::string refusal;  // empty: it is built
  } rows[] = {
      {"without hashes nothing is asked for", {"back==1.0\n"}, ""},
      {"each is right", {line(back) + line(helper) + line(late)}, ""},
      {"in several files", {line(back), line(late) + line(helper)}, ""},
      {"a hash is enough to choose by", {"back --hash=sha256:" + sha256_of(back) + "\n" + line(helper) + line(late)}, ""},
      {"the back end is another", {"back==1.0 --hash=sha256:" + wrong + "\n" + line(helper) + line(late)}, "DO NOT MATCH THE HASHES"},
      {"what the back end needs is another", {line(back) + "helper==1.0 --hash=sha256:" + wrong + "\n" + line(late)}, "DO NOT MATCH THE HASHES"},
      {"what a hook asks for is another", {line(back) + line(helper) + "late==1.0 --hash=sha256:" + wrong + "\n"}, "DO NOT MATCH THE HASHES"},
      {"one is not listed", {line(back) + line(late)}, "all requirements must have their versions pinned"},
      {"one has no hash", {line(back) + line(late) + "helper==1.0\n"}, "helper==1.0 --hash=sha256:" + sha256_of(helper)},
      {"what a hook asks for is not listed", {line(back) + line(helper)}, "all requirements must have their versions pinned"},
  };
  for (const auto& row : rows)
    for (const bool by_variable : {false, true}) {
      INFO(row.what << (by_variable ? ", PIP_BUILD_CONSTRAINT" : ""));
      Words words = {"--force-reinstall", "one"};
      std::string variable;
      for (std::size_t i = 0; i < row.files.size(); ++i) {
        const std::string file = bench.file("constraints-" + std::to_string(i) + ".txt", row.files[i]);
        variable += (i == 0 ? "" : " ") + file;
        if (!by_variable) words.insert(words.begin(), {"--build-constraint", file});
      }
      bench.variables.clear();
      if (by_variable) bench.variables = {{"PIP_BUILD_CONSTRAINT", variable}};
      const Outcome outcome = bench.install(venv, words);
      INFO(outcome.all());
      CHECK(outcome.exit_code == (row.refusal.empty() ? 0 : 1));
      CHECK(installed_in(venv) == (row.refusal.empty() ? "one-1.0" : ""));
      if (!row.refusal.empty()) {
        CHECK(has(outcome.err, row.refusal));
        CHECK(has(outcome.err, "while installing what the build of one"));
      }
      if (row.refusal.empty()) CHECK(bench.run({"uninstall", "--python", venv.string(), "-y", "one"}).exit_code == 0);
    }
  CHECK(fs::is_empty(bench.temporary()));
}

TEST_CASE("what a build needs comes from where the run's packages come from, and from nowhere else", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  LocalIndex index;
  const WheelMaker made = Bench::make("one", "1.0");
  const WheelMaker back = Bench::make("back", "1.0").file("hooks.py", back_end(made.filename(), made.bytes()));
  index.add("back", back);
  bench.honest.push_back(sha256_of(back.write_to(bench.path("").parent_path())));
  const fs::path sdist = bench.path("one-1.0.tar.gz");
  write_file(sdist, TarMaker().file("one-1.0/PKG-INFO", "Metadata-Version: 2.1\nName: one\nVersion: 1.0\n")
                        .file("one-1.0/pyproject.toml", "[build-system]\nrequires = [\"back\"]\nbuild-backend = \"hooks\"\n").tar_gz());
  const auto run = [&](const Words& words) {
    Words all = {"--python", venv.string(), "install", "--force-reinstall", "--retries", "0"};
    all.insert(all.end(), words.begin(), words.end());
    return bench.run(all);
  };
  const Outcome offline = run({"--no-index", sdist.string()});
  INFO(offline.all());
  CHECK(offline.exit_code == 1);
  CHECK(has(offline.err, "back"));
  const Outcome online = run({"--index-url", index.url(), sdist.string()});
  INFO(online.all());
  CHECK(online.exit_code == 0);
  CHECK(installed_in(venv) == "one-1.0");
  bench.variables = {{"PIP_NO_INDEX", "1"}, {"PIP_FIND_LINKS", bench.wheels().string()}, {"PIP_NO_CACHE_DIR", "1"}};
  CHECK(run({sdist.string()}).exit_code == 1);
  write_file(bench.wheels() / back.filename(), back.bytes());
  const Outcome links = run({sdist.string()});
  INFO(links.all());
  CHECK(links.exit_code == 0);
}

namespace {

std::size_t times(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + word.size())) ++count;
  return count;
}

// Says what is called, and has a state that no other hook may find changed.
std::string talking_back_end(const std::string& name, const std::string& at_import = "", const std::string& requires_hook = "return []", const std::string& build_hook = "pass") {
  const WheelMaker wheel = Bench::make(name);
  const std::string info = wheel.dist_info();
  return "import os, threading\nprint('imported once')\nstate = []\n" + at_import + "\n" + back_end(wheel.filename(), wheel.bytes()) +
         "plain_build = build_wheel\n"
         "def get_requires_for_build_wheel(config_settings=None):\n    assert not state; state.append('asked'); print('was asked'); " + requires_hook + "\n"
         "def prepare_metadata_for_build_wheel(directory, config_settings=None):\n"
         "    assert not state; state.append('prepared'); print('was prepared'); os.mkdir(os.path.join(directory, '" + info + "'))\n"
         "    with open(os.path.join(directory, '" + info + "', 'METADATA'), 'w') as out: out.write('Metadata-Version: 2.1\\nName: " + name + "\\nVersion: 1.0\\n')\n"
         "    return '" + info + "'\n"
         "def build_wheel(directory, config_settings=None, metadata_directory=None):\n"
         "    assert not state; state.append('built'); print('was built'); " + build_hook + "\n    return plain_build(directory)\n";
}

}  // namespace

TEST_CASE("hooks that are called in turn share an import and nothing else", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  for (const std::string name : {"one", "two"}) write_file(bench.wheels() / (name + "-1.0.tar.gz"), sdist(name, "1.0", talking_back_end(name)));

  const Outcome alone = bench.install(venv, {"-v", (bench.wheels() / "one-1.0.tar.gz").string()});
  INFO(alone.all());
  CHECK(alone.exit_code == 0);
  CHECK(times(alone.all(), "imported once") == 1);  // it is wanted whatever its metadata says: that is taken from the wheel
  CHECK(times(alone.all(), "was asked") == 1);
  CHECK(times(alone.all(), "was prepared") == 0);
  CHECK(times(alone.all(), "was built") == 1);

  const Outcome together = bench.install(venv, {"-v", "--no-cache-dir", "--force-reinstall", (bench.wheels() / "one-1.0.tar.gz").string(), (bench.wheels() / "two-1.0.tar.gz").string()});
  INFO(together.all());
  CHECK(together.exit_code == 0);
  CHECK(times(together.all(), "imported once") == 4);  // chosen first, then built side by side
  CHECK(times(together.all(), "was prepared") == 2);
  CHECK(times(together.all(), "was built") == 2);
  CHECK(installed_in(venv) == "one-1.0 two-1.0");
}

TEST_CASE("a back end that has started a thread is not forked: each hook has a process of its own", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path archive = bench.path("demo-1.0.tar.gz");
  write_file(archive, sdist("demo", "1.0", talking_back_end("demo", "threading.Thread(target=threading.Event().wait, daemon=True).start()")));
  const Outcome outcome = bench.install(venv, {"-v", archive.string()});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 0);
  CHECK(times(outcome.all(), "imported once") == 2);
  CHECK(times(outcome.all(), "was asked") == 1);
  CHECK(installed_in(venv) == "demo-1.0");
}

TEST_CASE("what a back end asks for is installed before the next hook is called", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel(Bench::make("helper").file("helping.py", "word = 'helped'\n"));
  const fs::path archive = bench.path("demo-1.0.tar.gz");
  write_file(archive, sdist("demo", "1.0", talking_back_end("demo", "", "return ['helper']", "import helping; print(helping.word)")));
  const Outcome outcome = bench.install(venv, {"-v", archive.string()});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 0);
  CHECK(times(outcome.all(), "was asked") == 1);
  CHECK(times(outcome.all(), "helped") == 1);
}

TEST_CASE("a wheel that cannot be built is told as what it is, although it was tried for its metadata", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path archive = bench.path("demo-1.0.tar.gz");
  write_file(archive, sdist("demo", "1.0", talking_back_end("demo", "", "return []", "raise SystemExit(7)")));
  const Outcome outcome = bench.install(venv, {archive.string()});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 1);
  CHECK(times(outcome.all(), "was built") == 1);
  CHECK(times(outcome.out, "Preparing metadata (pyproject.toml): started") == 1);
  CHECK(times(outcome.out, "Preparing metadata (pyproject.toml): finished with status 'done'") == 1);
  CHECK(has(outcome.out, "Building wheel for demo (pyproject.toml): finished with status 'error'"));
  CHECK(has(outcome.err, "Building wheel for demo (pyproject.toml) did not run successfully."));
  CHECK(has(outcome.err, "exit code: 7"));
  CHECK(installed_in(venv).empty());
}

TEST_CASE("independent builds run side by side", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const std::string meeting = bench.path("meeting").string();
  REQUIRE(::mkfifo(meeting.c_str(), 0600) == 0);
  // To open a named pipe waits for who opens its other end.
  write_file(bench.path("one-1.0.tar.gz"), sdist("one", "1.0", talking_back_end("one", "", "return []", "open('" + meeting + "', 'w').close()")));
  write_file(bench.path("two-1.0.tar.gz"), sdist("two", "1.0", talking_back_end("two", "", "return []", "open('" + meeting + "').close()")));
  const Outcome outcome = bench.install(venv, {"--build-sandbox", "off", "--build-jobs", "2", "--build-timeout", "60", bench.path("one-1.0.tar.gz").string(), bench.path("two-1.0.tar.gz").string()});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 0);
  CHECK(installed_in(venv) == "one-1.0 two-1.0");
}

TEST_CASE("settings of a line reach the build of whatever the line names, and a wheel built with others is not taken for it", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const std::string back =
      "import base64, hashlib, os, zipfile\n"
      "def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):\n"
      "    files = {'demo.py': 'settings = %r\\n' % config_settings, 'demo-1.0.dist-info/METADATA': 'Metadata-Version: 2.1\\nName: demo\\nVersion: 1.0\\n',\n"
      "             'demo-1.0.dist-info/WHEEL': 'Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'}\n"
      "    digest = lambda text: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')\n"
      "    files['demo-1.0.dist-info/RECORD'] = ''.join('%s,sha256=%s,%d\\n' % (path, digest(text), len(text)) for path, text in files.items()) + 'demo-1.0.dist-info/RECORD,,\\n'\n"
      "    with zipfile.ZipFile(os.path.join(wheel_directory, 'demo-1.0-py3-none-any.whl'), 'w') as archive:\n"
      "        for path, text in files.items(): archive.writestr(path, text)\n"
      "    return 'demo-1.0-py3-none-any.whl'\n"
      "build_editable = build_wheel\n";
  fs::create_directories(bench.path("tree"));
  write_file(bench.path("tree/pyproject.toml"), kProject);
  write_file(bench.path("tree/back.py"), back);
  fs::create_directories(bench.wheels());
  const std::string archive = sdist("demo", "1.0", back);
  write_file(bench.wheels() / "demo-1.0.tar.gz", archive);
  write_file(bench.path("main.tar.gz"), archive);
  const std::string root = bench.path("").parent_path().string();
  for (const std::string& named : {std::string("demo"), root + "/main.tar.gz", "demo @ file://" + root + "/main.tar.gz", "file://" + root + "/main.tar.gz", root + "/tree",
                                   "demo @ file://" + root + "/tree", "-e " + root + "/tree"}) {
    struct Row {
      const char *options, *settings;
    };
    for (const Row& row : {Row{"", "{'of': 'the command'}"}, Row{" --config-settings a=b", "{'a': 'b'}"}, Row{" --config-settings a=b --config-settings=a=c", "{'a': ['b', 'c']}"}}) {
      INFO(named << row.options);
      const Outcome outcome = bench.install(venv, {"--force-reinstall", "-C", "of=the command", "-r", bench.file("r.txt", named + row.options + "\n")});
      INFO(outcome.all());
      CHECK(outcome.exit_code == 0);
      CHECK(bench.python(venv, "__import__('demo').settings") == row.settings);
    }
  }
}

TEST_CASE("of several builds of `wheel` those that succeed are saved", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const WheelMaker good = Bench::make("good");
  write_file(bench.wheels() / "good-1.0.tar.gz", sdist("good", "1.0", back_end(good.filename(), good.bytes())));
  write_file(bench.wheels() / "poor-1.0.tar.gz",
             sdist("poor", "1.0",
                   "import os\ndef prepare_metadata_for_build_wheel(directory, settings=None):\n    os.mkdir(os.path.join(directory, 'poor-1.0.dist-info'))\n"
                   "    open(os.path.join(directory, 'poor-1.0.dist-info', 'METADATA'), 'w').write('Metadata-Version: 2.1\\nName: poor\\nVersion: 1.0\\n')\n"
                   "    return 'poor-1.0.dist-info'\ndef build_wheel(*a, **k):\n    raise ValueError('the hook gave up')\n"));
  const fs::path out = bench.path("out");
  const Outcome outcome = bench.run({"--python", venv.string(), "wheel", "--no-index", "-f", bench.wheels().string(), "-w", out.string(), "poor", "good"});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 1);
  CHECK(has(outcome.err, "the hook gave up"));
  CHECK(has(outcome.err, "Failed to build one or more wheels"));
  CHECK(fs::exists(out / good.filename()));
  CHECK_FALSE(fs::exists(out / "poor-1.0-py3-none-any.whl"));
}

TEST_CASE("paths that are nothing to install are refused with their reason", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  fs::create_directory(bench.path("empty"));
  const Refusal refusal(bench, venv);
  const Outcome empty = bench.install(venv, {bench.path("empty").string()});
  refusal.check(empty);
  CHECK(has(empty.err, "is not installable. Neither 'setup.py' nor 'pyproject.toml' found."));
  const Outcome absent = bench.install(venv, {"./absent-1.0-py3-none-any.whl"});
  refusal.check(absent);
  CHECK(has(absent.err, "absent-1.0-py3-none-any.whl"));
  const Outcome vcs = bench.install(venv, {"git+https://127.0.0.1:9/x.git#egg=x"});
  refusal.check(vcs);
  CHECK(has(vcs.err, "https://127.0.0.1:9/x.git"));
  const Outcome list = bench.install(venv, {bench.file("requirements.txt", "demo\n")});
  refusal.check(list);
  CHECK(has(list.err, "requirements.txt"));
}
