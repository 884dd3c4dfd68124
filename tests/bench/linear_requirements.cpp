#include <array>

#include "bench/bench.h"
#include "bench/linear.h"
#include "pipit/packaging/peep.h"
#include "pipit/packaging/requirements_file.h"

namespace pipit::bench {
namespace {

using namespace packaging;

// The input is the entry file. Every file it includes is a line long, every variable a word, no path exists.
void parse_file(std::string_view text) {
  Diagnostics diagnostics;
  RequirementsParseContext context;
  context.load = [&](const std::string& location) -> Result<LoadedFile> {
    return LoadedFile{location == "r.txt" ? std::string(text) : "a==1\n", std::nullopt};
  };
  context.variable = [](const std::string&) { return std::optional<std::string>("word"); };
  context.path_exists = [](const std::string&) { return false; };
  context.is_directory = [](const std::string&) { return false; };
  context.current_directory = "/w";
  context.diagnostics = &diagnostics;
  const auto file = parse_requirements_file("r.txt", false, {}, context);
  if (file) keep(peep_port(file->lines));
}

void parse_argument(std::string_view text) {
  RequirementsParseContext context;
  context.path_exists = [](const std::string&) { return true; };
  context.is_directory = [](const std::string&) { return false; };
  context.current_directory = "/w";
  keep(parse_requirement_argument(text, false, context));
  keep(parse_requirement_argument(text, true, context));
}

void parse_hash_line(std::string_view text) {
  keep(parse_peep_hash_line(text));
  keep(is_near_peep_hash_line(text));
  keep(peep_hash_to_hex(text));
}

constexpr std::array kRows{
    LinearRow{"file: names", "", "package{}==1.0 ; python_version > '3'\n", "", parse_file},
    LinearRow{"file: blank lines", "", "\n", "", parse_file},
    LinearRow{"file: comments", "", "# c\n", "", parse_file},
    LinearRow{"file: bad lines", "", "foo=1.0\n", "", parse_file},
    LinearRow{"file: lost words", "", "--pre a\n", "", parse_file},
    LinearRow{"file: hidden line ends", "a", "\fa{}", "", parse_file},
    LinearRow{"file: continued lines", "a", "\\\na", "", parse_file},
    LinearRow{"file: continued lines with comments", "a", "\\\n# c\n", "", parse_file},
    LinearRow{"file: backslashes", "a", "\\", "", parse_file},
    LinearRow{"file: hash comments", "", "# sha256: AAA\n", "a==1\n", parse_file},
    LinearRow{"file: hash comments without requirement", "", "# sha256: AAA\n", "", parse_file},
    LinearRow{"file: near hash comments", "", "#sha256: AAA\n", "", parse_file},
    LinearRow{"file: one name", "a", "a", "", parse_file},
    LinearRow{"file: one bad name", "a", "a", "-", parse_file},
    LinearRow{"file: one name with an escape", "a", "\x01", "", parse_file},
    LinearRow{"file: one line of letters", "\xC3\xA9", "\xC3\xA9", "", parse_file},
    LinearRow{"file: one line of tabs", "a", "\t", "b", parse_file},
    LinearRow{"file: one line of carriage returns", "a", "\r", "b", parse_file},
    LinearRow{"file: one line of words", "a", " b", "", parse_file},
    LinearRow{"file: one line of dashes", "a", " -", "", parse_file},
    LinearRow{"file: one line of number signs", "a", "#", "", parse_file},
    LinearRow{"file: hashes of one line", "a==1", " --hash=sha256:{}", "", parse_file},
    LinearRow{"file: settings of one line", "a==1", " -C k{}=v", "", parse_file},
    LinearRow{"file: one setting of one line", "a==1", " -C k=v", "", parse_file},
    LinearRow{"file: options behind a requirement", "a==1", " --pre", "", parse_file},
    LinearRow{"file: names without binaries", "--no-binary a", ",b{}", "", parse_file},
    LinearRow{"file: lines of names without binaries", "", "--no-binary b{}\n", "", parse_file},
    LinearRow{"file: trusted hosts", "", "--trusted-host h{}\n", "", parse_file},
    LinearRow{"file: indexes", "", "--extra-index-url https://h/{}\n", "", parse_file},
    LinearRow{"file: indexes of one line", "", "--extra-index-url https://h/{} ", "", parse_file},
    LinearRow{"file: directories of links", "", "-f https://h/{}\n", "", parse_file},
    LinearRow{"file: directories of links of one line", "", "-f https://h/{} ", "", parse_file},
    LinearRow{"file: includes", "", "-r other{}.txt\n", "", parse_file},
    LinearRow{"file: includes of one line", "", "-r other{}.txt ", "", parse_file},
    LinearRow{"file: constraints of one line", "", "-c other{}.txt ", "", parse_file},
    LinearRow{"file: words behind an option", "--pre", " a", "", parse_file},
    LinearRow{"file: unclosed quotation", "-f \"", "a", "", parse_file},
    LinearRow{"file: unknown option", "--", "a", "", parse_file},
    LinearRow{"file: value of an option", "--index-url ", "a", "", parse_file},
    LinearRow{"file: variables", "", "${A} ", "", parse_file},
    LinearRow{"file: distinct variables", "", "${A{}}", "", parse_file},
    LinearRow{"file: openings of variables", "", "${", "", parse_file},
    LinearRow{"file: dollar signs", "${A}", "$", "", parse_file},
    LinearRow{"file: variables on lines", "", "${A}==1\n", "", parse_file},
    LinearRow{"file: URLs", "", "https://h/a{}.zip#egg=a\n", "", parse_file},
    LinearRow{"file: one URL", "https://h/", "a/", "", parse_file},
    LinearRow{"file: one URL with fragments", "https://h/a.zip#", "&egg=a", "", parse_file},
    LinearRow{"file: one URL with brackets", "https://h/a[", "[", "]", parse_file},
    LinearRow{"file: wheels", "", "https://h/a-1.{}-py3-none-any.whl\n", "", parse_file},
    LinearRow{"file: one wheel", "https://h/a-1", ".0", "-py3-none-any.whl", parse_file},
    LinearRow{"file: one path", "./", "a/", "", parse_file},
    LinearRow{"file: one path up and down", "./", "a/../", "b", parse_file},
    LinearRow{"file: one path up", "./", "../", "b", parse_file},
    LinearRow{"file: one path with extras", "./a[", "b,", "]", parse_file},
    LinearRow{"file: editable", "-e ./", "a/", "[x]", parse_file},
    LinearRow{"file: editable in one quotation", "-e \"./", "a ", "\"", parse_file},
    LinearRow{"file: UTF-16", {"\xFF\xFE", 2}, {"a\0", 2}, "", parse_file},
    LinearRow{"file: broken UTF-16", {"\xFF\xFE", 2}, {"\x00\xD8", 2}, "", parse_file},
    LinearRow{"file: Latin-1", "# coding: latin-1\n#", "\xE9", "", parse_file},
    LinearRow{"file: broken UTF-8", "# ", "\xE9", "", parse_file},
    LinearRow{"file: NUL bytes", "", {"\0", 1}, "", parse_file},
    LinearRow{"argument: name", "a", "a", "", parse_argument},
    LinearRow{"argument: path", "./", "a/", "", parse_argument},
    LinearRow{"argument: brackets", "./a", "[", "]", parse_argument},
    LinearRow{"argument: marker", "a ; os_name == 'a'", " or os_name == 'b'", "", parse_argument},
    LinearRow{"peep: hash", "# sha256: ", "A", "", parse_hash_line},
    LinearRow{"peep: number signs in a hash", "# sha256: ", "#", "", parse_hash_line},
    LinearRow{"peep: blanks", "# ", " ", "sha256: A", parse_hash_line},
    LinearRow{"peep: remarks", "# sha256: A", "# ", "", parse_hash_line},
};

}  // namespace

std::span<const LinearRow> requirements_rows() { return kRows; }

}  // namespace pipit::bench
