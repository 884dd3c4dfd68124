#include "ops/peep_report.h"

#include <catch2/catch_test_macros.hpp>

#include "pipit/base/text.h"

using namespace pipit;
using namespace pipit::ops;
using packaging::RequirementLine;

namespace {

const std::string kActual = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";  // of the empty file
const std::string kActualHex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

RequirementLine line_of(const std::string& text, int number = 1) {
  packaging::RequirementsParseContext context;
  context.current_directory = "/work";
  context.path_exists = context.is_directory = [](const std::string&) { return false; };
  auto line = packaging::parse_requirement_argument(text, false, context);
  REQUIRE(line);
  line->origin = {"/work/reqs.txt", number, false, "reqs.txt"};
  return std::move(*line);
}

constexpr const char* kMismatchedHead =
    "THE FOLLOWING PACKAGES DIDN'T MATCH THE HASHES SPECIFIED IN THE REQUIREMENTS\n"
    "FILE. If you have updated the package versions, update the hashes. If not,\n"
    "freak out, because someone has tampered with the packages.\n\n";
constexpr const char* kFoot = "-------------------------------\nNot proceeding to installation.\n\n";

}  // namespace

TEST_CASE("an actual hash stands under the first expected one, whatever the name's length", "[ops]") {
  PeepReport report;
  report.mismatched = {{"alpha", {"badbadbad"}, "ACT(alpha)"}, {"Beta-Pkg", {"bad1", "bad2"}, "ACT(Beta_Pkg)"}};
  CHECK(report.error_text() == "\n" + std::string(kMismatchedHead) +
                                   "    alpha: expected badbadbad\n"
                                   "                got ACT(alpha)\n"
                                   "    Beta-Pkg: expected one of bad1\n"
                                   "                              bad2\n"
                                   "                          got ACT(Beta_Pkg)\n\n" + kFoot);
}

TEST_CASE("missing hashes come with lines to paste, each followed by an empty line", "[ops]") {
  PeepReport report;
  report.missing = {{"gamma==3.0", "ACT(gamma)"}, {"https://host.example/x.zip#egg=delta", "ACT(delta)"}};
  CHECK(report.error_text() ==
        "\nThe following packages had no hashes specified in the requirements file, which\n"
        "leaves them open to tampering. Vet these packages to your satisfaction, then\n"
        "add these \"sha256\" lines like so:\n\n"
        "# sha256: ACT(gamma)\ngamma==3.0\n\n"
        "# sha256: ACT(delta)\nhttps://host.example/x.zip#egg=delta\n\n" + std::string(kFoot));
}

TEST_CASE("malformed requirements are one line each", "[ops]") {
  PeepReport report;
  report.malformed = {"https://host.example/files/master.zip"};
  CHECK(report.error_text() ==
        "\nThe following requirements could not be processed:\n"
        "* Unable to determine package name from URL https://host.example/files/master.zip; add #egg=\n" + std::string(kFoot));
}

TEST_CASE("failures alone are printed as peep prints them, beside others they are a section of their own", "[ops]") {
  PeepReport report;
  report.failed = {make_pip_error(kInternalError, "No matching distribution found for alpha==9 (from -r r.txt (line 2))")};
  CHECK(report.error_text() == "No matching distribution found for alpha==9 (from -r r.txt (line 2))\n");
  report.failed.push_back(make_pip_error(kInternalError, "Downloading http://h/x.zip failed: HTTP Error 404: Not Found"));
  CHECK(report.error_text() ==
        "No matching distribution found for alpha==9 (from -r r.txt (line 2))\nDownloading http://h/x.zip failed: HTTP Error 404: Not Found\n");
  report.malformed = {"http://h/y.zip"};
  CHECK(report.error_text() ==
        "\nThe following requirements could not be processed:\n"
        "* Unable to determine package name from URL http://h/y.zip; add #egg=\n"
        "The following requirements could not be checked:\n"
        "* No matching distribution found for alpha==9 (from -r r.txt (line 2))\n"
        "* Downloading http://h/x.zip failed: HTTP Error 404: Not Found\n" + std::string(kFoot));
}

TEST_CASE("the order of the classes is mismatched, missing, malformed", "[ops]") {
  PeepReport report;
  report.malformed = {"http://h/y.zip"};
  report.missing = {{"gamma==3.0", "G"}};
  report.mismatched = {{"alpha", {"A"}, "B"}};
  report.satisfied = {"never printed beside errors"};
  const std::string text = report.error_text();
  CHECK(text.find("    alpha: expected A\n                got B\n") != std::string::npos);
  CHECK(text.find("alpha") < text.find("gamma"));
  CHECK(text.find("gamma") < text.find("y.zip"));
  CHECK(text.find("never") == std::string::npos);
}

TEST_CASE("what was installed already is listed under a paragraph of advice", "[ops]") {
  PeepReport report;
  CHECK(report.satisfied_text().empty());
  report.satisfied = {peep_description(line_of("alpha==1.2", 2), "/site"), peep_description(line_of("https://host.example/master.zip#egg=delta", 5), "/site")};
  CHECK(report.satisfied_text() ==
        "These packages were already installed, so we didn't need to download or build\n"
        "them again. If you installed them with peep in the first place, you should be\n"
        "safe. If not, uninstall them, then re-attempt your install with peep.\n"
        "   alpha==1.2 in /site (from -r reqs.txt (line 2))\n"
        "   delta from https://host.example/master.zip#egg=delta in /site (from -r reqs.txt (line 5))\n");
}

TEST_CASE("a directory below the current one is shown relative to it", "[ops]") {
  CHECK(peep_location("/work/env/lib", "/work") == "./env/lib");
  CHECK(peep_location("/workshop/env", "/work") == "/workshop/env");
  CHECK(peep_location("/work", "/work") == "/work");
}

TEST_CASE("names are shown in pip's safe spelling", "[ops]") {
  CHECK(peep_safe_name("Beta_Pkg") == "Beta-Pkg");
  CHECK(peep_safe_name("eta.dot") == "eta.dot");
  CHECK(peep_safe_name("a_-_b") == "a-b");
}

TEST_CASE("descriptions sort extras and specifiers and hide passwords", "[ops]") {
  CHECK(peep_description(line_of("alpha [b,a] >= 1.2 , <3")) == "alpha[a,b]<3,>=1.2 (from -r reqs.txt (line 1))");
  CHECK(peep_description(line_of("alpha==1.2; python_version>\"2\"")) == "alpha==1.2 (from -r reqs.txt (line 1))");
  CHECK(peep_description(line_of("https://user:secret@h.example/x.zip#egg=x")).find("secret") == std::string::npos);
}

TEST_CASE("the line to paste keeps the pin, extras and marker of the requirement", "[ops]") {
  CHECK(peep_paste_line(line_of("ALPHA==1.2"), "1.2.0") == "ALPHA==1.2");
  CHECK(peep_paste_line(line_of("alpha>=1"), "1.2") == "alpha==1.2");
  CHECK(peep_paste_line(line_of("Beta_Pkg"), "2.0") == "Beta-Pkg==2.0");
  CHECK(peep_paste_line(line_of("alpha[y,x]==1.2; python_version > \"2\""), "1.2") == "alpha[x,y]==1.2; python_version > \"2\"");
  CHECK(peep_paste_line(line_of("https://h.example/1.zip#egg=delta"), "") == "https://h.example/1.zip#egg=delta");
}

TEST_CASE("sizes above 1000 bytes are told in thousands, as Python prints them", "[ops]") {
  const RequirementLine line = line_of("alpha==1.2");
  CHECK(peep_downloading_line(line, 0) == "Downloading alpha==1.2...\n");
  CHECK(peep_downloading_line(line, 1000) == "Downloading alpha==1.2...\n");
  CHECK(peep_downloading_line(line, 1001) == "Downloading alpha==1.2 (1.001K)...\n");
  CHECK(peep_downloading_line(line, 123456) == "Downloading alpha==1.2 (123.456K)...\n");
  CHECK(peep_downloading_line(line, 2500) == "Downloading alpha==1.2 (2.5K)...\n");
  CHECK(peep_downloading_line(line, 2000) == "Downloading alpha==1.2 (2.0K)...\n");
  CHECK(peep_downloading_line(line_of("https://h.example/master.zip#egg=delta"), 5) == "Downloading delta...\n");
}

TEST_CASE("comments, --hash options and a sha256 fragment add up", "[ops]") {
  RequirementLine line = line_of("https://h.example/x.zip#egg=x&sha256=" + kActualHex);
  line.peep_hashes = {"badbadbad", kActual};
  line.hashes = {{"sha256", std::string(64, 'a')}, {"sha512", "beef"}};
  line.hashes_as_typed = {std::string(64, 'A'), "beef"};
  const PeepAccepted accepted = peep_accepted(line);
  CHECK(accepted.shown == std::vector<std::string>{"badbadbad", kActual, to_base64url(*from_hex(std::string(64, 'a'))), "sha512:beef", kActual});
  CHECK(accepted.unusable == std::vector<std::string>{"badbadbad"});
  REQUIRE(accepted.hashes.size() == 5);
  CHECK(accepted.hashes[1] == packaging::Hash{"sha256", kActualHex});
  CHECK(accepted.hashes[4] == accepted.hashes[1]);
}

TEST_CASE("only the 43-character form of a comment can match", "[ops]") {
  for (const std::string& text : {kActual + "=", kActualHex, std::string("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"), kActual.substr(1), std::string("#")}) {
    RequirementLine line = line_of("alpha==1");
    line.peep_hashes = {text};
    const PeepAccepted accepted = peep_accepted(line);
    CHECK(accepted.hashes[0].hex != kActualHex);
    CHECK(accepted.unusable.size() == 1);
    CHECK(accepted.shown[0] == text);
  }
}

TEST_CASE("a weak digest in a URL is no hash", "[ops]") {
  CHECK(peep_accepted(line_of("https://h.example/x.zip#egg=x&md5=d41d8cd98f00b204e9800998ecf8427e")).hashes.empty());
  CHECK(peep_accepted(line_of("https://h.example/x.zip#egg=x&sha256=abc")).hashes.empty());
}

TEST_CASE("archives named after a commit are told from others by their file name alone", "[ops]") {
  const std::string forty(40, 'a');
  for (const std::string& name : {std::string("1234567.zip"), std::string("1234567.tgz"), std::string("1234567.tar"), std::string("2015010.zip"),
                                  std::string("ABCDEF0.zip"), forty + ".zip", std::string("1234567.tar.gz"), std::string("1234567.tar.bz2"),
                                  forty + ".tar.gz", std::string("1234567.zip?x=1"), std::string("1234567.zip#egg=x")})
    CHECK(is_commit_archive("https://h.example/a/" + name));
  for (const std::string& name : {std::string("12345678.zip"), forty.substr(1) + ".zip", forty + "a.zip", std::string("1234567.ZIP"),
                                  std::string("1234567.whl"), std::string("1234567"), std::string("x-1234567.zip"), std::string("q?f=1234567.zip"),
                                  std::string("1234567.zip/"), std::string("123456g.zip"), std::string("+123456.zip"), std::string("0x12345.zip")})
    CHECK_FALSE(is_commit_archive("https://h.example/a/" + name));
  CHECK(is_commit_archive("file:///a/1234567.zip"));
  CHECK_FALSE(is_commit_archive("git+https://h.example/1234567.zip"));
  CHECK_FALSE(is_commit_archive("1234567.zip"));
}

TEST_CASE("what cannot be hashed is said in peep's words", "[ops]") {
  CHECK(peep_scheme_problem(line_of("foo @ git+https://h/foo.git")).value_or("").starts_with(
      "foo from git+https://h/foo.git (from -r reqs.txt (line 1)): The download link, git+https://h/foo.git, would not result in a file"));
  CHECK(peep_scheme_problem(line_of("ftp://h.example/x.zip#egg=x")) ==
        "x from ftp://h.example/x.zip#egg=x (from -r reqs.txt (line 1)): The download link, ftp://h.example/x.zip#egg=x, would not result in a file that "
        "can be hashed. Peep supports only == requirements, file:// URLs pointing to files (not folders), and http:// and https:// URLs pointing to "
        "tarballs, zips, etc.");
  for (const char* text : {"http://h.example/x.zip#egg=x", "HTTPS://h.example/x.zip#egg=x", "file:///x.zip#egg=x", "alpha==1"})
    CHECK_FALSE(peep_scheme_problem(line_of(text)));
  CHECK(peep_directory_problem(line_of("file:///work/proj#egg=x")) ==
        "x from file:///work/proj#egg=x (from -r reqs.txt (line 1)): file:///work/proj is a directory. So that it can compute a hash, peep supports only "
        "filesystem paths which point to files");
}
