// Which file is the interpreter, and is it an environment's? Walks pyvenv.cfg and links by hand, starting from the name as
// given: CPython looks for pyvenv.cfg beside the unresolved name, so nothing may be canonicalised first.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pipit/python/interpreter.h"
#include "python/base_facts.h"

namespace pipit::python {

struct Located {
  std::filesystem::path executable;       // absolute, links kept
  std::filesystem::path base_executable;  // outside every environment
  std::string venv_prefix;                // empty: not an environment
  bool system_site_packages = false;
};
// `path`: an executable or a directory with bin/python. Fails with no-interpreter in pip's words, or broken-environment.
Result<Located> locate(const std::filesystem::path& path);

// The directories of one installation, in the spelling sysconfig and site use.
SchemePaths base_paths(const BaseFacts& base);
SchemePaths venv_paths(const BaseFacts& base, const std::string& prefix);
std::vector<std::string> base_site_packages(const BaseFacts& base, bool seen_from_venv);
std::vector<std::string> venv_site_packages(const BaseFacts& base, const std::string& prefix);

// The existing ones of `directories`, each followed by what the plain path lines of its *.pth files add (`import` lines
// are never run). Every directory once.
std::vector<std::string> with_pth_directories(const std::vector<std::string>& directories);

// The message of an EXTERNALLY-MANAGED file for a language ("de_DE.UTF-8", "C", ""); pip's own sentence if the file holds none.
std::string managed_message(std::string_view file, std::string_view locale, std::string_view prefix);

}  // namespace pipit::python
