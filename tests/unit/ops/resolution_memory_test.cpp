// What was chosen once: written, read back, and not believed when damaged.
#include "ops/resolution_memory.h"

#include <catch2/catch_test_macros.hpp>

#include "pipit/sys/file.h"

using namespace pipit;
using namespace pipit::ops;

namespace {

model::Candidate candidate() {
  model::Candidate one;
  one.name = "demo";
  one.version = *packaging::Version::parse("1!2.0rc1+local.4");
  one.version_text = "1!2.0-rc1+local.4";
  one.kind = model::CandidateKind::wheel;
  one.file.filename = "demo-2.0-1x-py3-none-any.whl";
  one.file.url = "https://files.example/demo.whl";
  one.file.hashes = {{"sha256", "ab"}, {"md5", "cd"}};
  one.file.size_bytes = 1234;
  one.file.requires_python = ">=3.9";
  one.file.yanked = "";
  one.file.core_metadata = true;
  one.file.core_metadata_hashes = {{"sha256", "ef"}};
  one.file.source = "https://index.example/simple/demo/";
  one.tag_rank = 7;
  one.build = {"1", "x"};
  return one;
}

Remembered sample() {
  Remembered all;
  all.bases = {{{"demo", std::nullopt}, {{"https://index.example/simple/demo/", "https://mirror.example/demo/", "0123"}}}, {{"base", "1.0"}, {}}};
  all.rejected = {"demo", "base"};
  model::Resolved one{candidate(), {"fast"}, {{"", "demo[fast]>=1", {"r.txt", 3, false, "r.txt"}}, {"base", "demo", {}, "x", 4}}, true, {{"sha256", "ab"}}};
  model::Resolved other{candidate(), {}, {}, false, {}};
  other.candidate.kind = model::CandidateKind::sdist;
  other.candidate.file = {};
  all.resolution.projects = {one, other};
  return all;
}

}  // namespace

TEST_CASE("what was chosen is read back as it was written", "[ops]") {
  const Remembered written = sample();
  const auto bytes = print_remembered(written);
  REQUIRE(bytes);
  const auto read = parse_remembered(*bytes);
  REQUIRE(read);
  CHECK(read->bases == written.bases);
  CHECK(read->rejected == written.rejected);
  CHECK(read->resolution.projects == written.resolution.projects);
  CHECK(read->resolution.projects[0].candidate.version.str() == "1!2.0rc1+local.4");
}

TEST_CASE("what does not come from an index page alone is not written", "[ops]") {
  for (const int way : {0, 1, 2, 3, 4}) {
    Remembered all = sample();
    model::Candidate& one = all.resolution.projects[0].candidate;
    if (way == 0) one.kind = model::CandidateKind::installed;
    if (way == 1) one.kind = model::CandidateKind::vcs;
    if (way == 2) one.editable = true;
    if (way == 3) one.direct_url.emplace();
    if (way == 4) one.subdirectory = "x";
    CHECK_FALSE(print_remembered(all));
  }
}

TEST_CASE("no part of a memory passes for a whole one, nor does one with more behind it", "[ops]") {
  const std::string bytes = *print_remembered(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(parse_remembered(std::string_view(bytes).substr(0, size)));
  CHECK_FALSE(parse_remembered(bytes + '\0'));
  CHECK_FALSE(parse_remembered(std::string(8, '\xff')));
}

TEST_CASE("a damaged memory, one of another question and one that is no file are as if not there", "[ops]") {
  auto directory = sys::TempDir::create({}, "memory-");
  REQUIRE(directory);
  const ResolutionMemory memory(sys::real_os(), directory->path() / "resolutions-v1");
  const std::string question(64, 'a'), other(64, 'b');
  CHECK_FALSE(memory.recall(question));
  const auto id = memory.remember(question, sample());
  REQUIRE(id);
  const auto known = memory.recall(question);
  REQUIRE(known);
  CHECK(known->answer.bases == sample().bases);
  CHECK(known->id == *id);
  const auto path = directory->path() / "resolutions-v1" / question;
  const std::string whole = *sys::read_file(path);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
    REQUIRE(sys::replace_file(sys::real_os(), path, damaged));
    CHECK_FALSE(memory.recall(question));
  }
  REQUIRE(sys::replace_file(sys::real_os(), directory->path() / "resolutions-v1" / other, whole));
  CHECK_FALSE(memory.recall(other));
  REQUIRE(sys::remove_tree(path));
  REQUIRE(sys::make_directories(path));
  CHECK_FALSE(memory.recall(question));
  CHECK_FALSE(ResolutionMemory(sys::real_os(), std::nullopt).recall(question));
}

TEST_CASE("printed metadata is given back for the answer it was printed for, whole or not at all", "[ops]") {
  auto directory = sys::TempDir::create({}, "memory-");
  REQUIRE(directory);
  const ResolutionMemory memory(sys::real_os(), directory->path());
  PrintedMetadata printed;
  CHECK(printed.add("demo", "{}") == "{}");
  printed.add("base", std::string("{\n\0}", 4));
  const AnswerId id{std::string(64, 'a'), std::string(32, '1')}, other{id.question, std::string(32, '2')};
  CHECK_FALSE(memory.recall_printed(id).find("demo"));
  memory.remember_printed(id, printed);
  PrintedMetadata read = memory.recall_printed(id);
  CHECK(read.find("demo") == "{}");
  CHECK(read.find("base") == std::string_view("{\n\0}", 4));
  CHECK_FALSE(read.find("dem"));
  CHECK(read.add("late", "[]") == "[]");  // to what was read more can be added
  CHECK(read.find("demo") == "{}");
  CHECK_FALSE(memory.recall_printed(other).find("demo"));

  const auto path = directory->path() / (id.question + ".metadata");
  const std::string whole = *sys::read_file(path);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
    REQUIRE(sys::replace_file(sys::real_os(), path, damaged));
    CHECK_FALSE(memory.recall_printed(id).find("demo"));
  }
  const std::string bytes = printed.to_bytes();
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    const auto part = PrintedMetadata::from_bytes(bytes.substr(0, size));
    CHECK((!part || !part->find("demo")));  // "base" comes first
  }
  CHECK_FALSE(PrintedMetadata::from_bytes(std::string(8, '\xff')));
}

TEST_CASE("the memory keeps to a number of files", "[ops]") {
  auto directory = sys::TempDir::create({}, "memory-");
  REQUIRE(directory);
  const ResolutionMemory memory(sys::real_os(), directory->path());
  for (std::size_t i = 0; i < ResolutionMemory::kFilesMax + 5; ++i) memory.remember(std::to_string(1000 + i), {});
  CHECK(sys::list_directory(directory->path())->size() <= ResolutionMemory::kFilesMax);
  CHECK(memory.recall(std::to_string(1000 + ResolutionMemory::kFilesMax + 4)));
}

TEST_CASE("no two questions share a text", "[ops]") {
  const auto digest = [](const std::vector<std::string>& parts) {
    QuestionText text;
    for (const std::string& part : parts) text.add(part);
    return text.digest();
  };
  CHECK(digest({"a", "bc"}) != digest({"ab", "c"}));
  CHECK(digest({"1:a"}) != digest({"a"}));
  CHECK(digest({"", "a"}) != digest({"a", ""}));
  CHECK(digest({"a"}).size() == 64);
}
