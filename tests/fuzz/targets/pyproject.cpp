#include "../fuzz.h"

#include "pipit/packaging/pyproject.h"
#include "pipit/packaging/script_metadata.h"

using namespace pipit::packaging;

FUZZ_TEXT_TARGET(text) {
  const auto project = Pyproject::parse(text, "x");
  if (project)
    for (const std::string& group : project->groups.names()) (void)project->groups.resolve(group);
  (void)ScriptMetadata::parse(text, "s.py");
}
