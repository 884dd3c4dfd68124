#include "pipit/packaging/peep.h"

#include <catch2/catch_test_macros.hpp>
#include <map>

using namespace pipit;
using namespace pipit::packaging;

namespace {

RequirementsFile parsed(std::map<std::string, std::string> files, const std::string& entry = "r.txt") {
  RequirementsParseContext context;
  context.load = [&](const std::string& location) -> Result<LoadedFile> {
    const std::string name = location.starts_with("/w/") ? location.substr(3) : location;
    if (!files.contains(name)) return fail(make_error(ErrorCode{"missing"}, name));
    return LoadedFile{files.at(name), std::nullopt};
  };
  context.current_directory = "/w";
  auto file = parse_requirements_file(entry, false, {}, context);
  if (!file) FAIL(file.error().message);
  return std::move(*file);
}

// "alpha:AAA,BBB beta:" for a file.
std::string bound(const RequirementsFile& file) {
  std::string out;
  for (const RequirementLine& line : file.lines) {
    out += (out.empty() ? "" : " ") + line.requirement->name + ":";
    for (std::size_t i = 0; i < line.peep_hashes.size(); ++i) out += (i > 0 ? "," : "") + line.peep_hashes[i];
  }
  return out;
}
std::string bound(const std::string& text) { return bound(parsed({{"r.txt", text}})); }

constexpr const char* kHash = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
constexpr const char* kHex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

}  // namespace

TEST_CASE("a hash line is recognised exactly as peep recognises it", "[packaging]") {
  struct Row {
    std::string_view line;
    std::optional<std::string> hash;
  };
  const Row rows[] = {
      {"# sha256: AAA", "AAA"},
      {"\t  # sha256: AAA  \t", "AAA"},
      {"#\tsha256:\tAAA", "AAA"},
      {"#   sha256:    AAA", "AAA"},
      {"# sha256: AAA\r", "AAA"},
      {"#\xC2\xA0sha256: AAA", "AAA"},
      {"# sha256: AAA # remark", "AAA"},
      {"# sha256: AAA #", "AAA"},
      {"# sha256: AAA # b # c", "AAA"},
      {"# sha256: AAA# remark", "AAA"},
      {"# sha256: AAA#remark", "AAA#remark"},
      {"# sha256: AAA## remark", "AAA#"},
      {"# sha256: A#B#c d", "A#B"},
      {"# sha256: some_number_######_signs # hi # there", "some_number_######_signs"},
      {"# sha256: AAA ## sha256: BBB", "AAA"},
      {"# sha256: AAA\\", "AAA\\"},
      {"# sha256: #", "#"},
      {"# sha256: AAA \\", {}},
      {"# sha256: AAA BBB", {}},
      {"# sha256: AAA, BBB", {}},
      {"#sha256: AAA", {}},
      {"# sha256:AAA", {}},
      {"# sha256 : AAA", {}},
      {"# sha256 AAA", {}},
      {"# SHA256: AAA", {}},
      {"## sha256: AAA", {}},
      {"# # sha256: AAA", {}},
      {"# foo sha256: AAA", {}},
      {"# sha256: sha256: AAA", {}},
      {"# md5: AAA", {}},
      {"# unknown_hash_type: AAA", {}},
      {"# sha256:", {}},
      {"# sha256: # remark", {}},
      {"alpha==1  # sha256: AAA", {}},
  };
  for (const Row& row : rows) {
    INFO(row.line);
    CHECK(parse_peep_hash_line(row.line) == row.hash);
  }
}

TEST_CASE("hash comments bind to the requirement below them as in peep's worked examples", "[packaging]") {
  CHECK(bound("# sha256: AAA\nalpha==1\n") == "alpha:AAA");
  CHECK(bound("# Tarball:\n# sha256: AAA\n\n#\n# And the zip:\n# sha256: BBB  # from the mirror\n\nalpha==1\nbeta==2\n") == "alpha:AAA,BBB beta:");
  CHECK(bound("alpha==1  # sha256: AAA\nbeta==2\n") == "alpha: beta:");
  CHECK(bound("# sha256: AAA\nalpha==1  # sha256: BBB\n") == "alpha:AAA");
  CHECK(bound("# sha256: AAA\n-i http://index.example/\n# sha256: BBB\nalpha==1\n# sha256: CCC\n--pre\nbeta==2\n") == "alpha:BBB beta:");
  CHECK(bound("# sha256: AAA\nalpha==1\n# sha256: BBB\nalpha==1\n") == "alpha:AAA alpha:BBB");
  CHECK(bound("# sha256: AAA\nalpha==1 \\\n   ; python_version>\"2\"\n# sha256: BBB\nbeta==1\n") == "alpha:AAA beta:BBB");
  CHECK(bound("# sha256: AAA\nalpha==1 \\\n# sha256: BBB\nbeta==1\n") == "alpha:AAA beta:BBB");
  CHECK(bound("# sha256: AAA \\\nalpha==1\n") == "alpha:");
  CHECK(bound("alpha==1\n# sha256: AAA\nbeta==1\n# sha256: BBB") == "alpha: beta:AAA");
  CHECK(bound("# sha256: OLD\n# alpha==1.0\n\n# sha256: NEW\nalpha==1.2\n") == "alpha:OLD,NEW");
  CHECK(bound("# sha256: AAA\nhttps://host.example/archive/1234567.zip#egg=x  # sha256: BBB\n# sha256: CCC\n-e git+https://host.example/y.git#egg=y\n") ==
        "x:AAA y:CCC");
  CHECK(bound("# unknown_hash_type: AAA\n# sha256: has spaces in it  # hi\n# sha256: has spaces in it\nalpha==1\n# Just a remark\n# sha256: abc\nalpha==1\n") ==
        "alpha: alpha:abc");
  CHECK(bound("# sha256: AAA\r\n  alpha==1\r\n# sha256: BBB\r\n\tbeta==1") == "alpha:AAA beta:BBB");
  CHECK(bound("\xEF\xBB\xBF# sha256: AAA\nalpha==1\n") == "alpha:AAA");
}

TEST_CASE("hash comments never cross files, and an include eats the block above it", "[packaging]") {
  const auto file = parsed({{"r.txt", "-i http://index.example/\n# sha256: AAA\n-r sub/inner.txt\n# sha256: CCC\ngamma==3.0\n"},
                            {"sub/inner.txt", "alpha==1.2\n# sha256: BBB\n# still the same block\nepsilon==1.5\n"}});
  CHECK(bound(file) == "alpha: epsilon:BBB gamma:CCC");
  CHECK(file.peep_hash_strays == std::vector<std::string>{"r.txt:2"});
  CHECK(file.every_requirement_has_peep_hash);  // in r.txt
  CHECK_FALSE(parsed({{"r.txt", "# sha256: A\na\nb\n"}}).every_requirement_has_peep_hash);
  CHECK_FALSE(parsed({{"r.txt", "-i x\n"}}).every_requirement_has_peep_hash);
}

TEST_CASE("port prints a peep file as --hash lines", "[packaging]") {
  const std::string hash = std::string("# sha256: ") + kHash + "\n";
  const std::string option = std::string("    --hash=sha256:") + kHex;
  const auto file = parsed({{"r.txt", hash + "-r sub/inner.txt\n" + hash + hash + "gamma [b,a] >= 1.2 , <3\nplain==4\n" + hash +
                                          "https://h/x.zip#egg=schema\nhttps://h/y.tar.gz#egg=delta\n" + hash + "m==1; os_name=='nt'\n"},
                            {"sub/inner.txt", "alpha==1.2\n"}});
  const auto ported = peep_port(file.lines);
  REQUIRE(ported);
  CHECK(*ported == "\n# from sub/inner.txt\n\nalpha==1.2\n\n# from r.txt\n\ngamma[a,b]<3,>=1.2 \\\n" + option + " \\\n" + option + "\nplain==4\nhttps://h/x.zip#egg=schema \\\n" +
                       option + "\nhttps://h/y.tar.gz#egg=delta\nm==1; os_name == \"nt\" \\\n" + option + "\n");
  CHECK(*peep_port({}) == "");
}

TEST_CASE("port refuses every hash that is not 32 bytes, with its place", "[packaging]") {
  const auto file = parsed({{"r.txt", std::string("# sha256: abc\na==1\nb==1\n# sha256: ") + kHex + "\nc==1\n"}});
  const auto ported = peep_port(file.lines);
  REQUIRE_FALSE(ported);
  CHECK(ported.error().where == "r.txt:2");
  REQUIRE(ported.error().also.size() == 1);
  CHECK(ported.error().also[0].where == "r.txt:5");
}

TEST_CASE("peep hashes are url-safe base64 of SHA-256 without padding", "[packaging]") {
  CHECK(peep_hash_to_hex(kHash) == kHex);
  CHECK(peep_hash_to_hex("7eqv8_F3StKIhnN3DG1kCX45G8Ni19b7NJgt3w79GMs") == "edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb");
  CHECK(peep_hash_line(std::vector<std::uint8_t>(32, 0)) == "# sha256: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
  CHECK_FALSE(peep_hash_to_hex("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"));
  CHECK_FALSE(peep_hash_to_hex(""));
}
