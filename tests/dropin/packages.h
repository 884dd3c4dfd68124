// The small packages that the rows install: a forest of wheels and sdists with everything that pip's texts depend on
// (extras, constraints between them, odd names, scripts, yanked and pre-releases, broken ones), and an index of them on
// the loopback. Made anew for each run; the same bytes each time, on every machine.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "support/http_server.h"

namespace pipit::test {

struct Package {
  std::string project, filename, bytes;
  bool yanked = false;
  std::string yanked_reason, requires_python, core_metadata;  // core_metadata: what the index tells beside the wheel
};

std::vector<Package> sound_packages();   // wheels and sdists in WHEELS, also on the index
std::vector<Package> broken_packages();  // archives in BROKEN only

// Answers /simple/PROJECT/ (JSON), /html/PROJECT/ (HTML) and /files/NAME for the sound packages; /denied/ with 401,
// /down/ with 503.
HttpServer::Handler package_index();

// A PEP 517 back end without requirements of its own, for trees with a `pyproject.toml` of name, version, dependencies.
std::string back_end();

}  // namespace pipit::test
