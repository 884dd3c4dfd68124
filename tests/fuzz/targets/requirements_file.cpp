#include "../fuzz.h"

#include "pipit/packaging/peep.h"
#include "pipit/packaging/requirements_file.h"

using namespace pipit;
using namespace pipit::packaging;

// The input is the entry file; every other name gives its second half, so that includes and cycles happen.
FUZZ_TEXT_TARGET(text) {
  RequirementsParseContext context;
  int loads = 0;  // enough for cycles and diamonds; the cap on files has a test of its own
  context.load = [&](const std::string& location) -> Result<LoadedFile> {
    if (++loads > 20) return fail(make_error(ErrorCode{"missing"}, "no such file"));
    if (location == "r.txt") return LoadedFile{std::string(text), std::nullopt};
    if (location.ends_with('x')) return fail(make_error(ErrorCode{"missing"}, "no such file"));
    return LoadedFile{std::string(text.substr(text.size() / 2)), std::nullopt};
  };
  context.variable = [](const std::string& name) { return name.size() < 4 ? std::optional<std::string>("va${LUE}") : std::nullopt; };
  context.path_exists = [](const std::string& path) { return path.size() % 2 == 0; };
  context.is_directory = [](const std::string& path) { return path.size() % 3 == 0; };
  context.current_directory = "/w";
  const auto file = parse_requirements_file("r.txt", false, {}, context);
  if (!file) return;
  for (const RequirementLine& line : file->lines) {
    must(line.requirement || !line.url.empty(), "a line is a requirement or a URL");
    must(line.origin.line > 0, "a line knows its number");
  }
  (void)peep_port(file->lines);
}
