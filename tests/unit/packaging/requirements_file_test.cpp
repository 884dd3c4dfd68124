#include "pipit/packaging/requirements_file.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <set>

#include "pipit/packaging/peep.h"

using namespace pipit;
using namespace pipit::packaging;

namespace {

// A file tree in memory; "/w" is the current directory.
struct World {
  std::map<std::string, std::string> files;
  std::set<std::string> directories{"/w"};
  std::map<std::string, std::string> variables;
  Diagnostics diagnostics;

  static std::string absolute(const std::string& path) { return path.starts_with('/') || path.find("://") != std::string::npos ? path : "/w/" + path; }

  RequirementsParseContext context() {
    RequirementsParseContext context;
    context.load = [this](const std::string& location) -> Result<LoadedFile> {
      const auto found = files.find(absolute(location));
      if (found != files.end()) return LoadedFile{found->second, std::nullopt};
      Error error = make_error(ErrorCode{"no-such-file"}, "missing");
      error.os_errno = 2;
      return fail(std::move(error));
    };
    context.variable = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
    };
    context.path_exists = [this](const std::string& path) { return files.contains(path) || directories.contains(path); };
    context.is_directory = [this](const std::string& path) { return directories.contains(path); };
    context.current_directory = "/w";
    context.diagnostics = &diagnostics;
    return context;
  }
  Result<RequirementsFile> parse(const std::string& text, FileOptions options = {}) {
    files["/w/r.txt"] = text;
    return parse_requirements_file("r.txt", false, std::move(options), context());
  }
  RequirementsFile parsed(const std::string& text) {
    auto result = parse(text);
    INFO(text);
    if (!result) FAIL(result.error().message);
    return std::move(*result);
  }
};

// "name@line" of every requirement, in order.
std::string names(const RequirementsFile& file) {
  std::string out;
  for (const RequirementLine& line : file.lines)
    out += (out.empty() ? "" : " ") + (line.requirement ? line.requirement->name : line.url) + "@" + std::to_string(line.origin.line);
  return out;
}

std::string refusal(World& world, const std::string& text) {
  const auto result = world.parse(text);
  INFO(text);
  REQUIRE_FALSE(result);
  return result.error().message;
}

}  // namespace

TEST_CASE("physical lines become logical lines as pip joins, cuts and counts them", "[packaging]") {
  struct Row {
    std::string text, requirements;
  };
  const Row rows[] = {
      {"a==1 # c\nb\t# c", "a@1 b@2"},
      {"a \\\n# c \\\nb", "a@1 b@3"},
      {"a==1 \\\n  --hash=sha256:00", "a@1"},
      {"a \\", "a@1"},
      {"\\\na", "a@1"},
      {"a\\\n\nb", "a@1 b@3"},
      {"a # c \\\nb\nc", "a@1 c@3"},
      {"a\rb\r", "a@1 b@2"},
      {"a\r\nb\r\n\r\nc", "a@1 b@2 c@4"},
      {"a\fb\vc", "a@1 b@2 c@3"},
      {"a\xE2\x80\xA8" "b\xC2\x85" "c", "a@1 b@2 c@3"},
      {"# only a comment\n\n   \n", ""},
      {"", ""},
      {"line2 \\\n>=2\nline3 \\\n>=3, \\\n<4\nline4\n", "line2@1 line3@3 line4@6"},
      {"\xEF\xBB\xBF" "a", "a@1"},
  };
  for (const Row& row : rows) {
    World world;
    INFO(row.text);
    CHECK(names(world.parsed(row.text)) == row.requirements);
  }
}

TEST_CASE("bytes become text by byte order mark, coding mark, UTF-8 and the locale, in this order", "[packaging]") {
  World world;
  CHECK(names(world.parsed(std::string("\xFF\xFE" "a\0=\0=\0" "1\0", 10))) == "a@1");
  CHECK(names(world.parsed(std::string("\xFE\xFF" "\0a", 4))) == "a@1");
  CHECK(names(world.parsed(std::string("\xFF\xFE\0\0" "a\0\0\0", 8))) == "a@1");
  CHECK(names(world.parsed("# -*- coding: latin-1 -*-\n# caf\xE9\na")) == "a@3");
  CHECK(names(world.parsed("\n# coding=cp1252\n# \x80\na")) == "a@4");
  CHECK(world.diagnostics.items().empty());
  CHECK(refusal(world, "# coding: klingon\na").find("klingon") != std::string::npos);
  CHECK(refusal(world, "# caf\xE9\na").find("byte 5") != std::string::npos);
  REQUIRE(world.diagnostics.items().size() == 0);
  auto context = world.context();
  context.locale_encoding = "latin-1";
  REQUIRE(parse_requirements_file("r.txt", false, {}, context));
  REQUIRE(world.diagnostics.items().size() == 1);
  CHECK(world.diagnostics.items()[0].message.starts_with("unable to decode data from r.txt with default encoding utf-8, falling back to"));
  const auto binary = world.parse(std::string("a\nb\0c", 5));
  REQUIRE_FALSE(binary);
  CHECK(binary.error().where == "r.txt:2:2");
}

TEST_CASE("only ${UPPER_CASE} variables with a value are expanded, and never shown", "[packaging]") {
  World world;
  world.variables = {{"TOKEN", "s3cr3t-value"}, {"EMPTY", ""}, {"home", "x"}, {"HOME", "/root"}};
  const auto file = world.parsed("https://${TOKEN}:x@h/a.zip#egg=a\nhttps://${EMPTY}@h/${UNSET}/b.zip#egg=b\nhttps://$HOME/${home}/c.zip#egg=c\n");
  CHECK(file.lines[0].url == "https://s3cr3t-value:x@h/a.zip#egg=a");
  CHECK(file.lines[1].url == "https://${EMPTY}@h/${UNSET}/b.zip#egg=b");
  CHECK(file.lines[2].url == "https://$HOME/${home}/c.zip#egg=c");
  const auto broken = world.parse("foo ${TOKEN} bar\n--timeout ${TOKEN}\nhttps://u:hunter2@h/x.whl");
  REQUIRE_FALSE(broken);
  std::string all;
  for (const Error* error : {&broken.error(), &broken.error().also.at(0), &broken.error().also.at(1)}) {
    all += error->message;
    for (const std::string& detail : error->details) all += detail;
  }
  CHECK(all.find("s3cr3t") == std::string::npos);
  CHECK(all.find("hunter2") == std::string::npos);
  CHECK(all.find("${TOKEN}") != std::string::npos);
}

TEST_CASE("what variables come to is capped over all files, and said once", "[packaging]") {
  World world;
  world.variables = {{"BIG", std::string(100'000, 'x')}, {"HUGE", std::string(1 << 20, 'y')}};
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "p${BIG}\n";
  const auto one = world.parse("-r sub.txt\nfine\n" + many);
  REQUIRE_FALSE(one);
  CHECK(one.error().message == "`r.txt` cannot be read as a requirements file: its variables come to more than 64.0 MB");
  CHECK(one.error().where.starts_with("r.txt:3"));
  world.files["/w/sub.txt"] = "a\n" + many;
  const auto nested = world.parse("-r sub.txt\n-r sub.txt\n");
  REQUIRE_FALSE(nested);
  CHECK(nested.error().where.starts_with("/w/sub.txt:3"));
  CHECK(nested.error().also.empty());
  CHECK(world.parsed("p @ https://h/${HUGE}\nq\n").lines.size() == 2);
}

TEST_CASE("options on requirement lines: hashes and settings count, the rest is lost and named", "[packaging]") {
  World world;
  world.files["/w/other.txt"] = "other";
  const auto one = world.parsed("foo --hash sha256:AB --hash=sha512:cd -C a=b --config-setting a=c");
  CHECK(one.lines[0].hashes == Hashes{{"sha256", "ab"}, {"sha512", "cd"}});
  CHECK(one.lines[0].hashes_as_typed == std::vector<std::string>{"AB", "cd"});
  CHECK(one.lines[0].config_settings.at("a") == std::vector<std::string>{"b", "c"});
  CHECK(one.refusals.empty());
  struct Row {
    std::string text, requirements, lost;
  };
  const Row rows[] = {
      {"foo -r other.txt", "foo@1", "-r other.txt"},
      {"--pre foo", "", "foo"},
      {"-r other.txt hello", "other@1", "hello"},
      {"-r other.txt -r r.txt", "other@1", "-r r.txt"},
      {"-r other.txt -c other.txt", "other@1", "-c other.txt"},
      {"foo --require-hash", "foo@1", "--require-hashes"},
      {"-e file:///p --hash=sha256:00", "file:///p@1", "--hash=sha256:00"},
      {"-f a -f b", "", "-f b"},
      {"-- foo", "", "foo"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto file = world.parsed(row.text);
    CHECK(names(file) == row.requirements);
    REQUIRE(file.refusals.size() == 1);
    CHECK(file.refusals[0].code == kLostWords);
    CHECK(file.refusals[0].where == "r.txt:1");
    CHECK(file.refusals[0].message.find("`" + row.lost + "`") != std::string::npos);
  }
  world.parsed("--hash=sha256:00");
  CHECK(world.diagnostics.items().back().message == "r.txt line 1 has --hash but no requirement, and will be ignored.");
}

TEST_CASE("options of a file change the run by pip's rules", "[packaging]") {
  World world;
  world.files = {{"/w/sub/dir", ""}, {"/w/sub/n.txt", "-f dir\n-f other\n--extra-index-url E2\n"}};
  FileOptions defaults;
  defaults.index_urls = {"MAIN"};
  defaults.extra_index_urls = {"EXTRA"};
  const auto options = [&](const std::string& text) {
    auto file = world.parse(text, defaults);
    INFO(text);
    REQUIRE(file);
    return file->options;
  };
  using Texts = std::vector<std::string>;
  CHECK(options("").index_urls == Texts{"MAIN", "EXTRA"});
  CHECK(options("--extra-index-url A --extra-index-url B").index_urls == Texts{"MAIN", "EXTRA", "A", "B"});
  CHECK(options("--extra-index-url A\n-i B\n").index_urls == Texts{"B"});
  CHECK(options("-i B\n--extra-index-url A\n").index_urls == Texts{"B", "A"});
  CHECK(options("-i A\n--index-url B\n--pypi-url C").index_urls == Texts{"C"});
  CHECK(options("--no-index\n-i A\n").index_urls.empty());
  CHECK(options("foo -i A").index_urls == Texts{"MAIN", "EXTRA"});
  CHECK(options("-r sub/n.txt").find_links == Texts{"/w/sub/dir", "other"});
  CHECK(options("-r sub/n.txt").index_urls == Texts{"MAIN", "EXTRA", "E2"});
  CHECK(options("--pre").all_releases == Texts{":all:"});
  CHECK(options("--pre").pre);
  CHECK(options("--require-hashes\na").require_hashes);
  CHECK_FALSE(options("a --require-hashes").require_hashes);
  CHECK(options("--trusted-host h\n--trusted-host h").trusted_hosts == Texts{"h"});
  CHECK(options("--no-binary a,B_b").no_binary == Texts{"a", "b-b"});
  CHECK(options("--no-binary a,b\n--only-binary b").no_binary == Texts{"a"});
  CHECK(options("--no-binary a\n--only-binary :all:").no_binary.empty());
  CHECK(options("--no-binary :all:,:none:,z").no_binary == Texts{"z"});
  CHECK(options("--no-binary a\n--no-binary :none:").no_binary.empty());
  CHECK(options("foo --no-binary foo").no_binary == Texts{"foo"});
}

TEST_CASE("a requirements file from the network cannot choose where packages come from", "[packaging]") {
  World world;
  world.files["https://h/a/r.txt"] = "-i https://evil/simple\n--trusted-host evil\n-f https://evil/links\n-r sub/b.txt\nfoo\n";
  world.files["https://h/a/sub/b.txt"] = "--extra-index-url https://evil\nbar\n";
  FileOptions defaults;
  defaults.index_urls = {"MAIN"};
  auto file = parse_requirements_file("https://h/a/r.txt", false, defaults, world.context());
  REQUIRE(file);
  CHECK(file->options.index_urls == std::vector<std::string>{"MAIN"});
  CHECK(file->options.find_links.empty());
  CHECK(file->options.trusted_hosts.empty());
  CHECK(names(*file) == "bar@2 foo@5");
  CHECK(world.diagnostics.items().size() == 4);
}

TEST_CASE("requirements come as names, URLs, paths and editables", "[packaging]") {
  World world;
  world.directories = {"/w", "/w/proj", "/w/empty", "/w/has space"};
  world.files = {{"/w/proj/pyproject.toml", ""}, {"/w/has space/setup.py", ""}, {"/w/x-1.0-py3-none-any.whl", ""}, {"/w/s-1.0.tar.gz", ""}};
  struct Row {
    std::string text, name, url, path, extras;
  };
  const Row rows[] = {
      {"foo[b,a] >= 1 , < 2", "foo", "", "", ""},
      {"foo @ https://h/x.zip", "foo", "", "", ""},
      {"https://h/x.zip#egg=wat&subdirectory=d", "wat", "https://h/x.zip#egg=wat&subdirectory=d", "", ""},
      {"https://h/a_b-1.0-py3-none-any.whl", "a-b", "https://h/a_b-1.0-py3-none-any.whl", "", ""},
      {"git+https://h/r.git@v1#egg=r", "r", "git+https://h/r.git@v1#egg=r", "", ""},
      {"./proj", "", "file:///w/proj", "./proj", ""},
      {"./proj[dev,x]", "", "file:///w/proj", "./proj", "dev x"},
      {"./proj [dev]", "", "file:///w/proj", "./proj", "dev"},
      {"./proj/.[dev]", "", "file:///w/proj", "./proj/.", "dev"},
      {"./proj/[dev]", "", "file:///w/proj", "./proj/", "dev"},
      {"./proj/none/..[dev]", "", "file:///w/proj", "./proj/none/..", "dev"},
      {"./has space", "", "file:///w/has%20space", "./has space", ""},
      {"s-1.0.tar.gz", "", "file:///w/s-1.0.tar.gz", "s-1.0.tar.gz", ""},
      {"./x-1.0-py3-none-any.whl[extra]", "x", "file:///w/x-1.0-py3-none-any.whl", "./x-1.0-py3-none-any.whl", "extra"},
      {"proj", "proj", "", "", ""},
      {"file:proj", "", "file:proj", "", ""},
      {"file:../p/x.zip", "", "file:///p/x.zip", "", ""},
      {"-e ./proj", "", "file:///w/proj", "./proj", ""},
      {"-e proj[d]", "", "file:///w/proj", "proj", "d"},
      {"-e git+https://h/r#egg=q", "q", "git+https://h/r#egg=q", "", ""},
      {"-e 'q @ git+https://h/r'", "q", "git+https://h/r", "", ""},
      {"--editable=file:///abs", "", "file:///abs", "", ""},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto file = world.parsed(row.text);
    REQUIRE(file.lines.size() == 1);
    const RequirementLine& line = file.lines[0];
    CHECK((line.requirement ? line.requirement->name : "") == row.name);
    CHECK(line.url == row.url);
    CHECK(line.path == row.path);
    std::string extras;
    for (const std::string& extra : line.extras) extras += (extras.empty() ? "" : " ") + extra;
    if (!row.extras.empty()) CHECK(extras == row.extras);
    CHECK(line.editable == (row.text[0] == '-'));
  }
}

TEST_CASE("a marker ends names at a semicolon and URLs at a semicolon with a blank", "[packaging]") {
  World world;
  CHECK(world.parsed("name; python_version < \"3\"").lines[0].marker->str() == "python_version < \"3\"");
  CHECK(world.parsed("https://h/x.zip ; os_name == 'a'").lines[0].marker->str() == "os_name == \"a\"");
  CHECK(world.parsed("https://h/x.zip;os_name=='a'").lines[0].url == "https://h/x.zip;os_name=='a'");
  CHECK_FALSE(world.parsed("https://h/x.zip;os_name=='a'").lines[0].marker);
  CHECK_FALSE(world.parsed("foo;").lines[0].marker);
}

TEST_CASE("bad lines are reported in pip's words", "[packaging]") {
  World world;
  world.directories.insert("/w/empty");
  struct Row {
    std::string text, message;
  };
  const Row rows[] = {
      {"foo=1.0", "Invalid requirement: 'foo=1.0': Expected semicolon (after name with no version specifier) or end\n    foo=1.0\n       ^ (from line 1 of "
                  "r.txt)\nHint: = is not a valid operator. Did you mean == ?"},
      {"./x", "Invalid requirement: './x': Expected package name at the start of dependency specifier\n    ./x\n    ^ (from line 1 of r.txt)\nHint: It looks "
              "like a path. File './x' does not exist."},
      {"d#x", "Invalid requirement: 'd#x': Expected semicolon (after name with no version specifier) or end\n    d#x\n     ^ (from line 1 of r.txt)"},
      {"./empty", "Directory './empty' is not installable. Neither 'setup.py' nor 'pyproject.toml' found."},
      {"--timeout 3", "Invalid requirement: --timeout 3\npip: error: no such option: --timeout\n"},
      {"foo --global-option=x", "Invalid requirement: foo --global-option=x\npip: error: no such option: --global-option\n"},
      {"foo --hash=md5:00", "Invalid requirement: foo --hash=md5:00\npip: error: Allowed hash algorithms for --hash are sha256, sha384, sha512.\n"},
      {"foo --hash=sha256", "Invalid requirement: foo --hash=sha256\npip: error: Arguments to --hash must be a hash name followed by a value, like "
                            "--hash=sha256:abcde...\n"},
      {"--no", "Invalid requirement: --no\npip: error: ambiguous option: --no (--no-binary, --no-index, --no-require-hashes?)\n"},
      {"--pre=x", "Invalid requirement: --pre=x\npip: error: --pre option does not take a value\n"},
      {"-e", "Invalid requirement: -e\npip: error: -e option requires 1 argument\n"},
      {"foo --hash 'sha256:00", "Invalid requirement: foo --hash 'sha256:00\nCould not split options: --hash 'sha256:00"},
      {"--no-binary -x", "--no-binary / --only-binary option requires 1 argument."},
      {"-e git+https://h/x.git", "Could not detect requirement name for 'git+https://h/x.git', please specify one with your_package_name @ URL"},
      {"-r nowhere.txt", "Could not open requirements file: [Errno 2] No such file or directory: '/w/nowhere.txt'"},
      {"-c nowhere.txt", "Could not open constraint file: [Errno 2] No such file or directory: '/w/nowhere.txt'"},
      {"https://h/x.zip#egg=a[b]", "The 'a[b]' egg fragment is invalid"},
      {"./simplewheel.whl", "Invalid wheel filename (wrong number of parts): 'simplewheel'"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    auto result = world.parse(row.text);
    REQUIRE_FALSE(result);
    CHECK(result.error().message == row.message);
    CHECK(result.error().wording == Wording::pip);
    CHECK(result.error().where == "r.txt:1");
  }
  CHECK(refusal(world, "-e foo").starts_with("foo is not a valid editable requirement. It should either be a path to a local project or a VCS URL (beginning "
                                             "with bzr+http, bzr+https, bzr+ssh, bzr+sftp, bzr+ftp, bzr+lp, bzr+file, git+http,"));
  CHECK(refusal(world, "foo\t--hash=sha256:00").starts_with("Invalid requirement: 'foo\\t--hash=sha256:00': "));
  world.files["/w/c.txt"] = "-e ./x\n";
  CHECK(refusal(world, "-c c.txt") == "Editable requirements are not allowed as constraints");
}

TEST_CASE("ten broken lines in three nested files give ten errors, each with its place, text and caret", "[packaging]") {
  World world;
  world.files["/w/sub/b.txt"] = "foo=1\n-r c/c.txt\nbar 1\n--nope\nok\n";
  world.files["/w/sub/c/c.txt"] = "x==\n-e nothing\n--hash=md5:1\ngood==1\n";
  const auto result = world.parse("a b\n-r sub/b.txt\n--pr\n!\nfine\n--use-feature x\n");
  REQUIRE_FALSE(result);
  std::vector<Error> errors{result.error()};
  errors.insert(errors.end(), result.error().also.begin(), result.error().also.end());
  std::vector<std::string> places;
  for (const Error& error : errors) {
    places.push_back(error.where);
    const bool caret = std::any_of(error.details.begin(), error.details.end(), [](const std::string& d) { return d.find('^') != std::string::npos; }) ||
                       error.message.find('^') != std::string::npos;
    CHECK(caret);
  }
  CHECK(places == std::vector<std::string>{"r.txt:1", "/w/sub/b.txt:1", "/w/sub/c/c.txt:1", "/w/sub/c/c.txt:2", "/w/sub/c/c.txt:3", "/w/sub/b.txt:3",
                                           "/w/sub/b.txt:4", "r.txt:3", "r.txt:4", "r.txt:6"});
}

TEST_CASE("bad includes and lines that pip reads by half are told in the same run, with text, caret and hint", "[packaging]") {
  World world;
  world.files["/w/b.txt"] = "-r b.txt\nx @ https://user:secret@h/x.zip -r c\n";
  const auto result = world.parse("--pre foo\n-r nowhere.txt\n  -c  d/none.txt\n-r b.txt\nfoo --hash=md5:00\n");
  REQUIRE_FALSE(result);
  std::vector<Error> errors{result.error()};
  errors.insert(errors.end(), result.error().also.begin(), result.error().also.end());
  std::vector<std::string> told;
  for (const Error& error : errors) {
    REQUIRE(error.details.size() == 2);
    CHECK(error.details[1].ends_with('^'));
    CHECK_FALSE(error.hints.empty());
    told.push_back(error.where + " " + error.details[0].substr(error.details[1].size() - 1));
  }
  CHECK(told == std::vector<std::string>{"r.txt:2 nowhere.txt", "r.txt:3 none.txt", "/w/b.txt:1 b.txt", "r.txt:5 md5:00", "r.txt:1 foo",
                                         "/w/b.txt:2 -r c"});
}

TEST_CASE("what cannot be a constraint is told with the bad lines, and a tab stays a tab above the caret", "[packaging]") {
  World world;
  world.files["/w/c.txt"] = "foo<2\nfoo[x]<3\n\thttps://h/x.zip ; os_name == 'nt'\n";
  const auto alone = world.parsed("-c c.txt\nfoo\n");
  CHECK(alone.lines.size() == 4);  // as pip, which says the rest later
  REQUIRE(alone.refusals.size() == 2);
  const auto beside = world.parse("-c c.txt\nfoo\tbar\nbar==1\t --pre\n-c c.txt\t foo\n");
  REQUIRE_FALSE(beside);
  REQUIRE(beside.error().also.size() == 6);
  CHECK(beside.error().where == "r.txt:2");
  for (const std::vector<Error>& told : {alone.refusals, std::vector<Error>(beside.error().also.begin(), beside.error().also.begin() + 2)}) {
    CHECK(told[0].message == "Constraints cannot have extras");
    CHECK(told[0].where == "/w/c.txt:2");
    CHECK(told[0].details == std::vector<std::string>{"foo[x]<3", "^"});
    CHECK(told[1].message == "Unnamed requirements are not allowed as constraints");
    CHECK(told[1].where == "/w/c.txt:3");
    CHECK_FALSE(told[1].hints.empty());
  }
  CHECK(beside.error().also[2].details == std::vector<std::string>{"bar==1\t --pre", "      \t ^"});
  CHECK(beside.error().also[3].details == std::vector<std::string>{"-c c.txt\t foo", "        \t ^"});
}

TEST_CASE("an error repeats a stranger's text only as far as a person reads it", "[packaging]") {
  World world;
  const std::string wide(1'000'000, 'x'), accents = [] {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += "\u00e9";
    return text;
  }();
  const std::vector<std::string> lines = {wide + "=1", "a ; os_name == '" + wide, "--timeout " + wide, "-e " + wide, "foo --hash=md5:" + wide, "--pre " + wide,
                                  "-r " + wide, "a @ ", "./" + wide, accents, "a" + accents + "=" + accents, "https://h/x.zip#egg=" + wide + "[", "foo " + wide + " -r a"};
  for (const std::string& line : lines) {
    auto result = world.parse(line + "\n=\n");
    REQUIRE_FALSE(result);
    std::vector<Error> errors{result.error()};
    errors.insert(errors.end(), result.error().also.begin(), result.error().also.end());
    for (const Error& error : errors) {
      std::size_t size = error.message.size();
      for (const std::string& detail : error.details) size += detail.size();
      CAPTURE(line.substr(0, 30), error.message.substr(0, 200));
      CHECK(size < 6'000);
    }
  }
  // The caret stays below its character.
  const auto cut = world.parse(wide + "=1\n");
  const std::string message = cut.error().message, caret_line = message.substr(message.find("\n", message.find('\n') + 1) + 1);
  const std::string text_line = message.substr(message.find('\n') + 1, message.find('\n', message.find('\n') + 1) - message.find('\n') - 1);
  CHECK(text_line[caret_line.find('^')] == '=');
}

TEST_CASE("a file given as a requirement is told apart from a path that is none", "[packaging]") {
  World world;
  world.files = {{"/w/list.txt", "# comment\n\nfoo \\\n==1 # c\n!\n"}, {"/w/text.txt", "Dear reader,\n"}, {"/w/empty.txt", "# nothing\n"}};
  const auto hint = [&](const std::string& line) {
    const std::string message = refusal(world, line);
    return message.substr(message.find("Hint: ") + 6);
  };
  CHECK(hint("./list.txt") == "It looks like a path. The path does exist. The argument you provided (./list.txt) appears to be a requirements file. If that is "
                              "the case, use the '-r' flag to install the packages specified within it.");
  CHECK(hint("./text.txt") == "It looks like a path. The path does exist. ");
  CHECK(hint("./empty.txt").find("appears to be a requirements file") != std::string::npos);
}

TEST_CASE("files include files; a cycle is named with its ends", "[packaging]") {
  World world;
  world.files = {{"/w/a.txt", "aa\n-c c.txt\n"}, {"/w/c.txt", "cc<2\n-r d/d.txt"}, {"/w/d/d.txt", "dd"}, {"/w/1.txt", "-r 2.txt"}, {"/w/2.txt", "-r 3.txt"},
                 {"/w/3.txt", "-r 2.txt"}, {"/w/self.txt", "-r self.txt"}};
  const auto file = world.parsed("-r a.txt\n-r a.txt\n");
  CHECK(names(file) == "aa@1 cc@1 dd@1 aa@1 cc@1 dd@1");
  CHECK(file.lines[1].constraint);
  CHECK_FALSE(file.lines[2].constraint);
  CHECK(file.lines[1].origin.str() == "-c /w/c.txt (line 1)");
  CHECK(file.lines[2].origin.peep_file == "d/d.txt");
  CHECK(refusal(world, "-r self.txt") == "/w/self.txt recursively references itself in /w/self.txt and again in r.txt");
  CHECK(refusal(world, "-r 1.txt") == "/w/2.txt recursively references itself in /w/3.txt and again in /w/1.txt");
  CHECK(refusal(world, "-r r.txt") == "/w/r.txt recursively references itself in r.txt");
  auto constraints = parse_requirements_file("a.txt", true, {}, world.context());
  REQUIRE(constraints);
  CHECK(constraints->lines[0].constraint);
  CHECK_FALSE(constraints->lines[0].user_supplied);
}

TEST_CASE("an endless chain of includes is stopped", "[packaging]") {
  World world;
  auto context = world.context();
  int asked = 0;
  context.load = [&asked](const std::string&) -> Result<LoadedFile> {
    ++asked;
    return LoadedFile{"-r " + std::to_string(asked) + "/x.txt\n-r " + std::to_string(asked) + "/y.txt\n", std::nullopt};
  };
  const auto result = parse_requirements_file("r.txt", false, {}, context);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == kRequirementsFileCycle);
  CHECK(asked <= 10'000);
}

TEST_CASE("a line that hides behind an invisible line end is kept for install to refuse", "[packaging]") {
  World world;
  CHECK(world.parsed("# harmless\xE2\x80\xA8" "evil==1\n").refusals.at(0).code == kHiddenLineBreak);
  CHECK(world.parsed("# harmless\revil==1\nb\n").refusals.at(0).where == "r.txt:2");
  CHECK(world.parsed("a\rb\r").refusals.empty());
  CHECK(world.parsed("a\f\nb\n").refusals.empty());
}

TEST_CASE("a missing archive is announced before it fails", "[packaging]") {
  World world;
  CHECK(world.parsed("./gone-1.0.tar.gz").lines[0].url == "file:///w/gone-1.0.tar.gz");
  REQUIRE(world.diagnostics.items().size() == 1);
  CHECK(world.diagnostics.items()[0].message == "Requirement './gone-1.0.tar.gz' looks like a filename, but the file does not exist");
}

TEST_CASE("a requirement on the command line is read as in a file", "[packaging]") {
  World world;
  const auto context = world.context();
  CHECK(parse_requirement_argument("foo[x]>=1", false, context)->requirement->extras == std::vector<std::string>{"x"});
  CHECK(parse_requirement_argument("https://h/p.zip", false, context)->url == "https://h/p.zip");
  CHECK_FALSE(parse_requirement_argument("foo=1", false, context));
  CHECK_FALSE(parse_requirement_argument("foo", true, context));
}
