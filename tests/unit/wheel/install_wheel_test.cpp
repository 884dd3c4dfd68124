// The bytes that pip 26.3 writes; where pip's own form does not work, that ours does.
#include "pipit/wheel/install_wheel.h"

#include <catch2/catch_test_macros.hpp>
#include <map>

#include "pipit/packaging/record.h"
#include "pipit/sys/process.h"
#include "pipit/wheel/scripts.h"
#include "pipit/wheel/source.h"
#include "support/wheel_maker.h"

using namespace pipit;
using test::WheelMaker;
using wheel::InstallImage;
using wheel::WriteOptions;

namespace {

const std::string kSite = "/v/lib/python3.11/site-packages";

WriteOptions options_for(std::string name) {
  WriteOptions options;
  options.scheme = {kSite, kSite, "/v/bin", "/v", "/v/include/site/python3.11"};
  options.interpreter = "/v/bin/python";
  options.requirement_name = std::move(name);
  options.installer = "pip";
  options.python_minor = 11;
  return options;
}

Result<InstallImage> try_plan(const WheelMaker& maker, const WriteOptions& options) {
  const std::string bytes = maker.bytes();
  Diagnostics diagnostics;
  const auto source = wheel::WheelSource::open(as_bytes_view(bytes), maker.filename(), {"bad-record:demo"}, diagnostics);
  REQUIRE(source);
  const packaging::Hashes digest = {{"sha256", verify::sha256_hex(as_bytes_view(bytes))}};
  const wheel::PreparedWheel prepared{std::make_shared<const wheel::Manifest>(source->manifest()), "/tree", *verify::check(digest, {}, "x"), false, {}};
  return wheel::plan_install(prepared, options, diagnostics);
}

InstallImage plan(const WheelMaker& maker, const WriteOptions& options) {
  auto image = try_plan(maker, options);
  REQUIRE(image);
  return *image;
}

std::string_view refusal(const WheelMaker& maker) {
  const auto image = try_plan(maker, options_for("demo"));
  return image ? std::string_view() : image.error().code.id;
}

std::map<std::string, wheel::ImageFile> by_path(const InstallImage& image) {
  std::map<std::string, wheel::ImageFile> files;
  for (const wheel::ImageFile& file : image.files) CHECK(files.emplace(file.path(), file).second);
  return files;
}

std::vector<std::string> record_lines(const InstallImage& image) {
  std::vector<std::string> lines;
  const auto rows = packaging::parse_record(by_path(image).at(image.dist_info + "/RECORD").content);
  for (const auto& row : *rows)
    lines.push_back(row.path + "," + row.hash + "," + row.size);
  return lines;
}

}  // namespace

TEST_CASE("every file goes where pip puts it, dist-info last and RECORD at the end", "[wheel]") {
  const InstallImage image = plan(WheelMaker("demo", "1.0")
                                      .file("demo/__init__.py", "x = 1\n")
                                      .data("scripts", "tool", "#!pythonw -c\nprint()\n", 0100755)
                                      .data("scripts", "plain.sh", "#!/bin/sh\n", 0100755)
                                      .data("data", "share/demo.txt", "data")
                                      .data("headers", "demo.h", "h")
                                      .data("purelib", "extra.py", "e")
                                      .script("demo", "demo.cli:main.run")
                                      .gui_script("demo-gui", "demo.gui:start"),
                                  options_for("Demo"));
  const auto files = by_path(image);
  CHECK(files.at(kSite + "/demo/__init__.py").source->path == "demo/__init__.py");
  CHECK(files.at("/v/share/demo.txt").source->path == "demo-1.0.data/data/share/demo.txt");
  CHECK(files.at("/v/include/site/python3.11/Demo/demo.h").source->path == "demo-1.0.data/headers/demo.h");
  CHECK(files.at(kSite + "/extra.py").source->path == "demo-1.0.data/purelib/extra.py");
  CHECK(files.at("/v/bin/plain.sh").source->path == "demo-1.0.data/scripts/plain.sh");
  CHECK(files.at("/v/bin/tool").content == "#!/v/bin/python\nprint()\n");
  CHECK(files.at("/v/bin/tool").executable);
  CHECK(files.at("/v/bin/demo").content ==
        "#!/v/bin/python\nimport sys\nfrom demo.cli import main\nif __name__ == '__main__':\n"
        "    sys.argv[0] = sys.argv[0].removesuffix('.exe')\n    sys.exit(main.run())\n");
  WriteOptions old = options_for("Demo");
  old.python_minor = 8;
  const InstallImage for_old = plan(WheelMaker("demo", "1.0").script("demo", "demo.cli:main.run"), old);
  CHECK(by_path(for_old).at("/v/bin/demo").content ==
        "#!/v/bin/python\n# -*- coding: utf-8 -*-\nimport re\nimport sys\nfrom demo.cli import main\nif __name__ == '__main__':\n"
        "    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n    sys.exit(main.run())\n");
  CHECK(files.at("/v/bin/demo").executable);
  CHECK(files.count("/v/bin/demo-gui") == 1);
  CHECK(files.at(image.dist_info + "/INSTALLER").content == "pip\n");
  CHECK(files.count(image.dist_info + "/REQUESTED") == 0);
  CHECK(image.files.back().path() == image.dist_info + "/RECORD");
  bool in_dist_info = false;
  for (const auto& file : image.files) {
    const bool here = file.rest.find(".dist-info/") != std::string::npos;
    CHECK(here >= in_dist_info);
    in_dist_info = here;
  }
}

TEST_CASE("RECORD has pip's rows in pip's order", "[wheel]") {
  WriteOptions options = options_for("demo");
  options.requested = true;
  options.direct_url = packaging::DirectUrl{"file:///x.whl", packaging::ArchiveInfo{}, {}};
  const InstallImage image = plan(WheelMaker("demo", "1.0")
                                      .file("demo/a,b.py", "x")
                                      .file("Z.py", "z")
                                      .data("scripts", "tool", "#!python\n")
                                      .data("scripts", "demo-script.py", "old wrapper")
                                      .script("demo", "demo:main"),
                                  options);
  const auto files = by_path(image);
  CHECK(files.count("/v/bin/demo-script.py") == 0);
  const auto row = [](const std::string& path, std::string_view content) { return path + "," + test::record_hash_and_size(std::string(content)); };
  const std::string info = "demo-1.0.dist-info/";
  std::vector<std::string> expected = {
      row("../../../bin/demo", files.at("/v/bin/demo").content),
      row("../../../bin/tool", "#!/v/bin/python\n"),
      row("Z.py", "z"),
      row(info + "INSTALLER", "pip\n"),  // pip has a row for the skipped script before it
  };
  const auto lines = record_lines(image);
  REQUIRE(lines.size() == 11);
  CHECK(std::vector<std::string>(lines.begin(), lines.begin() + 4) == expected);
  CHECK(lines[5] == info + "RECORD,,");
  CHECK(lines[6] == row(info + "REQUESTED", ""));
  CHECK(lines[9] == row(info + "entry_points.txt", "[console_scripts]\ndemo = demo:main\n"));
  CHECK(lines.back() == row("demo/a,b.py", "x"));
  CHECK(files.at(image.dist_info + "/RECORD").content.find("\"demo/a,b.py\",sha256=") != std::string::npos);
  CHECK(files.at(image.dist_info + "/RECORD").content.find("\r\n") != std::string::npos);
}

TEST_CASE("platlib wheels go to platlib, unlisted files get an empty row", "[wheel]") {
  WriteOptions options = options_for("demo");
  options.scheme.platlib = "/v/lib64/python3.11/site-packages";
  const InstallImage image = plan(WheelMaker("demo", "1.0").purelib(false).file("a.so", "x").file("b.py", "y").without_record_row("b.py"), options);
  CHECK(image.dist_info == "/v/lib64/python3.11/site-packages/demo-1.0.dist-info");
  CHECK(record_lines(image)[1] == "b.py,,");
}

TEST_CASE("two members with one destination: with equal bytes one row, with different bytes a refusal that names them", "[wheel][S11]") {
  const InstallImage image = plan(WheelMaker("demo", "1.0").data("purelib", "x.py", "same").file("x.py", "same"), options_for("demo"));
  CHECK(by_path(image).at(kSite + "/x.py").source->path == "demo-1.0.data/purelib/x.py");
  CHECK(record_lines(image).back() == "x.py," + test::record_hash_and_size("same"));
  const auto demo = [] { return WheelMaker("demo", "1.0").file("x.py", "root"); };
  CHECK(refusal(demo().data("purelib", "x.py", "data")) == "same-destination");
  CHECK(refusal(demo().data("purelib", "y.py", "a").data("platlib", "y.py", "b")) == "same-destination");
  CHECK(refusal(demo().data("data", "lib/python3.11/site-packages/x.py", "data")) == "same-destination");
  CHECK(refusal(demo().script("run", "demo:main").data("data", "bin/run", "#!/bin/sh\n")) == "same-destination");
  CHECK(refusal(demo()).empty());
}

TEST_CASE("a script that an entry point's wrapper replaces leaves no row in RECORD", "[wheel]") {
  const InstallImage image = plan(WheelMaker("demo", "1.0").script("run", "demo:main").data("scripts", "run", "#!/bin/sh\n"), options_for("demo"));
  CHECK(by_path(image).at("/v/bin/run").source == nullptr);
  for (const std::string& line : record_lines(image)) CHECK(line.find(".data/") == std::string::npos);
}

TEST_CASE("pip and easy_install get the names of the target's Python", "[wheel]") {
  const InstallImage image = plan(WheelMaker("demo", "1.0")
                                      .script("pip", "demo:main").script("pip3.8", "demo:main").script("pip2", "demo:main")
                                      .script("easy_install", "demo:easy").script("easy_install-2.7", "demo:easy").script("pipx", "demo:x"),
                                  options_for("demo"));
  std::vector<std::string> names;
  for (const auto& [path, file] : by_path(image))
    if (path.starts_with("/v/bin/")) names.push_back(path.substr(7));
  CHECK(names == std::vector<std::string>{"easy_install", "easy_install-3.11", "pip", "pip3", "pip3.11", "pipx"});
}

TEST_CASE("first lines are pip's where pip's work", "[wheel][S5]") {
  CHECK(wheel::shebang("/v/bin/python") == "#!/v/bin/python\n");
  const std::string fits(124, 'a'), too_long(125, 'a');
  CHECK(wheel::shebang(fits) == "#!" + fits + "\n");
  CHECK(wheel::shebang(too_long) == "#!/bin/sh\n'''exec' " + too_long + " \"$0\" \"$@\"\n' '''\n");
  CHECK(wheel::shebang("/my env/bin/python") == "#!/bin/sh\n'''exec' \"/my env/bin/python\" \"$0\" \"$@\"\n' '''\n");
  CHECK(wheel::shebang("/v'$x/bin/python") == "#!/v'$x/bin/python\n");
}

// The interpreter is a link to /bin/echo at a nasty place: the script prints its own path and its arguments through it.
TEST_CASE("a script starts its interpreter from any place", "[wheel][S5]") {
  const auto temp = sys::TempDir::create({}, "pipit-test-");
  REQUIRE(temp);
  const std::string long_part(140, 'l');
  for (const std::string& part : {std::string("plain"), std::string("with space"), std::string("tab\there"), std::string("new\nline"), std::string("quote's"),
                                  std::string("dou\"ble x"), std::string("$(touch x) y"), std::string("`id` z"), std::string("back\\slash n"),
                                  std::string("tri'''ple x"), std::string("percent %s x"), std::string("cr\rx"), std::string("\xc3\xa9t\xc3\xa9 x"),
                                  std::string("bad\xff utf"), std::string("semi;colon & more ") + long_part, long_part, "'q" + long_part,
                                  "*?[" + long_part, "~$HOME" + long_part, std::string("trailing\\N{x} \\x \\u")}) {
    CAPTURE(part);
    const std::filesystem::path folder = temp->path() / part;
    std::filesystem::create_directories(folder);
    std::filesystem::create_symlink("/bin/echo", folder / "python");
    const std::filesystem::path script = temp->path() / "script";
    test::write_file(script, wheel::shebang((folder / "python").string()) + "import sys\n");
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    sys::ProcessSpec spec;
    spec.program = script;
    spec.arguments = {"a b", "c'd"};
    const auto result = sys::run_process(spec);
    REQUIRE(result);
    CHECK(result->exit_code == 0);
    CHECK(result->output == script.string() + " a b c'd\n");
    CHECK_FALSE(std::filesystem::exists("x"));
  }
}
