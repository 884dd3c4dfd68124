// `inspect --html`: a page that is whole in itself and in which strangers' text stays text.
#include <catch2/catch_test_macros.hpp>

#include "cmdline/run_pipit.h"

using namespace pipit;
using namespace pipit::test;

namespace {

// Balanced elements, known references only, no element or attribute that loads or runs anything; prints the visible text.
constexpr const char* kReader = R"~(
import sys
from html.parser import HTMLParser
VOID = {"meta"}
ALLOWED = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "details", "summary", "b", "span", "a", "dl", "dt", "dd", "code", "br", "div",
           "svg", "text", "circle", "path"}
class Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.text = [], set(), [], []
    def handle_starttag(self, tag, attributes):
        assert tag in ALLOWED, tag
        for name, value in attributes:
            assert not name.startswith("on") and name not in ("src", "style", "srcset"), name
            if name == "id":
                assert value not in self.ids, value
                self.ids.add(value)
            if name == "href":
                assert value.startswith("#"), value
                self.links.append(value[1:])
        if tag not in VOID and tag != "br": self.open.append(tag)
    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.open.pop()
    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag
    def handle_data(self, data):
        if self.open and self.open[-1] == "style": assert "url(" not in data and "@import" not in data
        else: self.text.append(data)
reader = Reader()
reader.feed(open(sys.argv[1], encoding="utf-8").read())
reader.close()
assert not reader.open, reader.open
assert set(reader.links) <= reader.ids, set(reader.links) - reader.ids
print("|".join(reader.text))
)~";

std::string read_page(const Bench& bench, const std::filesystem::path& venv) {
  const Outcome made = bench.run({"--python", venv.string(), "inspect", "--html", "page.html"});
  INFO(made.all());
  REQUIRE(made.exit_code == 0);
  const Outcome text = bench.start(venv / "bin/python", {bench.file("reader.py", kReader), bench.path("page.html").string()});
  INFO(text.err);
  REQUIRE(text.exit_code == 0);
  return text.out;
}

}  // namespace

TEST_CASE("inspect --html shows every package, who needs whom and what verify says, on a page that loads nothing", "[cmdline]") {
  Bench bench;
  const auto venv = bench.venv();
  bench.wheel("upper", "1.0", {"lower", "circle"});
  bench.wheel("circle", "2.0", {"upper"});
  WheelMaker lower = Bench::make("lower", "3.0", {"absent; extra == 'more'"});
  lower.metadata_line("Summary: <script>alert(1)</script> & \"quotes\" 'too' \x1b[31m");
  bench.wheel(lower);
  REQUIRE(bench.install(venv, {"upper"}).exit_code == 0);
  const std::string page = read_page(bench, venv);
  for (const char* part : {"upper", "circle", "lower", "3 packages", "1.0", "2.0", "3.0", "sha256:", "RECORD"}) {
    INFO(part);
    CHECK(has(page, part));
  }
  CHECK(has(page, "<script>alert(1)</script> & \"quotes\" 'too'"));
  CHECK_FALSE(has(page, "\x1b"));
  CHECK_FALSE(has(page, "absent"));
  CHECK(has(page, "recorded files are what they were when installed"));
  CHECK(has(page, "upper needs 2 and is needed by 1"));
}

TEST_CASE("inspect --html says what is broken: files and requirements", "[cmdline]") {
  Bench bench;
  const auto venv = bench.venv();
  bench.wheel("harbour", "1.0", {"quay>=2"});
  REQUIRE(bench.install(venv, {"--no-deps", "harbour"}).exit_code == 0);
  REQUIRE(sys::replace_file(sys::real_os(), site_packages(venv) / "harbour/__init__.py", "version = 'other'\n"));
  const std::string page = read_page(bench, venv);
  CHECK(has(page, "harbour 1.0 requires quay, which is not installed."));
  CHECK(has(page, "quay (not installed)"));
  CHECK(has(page, "1 problem"));
  CHECK(has(page, "harbour/__init__.py"));
}

TEST_CASE("inspect --html of an empty environment is a page, too, also on standard output", "[cmdline]") {
  Bench bench;
  const auto venv = bench.venv();
  CHECK(has(read_page(bench, venv), "0 packages"));
  CHECK(bench.run({"--python", venv.string(), "inspect", "--html", "-"}).out.starts_with("<!DOCTYPE html>"));
  CHECK(bench.run({"--python", venv.string(), "inspect", "--html", "no/such/place.html"}).exit_code != 0);
}
