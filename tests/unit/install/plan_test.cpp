#include "pipit/install/plan.h"

#include <catch2/catch_test_macros.hpp>

using namespace pipit;
using namespace pipit::install;
using model::CandidateKind;

namespace {

model::Resolved project(const std::string& name, const std::string& version, std::vector<model::Edge> asked_by = {{}}) {
  model::Resolved resolved;
  resolved.candidate.name = name;
  resolved.candidate.version = packaging::Version::parse(version).value();
  resolved.candidate.version_text = version;
  resolved.candidate.file.url = "https://index.example/" + name + ".whl";
  resolved.requested_by = std::move(asked_by);
  return resolved;
}

model::Resolved direct(const std::string& url, CandidateKind kind) {
  model::Resolved resolved = project("demo", "1.0");
  resolved.candidate.kind = kind;
  resolved.candidate.file.url = url;
  resolved.candidate.direct_url = packaging::DirectUrl{url, packaging::ArchiveInfo{}, std::nullopt};
  return resolved;
}

python::InstalledDist installed(const std::string& version) {
  python::InstalledDist dist;
  dist.name = dist.normalized_name = "demo";
  dist.version = packaging::Version::parse(version).value();
  dist.version_text = version;
  return dist;
}

std::vector<std::string> order(const model::Resolution& resolution) {
  std::vector<std::string> names;
  for (const std::size_t index : install_order(resolution)) names.push_back(resolution.projects[index].candidate.name);
  return names;
}

model::Edge needs(const std::string& parent, const std::string& requirement) { return {parent, requirement, {}}; }

}  // namespace

TEST_CASE("what is kept, replaced and added is what pip keeps, replaces and adds", "[install]") {
  struct Row {
    const char* what;
    model::Resolved resolved;
    std::optional<std::string> have;
    PlanOptions options;
    Action expected;
  };
  model::Resolved kept = project("demo", "1.0");
  kept.candidate.kind = CandidateKind::installed;
  model::Resolved editable = direct("file:///src/demo", CandidateKind::source_tree);
  editable.candidate.editable = true;
  const std::vector<Row> rows{
      {"not there", project("demo", "1.0"), {}, {}, Action::add},
      {"same version from an index", project("demo", "1.0"), "1.0", {}, Action::keep},
      {"same version spelled otherwise", project("demo", "1.0.0"), "1.0", {}, Action::keep},
      {"other version", project("demo", "2.0"), "1.0", {}, Action::replace},
      {"older version", project("demo", "0.9"), "1.0", {}, Action::replace},
      {"local part differs", project("demo", "1.0+cpu"), "1.0", {}, Action::replace},
      {"the solver chose what is installed", kept, "1.0", {true, false, false}, Action::keep},
      {"--force-reinstall", project("demo", "1.0"), "1.0", {false, true, false}, Action::replace},
      {"-I", project("demo", "1.0"), "1.0", {false, false, true}, Action::add},
      {"local wheel, same version", direct("file:///w/demo-1.0-py3-none-any.whl", CandidateKind::wheel), "1.0", {}, Action::keep},
      {"local wheel, same version, -U", direct("file:///w/demo-1.0-py3-none-any.whl", CandidateKind::wheel), "1.0", {true, false, false}, Action::keep},
      {"local sdist", direct("file:///w/demo-1.0.tar.gz", CandidateKind::sdist), "1.0", {}, Action::replace},
      {"local tree", direct("file:///src/demo", CandidateKind::source_tree), "1.0", {}, Action::replace},
      {"editable", editable, "1.0", {}, Action::replace},
      {"archive at a URL", direct("https://x.example/demo-1.0.tar.gz", CandidateKind::sdist), "1.0", {true, false, false}, Action::keep},
      {"sdist from an index", [] { auto r = project("demo", "1.0"); r.candidate.kind = CandidateKind::sdist; return r; }(), "1.0", {}, Action::keep},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const std::vector<python::InstalledDist> there = row.have ? std::vector{installed(*row.have)} : std::vector<python::InstalledDist>{};
    const Plan plan = make_plan({{row.resolved}}, there, row.options);
    REQUIRE(plan.projects.size() == 1);
    CHECK(plan.projects[0].action == row.expected);
    CHECK(plan.is_empty() == (row.expected == Action::keep));
  }
}

TEST_CASE("a kept local wheel is said to be, in pip's words; an editable install gives way to a wheel", "[install]") {
  const model::Resolved wheel = direct("file:///w/demo-1.0-py3-none-any.whl", CandidateKind::wheel);
  CHECK(make_plan({{wheel}}, {installed("1.0")}, {}).projects[0].note ==
        "demo is already installed with the same version as the provided wheel. Use --force-reinstall to force an installation of the wheel.");
  python::InstalledDist editable = installed("1.0");
  editable.editable_location = "/src/demo";
  CHECK(make_plan({{wheel}}, {editable}, {}).projects[0].action == Action::replace);
  python::InstalledDist legacy = installed("0");
  legacy.version_is_legacy = true;
  CHECK(make_plan({{project("demo", "0")}}, {legacy}, {}).projects[0].action == Action::replace);
}

TEST_CASE("dependencies come first, and names descend within a rank", "[install]") {
  model::Resolution resolution;
  resolution.projects = {project("app", "1"), project("b", "1", {needs("app", "b")}), project("a", "1", {needs("app", "a"), needs("b", "a")}),
                         project("z", "1", {needs("app", "z")})};
  CHECK(order(resolution) == std::vector<std::string>{"z", "a", "b", "app"});
}

TEST_CASE("what an extra asks for does not hold its project back", "[install]") {
  model::Resolution resolution;
  resolution.projects = {project("app", "1", {needs("", "app[cli]")}), project("click", "1", {needs("app", "click; extra == 'cli'")}),
                         project("user", "1", {needs("", "user")})};
  CHECK(order(resolution) == std::vector<std::string>{"user", "click", "app"});
}

TEST_CASE("cycles have an order too", "[install]") {
  model::Resolution resolution;
  resolution.projects = {project("a", "1", {needs("", "a"), needs("c", "a")}), project("b", "1", {needs("a", "b")}),
                         project("c", "1", {needs("b", "c")}), project("leaf", "1", {needs("c", "leaf")})};
  CHECK(order(resolution) == std::vector<std::string>{"leaf", "c", "b", "a"});
}
