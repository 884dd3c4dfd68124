// Installing from an index on the loopback: the honest one in both forms, and the dead, the slow and the lying one.
#include <catch2/catch_test_macros.hpp>

#include <chrono>

#include "cmdline/local_index.h"

using namespace pipit::test;
namespace fs = std::filesystem;

namespace {

const std::string kZeros(64, '0');

Outcome from(const LocalIndex& index, const Bench& bench, const fs::path& venv, const Words& words) {
  Words all = {"--python", venv.string(), "install", "--retries", "0", "--timeout", "5", "-i", index.url()};
  all.insert(all.end(), words.begin(), words.end());
  return bench.run(all);
}

}  // namespace

TEST_CASE("dependencies are followed and backtracked from an index in JSON and in HTML", "[cmdline]") {
  for (const auto form : {LocalIndex::Form::json, LocalIndex::Form::html}) {
    INFO((form == LocalIndex::Form::json ? "json" : "html"));
    Bench bench;
    const fs::path venv = bench.venv();
    LocalIndex index(form);
    index.add("left", Bench::make("left", "1.0", {"shared<2"}));
    index.add("right", Bench::make("right", "1.0", {"shared"}));
    index.add("right", Bench::make("right", "2.0", {"shared>=2"}));
    index.add("shared", Bench::make("shared", "1.5"));
    index.add("shared", Bench::make("shared", "2.0"), form == LocalIndex::Form::html ? "-" : "");
    const Outcome outcome = from(index, bench, venv, {"left", "right"});
    INFO(outcome.all());
    CHECK(outcome.exit_code == 0);
    CHECK(installed_in(venv) == "left-1.0 right-1.0 shared-1.5");
    CHECK(fs::is_empty(bench.temporary()));
  }
}

TEST_CASE("a pinned and hashed file from an index, and the second environment from the cache without a transfer", "[cmdline]") {
  Bench bench;
  const fs::path one = bench.venv("one"), two = bench.venv("two");
  LocalIndex index;
  const WheelMaker wheel = Bench::make("demo");
  index.add("demo", wheel);
  const std::string digest = sha256_of(wheel.write_to(bench.wheels()));
  const std::string file = bench.file("r.txt", "demo==1.0 --hash=sha256:" + digest + "\n");
  REQUIRE(from(index, bench, one, {"-r", file}).exit_code == 0);
  CHECK(index.asked("/files/demo-1.0-py3-none-any.whl") == 1);
  const Outcome second = from(index, bench, two, {"-r", file});
  INFO(second.all());
  CHECK(second.exit_code == 0);
  CHECK(index.asked("/files/demo-1.0-py3-none-any.whl") == 1);
  CHECK(installed_in(two) == "demo-1.0");
}

TEST_CASE("a dead index is named as dead, not as an index without the package", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const Refusal refusal(bench, venv);
  const std::string dead = "http://127.0.0.1:" + std::to_string(closed_port()) + "/simple/";
  const Outcome outcome = bench.run({"--python", venv.string(), "install", "--retries", "0", "-i", dead, "demo"});
  refusal.check(outcome);
  CHECK(has(outcome.err, "127.0.0.1"));
  CHECK(has(outcome.err, "demo"));
  CHECK_FALSE(has(outcome.err, "No matching distribution"));
}

TEST_CASE("where the target's Python is in the way, one that was tried and would do is named", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  LocalIndex index;
  index.add("demo", Bench::make("demo", "1.0", {"base>=2"}));
  index.add("base", Bench::make("base", "1.0"));
  index.add("base", Bench::make("base", "2.0").metadata_line("Requires-Python: >=3.10"));
  index.add("stuck", Bench::make("stuck", "1.0", {"base>=2", "nowhere"}));
  const Words target = {"--dry-run", "--only-binary", ":all:", "--python-version", "3.9"};
  const auto run = [&](const std::string& name) {
    Words words = target;
    words.push_back(name);
    return from(index, bench, venv, words);
  };
  const Outcome outcome = run("demo");
  INFO(outcome.all());
  CHECK(outcome.exit_code == 1);
  CHECK(has(outcome.err, "base 2.0 cannot be used: it needs Python >=3.10, the target has 3.9"));
  CHECK(has(outcome.err, "hint: with Python 3.10 there is a solution"));
  // It is said only after it was tried: here another Python would not help.
  const Outcome other = run("stuck");
  CHECK(other.exit_code == 1);
  CHECK_FALSE(has(other.err, "with Python"));
}

TEST_CASE("a file that was added to an old release is warned about", "[cmdline][X10]") {
  Bench bench;
  const fs::path venv = bench.venv();
  LocalIndex index;
  const WheelMaker wheel = Bench::make("demo");
  index.add("demo", wheel);
  index.answer("/simple/demo/", [&](const ServerRequest&) {
    return Reply::text(200, R"({"meta":{"api-version":"1.1"},"name":"demo","files":[)"
                            R"({"filename":"demo-1.0.tar.gz","url":"/files/x","hashes":{},"upload-time":"2020-01-01T00:00:00Z"},)"
                            R"({"filename":"demo-1.0-py3-none-any.whl","url":"/files/demo-1.0-py3-none-any.whl","hashes":{},"upload-time":"2024-01-01T00:00:00Z"}]})")
        .with("Content-Type", "application/vnd.pypi.simple.v1+json");
  });
  const Outcome outcome = from(index, bench, venv, {"--dry-run", "demo"});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 0);
  CHECK(has(outcome.err, "demo-1.0-py3-none-any.whl was added 1461 days after the first file of demo 1.0"));
}

TEST_CASE("an index never gets a password that is meant for another, and no file keeps it", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const std::string canary = "canary-5f1d";
  LocalIndex index, elsewhere;
  elsewhere.add("demo", Bench::make("demo"));
  index.answer("/simple/demo/", [&](const ServerRequest&) {
    return Reply::text(200, R"({"meta":{"api-version":"1.1"},"name":"demo","files":[{"filename":"demo-1.0-py3-none-any.whl","url":")" +
                                elsewhere.file_url("demo-1.0-py3-none-any.whl") + R"(","hashes":{}}]})")
        .with("Content-Type", "application/vnd.pypi.simple.v1+json");
  });
  const std::string log = (bench.path("") / "pipit.log").string();
  std::string with_password = index.url();
  with_password.insert(with_password.find("//") + 2, "user:" + canary + "@");
  const Outcome outcome = bench.run({"--python", venv.string(), "install", "-vvv", "--log", log, "--retries", "0", "-i", with_password, "demo", "missing"});
  INFO(outcome.all());
  CHECK_FALSE(has(outcome.all(), canary));
  CHECK(index.asked("/simple/demo/") == 1);
  CHECK_FALSE(elsewhere.received().empty());
  CHECK_FALSE(has(elsewhere.received(), canary));
  CHECK_FALSE(has(elsewhere.received(), "Authorization"));
  std::size_t looked_at = 0;
  for (const auto& entry : fs::recursive_directory_iterator(bench.path(""))) {
    if (!entry.is_regular_file()) continue;
    const auto text = pipit::sys::read_file(entry.path());
    REQUIRE(text);
    INFO(entry.path().string());
    CHECK(text->find(canary) == std::string::npos);
    ++looked_at;
  }
  CHECK(looked_at > 3);
}

TEST_CASE("an index that never answers is given up after --timeout", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  LocalIndex index;
  index.answer("/simple/demo/", [](const ServerRequest&) {
    Reply reply;
    reply.stream = [](ServerConnection& connection) { connection.wait(std::chrono::seconds(60)); };
    return reply;
  });
  const Refusal refusal(bench, venv);
  const auto start = std::chrono::steady_clock::now();
  const Outcome outcome = bench.run({"--python", venv.string(), "install", "--retries", "0", "--timeout", "1", "-i", index.url(), "demo"});
  refusal.check(outcome);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
  CHECK(has(outcome.err, "demo"));
}

TEST_CASE("an index that lies is refused, and the lie is not kept for the next run", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const WheelMaker honest = Bench::make("demo");
  const std::string digest = sha256_of(honest.write_to(bench.wheels()));
  bench.honest.push_back(digest);
  const std::string file = bench.file("r.txt", "demo==1.0 --hash=sha256:" + digest + "\n");
  const Refusal refusal(bench, venv);
  LocalIndex index;
  SECTION("advertises another digest than its file has") {
    index.add("demo", honest, kZeros);
    const Outcome outcome = from(index, bench, venv, {"demo"});
    refusal.check(outcome);
    CHECK(has(outcome.err, "DO NOT MATCH THE HASHES"));
    CHECK(has(outcome.err, "Expected sha256 " + kZeros));
    CHECK(has(outcome.err, "Got        " + digest));
  }
  SECTION("serves other bytes than the requirements file promises, and calls them right") {
    index.add("demo", "demo-1.0-py3-none-any.whl", Bench::make("demo").file("demo/evil.py", "").bytes(), digest);
    const Outcome outcome = from(index, bench, venv, {"-r", file});
    refusal.check(outcome);
    CHECK(has(outcome.err, "Expected sha256 " + digest));
  }
  SECTION("lists only a file whose digest is not the promised one") {
    index.add("demo", Bench::make("demo").file("demo/evil.py", ""));
    const Outcome outcome = from(index, bench, venv, {"-r", file});
    refusal.check(outcome);
    CHECK(has(outcome.err, "DO NOT MATCH THE HASHES"));
    CHECK(has(outcome.err, "Expected sha256 " + digest));
  }
  SECTION("serves a login page for the file") {
    index.add("demo", honest);
    index.answer("/files/demo-1.0-py3-none-any.whl", [](const ServerRequest&) {
      return Reply::text(200, "<!DOCTYPE html><html><body>please log in</body></html>").with("Content-Type", "text/html");
    });
    const Outcome outcome = from(index, bench, venv, {"-r", file});
    refusal.check(outcome);
    CHECK(has(outcome.err, "demo-1.0-py3-none-any.whl"));
  }
  SECTION("closes in the middle of the file") {
    index.add("demo", honest);
    index.answer("/files/demo-1.0-py3-none-any.whl", [bytes = honest.bytes()](const ServerRequest&) {
      Reply reply = Reply::text(200, bytes);
      reply.cut_after = bytes.size() / 2;
      return reply;
    });
    const Outcome outcome = bench.run({"--python", venv.string(), "install", "--retries", "0", "--resume-retries", "0", "-i", index.url(), "-r", file});
    refusal.check(outcome);
    CHECK(has(outcome.err, "demo-1.0-py3-none-any.whl"));
  }
  LocalIndex right;
  right.add("demo", honest);
  const Outcome healed = from(right, bench, venv, {"-r", file});
  INFO(healed.all());
  CHECK(healed.exit_code == 0);
  CHECK(fs::exists(site_packages(venv) / "demo/__init__.py"));
  CHECK_FALSE(fs::exists(site_packages(venv) / "demo/evil.py"));
}

TEST_CASE("an answer that is no index page is named as that, with its address", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const Refusal refusal(bench, venv);
  LocalIndex index;
  auto answer = [&](int status, const char* type, const char* body) {
    index.answer("/simple/demo/", [=](const ServerRequest&) { return Reply::text(status, body).with("Content-Type", type); });
  };
  SECTION("a login page") { answer(200, "text/html", "<!DOCTYPE html><html><head><title>Log in</title></head><body><form>user</form></body></html>"); }
  SECTION("a content type that nobody asked for") { answer(200, "application/octet-stream", "demo-1.0-py3-none-any.whl"); }
  SECTION("JSON that breaks off") { answer(200, "application/vnd.pypi.simple.v1+json", "{\"files\": ["); }
  SECTION("JSON that is something else") { answer(200, "application/vnd.pypi.simple.v1+json", "[1, 2]"); }
  SECTION("a server error") { answer(500, "text/plain", "oops"); }
  SECTION("forbidden") { answer(403, "text/plain", "no"); }
  SECTION("an answer without end") {
    index.answer("/simple/demo/", [](const ServerRequest&) {
      Reply reply;
      reply.headers.emplace_back("Content-Type", "application/vnd.pypi.simple.v1+json");
      reply.cut_after = 3;
      reply.body = "{\"files\": []}";
      return reply;
    });
  }
  const Outcome outcome = from(index, bench, venv, {"demo"});
  refusal.check(outcome);
  CHECK(has(outcome.err, "demo"));
  CHECK(has(outcome.err, "127.0.0.1"));
}

TEST_CASE("a project that the index does not know is simply not found", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const Refusal refusal(bench, venv);
  LocalIndex index;
  const Outcome outcome = from(index, bench, venv, {"demo"});
  refusal.check(outcome);
  CHECK(has(outcome.err, "No matching distribution found for demo"));
}

TEST_CASE("whatever a run has to say about a URL, its password is not in it", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  LocalIndex index;
  index.add("demo", Bench::make("demo", "1.0"));
  const std::string host = index.url().substr(index.url().find("//") + 2), secret = "canary-word", login = "user:" + secret + "@";
  const std::string wheel = "http://" + login + host.substr(0, host.find('/')) + "/files/demo-1.0-py3-none-any.whl";
  const auto file = [&](const std::string& text) {
    write_file(bench.path("r.txt"), text + "\n");
    return Words{"-r", bench.path("r.txt").string()};
  };
  const std::vector<Words> tries = {
      file("other @ " + wheel),
      file("demo @ " + wheel + " --hash=sha256:" + std::string(64, '0')),
      file("-e " + wheel),
      file("--trusted-host http://" + login + "h\ndemo"),
      file("--nonsense http://" + login + "h"),
      {"--index-url", login + host, "demo"},
      {"--index-url", "http:/" + login + host, "demo"},
      {"--index-url", "htp://" + login + host, "demo"},
      {"--proxy", login + "127.0.0.1:1", "demo"},
      {"http:/" + login + "h/x.whl"},
      {"-r", "http:/" + login + "h/r.txt"},
  };
  for (const Words& words : tries) {
    Words all = {"--python", venv.string(), "install", "-vvv", "--retries", "0", "--dry-run", "--log", bench.path("log").string()};
    all.insert(all.end(), words.begin(), words.end());
    const Outcome outcome = bench.run(all);
    INFO(outcome.all());
    CHECK_FALSE(has(outcome.all(), secret));
    CHECK_FALSE(has(read_whole_file(bench.path("log")), secret));
    CHECK_FALSE(has(tree_of(bench.cache()), secret));
  }
}

TEST_CASE("a password in the index URL is never printed", "[cmdline]") {
  Bench bench;
  const fs::path venv = bench.venv();
  const Refusal refusal(bench, venv);
  LocalIndex index;
  std::string url = index.url();
  url.insert(url.find("127."), "user:canary-word@");
  const Outcome outcome = bench.run({"--python", venv.string(), "-v", "install", "--retries", "0", "-i", url, "demo", "--log", bench.path("log").string()});
  refusal.check(outcome);
  CHECK_FALSE(has(outcome.all(), "canary-word"));
  CHECK_FALSE(has(read_whole_file(bench.path("log")), "canary-word"));
  CHECK_FALSE(has(tree_of(bench.cache()), "canary-word"));
}
