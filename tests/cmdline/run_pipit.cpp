#include "cmdline/run_pipit.h"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdlib>

#include "pipit/sys/process.h"
#include "pipit/verify/digest.h"
#include "support/places.h"

namespace pipit::test {

namespace fs = std::filesystem;

namespace {

std::string path_variable() {
  const char* path = std::getenv("PATH");
  return path ? path : "/usr/bin:/bin";
}

bool has_python() { return sys::find_program("python3", path_variable()).has_value(); }

}  // namespace

Bench::Bench() {
  if (!has_python()) SKIP("there is no python3 on PATH");
  auto made = sys::TempDir::create({}, "pipit-cmdline-");
  REQUIRE(made);
  root_ = std::move(*made);
  for (const char* name : {"home", "tmp", "cache", "config", "runtime", "wheels"}) fs::create_directory(path(name));
  fs::permissions(path("runtime"), fs::perms::owner_all);
  directory = root_.path();
  program = pipit::test::pipit_program();
}

Bench::~Bench() = default;

fs::path Bench::venv(std::string_view name) {
  const fs::path made = path(name);
  const Outcome outcome = run({"venv", made.string()});
  INFO(outcome.all());
  REQUIRE(outcome.exit_code == 0);
  return made;
}

std::string Bench::file(std::string_view name, std::string_view text) const {
  write_file(path(name), text);
  return path(name).string();
}

WheelMaker Bench::make(const std::string& name, const std::string& version, const Words& requirements) {
  WheelMaker maker(name, version);
  maker.file(name + "/__init__.py", "version = '" + version + "'\n");
  for (const std::string& requirement : requirements) maker.metadata_line("Requires-Dist: " + requirement);
  return maker;
}

fs::path Bench::wheel(const std::string& name, const std::string& version, const Words& requirements) {
  return wheel(make(name, version, requirements));
}

fs::path Bench::wheel(const WheelMaker& maker) {
  const fs::path written = maker.write_to(wheels());
  honest.push_back(sha256_of(written));
  return written;
}

Outcome Bench::start(const fs::path& started, const Words& words, const std::string& argv0) const {
  sys::ProcessSpec spec;
  spec.program = started;
  spec.arguments = words;
  if (!argv0.empty()) spec.argv0 = argv0;
  spec.directory = directory;
  spec.input = input;
  spec.timeout = std::chrono::seconds(60);
  spec.environment = {{"PATH", path_variable()},
                      {"HOME", path("home").string()},
                      {"TMPDIR", temporary().string()},
                      {"XDG_CACHE_HOME", cache().string()},
                      {"XDG_CONFIG_HOME", path("config").string()},
                      {"XDG_CONFIG_DIRS", path("config-of-the-machine").string()},
                      {"XDG_RUNTIME_DIR", path("runtime").string()},
                      {"PIP_CONFIG_FILE", "/dev/null"},
                      {"LANG", "C.UTF-8"}};
  for (const auto& added : variables) {
    std::erase_if(spec.environment, [&](const auto& entry) { return entry.first == added.first; });
    spec.environment.push_back(added);
  }
  auto result = sys::run_process(spec);
  REQUIRE(result);
  return {result->exit_code, result->signal, result->output, result->errors};
}

Outcome Bench::run(const Words& words) const { return start(program, words); }

Outcome Bench::install(const fs::path& venv, const Words& words) const {
  Words all = {"--python", venv.string(), "install", "--no-index", "-f", wheels().string()};
  all.insert(all.end(), words.begin(), words.end());
  return run(all);
}

std::string Bench::python(const fs::path& venv, const std::string& expression) const {
  const Outcome outcome = start(venv / "bin/python3", {"-B", "-c", "print(" + expression + ")"});
  if (outcome.exit_code != 0) return "failed: " + outcome.err;
  return outcome.out.substr(0, outcome.out.find_last_not_of('\n') + 1);
}

std::string sha256_of(const fs::path& file) {
  const std::string bytes = read_whole_file(file);
  return verify::sha256_hex(as_bytes_view(bytes));
}

std::string tree_of(const fs::path& directory) {
  Words lines;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const fs::file_status status = entry.symlink_status();
    std::string line = entry.path().lexically_relative(directory).string() + " " + std::to_string(static_cast<unsigned>(status.permissions()));
    if (fs::is_symlink(status)) {
      line += " -> " + fs::read_symlink(entry.path()).string();
    } else if (fs::is_regular_file(status)) {
      line += " " + std::to_string(entry.file_size()) + " " + sha256_of(entry.path());
    }
    lines.push_back(line + "\n");
  }
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

fs::path site_packages(const fs::path& venv) {
  for (const auto& entry : fs::directory_iterator(venv / "lib"))
    if (fs::exists(entry.path() / "site-packages")) return entry.path() / "site-packages";
  FAIL("no site-packages in " << venv);
  return {};
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string installed_in(const fs::path& venv) {
  Words names;
  for (const auto& entry : fs::directory_iterator(site_packages(venv)))
    if (entry.path().extension() == ".dist-info") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
  return text;
}

Words stored_digests(const Bench& bench) {
  Words digests;
  const fs::path store = bench.cache() / "pipit/wheels-v1";
  if (!fs::exists(store)) return digests;
  for (const auto& entry : fs::recursive_directory_iterator(store)) {
    const std::string name = entry.path().filename().string();
    if (name.size() == 64 && entry.is_directory()) digests.push_back(name);
  }
  std::sort(digests.begin(), digests.end());
  return digests;
}

Refusal::Refusal(const Bench& bench, fs::path venv) : bench_(bench), venv_(std::move(venv)), before_(tree_of(venv_)) {}

void Refusal::check(const Outcome& outcome, int exit_code) const {
  INFO("stdout:\n" << outcome.out << "\nstderr:\n" << outcome.err);
  CHECK(outcome.exit_code == exit_code);
  CHECK(outcome.signal == 0);
  CHECK(!outcome.err.empty());
  CHECK_FALSE(has(outcome.all(), "Successfully installed"));
  CHECK_FALSE(has(outcome.all(), "Traceback"));
  CHECK(tree_of(venv_) == before_);
  CHECK(fs::is_empty(bench_.temporary()));
  for (const std::string& digest : stored_digests(bench_)) {
    INFO("in the store: " << digest);
    CHECK(std::find(bench_.honest.begin(), bench_.honest.end(), digest) != bench_.honest.end());
  }
  const fs::path staging = bench_.cache() / "pipit/wheels-v1/staging";
  if (fs::exists(staging)) CHECK(fs::is_empty(staging));
}

}  // namespace pipit::test
