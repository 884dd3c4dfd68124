#include "dropin/world.h"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdlib>
#include <regex>

#include "dropin/packages.h"
#include "dropin/plain_words.h"
#include "pipit/base/text.h"
#include "pipit/sys/process.h"
#include "support/places.h"
#include "support/wheel_maker.h"

namespace pipit::test {

namespace fs = std::filesystem;

struct World::Place {
  sys::TempDir root;
  fs::path site;
  std::string python_version;  // "3.11.7"
  fs::path path(const char* name) const { return root.path() / name; }
};

namespace {

std::string path_variable() {
  const char* path = std::getenv("PATH");
  return path ? path : "/usr/bin:/bin";
}

sys::ProcessResult start(const sys::ProcessSpec& spec) {
  auto result = sys::run_process(spec);
  REQUIRE(result);
  return std::move(*result);
}

fs::path site_packages_of(const fs::path& environment) {
  for (const auto& entry : fs::directory_iterator(environment / "lib"))
    if (fs::exists(entry.path() / "site-packages")) return entry.path() / "site-packages";
  FAIL("no site-packages in " << environment);
  return {};
}

std::string version_in(const fs::path& environment) {
  const std::string text = read_whole_file(environment / "pyvenv.cfg");
  std::smatch match;
  static const std::regex version("version(?:_info)? *= *([0-9]+\\.[0-9]+\\.[0-9]+)");
  REQUIRE(std::regex_search(text, match, version));
  return match[1];
}

bool is_left_out(const std::string& path) {
  for (const char* part : {"__pycache__", "env/pyvenv.cfg", "env/.pipit", "env/bin/python", "env/bin/activate", "env/bin/Activate", "env/lib64",
                           "env/.gitignore", "cache/", "env/bin/deactivate", "env/bin/pydoc", "env/.lock",
                           "home/.rustup"})
    if (path.find(part) != std::string::npos) return true;
  return false;
}

}  // namespace

World::World() : server_(package_index()), closed_(closed_port()) {
  auto made = sys::TempDir::create({}, "pipit-dropin-");
  REQUIRE(made);
  root_ = std::move(*made);
  for (const char* name : {"wheels", "broken"}) fs::create_directory(root_.path() / name);
  for (const Package& package : sound_packages()) write_file(root_.path() / "wheels" / package.filename, package.bytes);
  for (const Package& package : broken_packages()) write_file(root_.path() / "broken" / package.filename, package.bytes);
  write_file(root_.path() / "back.py", back_end());
}

std::string World::prelude(const Place& place) const {
  const std::string root = root_.path().string();
  return "WHEELS=" + root + "/wheels BROKEN=" + root + "/broken INDEX=" + server_.url("/simple/") + " HTML=" + server_.url("/html/") + " HOST=" +
         server_.url("") + " DOWN=http://127.0.0.1:" + std::to_string(closed_) + "/\nENV=" + place.path("env").string() + " SITE=" + place.site.string() + "\n" +
         R"(offline() { pip install --no-index -f "$WHEELS" "$@"; }
online() { pip install -i "$INDEX" "$@"; }
project() {
  mkdir -p "$1" && cp )" + root + R"(/back.py "$1"
  printf '[build-system]\nrequires = []\nbuild-backend = "back"\nbackend-path = ["."]\n\n[project]\nname = "%s"\nversion = "%s"\n' "$1" "$2" > "$1/pyproject.toml"
  if [ -n "${3-}" ]; then printf 'dependencies = ["%s"]\n' "$3"; else echo 'dependencies = []'; fi >> "$1/pyproject.toml"
  echo "version = '$2'" > "$1/$1.py"
}
)";
}

void World::make_program(const Place& place, const std::string& real_pip) const {
  fs::create_directory(place.path("program"));
  const fs::path pip = place.path("program") / "pip";
  if (real_pip.empty()) return fs::create_symlink(pipit_program(), pip);
  fs::create_directory(place.path("code"));
  fs::create_directory_symlink(real_pip, place.path("code") / "pip");  // without its dist-info: it is in no environment
  write_file(pip, "#!/bin/sh\nexec " + (place.path("env") / "bin/python").string() + " " + (place.path("code") / "pip").string() + " \"$@\"\n");
  fs::permissions(pip, fs::perms::owner_all);
}

Answer World::run(const Row& row, const std::string& real_pip) const {
  Place place;
  auto made = sys::TempDir::create({}, "row-");
  REQUIRE(made);
  place.root = std::move(*made);
  for (const char* name : {"home", "tmp", "work", "cache", "etc"}) fs::create_directory(place.path(name));
  sys::ProcessSpec venv;
  venv.program = pipit_program();
  venv.arguments = {"venv", place.path("env").string()};
  venv.environment = {{"PATH", path_variable()}, {"HOME", place.path("home").string()}, {"XDG_CACHE_HOME", place.path("cache").string()}};
  const auto outcome = start(venv);
  INFO(outcome.output << outcome.errors);
  REQUIRE(outcome.exit_code == 0);
  place.site = site_packages_of(place.path("env"));
  place.python_version = version_in(place.path("env"));
  make_program(place, real_pip);
  if (!row.given.empty()) {
    const Answer given = answer_of(place, row.given, false);
    INFO("given: " << row.given << given.at("out") << given.at("err"));
    CHECK(given.at("rc") == "0");
  }
  return answer_of(place, row.script, real_pip.empty());
}

Answer World::answer_of(const Place& place, const std::string& script, bool is_pipit) const {
  sys::ProcessSpec spec;
  spec.program = "/bin/sh";
  spec.arguments = {"-c", prelude(place) + script};
  spec.directory = place.path("work");
  spec.timeout = std::chrono::seconds(300);
  spec.environment = {{"PATH", place.path("program").string() + ":" + place.path("env").string() + "/bin:" + path_variable()},
                      {"HOME", place.path("home").string()},
                      {"TMPDIR", place.path("tmp").string()},
                      {"XDG_CACHE_HOME", place.path("cache").string()},
                      {"XDG_CONFIG_DIRS", place.path("etc").string()},
                      {"PIP_DISABLE_PIP_VERSION_CHECK", "1"},
                      {"PYTHONDONTWRITEBYTECODE", "1"},
                      {"https_proxy", "http://127.0.0.1:" + std::to_string(closed_)},  // no row ever reaches the world outside
                      {"LANG", "C.UTF-8"}};
  const auto result = start(spec);
  const std::string minor = place.python_version.substr(0, place.python_version.rfind('.'));
  const std::string digits = std::string(minor).erase(minor.find('.'), 1);
  const Replacements words = {{place.path("env").string(), "<env>"},
                              {place.site.string(), "<site>"},
                              {place.path("env/lib64").string() + place.site.string().substr(place.path("env/lib").string().size()), "<site>"},
                              {place.path("home").string(), "<home>"},
                              {place.path("tmp").string(), "<tmp>"},
                              {place.path("work").string(), "<work>"},
                              {place.path("cache").string(), "<cache>"},
                              {place.path("etc").string(), "<etc>"},
                              {place.path("code/pip").string(), "<pip>"},
                              {place.path("program").string(), "<program>"},
                              {(root_.path() / "wheels").string(), "<wheels>"},
                              {(root_.path() / "broken").string(), "<broken>"},
                              {root_.path().string(), "<world>"},
                              {"http://127.0.0.1:" + std::to_string(closed_), "<down>"},
                              {"127.0.0.1:" + std::to_string(server_.port()), "<server>"},
                              {"port=" + std::to_string(server_.port()), "port=<port>"},
                              {"port=" + std::to_string(closed_), "port=<port>"},
                              {place.python_version, "<X.Y.Z>"},
                              {"cp" + digits, "cp<XY>"},
                              {"cpython-" + digits, "cpython-<XY>"},
                              {"\"python_version\": \"" + minor + "\"", "\"python_version\": \"<X.Y>\""},
                              {"python" + minor, "python<X.Y>"},
                              {"python " + minor, "python <X.Y>"},
                              {"Python-" + minor, "Python-<X.Y>"}};
  const std::string err = plain_words(result.errors, words);
  return {{"rc", std::to_string(result.exit_code)}, {"out", plain_words(result.output, words)}, {"err", is_pipit ? without_error_ids(err) : err},
          {"tree", tree(place)}};
}

// One line for each directory that has files: its path and their names.
std::string World::tree(const Place& place) const {
  std::map<std::string, std::vector<std::string>> directories;
  const std::string root = place.root.path().string(), site = place.site.string();
  for (const char* top : {"env", "home", "tmp", "work"})
    for (const auto& entry : fs::recursive_directory_iterator(place.path(top))) {
      const std::string path = entry.path().string().substr(root.size() + 1);
      if ((entry.is_directory() && !entry.is_symlink()) || is_left_out(path)) continue;
      const std::string parent = entry.path().parent_path().string();
      const std::string shown = parent.starts_with(site) ? "<site>" + parent.substr(site.size()) : "<" + std::string(top) + ">" + parent.substr(root.size() + 1 + std::string(top).size());
      directories[shown].push_back(entry.path().filename().string());
    }
  std::string text;
  for (auto& [directory, names] : directories) {
    std::sort(names.begin(), names.end());
    text += directory + ": " + join(names, " ") + "\n";
  }
  const std::string minor = place.python_version.substr(0, place.python_version.rfind('.'));
  return plain_words(text, {{"python" + minor, "python<X.Y>"}});
}

}  // namespace pipit::test
