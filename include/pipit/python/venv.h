// Making a virtual environment without running Python (PEP 405). All-or-nothing: a directory that was
// made by a failed run is removed again.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "pipit/python/interpreter.h"
#include "pipit/sys/os.h"

namespace pipit::python {

struct VenvOptions {
  std::filesystem::path directory;         // made absolute against the current directory
  bool clear = false;
  std::optional<std::string> prompt;
  bool system_site_packages = false;
  std::string command_line;                // for pyvenv.cfg's `command` key
  std::map<std::string, std::string> site_files;    // also made: names below site-packages, and their contents
  std::map<std::string, std::string> script_links;  // also made: names in bin, and what they point to
};

// Returns the environment's interpreter facts without running or re-reading anything that is known.
Result<Interpreter> make_venv(sys::Os& os, const Interpreter& base, const VenvOptions& options);

}  // namespace pipit::python
