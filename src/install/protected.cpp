#include "install/protected.h"

#include <algorithm>

#include "pipit/base/text.h"

namespace pipit::install {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// python, python3, python3.12, python3.13t, pythonw, pypy3, each with or without .exe
bool is_interpreter_name(std::string_view name) {
  if (name.ends_with(".exe")) name.remove_suffix(4);
  for (const std::string_view stem : {"python", "pypy"}) {
    if (!name.starts_with(stem)) continue;
    std::string_view rest = name.substr(stem.size());
    if (rest.starts_with('w')) rest.remove_prefix(1);
    if (rest.ends_with('t') || rest.ends_with('w')) rest.remove_suffix(1);
    if (std::all_of(rest.begin(), rest.end(), [](char c) { return is_digit(c) || c == '.'; })) return true;
  }
  return false;
}

bool is_activate_script(std::string_view name) {
  return name == "activate" || name.starts_with("activate.") || name == "activate_this.py" || name == "deactivate.bat" || name == "deactivate.nu";
}

std::string_view leaf_in(std::string_view path, std::string_view directory) {
  if (directory.empty() || path.size() <= directory.size() + 1 || !ascii_iequals(path.substr(0, directory.size()), directory)) return {};
  if (path[directory.size()] != '/') return {};
  return path.substr(directory.size() + 1);
}

}  // namespace

namespace {

// With --target site-packages is the root itself and tells nothing.
bool is_well_inside(std::string_view directory, std::string_view site, std::string_view root, std::string_view data) {
  return site.size() > root.size() && site.size() > data.size() && directory.starts_with(site) && (directory.size() == site.size() || directory[site.size()] == '/');
}

}  // namespace

bool nothing_is_protected_in(std::string_view directory, std::string_view root, const wheel::Scheme& scheme) {
  return is_well_inside(directory, scheme.purelib, root, scheme.data) || is_well_inside(directory, scheme.platlib, root, scheme.data);
}

bool is_protected(std::string_view absolute, std::string_view root, const wheel::Scheme& scheme, std::string_view interpreter) {
  if (nothing_is_protected_in(absolute, root, scheme)) return false;
  if (!interpreter.empty() && ascii_iequals(absolute, interpreter)) return true;
  for (const std::string_view top : {root, std::string_view(scheme.data)}) {
    const std::string below = ascii_lower(leaf_in(absolute, top));
    if (below == "pyvenv.cfg" || below == ".pipit" || below.starts_with(".pipit/") || below == "lib64") return true;
  }
  const std::string script = ascii_lower(leaf_in(absolute, scheme.scripts));
  return is_interpreter_name(script) || is_activate_script(script);
}

}  // namespace pipit::install
