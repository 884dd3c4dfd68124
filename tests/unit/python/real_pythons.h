// The interpreters of this machine, for tests that compare with what a real one says: PIPIT_TEST_PYTHONS (paths, ':' between
// them), else python3.6 to python3.15 as `--python VERSION` finds them on PATH, and /usr/bin/python3.
#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "pipit/base/text.h"
#include "pipit/python/interpreter.h"
#include "pipit/sys/file.h"
#include "pipit/sys/process.h"

namespace pipit::test {

inline std::string test_variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// Without what pip, certificates and Python itself would take from whoever runs the tests.
inline std::vector<std::pair<std::string, std::string>> clean_environment() {
  std::vector<std::pair<std::string, std::string>> out;
  for (auto& variable : sys::environment_variables()) {
    bool dropped = variable.first == "VIRTUAL_ENV" || variable.first == "CONDA_PREFIX";
    for (const char* prefix : {"PIP_", "PYTHON", "SSL_CERT", "REQUESTS_CA", "CURL_CA"}) dropped |= variable.first.rfind(prefix, 0) == 0;
    if (!dropped) out.push_back(std::move(variable));
  }
  return out;
}

inline python::InspectOptions real_options() {
  python::InspectOptions options;
  options.environment = clean_environment();
  options.may_run = false;
  return options;
}

inline std::vector<python::Interpreter> real_pythons() {
  python::TargetRequest request;
  request.path_variable = test_variable("PATH");
  request.current_directory = "/";
  std::vector<std::string> wanted;
  const std::string named = test_variable("PIPIT_TEST_PYTHONS");
  for (std::string_view path : split(named, ':'))
    if (!path.empty()) wanted.emplace_back(path);
  if (wanted.empty()) {
    for (int minor = 6; minor <= 15; ++minor) wanted.push_back("3." + std::to_string(minor));
    wanted.emplace_back("/usr/bin/python3");
  }
  std::vector<python::Interpreter> found;
  for (const std::string& one : wanted) {
    auto python = python::find_base(one, request, real_options());
    bool known = !python;
    for (const auto& other : found) known = known || other.base_executable == python->base_executable;
    if (!known) found.push_back(std::move(*python));
  }
  return found;
}

// Standard output of `program -c script arguments...`; empty if it failed.
inline std::string run_python(const std::filesystem::path& program, const std::vector<std::string>& arguments) {
  sys::ProcessSpec spec;
  spec.program = program;
  spec.arguments = arguments;
  spec.environment = clean_environment();
  const auto result = sys::run_process(spec);
  return result && result->exit_code == 0 ? result->output : "";
}

}  // namespace pipit::test
