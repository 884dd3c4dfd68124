// Archives and directories named directly, and sdists: what is built, what is recorded in direct_url.json.
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
