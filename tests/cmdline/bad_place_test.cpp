// The surroundings that fail: requirements files that cannot be read, a full disk, an environment that cannot be written
// or has no Python. One clear error each; the environment as it was.
#include <sys/mount.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

#include "cmdline/run_pipit.h"
#include "support/places.h"

using namespace pipit::test;
namespace fs = std::filesystem;

namespace {

// A file system of its own at `at`, gone with the object. Needs root (and a kernel that lets it).
class Mount {
 public:
  static bool possible() { return geteuid() == 0; }
  Mount(const fs::path& at, const std::string& size) : at_(at.string()) {
    fs::create_directories(at);
    mounted_ = mount("tmpfs", at_.c_str(), "tmpfs", MS_NOSUID, ("size=" + size).c_str()) == 0;
  }
  explicit Mount(const fs::path& read_only) : at_(read_only.string()) {
    mounted_ = mount(at_.c_str(), at_.c_str(), nullptr, MS_BIND, nullptr) == 0;
    if (mounted_ && mount(nullptr, at_.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) != 0) {
      umount2(at_.c_str(), MNT_DETACH);
      mounted_ = false;
    }
  }
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;
  ~Mount() {
    if (mounted_) umount2(at_.c_str(), MNT_DETACH);
  }
  explicit operator bool() const { return mounted_; }

 private:
  std::string at_;
  bool mounted_ = false;
};

// Told by the kernel, or foreseen before anything is written.
bool tells_of_a_full_disk(std::string_view text) {
  return has(text, "No space left on device") || has(text, "not-enough-space") || (has(text, " needs ") && has(text, " left"));
}

}  // namespace

TEST_CASE("a requirements file that is missing, a directory, binary or unreadable is named", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const Refusal refusal(bench, venv);
  const Outcome missing = bench.install(venv, {"-r", bench.path("absent.txt").string()});
  refusal.check(missing);
  CHECK(has(missing.err, "Could not open requirements file: [Errno 2] No such file or directory: '" + bench.path("absent.txt").string() + "'"));
  const Outcome constraint = bench.install(venv, {"-c", bench.path("absent.txt").string(), "demo"});
  refusal.check(constraint);
  CHECK(has(constraint.err, "Could not open constraint file: "));
  fs::create_directory(bench.path("folder.txt"));
  const Outcome folder = bench.install(venv, {"-r", bench.path("folder.txt").string()});
  refusal.check(folder);
  CHECK(has(folder.err, "folder.txt"));
  const std::vector<std::string> binaries = {std::string("\x7f" "ELF\x02\x01\0\0\0\0", 10), std::string("demo==1.0\0\0", 11), std::string("\xff\xfe\x00", 3), "demo==1.0\n\xc3\x28\x80\n"};
  for (const std::string& bytes : binaries) {
    const Outcome binary = bench.install(venv, {"-r", bench.file("binary.txt", bytes)});
    refusal.check(binary);
    CHECK(has(binary.err, "binary.txt"));
  }
  if (geteuid() != 0) {
    fs::permissions(bench.file("secret.txt", "demo\n"), fs::perms::none);
    const Outcome secret = bench.install(venv, {"-r", bench.path("secret.txt").string()});
    refusal.check(secret);
    CHECK(has(secret.err, "secret.txt"));
  }
  const Outcome device = bench.install(venv, {"-r", "/dev/zero"});
  refusal.check(device);
  CHECK(has(device.err, "/dev/zero"));
}

TEST_CASE("lines that are no requirements are told with file and line, a file that includes itself with its chain", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const Refusal refusal(bench, venv);
  const Outcome bad = bench.install(venv, {"-r", bench.file("r.txt", "# fine\nfoo=1.0\n")});
  refusal.check(bad);
  CHECK(has(bad.err, "Invalid requirement: 'foo=1.0'"));
  CHECK(has(bad.err, "(from line 2 of " + bench.path("r.txt").string() + ")"));
  const Outcome option = bench.install(venv, {"-r", bench.file("o.txt", "--target x\n")});
  refusal.check(option);
  CHECK(has(option.err, "no such option: --target"));
  const Outcome loop = bench.install(venv, {"-r", bench.file("loop.txt", "-r loop.txt\n")});
  refusal.check(loop);
  CHECK(has(loop.err, "recursively references itself"));
}

TEST_CASE("a disk that fills up while the environment is written leaves it as it was", "[cmdline]") {
  if (!Mount::possible()) SKIP("mounting a small file system needs root");
  Bench bench;
  const Mount disk(bench.path("disk"), "2m");
  if (!disk) SKIP("this machine lets nobody mount a tmpfs");
  const fs::path venv = bench.venv("disk/venv");
  bench.wheel("small");
  REQUIRE(bench.install(venv, {"small"}).exit_code == 0);
  std::string noise;
  for (std::uint32_t i = 0, x = 1; i < 3u << 20; ++i) noise += static_cast<char>((x = x * 1664525u + 1013904223u) >> 24);
  WheelMaker big = Bench::make("big");
  for (int i = 0; i < 6; ++i) big.file("big/part" + std::to_string(i) + ".bin", noise.substr(static_cast<std::size_t>(i) << 19, 1u << 19));
  bench.wheel(big);
  bench.wheel("small", "2.0");
  const Refusal refusal(bench, venv);
  for (const char* mode : {"copy", "hardlink"}) {
    const Outcome outcome = bench.install(venv, {"--link-mode", mode, "-U", "small", "big"});
    refusal.check(outcome);
    CHECK(tells_of_a_full_disk(outcome.err));
  }
  CHECK(bench.install(venv, {"-U", "small"}).exit_code == 0);
}

TEST_CASE("a temporary directory or a cache that is full is one error", "[cmdline]") {
  if (!Mount::possible()) SKIP("mounting a small file system needs root");
  Bench bench;
  const fs::path venv = bench.venv();
  const Mount disk(bench.path("full"), "64k");
  if (!disk) SKIP("this machine lets nobody mount a tmpfs");
  std::string noise;
  for (std::uint32_t i = 0, x = 1; i < 1u << 18; ++i) noise += static_cast<char>((x = x * 1664525u + 1013904223u) >> 24);
  bench.wheel(Bench::make("big").file("big/part.bin", noise));
  bench.variables = {{"XDG_CACHE_HOME", bench.path("full").string()}, {"TMPDIR", bench.path("full/tmp").string()}};
  fs::create_directory(bench.path("full/tmp"));
  const std::string before = tree_of(venv);
  const Outcome outcome = bench.install(venv, {"big"});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 1);
  CHECK(tells_of_a_full_disk(outcome.err));
  CHECK(tree_of(venv) == before);
  CHECK(fs::is_empty(bench.path("full/tmp")));
}

TEST_CASE("a cache directory that others may write, or that is theirs, is not used; the run goes on with one line about it", "[cmdline][L3][L7]") {
  Bench bench;
  bench.wheel("demo");
  const fs::path venv = bench.venv();
  const auto check = [&](const fs::path& cache) {
    const Outcome outcome = bench.install(venv, {"--cache-dir", cache.string(), "--force-reinstall", "demo"});
    INFO(outcome.all());
    CHECK(outcome.exit_code == 0);
    CHECK(has(outcome.err, "the cache is not used"));
    CHECK(outcome.err.find("the cache is not used") == outcome.err.rfind("the cache is not used"));
    CHECK(fs::is_empty(cache));
  };
  fs::create_directory(bench.path("shared"));
  for (const auto others : {fs::perms::others_write, fs::perms::group_write}) {
    fs::permissions(bench.path("shared"), fs::perms::owner_all | others);
    check(bench.path("shared"));
  }
  fs::create_directory(bench.path("mine"));
  fs::permissions(bench.path("mine"), fs::perms::owner_all);
  fs::create_directory_symlink(bench.path("shared"), bench.path("link"));
  check(bench.path("link"));
  if (geteuid() != 0) return;
  fs::create_directory(bench.path("theirs"));
  REQUIRE(chown(bench.path("theirs").c_str(), 1234, 1234) == 0);
  check(bench.path("theirs"));
  fs::create_directory_symlink(bench.path("mine"), bench.path("planted"));
  REQUIRE(lchown(bench.path("planted").c_str(), 1234, 1234) == 0);
  check(bench.path("planted"));
}

TEST_CASE("a setuid pipit refuses to run", "[cmdline][L7]") {
  if (geteuid() != 0) SKIP("making a setuid program of another user needs root");
  Bench bench;
  const fs::path copy = bench.path("pipit");
  fs::copy_file(pipit_program(), copy);
  REQUIRE(chown(copy.c_str(), 1234, 1234) == 0);
  fs::permissions(copy, fs::perms::set_uid | fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec | fs::perms::others_read);
  const Outcome outcome = bench.start(copy, {"--version"});
  if (outcome.exit_code == 0) SKIP("this file system ignores setuid bits");
  CHECK(outcome.exit_code == 1);
  CHECK(has(outcome.err, "borrowed-rights"));
}

TEST_CASE("an environment that may not be written is refused and untouched", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel("demo");
  const Refusal refusal(bench, venv);
  if (geteuid() == 0) {
    const Mount read_only(venv);
    if (!read_only) SKIP("this machine lets nobody mount read-only");
    const Outcome outcome = bench.install(venv, {"demo"});
    refusal.check(outcome);
    CHECK(has(outcome.err, "Read-only file system"));
    CHECK(has(outcome.err, venv.string()));
    const Outcome nothing_to_do = bench.install(venv, {"--dry-run", "demo"});
    CHECK(nothing_to_do.exit_code == 0);
    return;
  }
  for (const auto& entry : fs::recursive_directory_iterator(venv))
    if (entry.is_directory() && !entry.is_symlink()) fs::permissions(entry.path(), fs::perms::owner_read | fs::perms::owner_exec);
  fs::permissions(venv, fs::perms::owner_read | fs::perms::owner_exec);
  const Refusal locked(bench, venv);
  const Outcome outcome = bench.install(venv, {"demo"});
  locked.check(outcome);
  CHECK(has(outcome.err, "Permission denied"));
  for (const auto& entry : fs::recursive_directory_iterator(venv))
    if (entry.is_directory() && !entry.is_symlink()) fs::permissions(entry.path(), fs::perms::owner_all);
  fs::permissions(venv, fs::perms::owner_all);
}

TEST_CASE("an environment whose Python is gone is refused by name, however it is pointed at", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel("demo");
  for (const char* name : {"python", "python3"}) fs::remove(venv / "bin" / name);
  for (const auto& entry : fs::directory_iterator(venv / "bin"))
    if (entry.path().filename().string().starts_with("python")) fs::remove(entry.path());
  SECTION("a broken link") { fs::create_symlink("/nowhere/python3", venv / "bin/python"); }
  SECTION("no file") {}
  SECTION("a file that is no program") { write_file(venv / "bin/python", "#!/nowhere\n"); }
  const Refusal refusal(bench, venv);
  const Outcome typed = bench.install(venv, {"demo"});
  refusal.check(typed);
  CHECK(has(typed.err, venv.string()));
  bench.variables = {{"VIRTUAL_ENV", venv.string()}};
  const Outcome active = bench.run({"install", "--no-index", "-f", bench.wheels().string(), "demo"});
  refusal.check(active);
  CHECK(has(active.err, venv.string()));
}

TEST_CASE("a --python that is nothing is refused", "[cmdline]") {
  Bench bench;
  for (const char* python : {"/nowhere", "9.99", "no-such-python"}) {
    const Outcome outcome = bench.run({"--python", python, "install", "--no-index", "demo"});
    INFO(outcome.all());
    CHECK(outcome.exit_code == 1);
    CHECK(has(outcome.err, python));
  }
}
