// Versions, requirement lines and markers: 1,000,000 of the first, 100,000 of the second, in the spellings that indexes hold.
// beside_packaging.py runs this and pypa/packaging over the same texts.
#include <array>
#include <cstdio>
#include <random>
#include <vector>

#include "bench/bench.h"
#include "pipit/packaging/requirement.h"
#include "pipit/packaging/version.h"

namespace pipit::bench {
namespace {

using namespace packaging;
constexpr int kRounds = 5;
constexpr std::size_t kVersions = 1'000'000, kRequirements = 100'000;

// Mostly X.Y.Z, some dates, some pre-, post- and dev releases, a few locals.
std::vector<std::string> version_texts(std::size_t count) {
  static constexpr std::array kSuffixes{"", "", "", "", "", "", ".0", "a1", "rc2", "b10", ".post1", ".dev3"};
  std::mt19937 random(20240101);
  const auto number = [&](unsigned limit) { return std::to_string(random() % limit); };
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) {
    std::string text = random() % 20 == 0 ? "2024." + number(12) : number(30);
    text += "." + number(40);
    if (random() % 8 != 0) text += "." + number(20);
    texts.push_back(text + kSuffixes[random() % kSuffixes.size()]);
  }
  return texts;
}

void measure_versions() {
  const std::vector<std::string> texts = version_texts(kVersions);
  std::vector<Version> versions;
  versions.reserve(kVersions);
  const double parse = best_ns(kRounds, [&] {
    versions.clear();
    for (const std::string& text : texts) versions.push_back(*Version::try_parse(text));
  });
  print_figure("version parse", parse / kVersions, "ns each");
  const double compare = best_ns(kRounds, [&] {
    std::size_t less = 0;
    for (std::size_t i = 1; i < versions.size(); ++i) less += versions[i - 1] < versions[i];
    keep(less);
  });
  print_figure("version compare", compare / (kVersions - 1), "ns each");
  std::vector<Version> with_locals;
  for (std::size_t i = 0; i < 1000; ++i) with_locals.push_back(*Version::try_parse("2.1.0+cu" + std::to_string(i % 13)));
  const double locals = best_ns(kRounds, [&] {
    std::size_t less = 0;
    for (std::size_t i = 1; i < with_locals.size(); ++i) less += with_locals[i - 1] < with_locals[i];
    keep(less);
  });
  print_figure("version compare, local parts decide", locals / 999, "ns each");
  print_figure("1,000,000 version parses and compares", (parse + compare) / 1e6, "ms");
}

std::vector<std::string> requirement_lines(std::size_t count) {
  static constexpr std::array kShapes{
      "package{}>=1.2,<2 ; python_version >= \"3.8\"",
      "Package_{}[extra-one,two]~=3.4.1; sys_platform == 'linux' and python_version < '3.12'",
      "pkg.{} == 2.0.1 ; extra == 'test'",
      "pkg-{} (>=1.0,!=1.5.*) ; (os_name == \"nt\" or platform_system == \"Darwin\") and implementation_name == \"cpython\"",
      "p{} @ https://files.example/p-1.0-py3-none-any.whl ; python_full_version >= \"3.9.1\""};
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < count; ++i) {
    std::string line = kShapes[i % kShapes.size()];
    lines.push_back(line.replace(line.find("{}"), 2, std::to_string(i)));
  }
  return lines;
}

void measure_requirements() {
  const std::vector<std::string> lines = requirement_lines(kRequirements);
  const double parse = best_ns(kRounds, [&] {
    for (const std::string& line : lines) keep(Requirement::parse(line).value());
  });
  print_figure("100,000 requirement lines with markers", parse / 1e6, "ms");
}

MarkerEnvironment linux_environment() {
  return {"cpython", "3.11.4", "posix", "x86_64", "6.1.0-18-amd64", "Linux", "#1 SMP", "3.11.4", "CPython", "3.11", "linux"};
}

struct MarkerRow {
  std::string_view name, text;
};
constexpr std::array kMarkers{
    MarkerRow{"marker evaluate: python_version", "python_version >= \"3.8\""},
    MarkerRow{"marker evaluate: platform and version", "sys_platform == 'linux' and python_version < '3.12'"},
    MarkerRow{"marker evaluate: extra", "extra == 'test'"},
    MarkerRow{"marker evaluate: four comparisons",
              "(os_name == \"nt\" or platform_system == \"Darwin\") and python_full_version >= \"3.9.1\" and extra == 'dev'"},
    MarkerRow{"marker evaluate: literal on the left", "\"3.8\" <= python_version"}};

void measure_markers() {
  const MarkerEnvironment environment = linux_environment();
  MarkerExtras extras;
  extras.extras = {"test"};
  constexpr int kTimes = 100'000;
  for (const MarkerRow& row : kMarkers) {
    const Marker marker = Marker::parse(row.text).value();
    const double time = best_ns(kRounds, [&] {
      int held = 0;
      for (int i = 0; i < kTimes; ++i) held += marker.evaluate(environment, extras).value();
      keep(held);
    });
    print_figure(row.name, time / kTimes, "ns each");
  }
}

void print_lines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) std::puts(line.c_str());
}

}  // namespace

int run_inputs(Arguments arguments) {
  const std::string_view wanted = arguments.empty() ? "" : arguments[0];
  if (wanted == "versions") return print_lines(version_texts(kVersions)), 0;
  if (wanted == "requirements") return print_lines(requirement_lines(kRequirements)), 0;
  if (wanted != "markers") return std::fprintf(stderr, "pipit-bench: inputs are versions, requirements and markers\n"), 2;
  for (const MarkerRow& row : kMarkers) std::printf("%s\t%s\n", row.name.data(), row.text.data());
  return 0;
}

int run_packaging(Arguments) {
  measure_versions();
  measure_requirements();
  measure_markers();
  return 0;
}

}  // namespace pipit::bench
