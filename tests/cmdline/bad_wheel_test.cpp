// Wheels that are not what they should be: each refused with one clear error, and nothing left behind.
#include <catch2/catch_test_macros.hpp>

#include "cmdline/run_pipit.h"

using namespace pipit::test;
namespace fs = std::filesystem;

namespace {

void damage(const fs::path& wheel, const std::function<void(std::string&)>& edit) {
  std::string bytes = read_whole_file(wheel);
  edit(bytes);
  write_file(wheel, bytes);
}

std::string pin(const fs::path& wheel, const std::string& requirement) { return requirement + " --hash=sha256:" + sha256_of(wheel) + "\n"; }

}  // namespace

TEST_CASE("a truncated wheel is refused by name, at every cut", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path wheel = Bench::make("demo").write_to(bench.wheels());
  const std::string whole = read_whole_file(wheel);
  const Refusal refusal(bench, venv);
  for (const std::size_t kept : {std::size_t{0}, std::size_t{10}, whole.size() / 2, whole.size() - 23, whole.size() - 1}) {
    INFO("bytes kept: " << kept);
    write_file(wheel, std::string_view(whole).substr(0, kept));
    const Outcome outcome = bench.install(venv, {"demo"});
    refusal.check(outcome);
    CHECK(has(outcome.err, "demo-1.0-py3-none-any.whl"));
    CHECK(has(outcome.err, "ERROR: "));
  }
}

TEST_CASE("a file that is no zip at all is refused by name", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  write_file(bench.wheels() / "demo-1.0-py3-none-any.whl", "<html>not a wheel</html>");
  const Refusal refusal(bench, venv);
  const Outcome by_name = bench.install(venv, {"demo"});
  refusal.check(by_name);
  CHECK(has(by_name.err, "demo-1.0-py3-none-any.whl"));
  const Outcome by_path = bench.install(venv, {(bench.wheels() / "demo-1.0-py3-none-any.whl").string()});
  refusal.check(by_path);
  CHECK(has(by_path.err, "demo-1.0-py3-none-any.whl"));
}

TEST_CASE("a wheel under another name or version is refused", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path honest = Bench::make("demo").write_to(bench.path("tmp"));
  const Refusal refusal = [&] {
    fs::copy_file(honest, bench.wheels() / "other-1.0-py3-none-any.whl");
    fs::copy_file(honest, bench.wheels() / "demo-2.0-py3-none-any.whl");
    fs::remove(honest);
    return Refusal(bench, venv);
  }();
  for (const char* wish : {"other", "demo"}) {
    INFO(wish);
    const Outcome outcome = bench.install(venv, {wish});
    refusal.check(outcome);
    CHECK(has(outcome.err, wish));
    CHECK(has(outcome.err, "its metadata"));
  }
  const Outcome by_path = bench.install(venv, {(bench.wheels() / "other-1.0-py3-none-any.whl").string()});
  refusal.check(by_path);
  CHECK(has(by_path.err, "other-1.0-py3-none-any.whl"));
}

TEST_CASE("a wheel whose name is no wheel name is refused when it is given by path", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const Refusal refusal(bench, venv);
  for (const char* name : {"demo.whl", "demo-1.0.whl", "demo-1.0-cp27-none-any.whl"}) {
    INFO(name);
    Bench::make("demo").filename(name).write_to(bench.path("config"));
    const Outcome outcome = bench.install(venv, {bench.path("config/" + std::string(name)).string()});
    refusal.check(outcome);
    CHECK(has(outcome.err, fs::path(name).stem().string()));
  }
}

TEST_CASE("one byte flipped in one of several hashed wheels: file, expected and got are named, nothing is installed", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const fs::path first = bench.wheel("first"), third = bench.wheel("third");
  const fs::path second = Bench::make("second").write_to(bench.wheels());
  const std::string good = read_whole_file(second), good_digest = sha256_of(second);
  const std::string file = bench.file("r.txt", pin(first, "first==1.0") + pin(second, "second==1.0") + pin(third, "third==1.0"));
  const Refusal refusal(bench, venv);
  for (const std::size_t at : {std::size_t{0}, std::size_t{40}, good.size() / 2, good.size() - 1}) {
    INFO("byte " << at);
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    write_file(second, bytes);
    const std::string got = sha256_of(second);
    const Outcome outcome = bench.install(venv, {"-r", file});
    refusal.check(outcome);
    CHECK(has(outcome.err, "THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE."));
    CHECK(has(outcome.err, "    second==1.0 from file://" + second.string() + " (from -r " + file + " (line 2)):\n"));
    CHECK(has(outcome.err, "        Expected sha256 " + good_digest + "\n             Got        " + got + "\n"));
    CHECK_FALSE(has(outcome.err, "first==1.0 from"));
  }
  write_file(second, good);
  const Outcome healed = bench.install(venv, {"-r", file});
  CHECK(healed.exit_code == 0);
  CHECK(installed_in(venv) == "first-1.0 second-1.0 third-1.0");
}

TEST_CASE("one byte flipped without any promise is still found: zip checksums and RECORD", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel("good");
  const fs::path wheel = Bench::make("demo").method(kStored).write_to(bench.wheels());
  damage(wheel, [](std::string& bytes) { bytes[bytes.find("version = ")] ^= 1; });
  const Refusal refusal(bench, venv);
  const Outcome outcome = bench.install(venv, {"good", "demo"});
  refusal.check(outcome);
  CHECK(has(outcome.err, "demo-1.0-py3-none-any.whl"));
  CHECK(has(outcome.err, "demo/__init__.py"));
}

TEST_CASE("a RECORD that lies is refused with id bad-record, and may be allowed for one package", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  Bench::make("demo").record_row("demo/__init__.py", record_hash_and_size("something else")).write_to(bench.wheels());
  const Refusal refusal(bench, venv);
  const Outcome refused = bench.install(venv, {"demo"});
  refusal.check(refused);
  CHECK(has(refused.err, "bad-record"));
  CHECK(has(refused.err, "demo/__init__.py"));
  const Outcome other = bench.install(venv, {"--allow", "bad-record:other", "demo"});
  refusal.check(other);
  const Outcome allowed = bench.install(venv, {"--allow", "bad-record:demo", "demo"});
  INFO(allowed.all());
  CHECK(allowed.exit_code == 0);
  CHECK(has(allowed.out, "Allowed by --allow: bad-record"));
}

TEST_CASE("a RECORD that cannot be read is refused by the name of its wheel", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  Bench::make("demo").record("\"unclosed,,\n").write_to(bench.wheels());
  const Refusal refusal(bench, venv);
  const Outcome outcome = bench.install(venv, {"demo"});
  refusal.check(outcome);
  CHECK(has(outcome.err, "demo-1.0-py3-none-any.whl: RECORD is not valid: a quoted field is not closed"));
}

TEST_CASE("when the last of three wheels is bad, nothing of the other two is installed", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel("aaa");
  bench.wheel("bbb");
  const fs::path bad = Bench::make("ccc").file("../../escape.py", "").write_to(bench.wheels());
  const Refusal refusal(bench, venv);
  const Outcome outcome = bench.install(venv, {"aaa", "bbb", "ccc"});
  refusal.check(outcome);
  CHECK(has(outcome.err, bad.filename().string()));
  CHECK(has(outcome.err, "../../escape.py"));
  CHECK_FALSE(fs::exists(venv / "lib/escape.py"));
}

TEST_CASE("two wheels that bring the same file are refused together, before anything is written", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  bench.wheel(Bench::make("aaa").file("shared.py", "a\n"));
  bench.wheel(Bench::make("bbb").file("shared.py", "b\n"));
  const Refusal refusal(bench, venv);
  const Outcome outcome = bench.install(venv, {"aaa", "bbb"});
  refusal.check(outcome);
  for (const char* part : {"overlap", "shared.py", "aaa", "bbb"}) CHECK(has(outcome.err, part));
}

TEST_CASE("`pipit venv DIR -r FILE` takes the environment away again when the installation fails", "[cmdline]") {
  Bench bench;
  bench.wheel("good");
  const fs::path bad = Bench::make("bad").write_to(bench.wheels());
  const std::string file = bench.file("r.txt", "good==1.0\nbad==1.0 --hash=sha256:" + std::string(64, '0') + "\n");
  bench.variables = {{"PIP_FIND_LINKS", bench.wheels().string()}};
  const Outcome outcome = bench.run({"venv", bench.path("fresh").string(), "--no-index", "-r", file});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 1);
  CHECK_FALSE(fs::exists(bench.path("fresh")));
  CHECK(fs::is_empty(bench.temporary()));
  const Outcome nested = bench.run({"venv", bench.path("a/b/fresh").string(), "--no-index", "-r", file});
  CHECK(nested.exit_code == 1);
  CHECK_FALSE(fs::exists(bench.path("a/b/fresh")));

  const std::string right = bench.file("ok.txt", "good==1.0 --hash=sha256:" + bench.honest[0] + "\nbad==1.0 --hash=sha256:" + sha256_of(bad) + "\n");
  const Outcome made = bench.run({"venv", bench.path("fresh").string(), "--no-index", "-r", right});
  INFO(made.all());
  CHECK(made.exit_code == 0);
  CHECK(has(made.out, "Successfully installed bad-1.0 good-1.0"));
}
