// peep's worked examples through the whole program: which hash comments speak for which requirement, as the report of `peep
// install` shows it, byte for byte. The hashes are short and match nothing, so each requirement is either mismatched or missing.
#include <catch2/catch_test_macros.hpp>

#include "cmdline/peep_bench.h"

using namespace pipit::test;

namespace {

struct Bound {
  std::string name, version;
  std::vector<std::string> hashes;  // in the file's order; none: missing
};

struct Example {
  std::string text;
  std::vector<Bound> bound;  // in the file's order
};

struct Examples : PeepBench {
  std::map<std::string, std::string> actual;  // "name==version": the archive's hash

  Examples() {
    for (const auto& [name, version] : {std::pair("alpha", "1"), std::pair("alpha", "1.2"), std::pair("beta", "1"), std::pair("beta", "2"), std::pair("gamma", "3.0"),
                                        std::pair("epsilon", "1.5")})
      actual[std::string(name) + "==" + version] = peep_hash(read_whole_file(wheel(name, version)));
  }

  std::string report(const std::vector<Bound>& bound) const {
    std::string mismatched, missing;
    for (const Bound& item : bound) {
      const std::string pin = item.name + "==" + item.version, lead = "    " + item.name + ": expected " + (item.hashes.size() > 1 ? "one of " : "");
      if (item.hashes.empty()) {
        missing += "# sha256: " + actual.at(pin) + "\n" + pin + "\n\n";
        continue;
      }
      for (std::size_t i = 0; i < item.hashes.size(); ++i) mismatched += (i == 0 ? lead : std::string(lead.size(), ' ')) + item.hashes[i] + "\n";
      mismatched += std::string(lead.size() - 4, ' ') + "got " + actual.at(pin) + "\n";
    }
    std::string text = "\n";
    if (!mismatched.empty())
      text += "THE FOLLOWING PACKAGES DIDN'T MATCH THE HASHES SPECIFIED IN THE REQUIREMENTS\n"
              "FILE. If you have updated the package versions, update the hashes. If not,\n"
              "freak out, because someone has tampered with the packages.\n\n" + mismatched + "\n";
    if (!missing.empty())
      text += "The following packages had no hashes specified in the requirements file, which\n"
              "leaves them open to tampering. Vet these packages to your satisfaction, then\n"
              "add these \"sha256\" lines like so:\n\n" + missing;
    return text + "-------------------------------\nNot proceeding to installation.\n\n";
  }

  void check(const Example& example) {
    CAPTURE(example.text);
    file("r.txt", example.text);
    const Outcome outcome = peep_install({"-r", "r.txt"});
    CHECK(outcome.exit_code == 1);
    CHECK(outcome.out == report(example.bound));
    CHECK(installed_in(env).empty());
  }
};

const Example kExamples[] = {
    {"# sha256: AAA\nalpha==1\n", {{"alpha", "1", {"AAA"}}}},
    {"# Tarball:\n# sha256: AAA\n\n#\n# And the zip:\n# sha256: BBB  # from the mirror\n\nalpha==1\nbeta==2\n", {{"alpha", "1", {"AAA", "BBB"}}, {"beta", "2", {}}}},
    {"alpha==1  # sha256: AAA\nbeta==2\n", {{"alpha", "1", {}}, {"beta", "2", {}}}},
    {"# sha256: AAA\nalpha==1  # sha256: BBB\n", {{"alpha", "1", {"AAA"}}}},
    {"# sha256: AAA\n-f nowhere-else\n# sha256: BBB\nalpha==1\n# sha256: CCC\n--pre\nbeta==2\n", {{"alpha", "1", {"BBB"}}, {"beta", "2", {}}}},
    {"# sha256: AAA\nalpha==1\n# sha256: BBB\nalpha==1\n", {{"alpha", "1", {"AAA"}}, {"alpha", "1", {"BBB"}}}},
    {"# sha256: AAA\nalpha==1 \\\n   ; python_version>\"2\"\n# sha256: BBB\nbeta==1\n", {{"alpha", "1", {"AAA"}}, {"beta", "1", {"BBB"}}}},
    {"# sha256: AAA\nalpha==1 \\\n# sha256: BBB\nbeta==1\n", {{"alpha", "1", {"AAA"}}, {"beta", "1", {"BBB"}}}},
    {"# sha256: AAA \\\nalpha==1\n", {{"alpha", "1", {}}}},
    {"alpha==1\n# sha256: AAA\nbeta==1\n# sha256: BBB", {{"alpha", "1", {}}, {"beta", "1", {"AAA"}}}},
    {"# sha256: OLD\n# alpha==1.0\n\n# sha256: NEW\nalpha==1.2\n", {{"alpha", "1.2", {"OLD", "NEW"}}}},
    {"# unknown_hash_type: AAA\n# sha256: has spaces in it  # hi\n# sha256: has spaces in it\nalpha==1\n# Just a remark\n# sha256: abc\nalpha==1\n",
     {{"alpha", "1", {}}, {"alpha", "1", {"abc"}}}},
};

}  // namespace

TEST_CASE("each worked example gives peep's report", "[cmdline][peep]") {
  Examples examples;
  std::filesystem::create_directory(examples.path("nowhere-else"));
  for (const Example& example : kExamples) examples.check(example);
}

TEST_CASE("carriage returns, white space in front and a last line without an end change no worked example", "[cmdline][peep]") {
  Examples examples;
  std::filesystem::create_directory(examples.path("nowhere-else"));
  for (Example example : kExamples) {
    std::string text = "  ";
    for (const char c : example.text) text += c == '\n' ? std::string("\r\n\t ") : std::string(1, c);
    while (text.ends_with(' ') || text.ends_with('\t') || text.ends_with('\r') || text.ends_with('\n')) text.pop_back();
    examples.check({text, example.bound});
  }
}

TEST_CASE("a nested file stands where it is included, with hashes of its own", "[cmdline][peep]") {
  Examples examples;
  std::filesystem::create_directory(examples.path("sub"));
  examples.file("sub/inner.txt", "alpha==1.2\n# sha256: BBB\n# still the same block\nepsilon==1.5\n");
  examples.check({"--prefer-binary\n# sha256: AAA\n-r sub/inner.txt\n# sha256: CCC\ngamma==3.0\n",
                  {{"alpha", "1.2", {}}, {"epsilon", "1.5", {"BBB"}}, {"gamma", "3.0", {"CCC"}}}});
}
