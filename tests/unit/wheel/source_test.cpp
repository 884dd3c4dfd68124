// Rows A10, A20-A21, M1-M18 and S1-S10 of the attack catalogue, as far as one wheel file can show them. Every flaw has a
// benign twin.
#include "pipit/wheel/source.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cerrno>
#include <set>

#include "pipit/base/text.h"
#include "pipit/sys/file.h"
#include "pipit/verify/digest.h"
#include "support/passing_os.h"
#include "support/wheel_maker.h"

using namespace pipit;
using test::WheelMaker;
using test::ZipMaker;
using wheel::WheelSource;

namespace {

WheelMaker demo() {
  return WheelMaker("demo", "1.0").file("demo/__init__.py", "x = 1\n").file("demo/sub/data.bin", std::string(3000, 'z'));
}

struct Outcome {
  std::set<std::string> ids;
  std::string first;
  std::vector<std::string> warnings, used;
  std::optional<wheel::Manifest> manifest;
};

void collect(const Error& error, Outcome& outcome) {
  outcome.ids.insert(std::string(error.code.id));
  for (const Error& further : error.also) collect(further, outcome);
}

// Opens and unpacks, as the store does.
Outcome take(const WheelMaker& maker, const std::vector<std::string>& allowances = {}) {
  Outcome outcome;
  Diagnostics diagnostics;
  const std::string bytes = maker.bytes();
  const auto failed = [&](const Error& error) {
    collect(error, outcome);
    outcome.first = error.message;
    return outcome;
  };
  const auto source = WheelSource::open(as_bytes_view(bytes), maker.filename(), allowances, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.items()) outcome.warnings.push_back(diagnostic.id);
  if (!source) return failed(source.error());
  const auto temp = sys::TempDir::create({}, "pipit-test-");
  REQUIRE(temp);
  const auto tree = sys::Dir::open(sys::real_os(), temp->path());
  REQUIRE(tree);
  sys::InlineExecutor executor;
  const auto manifest = source->unpack(*tree, executor);
  if (!manifest) return failed(manifest.error());
  for (const wheel::ManifestFile& file : manifest->files) {
    const auto facts = tree->stat(std::string(file.path));
    REQUIRE(facts);
    REQUIRE(facts->has_value());
    CHECK((*facts)->size == file.size);
    CHECK((*facts)->mtime_ns == file.mtime_ns);
    CHECK(((*facts)->mode & 0111) == (file.executable ? 0111u : 0u));
  }
  outcome.manifest = *manifest;
  outcome.used = manifest->allowances;
  return outcome;
}

bool refused(const WheelMaker& maker, std::string_view id) {
  const Outcome outcome = take(maker);
  if (outcome.ids.count(std::string(id)) == 0) UNSCOPED_INFO("wanted " << id << ", got " << (outcome.ids.empty() ? "acceptance" : *outcome.ids.begin()));
  return outcome.ids.count(std::string(id)) == 1;
}
bool accepted(const WheelMaker& maker) {
  const Outcome outcome = take(maker);
  if (!outcome.ids.empty()) UNSCOPED_INFO(*outcome.ids.begin() << ": " << outcome.first);
  return outcome.ids.empty();
}

}  // namespace

TEST_CASE("an honest wheel is described and unpacked", "[wheel]") {
  const Outcome outcome = take(demo()
                                   .file("demo/tool", "#!/bin/sh\n", 0100755)
                                   .data("scripts", "run", "#!python\nprint()\n", 0100755)
                                   .script("demo", "demo:main.inner")
                                   .metadata_line("Requires-Dist: six (>=1)")
                                   .metadata_line("Requires-Python: >=3.8"));
  REQUIRE(outcome.manifest);
  const wheel::Manifest& m = *outcome.manifest;
  CHECK(m.name == "demo");
  CHECK(m.dist_info == "demo-1.0.dist-info");
  CHECK(m.requires_dist == std::vector<std::string>{"six (>=1)"});
  CHECK(m.requires_python == ">=3.8");
  CHECK(m.directories == std::vector<std::string_view>{"demo", "demo-1.0.data", "demo-1.0.data/scripts", "demo-1.0.dist-info", "demo/sub"});
  REQUIRE(m.scripts.size() == 1);
  CHECK(m.scripts[0].attribute == "main.inner");
  REQUIRE(m.python_scripts.size() == 1);
  CHECK(m.python_scripts[0].content == "#!python\nprint()\n");
  CHECK(m.files.size() == 7);
  CHECK(m.record.size() == 8);
}

TEST_CASE("both engines write the same files, for small and large members", "[wheel]") {
  std::string large;
  while (large.size() < archive::kWholeMemberMaxBytes + 1000) large += std::to_string(large.size() * 7919) + " some text that can be packed\n";
  const WheelMaker maker = demo().file("large.txt", large).file("empty", "");
  const std::string bytes = maker.bytes();
  Diagnostics diagnostics;
  const auto source = WheelSource::open(as_bytes_view(bytes), maker.filename(), {}, diagnostics);
  REQUIRE(source);
  sys::WorkerPool pool(2);
  for (const auto engine : {archive::Engine::fast, archive::Engine::libarchive}) {
    const auto temp = sys::TempDir::create({}, "pipit-test-");
    const auto tree = sys::Dir::open(sys::real_os(), temp->path());
    REQUIRE(source->unpack(*tree, pool, engine));
    CHECK(test::read_whole_file(temp->path() / "large.txt") == large);
    CHECK(test::read_whole_file(temp->path() / "empty").empty());
  }
}

TEST_CASE("large files go to the disk at once where somebody will wait for them, and what that answers counts for nothing", "[wheel]") {
  struct Counting final : test::PassingOs {
    int started = 0;
    int start_writeback(int) override { return ++started, -EIO; }
  };
  const WheelMaker maker = demo().file("large.bin", std::string(200'000, 'x'));
  const std::string bytes = maker.bytes();
  Diagnostics diagnostics;
  const auto source = WheelSource::open(as_bytes_view(bytes), maker.filename(), {}, diagnostics);
  REQUIRE(source);
  sys::InlineExecutor executor;
  for (const auto flush : {archive::Flush::later, archive::Flush::soon}) {
    Counting os;
    const auto temp = sys::TempDir::create({}, "pipit-test-");
    const auto tree = sys::Dir::open(os, temp->path());
    REQUIRE(source->unpack(*tree, executor, archive::Engine::fast, flush));
    CHECK(os.started == (flush == archive::Flush::soon ? 1 : 0));
  }
}

TEST_CASE("a large member that libarchive streams is held to its size, its end and its CRC", "[wheel][Z14][Z19]") {
  std::string large;
  while (large.size() < archive::kWholeMemberMaxBytes + 1000) large += std::to_string(large.size() * 7919) + " some text that can be packed\n";
  const auto edited = [&](const std::function<void(test::ZipEntry&)>& edit) {
    return demo().file("large.txt", large).edit_zip([=](ZipMaker& zip) { edit(zip.at("large.txt")); });
  };
  CHECK(accepted(edited([](test::ZipEntry&) {})));
  CHECK(refused(edited([](test::ZipEntry& e) { e.both([](auto& f) { f.crc ^= 1; }); }), "zip-bad-data"));
  CHECK(refused(edited([](test::ZipEntry& e) { e.both([](auto& f) { f.size += 1; }); }), "zip-bad-data"));
  CHECK(refused(edited([](test::ZipEntry& e) { e.both([](auto& f) { f.size -= 1; }); }), "zip-bad-data"));
  CHECK(refused(edited([](test::ZipEntry& e) {
          e.data += "garbage";
          e.both([](auto& f) { f.compressed_size += 7; });
        }),
        "zip-bad-data"));
}

TEST_CASE("a wheel without RECORD, METADATA or WHEEL is refused in pip's words", "[wheel][M1][M16]") {
  for (const char* file : {"RECORD", "METADATA", "WHEEL"}) {
    const Outcome outcome = take(demo().without(file));
    CHECK(outcome.ids == std::set<std::string>{"invalid-wheel"});
    CHECK(outcome.first.find("demo has an invalid wheel, could not read 'demo-1.0.dist-info/" + std::string(file) + "' file") == 0);
  }
  CHECK(take(demo().wheel_file("Root-Is-Purelib: true\n")).first == "demo has an invalid wheel, WHEEL is missing Wheel-Version");
  CHECK(take(demo().wheel_file("Wheel-Version: 2.0\nTag: py3-none-any\n")).first ==
        "demo's Wheel-Version (2.0) is not compatible with this version of pip");
  CHECK(accepted(demo().wheel_file("Wheel-Version: 1.9\nRoot-Is-Purelib: true\nTag: py3-none-any\n")));
}

TEST_CASE("RECORD must describe every file truly", "[wheel][M2][M3][M4][M5][M7]") {
  const std::string path = "demo/__init__.py", truth = test::record_hash_and_size("x = 1\n");
  CHECK(accepted(demo().record_row(path, truth)));
  const std::string other_hash = truth.substr(0, truth.find(','));
  const WheelMaker liars[] = {
      demo().record_row(path, test::record_hash_and_size("y = 1\n")),
      demo().record_row(path, other_hash + ",7"),
      demo().without_record_row(path),
      demo().record_row("demo/absent.py", truth),
      demo().record(demo().record_text() + path + "," + truth + "\n"),
      demo().record_row(path, "md5=1B2M2Y8AsgTpgAmY7PhCfg,6"),
      demo().record_row(path, "sha1=2jmj7l5rSw0yVb_vlWAYkK_YBwk,6"),
      demo().record_row(path, ","),
      demo().record_row(path, "sha256=,6"),
  };
  for (const WheelMaker& liar : liars) {
    CHECK(refused(liar, "bad-record"));
    const Outcome allowed = take(liar, {"bad-record:Demo"});
    CHECK(allowed.ids.empty());
    CHECK(allowed.used == std::vector<std::string>{"bad-record"});
    CHECK(take(liar, {"bad-record:other"}).ids.count("bad-record") == 1);
  }
  CHECK(accepted(demo().record_row(path, other_hash + ",")));  // no size given
}

TEST_CASE("RECORD may use sha384 and sha512", "[wheel][M7]") {
  const std::string sha512 = "sha512=qTTlvqpXlgsZRyLFvzxTt9X7kRZhKL0zEsiyWL0kAe3rmR3GhpoQ8O8zWD3c8j0P1NJ0qW0Xb0jDrU6pGk8mQQ";
  const Outcome wrong = take(demo().record_row("demo/__init__.py", sha512 + ",6"));
  CHECK(wrong.ids == std::set<std::string>{"bad-record"});
  verify::Hasher hasher({"sha512"});
  REQUIRE(hasher.write(as_bytes_view("x = 1\n")));
  CHECK(accepted(demo().record_row("demo/__init__.py", "sha512=" + to_base64url(*from_hex(hasher.finish()[1].hex)) + ",6")));
}

TEST_CASE("a RECORD row that leads outside cannot even be allowed", "[wheel][M6]") {
  for (const char* row : {"../../../victim", "/etc/passwd", "demo/../../x"}) {
    CHECK(refused(demo().record_row(row, "sha256=x,1"), "invalid-wheel"));
    CHECK(take(demo().record_row(row, "sha256=x,1"), {"bad-record:demo", "invalid-wheel:demo"}).ids.count("invalid-wheel") == 1);
  }
}

TEST_CASE("a RECORD that is no text is refused", "[wheel][M8]") {
  CHECK(refused(demo().record(std::string("a\0b,,\n", 6)), "bad-record"));
  CHECK(refused(demo().record("\"unclosed,,\n"), "bad-record"));
  CHECK(refused(demo().record(std::string(200'000, 'x') + ",,\n"), "bad-record"));
}

TEST_CASE("METADATA, directory and file name must name one project and version", "[wheel][M9][M10][M11][M15]") {
  const auto metadata = [](const std::string& name, const std::string& version) {
    return demo().metadata("Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n");
  };
  CHECK(accepted(metadata("Demo", "1.0.0")));
  CHECK(refused(metadata("evil", "1.0"), "wheel-name-mismatch"));
  CHECK(refused(metadata("demo", "1.1"), "wheel-name-mismatch"));
  CHECK(refused(demo().filename("demo-7.7-py3-none-any.whl"), "wheel-name-mismatch"));
  CHECK(refused(demo().dist_info("demo-2.0.dist-info"), "wheel-name-mismatch"));
  CHECK(refused(demo().dist_info("demo_more-1.0.dist-info"), "wheel-name-mismatch"));
  CHECK(refused(demo().dist_info("other-1.0.dist-info"), "invalid-wheel"));
  CHECK(accepted(demo().dist_info("DEMO-1.0.0.dist-info")));
  CHECK(accepted(WheelMaker("Foo.Bar", "1.0").filename("foo_bar-1.0-py3-none-any.whl").file("f.py", "")));
}

TEST_CASE("doubled or huge METADATA fields are refused", "[wheel][M13]") {
  CHECK_FALSE(accepted(demo().metadata_line("Name: other")));
  CHECK_FALSE(accepted(demo().metadata_line("Version: 2.0")));
  CHECK_FALSE(accepted(demo().metadata("Metadata-Version: 2.1\nName: demo\n evil\nVersion: 1.0\n")));
  CHECK_FALSE(accepted(demo().metadata("Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n\n" + std::string(20u << 20, ' '))));
}

TEST_CASE("there is exactly one dist-info directory", "[wheel][M14][M15]") {
  CHECK(take(demo().dist_info("demo-1.0.info")).first == "demo has an invalid wheel, .dist-info directory not found");
  CHECK(take(demo().file("Pip-99.dist-info/METADATA", "x")).first ==
        "demo has an invalid wheel, multiple .dist-info directories found: Pip-99.dist-info, demo-1.0.dist-info");
  CHECK(refused(demo().edit_zip([](ZipMaker& zip) {
          zip.entries().clear();
          zip.add("demo-1.0.dist-info", "a file");
        }),
        "invalid-wheel"));
  CHECK(take(demo().file("other-1.0.DIST-INFO/METADATA", "x")).first ==
        "demo has an invalid wheel, multiple .dist-info directories found: demo-1.0.dist-info, other-1.0.DIST-INFO");
  CHECK(accepted(demo().file("demo/vendored/other-2.dist-info/METADATA", "x")));
}

TEST_CASE("the WHEEL file has the tags of the file name", "[wheel][M17]") {
  const auto tags = [](const std::string& lines) { return demo().wheel_file("Wheel-Version: 1.0\nRoot-Is-Purelib: true\n" + lines); };
  CHECK(accepted(tags("Tag: py3-none-any\n")));
  CHECK(refused(tags("Tag: cp311-cp311-linux_x86_64\n"), "wheel-tag-mismatch"));
  CHECK(refused(tags(""), "wheel-tag-mismatch"));
  CHECK(take(tags("Tag: py2-none-any\n"), {"wheel-tag-mismatch:demo"}).used == std::vector<std::string>{"wheel-tag-mismatch"});
  CHECK(accepted(demo().filename("demo-1.0-py2.py3-none-any.whl").wheel_file(
      "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2-none-any\nTag: py3-none-any\n")));
}

TEST_CASE("the installer's own files are left out with a warning", "[wheel][M18]") {
  const Outcome outcome = take(demo().file("demo-1.0.dist-info/INSTALLER", "evil\n").file("demo-1.0.dist-info/direct_url.json", "{}"));
  REQUIRE(outcome.manifest);
  CHECK(outcome.warnings.size() == 2);
  for (const auto& file : outcome.manifest->files) CHECK(file.path.find("INSTALLER") == std::string::npos);
  for (const auto& row : outcome.manifest->record) CHECK(row.path.find("direct_url") == std::string::npos);
  CHECK(take(demo()).warnings.empty());
}

TEST_CASE("bytecode of strangers is refused, one's own is dropped", "[wheel][A21]") {
  CHECK(refused(demo().file("json/__pycache__/decoder.cpython-311.pyc", "x"), "foreign-bytecode"));
  const Outcome own = take(demo().file("demo/__pycache__/__init__.cpython-311.pyc", "x"));
  REQUIRE(own.manifest);
  for (const auto& file : own.manifest->files) CHECK(file.path.find("__pycache__") == std::string::npos);
  CHECK(accepted(demo().file("demo/compiled.pyc", "x")));
}

TEST_CASE("set-id bits are not applied, and that they were asked for is told", "[wheel][A10]") {
  const Outcome outcome = take(demo().file("demo/run", "#!/bin/sh\n", 0104755));
  REQUIRE(outcome.manifest);
  CHECK(outcome.warnings == std::vector<std::string>{"wheel-set-id"});
}

TEST_CASE("script names are plain and replace nothing of the environment", "[wheel][S1][S2][S3][S4]") {
  struct Row {
    const char* name;
    std::string_view id;
  };
  const Row row = GENERATE(values<Row>({{"../../x", "bad-script-name"}, {"/etc/x", "bad-script-name"}, {"a\\b", "bad-script-name"},
                                        {"sub/foo", "bad-script-name"}, {"a\x1b[31m", "bad-script-name"}, {"..", "bad-script-name"},
                                        {"-rf", "bad-script-name"}, {"a b", "bad-script-name"}, {"python", "replaces-interpreter"},
                                        {"python3", "replaces-interpreter"}, {"python3.12t", "replaces-interpreter"},
                                        {"Python.exe", "replaces-interpreter"}, {"pythonw", "replaces-interpreter"},
                                        {"activate", "replaces-interpreter"}, {"Activate.ps1", "replaces-interpreter"},
                                        {"activate_this.py", "replaces-interpreter"}, {"deactivate.bat", "replaces-interpreter"}}));
  CAPTURE(row.name);
  CHECK(refused(demo().script(row.name, "demo:main"), row.id));
  CHECK(refused(demo().gui_script(row.name, "demo:main"), row.id));
}

TEST_CASE("a script name that no file can have is refused with its length", "[wheel][S1]") {
  CHECK(accepted(demo().script(std::string(255, 'x'), "demo:main")));
  CHECK(refused(demo().script(std::string(300, 'x'), "demo:main"), "bad-script-name"));
  CHECK(take(demo().script(std::string(300, 'x'), "demo:main")).first.find("has a name of 300 bytes") != std::string::npos);
}

TEST_CASE("script names that only look alike are fine", "[wheel][S3]") {
  for (const char* name : {"python-argcomplete", "pythonic", "python3-config", "ipython3", "activate-global", "pip3.11", "a.b_c-d", "2to3"})
    CHECK(accepted(demo().script(name, "demo:main")));
}

TEST_CASE("an entry point is a module and a function, nothing that could be code", "[wheel][S4]") {
  for (const char* value : {"m:f() or __import__('os')", "m:f;g", "m", "m:", ":f", "m f:g", "m..n:f", "m:1f", "m-n:f"})
    CHECK(refused(demo().script("x", value), "bad-entry-point"));
  CHECK(take(demo().script("foo", "x4")).first.find("Invalid script entry point: <ExportEntry foo = x4:None []>") == 0);
  for (const char* value : {"m:f", "m.n:f.g", "m:f [extra]", "m : f", "_m1:f_2"}) CHECK(accepted(demo().script("x", value)));
}

TEST_CASE("data directories have the scheme's keys and replace nothing of the environment", "[wheel][S8][S9][S10]") {
  CHECK(refused(demo().data("scripts", "python", "x"), "replaces-interpreter"));
  CHECK(refused(demo().data("data", "bin/python3", "x"), "replaces-interpreter"));
  CHECK(refused(demo().data("data", "pyvenv.cfg", "x"), "replaces-interpreter"));
  CHECK(refused(demo().data("data", "PyVenv.cfg", "x"), "replaces-interpreter"));
  CHECK(refused(demo().data("scripts", "activate", "x"), "replaces-interpreter"));
  CHECK(refused(demo().data("nope", "x", "x"), "bad-data-directory"));
  CHECK(refused(demo().file("demo-1.0.data/loose", "x"), "bad-data-directory"));
  CHECK(refused(demo().file("other-9.data/data/x", "x"), "bad-data-directory"));
  CHECK(refused(demo().data("purelib", "other-1.0.dist-info/METADATA", "x"), "bad-data-directory"));
  CHECK(refused(demo().data("data", "lib/python3.11/site-packages/other-1.0.dist-info/METADATA", "x"), "bad-data-directory"));
  CHECK(refused(demo().data("data", "lib/python3.11/site-packages/other.EGG-info/PKG-INFO", "x"), "bad-data-directory"));
  CHECK(refused(demo().data("data", "../x", "x"), "zip-path-escapes"));
  for (const char* key : {"data", "headers", "platlib", "purelib", "scripts"}) CHECK(accepted(demo().data(key, "share/demo/x", "x")));
  CHECK(accepted(demo().data("data", "share/pyvenv.cfg", "x")));
  CHECK(accepted(demo().file("DEMO-1.0.0.data/data/x", "x")));
}

TEST_CASE("all problems of a wheel are told at once", "[wheel]") {
  const Outcome outcome = take(demo().script("../x", "demo:main").data("nope", "x", "x").without_record_row("demo/__init__.py"));
  CHECK(outcome.ids == std::set<std::string>{"bad-script-name", "bad-data-directory", "bad-record"});
}
