// What pip's completion scripts ask for.
#include "cli/auto_complete.h"

#include <catch2/catch_test_macros.hpp>

#include "pipit/sys/file.h"
#include "support/wheel_maker.h"

using namespace pipit;
using namespace pipit::cli;

namespace {

std::string complete(const std::string& words, const std::string& position, const std::filesystem::path& directory = "/nowhere") {
  const auto typed = words_to_complete({{"PIP_AUTO_COMPLETE", "1"}, {"COMP_WORDS", words}, {"COMP_CWORD", position}});
  REQUIRE(typed);
  return completions(*typed, {[] { return std::vector<std::string>{"flask", "flit-core", "trio"}; }, directory});
}

}  // namespace

TEST_CASE("commands, options and installed names are completed as pip does", "[cli]") {
  CHECK(complete("pip ins", "1") == "install inspect\n");
  CHECK(complete("pip", "1").starts_with("install "));
  CHECK(complete("pip uninstall fl", "2") == "flask\nflit-core\n");
  CHECK(complete("pip uninstall FL", "2") == "flask\nflit-core\n");
  CHECK(complete("pip show flask fl", "3") == "flit-core\n");
  CHECK(complete("pip install --requirement=r --req", "3").find("--requirement=") == std::string::npos);
  CHECK(complete("pip install --no-de", "2") == "--no-deps\n--no-dependencies\n");
  CHECK(complete("pip cache pu", "2").find("purge\n") != std::string::npos);
  CHECK(complete("pip help ins", "2").empty());
  CHECK(complete("pip --is", "1") == "--isolated\n");
}

TEST_CASE("paths are completed behind options that take them, and for what is installed", "[cli]") {
  auto made = sys::TempDir::create({}, "pipit-complete-");
  REQUIRE(made);
  const std::filesystem::path root = made->path();
  std::filesystem::create_directory(root / "resources");
  test::write_file(root / "reqs.txt", "");
  test::write_file(root / "resources/more.txt", "");
  CHECK(complete("pip install r", "2", root) == "reqs.txt\nresources/\n");
  CHECK(complete("pip install -r resources/m", "3", root) == "resources/more.txt\n");
  CHECK(complete("pip download --dest re", "3", root) == "resources/\n");
  CHECK(complete("pip --cache-dir re", "2", root) == "resources/\n");
}

TEST_CASE("without the three variables nobody asks", "[cli]") {
  CHECK_FALSE(words_to_complete({{"COMP_WORDS", "pip ins"}, {"COMP_CWORD", "1"}}));
  CHECK_FALSE(words_to_complete({{"PIP_AUTO_COMPLETE", "1"}, {"COMP_CWORD", "1"}}));
  CHECK_FALSE(words_to_complete({{"PIP_AUTO_COMPLETE", "1"}, {"COMP_WORDS", "pip"}, {"COMP_CWORD", "many"}}));
}
