#include "pipit/python/venv.h"

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "pipit/sys/dir.h"
#include "pipit/sys/process.h"
#include "python/activate.h"
#include "support/faulty_os.h"
#include "unit/python/fake_python.h"

using namespace pipit;
using namespace pipit::python;
using namespace pipit::test;

namespace {

std::string temp(sys::TempDir& holder) {
  auto made = sys::TempDir::create({}, "pipit-venv-");
  REQUIRE(made);
  holder = std::move(*made);
  return holder.path().string();
}

Interpreter fake_base(const std::string& prefix, const std::string& xy = "3.12", const std::string& flags = "") {
  FakePython fake;
  fake.prefix = prefix;
  fake.xy = xy;
  fake.full_version = xy + ".1";
  fake.flags = flags;
  auto python = inspect_interpreter(make_fake(fake), files_only());
  REQUIRE(python);
  return std::move(*python);
}

// Every path below `root` with what it is: "dir", "-> target", or the file's content.
void add_tree(const std::string& root, const std::string& below, std::map<std::string, std::string>& out) {
  const auto entries = sys::list_directory(root + below).value();
  for (const sys::DirEntry& entry : entries) {
    const std::string name = below + "/" + entry.name;
    const auto stat = sys::stat_path(root + name, sys::Follow::no).value();
    if (stat->kind == sys::FileStat::Kind::symlink) out[name] = "-> " + sys::read_link(root + name).value();
    else if (stat->kind == sys::FileStat::Kind::directory) out[name] = "dir";
    else out[name] = sys::read_file(root + name).value();
    if (out[name] == "dir") add_tree(root, name, out);
  }
}
std::map<std::string, std::string> tree(const std::string& root) {
  std::map<std::string, std::string> out;
  if (sys::is_directory(root)) add_tree(root, "", out);
  return out;
}

VenvOptions at(const std::string& directory) {
  VenvOptions options;
  options.directory = directory;
  return options;
}

std::optional<std::filesystem::path> shell(const std::string& name) { return sys::find_program(name, "/usr/local/bin:/usr/bin:/bin"); }

std::string run_shell(const std::filesystem::path& program, const std::vector<std::string>& arguments, const std::string& directory) {
  sys::ProcessSpec spec;
  spec.program = program;
  spec.arguments = arguments;
  spec.directory = directory;
  spec.environment = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"HOME", directory}, {"TERM", "dumb"}, {"PYTHONHOME", "/old home"}};
  const auto result = sys::run_process(spec);
  REQUIRE(result);
  INFO(result->errors);
  CHECK(result->exit_code == 0);
  return result->output;
}

}  // namespace

TEST_CASE("an environment has the tree and the configuration CPython writes for that version", "[python]") {
  struct Row {
    const char *xy, *flags, *library, *include;
    bool third_link, powershell, ignore, executable;
  };
  const std::vector<Row> rows = {{"3.6", "m", "python3.6", "", false, false, false, false},
                                 {"3.8", "", "python3.8", "", false, true, false, false},
                                 {"3.9", "", "python3.9", "", true, true, false, false},
                                 {"3.11", "", "python3.11", "/python3.11", true, true, false, true},
                                 {"3.13", "", "python3.13", "/python3.13", true, true, true, true},
                                 {"3.13", "t", "python3.13t", "/python3.13t", true, true, true, true},
                                 {"3.14", "t", "python3.14t", "/python3.14t", true, true, true, true}};
  for (const Row& row : rows) {
    sys::TempDir holder;
    const std::string dir = temp(holder);
    CAPTURE(row.xy, row.flags);
    const Interpreter base = fake_base(dir + "/base", row.xy, row.flags);
    auto options = at(dir + "/deep/env/");
    options.command_line = "pipit venv x\nhome = /evil";
    const auto made = make_venv(sys::real_os(), base, options);
    REQUIRE(made);
    auto files = tree(dir + "/deep/env");
    const std::string xy = row.xy, library = row.library;
    CHECK(files["/bin/python3"] == "-> " + dir + "/base/bin/python3");
    CHECK(files["/bin/python"] == "-> python3");
    CHECK(files.contains("/bin/python" + xy) == row.third_link);
    CHECK(files["/lib64"] == "-> lib");
    CHECK(files["/lib/" + library + "/site-packages"] == "dir");
    CHECK(files["/include" + std::string(row.include)] == "dir");
    CHECK(files.contains("/bin/Activate.ps1") == row.powershell);
    CHECK(files.contains("/.gitignore") == row.ignore);
    std::string wanted = "home = " + dir + "/base/bin\ninclude-system-site-packages = false\nversion = " + xy + ".1\n";
    if (row.executable) wanted += "executable = " + dir + "/base/bin/" + library + "\ncommand = pipit venv x home = /evil\n";
    CHECK(files["/pyvenv.cfg"] == wanted);
    const auto read = inspect_interpreter(dir + "/deep/env", files_only());
    REQUIRE(read);
    CHECK(made->paths == read->paths);
    CHECK(made->prefix == read->prefix);
    CHECK(made->base_prefix == read->base_prefix);
    CHECK(made->site_packages == read->site_packages);
    CHECK(made->search_path == read->search_path);
    CHECK(made->executable == read->executable);
    CHECK(made->is_venv);
  }
}

TEST_CASE("system site packages, the prompt and an environment as base are written down", "[python]") {
  sys::TempDir holder;
  const std::string dir = temp(holder);
  const Interpreter base = fake_base(dir + "/base");
  auto options = at(dir + "/a");
  options.system_site_packages = true;
  options.prompt = "it's \"x\"\n$";
  const auto a = make_venv(sys::real_os(), base, options);
  REQUIRE(a);
  CHECK(a->site_packages == std::vector<std::string>{dir + "/a/lib/python3.12/site-packages", dir + "/base/lib/python3.12/site-packages"});
  auto files = tree(dir + "/a");
  CHECK(files["/pyvenv.cfg"].find("include-system-site-packages = true\n") != std::string::npos);
  CHECK(files["/pyvenv.cfg"].find("prompt = 'it\\'s \"x\"\\n$'\n") != std::string::npos);
  options = at(dir + "/b");
  options.prompt = ".";
  REQUIRE(make_venv(sys::real_os(), *a, options));
  files = tree(dir + "/b");
  CHECK(files["/pyvenv.cfg"].find("home = " + dir + "/base/bin\n") == 0);
  CHECK(files["/pyvenv.cfg"].find("prompt = '" + sys::current_directory().filename().string() + "'\n") != std::string::npos);
}

TEST_CASE("a base reached through a link from elsewhere gets the home where its library is", "[python]") {
  sys::TempDir holder;
  const std::string dir = temp(holder);
  fake_base(dir + "/opt/py");
  REQUIRE(sys::make_directories(dir + "/bin"));
  put_link(dir + "/bin/py", dir + "/opt/py/bin/python3");
  const auto base = inspect_interpreter(dir + "/bin/py", files_only());
  REQUIRE(base);
  REQUIRE(make_venv(sys::real_os(), *base, at(dir + "/env")));
  CHECK(tree(dir + "/env")["/pyvenv.cfg"].find("home = " + dir + "/opt/py/bin\n") == 0);
}

TEST_CASE("what is in the way is neither followed nor replaced", "[python]") {
  sys::TempDir holder;
  const std::string dir = temp(holder);
  const Interpreter base = fake_base(dir + "/base");
  put(dir + "/file", "x");
  REQUIRE(sys::make_directories(dir + "/real"));
  put(dir + "/real/keep", "x");
  put_link(dir + "/link", "real");
  put_link(dir + "/dangling", "nowhere");
  REQUIRE(sys::make_directories(dir + "/odd"));
  put_link(dir + "/odd/bin", "../real");
  put(dir + "/odd2/lib", "x");
  const auto before = tree(dir);
  struct Row {
    const char *name, *words;
  };
  for (const Row& row : std::vector<Row>{{"/file", "Unable to create directory"}, {"/link", "Unable to create directory"}, {"/dangling", "Unable to create directory"},
                                         {"/odd", "Unable to create directory"}, {"/odd2", "Unable to create directory"}, {"/a:b", "PATH separator :"},
                                         {"/file/env", ""}}) {
    for (const bool clear : {false, true}) {
      auto options = at(dir + row.name);
      options.clear = clear;
      if (clear && std::string(row.name).rfind("/odd", 0) == 0) continue;  // cleared away, then made
      const auto made = make_venv(sys::real_os(), base, options);
      CAPTURE(row.name);
      REQUIRE_FALSE(made);
      CHECK(made.error().message.find(row.words) != std::string::npos);
      CHECK(tree(dir) == before);
    }
  }
}

TEST_CASE("an existing environment is refreshed, its packages are left alone; --clear empties it", "[python]") {
  sys::TempDir holder;
  const std::string dir = temp(holder);
  const Interpreter base = fake_base(dir + "/base");
  REQUIRE(make_venv(sys::real_os(), base, at(dir + "/env")));
  const auto fresh = tree(dir + "/env");
  put(dir + "/env/lib/python3.12/site-packages/pkg/__init__.py", "x");
  put(dir + "/env/bin/tool", "#!x", 0755);
  put(dir + "/env/bin/activate", "old");
  put(dir + "/env/pyvenv.cfg", "home = /stale\n");
  REQUIRE(sys::remove_tree(dir + "/env/bin/python3"));
  put_link(dir + "/env/bin/python3", "/gone");
  REQUIRE(make_venv(sys::real_os(), base, at(dir + "/env")));
  auto files = tree(dir + "/env");
  CHECK(files["/lib/python3.12/site-packages/pkg/__init__.py"] == "x");
  CHECK(files["/bin/tool"] == "#!x");
  CHECK(files.size() == fresh.size() + 3);
  for (const auto& [name, content] : fresh) CHECK(files[name] == content);
  put(dir + "/outside/keep", "x");
  put_link(dir + "/env/lib/link", "../../outside");
  auto options = at(dir + "/env");
  options.clear = true;
  REQUIRE(make_venv(sys::real_os(), base, options));
  CHECK(tree(dir + "/env") == fresh);
  CHECK(tree(dir + "/outside").size() == 1);
}

TEST_CASE("whichever call fails, a failed run leaves everything as it was", "[python]") {
  sys::TempDir holder;
  const std::string dir = temp(holder);
  const Interpreter base = fake_base(dir + "/base");
  enum class Start { nothing, environment, cleared };
  for (const Start start : {Start::nothing, Start::environment, Start::cleared}) {
    const std::string where = dir + "/s" + std::to_string(static_cast<int>(start));
    REQUIRE(sys::make_directories(where));
    auto options = at(where + "/x/env");
    options.clear = start == Start::cleared;
    std::size_t failures = 0;
    for (std::size_t n = 1; n < 2000; ++n) {
      REQUIRE(sys::remove_tree(where + "/x"));
      if (start != Start::nothing) {
        put(where + "/x/env/bin/activate", "old");
        put(where + "/x/env/pyvenv.cfg", "home = /old\n");
        put(where + "/x/env/lib/python3.12/site-packages/pkg.py", "x");
      }
      const auto before = tree(where);
      FaultyOs os({FaultyOs::Fault::fail, n, ENOSPC});
      const auto made = make_venv(os, base, options);
      if (!os.has_struck()) break;
      CAPTURE(n, static_cast<int>(start));
      if (made) continue;  // a call whose failure costs nothing (closing, looking at what is optional)
      ++failures;
      auto after = tree(where);
      // Removing the old contents is the last step of --clear; once the new tree stands, it stays.
      if (start == Start::cleared && after.contains("/x/env/pyvenv.cfg") && after["/x/env/pyvenv.cfg"] != "home = /old\n") continue;
      CHECK(after == before);
    }
    CHECK(failures > 20);
  }
}

TEST_CASE("activate scripts keep every path a path, in every shell that is here", "[python]") {
  sys::TempDir holder;
  const std::string dir = temp(holder);
  const Interpreter base = fake_base(dir + "/base");
  struct Shell {
    std::string program;
    std::vector<std::string> options;
    std::string script;
  };
  // $1 is the activate script; prints three variables before, during and after, each ended by a line.
  const std::string sh =
      "set -eu; p=$PATH; . \"$1\"; printf '%s|' \"$VIRTUAL_ENV\" \"${PATH%%:*}\" \"$VIRTUAL_ENV_PROMPT\" \"${PYTHONHOME-none}\"; . \"$1\"; deactivate; "
      "printf '%s|' \"${VIRTUAL_ENV-none}\" \"$PYTHONHOME\"; [ \"$p\" = \"$PATH\" ] && printf same; command -v deactivate || :";
  const std::string fish =
      "set p \"$PATH\"; source $argv[1]; printf '%s|' $VIRTUAL_ENV $PATH[1] $VIRTUAL_ENV_PROMPT (set -q PYTHONHOME; and echo set; or echo none); "
      "source $argv[1]; deactivate; printf '%s|' (set -q VIRTUAL_ENV; and echo set; or echo none) $PYTHONHOME; test \"$p\" = \"$PATH\"; and printf same; "
      "functions -q deactivate; and printf left; true";
  const std::vector<std::pair<Shell, std::string>> shells = {{{"sh", {"-c"}, sh}, "activate"},
                                                             {{"bash", {"--norc", "-c"}, sh}, "activate"},
                                                             {{"zsh", {"-f", "-c"}, sh}, "activate"},
                                                             {{"fish", {"--no-config", "-c"}, fish}, "activate.fish"}};
  const std::vector<std::string> names = {"plain", "with space", "quo'te\"s", "do$HOME`touch x`$(touch y)", "back\\slash\\n", "bang!x%n#;&|*?~",
                                          "line\nend", "\xc3\xa9\xe2\x80\x99(touch z)", "@PROMPT@"};
  std::size_t tried = 0;
  for (const std::string& name : names) {
    const std::string env = dir + "/" + name;
    REQUIRE(make_venv(sys::real_os(), base, at(env)));
    for (const auto& [one, script] : shells) {
      const auto program = shell(one.program);
      if (!program) continue;
      CAPTURE(one.program, name);
      auto arguments = one.options;
      arguments.push_back(one.script);
      if (one.program != "fish") arguments.push_back("x");
      arguments.push_back(env + "/bin/" + script);
      CHECK(run_shell(*program, arguments, dir) == env + "|" + env + "/bin|" + name + "|none|none|/old home|same");
      ++tried;
    }
  }
  for (const char* touched : {"/x", "/y", "/z"}) CHECK_FALSE(sys::exists(dir + touched));
  REQUIRE(tried >= names.size());
}

TEST_CASE("quoting for shells that may not be here", "[python]") {
  CHECK(quote_csh("a'b!c\nd$e") == "'a'\\''b\\!c\\\nd$e'");
  CHECK(quote_powershell("a'b\xe2\x80\x99$c`d") == "'a''b\xe2\x80\x99\xe2\x80\x99$c`d'");
  CHECK(quote_fish("a'b\\c$d") == "'a\\'b\\\\c$d'");
  CHECK(quote_sh("a'b") == "'a'\\''b'");
}

TEST_CASE("csh activates and deactivates, whatever the directory is called", "[python]") {
  const auto csh = shell("tcsh") ? shell("tcsh") : shell("csh");
  if (!csh) SKIP("there is no csh on this machine");
  sys::TempDir holder;
  const std::string dir = temp(holder);
  const Interpreter base = fake_base(dir + "/base");
  for (const std::string name : {"plain", "with space", "quo'te\"s", "do$HOME`touch x`$(touch y)", "back\\slash", "bang!x%n#;&|*?~", "@PROMPT@"}) {
    CAPTURE(name);
    const std::string env = dir + "/" + name;
    REQUIRE(make_venv(sys::real_os(), base, at(env)));
    REQUIRE(sys::remove_tree(dir + "/current"));
    put_link(dir + "/current", env);
    // The prompt is set first, as in an interactive shell.
    put(dir + "/script.csh",
        "set prompt = 'old'\nset p = $PATH:q\nsource current/bin/activate.csh\nprintenv VIRTUAL_ENV\nprintenv PATH\nprintenv VIRTUAL_ENV_PROMPT\n"
        "if ( $?PYTHONHOME ) echo still set\nsource current/bin/activate.csh\ndeactivate\nif ( $?VIRTUAL_ENV ) echo still active\nprintenv PYTHONHOME\n"
        "if ( $p:q == $PATH:q ) echo same\necho $prompt:q\n");
    CHECK(run_shell(*csh, {"-f", dir + "/script.csh"}, dir) ==
          env + "\n" + env + "/bin:/usr/local/bin:/usr/bin:/bin\n" + name + "\n/old home\nsame\nold\n");
  }
  for (const char* touched : {"/x", "/y"}) CHECK_FALSE(sys::exists(dir + touched));
}
