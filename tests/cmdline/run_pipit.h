// A Bench to run the real program on: one temporary directory that holds HOME, TMPDIR, the cache, a directory of wheels
// and virtualenvs. The environment of a run is PATH, these, and what a test adds: nothing of the caller's PIP_* and
// certificate variables gets through. A Bench is not copied and cleans up after itself; one thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipit/sys/file.h"
#include "support/wheel_maker.h"

namespace pipit::test {

using Words = std::vector<std::string>;
using Variables = std::vector<std::pair<std::string, std::string>>;

struct Outcome {
  int exit_code = -1, signal = 0;
  std::string out, err;
  std::string all() const { return out + err; }
};

class Bench {
 public:
  Bench();
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  ~Bench();

  std::filesystem::path path(std::string_view name) const { return root_.path() / name; }
  std::filesystem::path wheels() const { return path("wheels"); }
  std::filesystem::path cache() const { return path("cache"); }
  std::filesystem::path temporary() const { return path("tmp"); }
  // A new virtualenv made by pipit from the first python3 on PATH.
  std::filesystem::path venv(std::string_view name = "venv");
  // Writes `text` to a file of that name and answers its path.
  std::string file(std::string_view name, std::string_view text) const;
  // A small wheel in wheels(): the module NAME says its version. Answers its path.
  std::filesystem::path wheel(const std::string& name, const std::string& version = "1.0", const Words& requirements = {});
  std::filesystem::path wheel(const WheelMaker& maker);
  static WheelMaker make(const std::string& name, const std::string& version = "1.0", const Words& requirements = {});

  Variables variables;                   // added to every run; a later entry replaces an earlier one of that name
  std::filesystem::path directory;       // of the runs; default: the bench
  std::filesystem::path program;         // default: the binary under test
  std::string input;                     // what the runs read from standard input
  Words honest;                          // digests of archives that the wheel store may hold; wheel() adds its own

  Outcome run(const Words& words) const;
  // `install --no-index -f wheels()` into `venv`, and what follows.
  Outcome install(const std::filesystem::path& venv, const Words& words) const;
  // Any other program, in the same environment.
  Outcome start(const std::filesystem::path& program, const Words& words, const std::string& argv0 = {}) const;
  // What the environment's Python prints for this expression.
  std::string python(const std::filesystem::path& venv, const std::string& expression) const;

 private:
  sys::TempDir root_;
};

// Everything below a directory, one line for each path: mode, size, digest or link target. Times are left out.
std::string tree_of(const std::filesystem::path& directory);
std::string sha256_of(const std::filesystem::path& file);
std::filesystem::path site_packages(const std::filesystem::path& venv);
bool has(std::string_view text, std::string_view part);
// "name-version" of what the environment's site-packages hold, sorted, blanks between.
std::string installed_in(const std::filesystem::path& venv);

// Watches an environment over a run that must fail. check(): the exit code, no signal; a message on stderr and nothing
// claimed as installed; the environment byte for byte as before; TMPDIR empty; the wheel store holds honest archives only.
class Refusal {
 public:
  Refusal(const Bench& bench, std::filesystem::path venv);
  void check(const Outcome& outcome, int exit_code = 1) const;

 private:
  const Bench& bench_;
  std::filesystem::path venv_;
  std::string before_;
};

// The wheel store's entries: digests of the archives that a later run would take from it, sorted.
Words stored_digests(const Bench& bench);

}  // namespace pipit::test
