// pipit-bench requirements FILE: parses one requirements file (with all it includes) as `install -r` would.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "bench/bench.h"
#include "pipit/packaging/requirements_file.h"

namespace pipit::bench {
namespace {

using namespace packaging;

Result<LoadedFile> load(const std::string& location) {
  std::ifstream file(location, std::ios::binary);
  if (!file) return fail(make_error(kRequirementsFileUnreadable, "cannot read " + location));
  LoadedFile loaded;
  loaded.bytes.assign(std::istreambuf_iterator<char>(file), {});
  return loaded;
}

RequirementsParseContext context() {
  RequirementsParseContext context;
  context.load = load;
  context.variable = [](const std::string&) { return std::nullopt; };
  context.path_exists = [](const std::string& path) { return std::filesystem::exists(path); };
  context.is_directory = [](const std::string& path) { return std::filesystem::is_directory(path); };
  context.current_directory = std::filesystem::current_path();
  return context;
}

}  // namespace

int run_requirements(Arguments arguments) {
  if (arguments.empty()) return std::fprintf(stderr, "pipit-bench: requirements wants a file\n"), 2;
  const std::string location = arguments[0];
  const RequirementsParseContext with = context();
  std::size_t lines = 0;
  bool failed = false;
  const double time = best_ns(10, [&] {
    const auto parsed = parse_requirements_file(location, false, {}, with);
    failed = !parsed;
    lines = parsed ? parsed->lines.size() : 0;
  });
  if (failed) return std::fprintf(stderr, "pipit-bench: %s does not parse\n", location.c_str()), 1;
  print_figure("requirements file: parse", time / 1e6, "ms");
  print_figure("requirements file: requirements", static_cast<double>(lines), "lines");
  return 0;
}

}  // namespace pipit::bench
