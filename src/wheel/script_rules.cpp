#include "wheel/script_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "pipit/base/text.h"
#include "pipit/wheel/source.h"

namespace pipit::wheel {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What may follow "python": a version, build letters ("3.13t", "3.8-config" is another program).
bool is_version_suffix(std::string_view text) {
  while (!text.empty() && (is_digit(text.front()) || text.front() == '.')) text.remove_prefix(1);
  return text.empty() || text == "t" || text == "d" || text == "td" || text == "w" || text == "m" || text == "dm";
}

// [A-Za-z0-9._-]+, not "." or "..", and not to be taken for an option.
bool is_script_name(std::string_view name) {
  const auto good = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-'; };
  return !name.empty() && std::all_of(name.begin(), name.end(), good) && name != "." && name != ".." && name.front() != '-';
}

bool is_identifier_path(std::string_view text) {
  for (const std::string_view part : split(text, '.')) {
    if (part.empty() || is_digit(part.front())) return false;
    for (const char c : part)
      if (!is_digit(c) && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '_' && static_cast<unsigned char>(c) < 0x80) return false;
  }
  return true;
}

constexpr std::size_t kFileNameMax = 255;  // bytes, on every Linux file system

void check_script(const packaging::EntryPoint& script, Findings& findings) {
  const std::string name = escape_for_terminal(script.name), value = escape_for_terminal(script.value);
  if (!is_script_name(script.name))
    findings.add(kBadScriptName, fmt::format("the entry point `{}` is no name for a script (letters, digits, `.`, `_` and `-` only)", name));
  else if (script.name.size() > kFileNameMax)
    findings.add(kBadScriptName, fmt::format("the entry point `{}...` has a name of {} bytes, too long for a file", name.substr(0, 40), script.name.size()));
  else if (is_reserved_script(script.name))
    findings.add(kReplacesInterpreter, fmt::format("the entry point `{}` would replace a program of the environment itself", name));
  if (script.module.empty() || !is_identifier_path(script.module) || (!script.attribute.empty() && !is_identifier_path(script.attribute)))
    findings.add(kBadEntryPoint, fmt::format("the entry point `{}` has the value `{}`, which is not `module:function`", name, value));
  else if (script.attribute.empty())
    findings.add(make_pip_error(
        kBadEntryPoint, fmt::format("Invalid script entry point: <ExportEntry {} = {}:None []> - A callable suffix is required. See "
                                    "https://packaging.python.org/specifications/entry-points/#use-for-scripts for more information.",
                                    name, escape_for_terminal(script.module))));
}

}  // namespace

bool is_reserved_script(std::string_view name) {
  std::string low = ascii_lower(name);
  if (low.ends_with(".exe")) low.resize(low.size() - 4);
  for (const std::string_view stem : {"pythonw", "python"})
    if (low.starts_with(stem) && is_version_suffix(std::string_view(low).substr(stem.size()))) return true;
  const std::string_view stem = std::string_view(low).substr(0, low.find('.'));
  return stem == "activate" || stem == "deactivate" || low == "activate_this.py" || low == "pyvenv.cfg";
}

void check_scripts(const std::vector<packaging::EntryPoint>& scripts, Findings& findings) {
  for (const packaging::EntryPoint& script : scripts) check_script(script, findings);
}

namespace {

// Anywhere in the path: `data/lib/python3.11/site-packages/other-1.0.dist-info/x` would plant a distribution, too.
bool names_metadata(std::string_view lower_path) {
  for (const std::string_view part : split(lower_path, '/'))
    if (part.ends_with(".dist-info") || part.ends_with(".egg-info")) return true;
  return false;
}

}  // namespace

std::optional<DataPath> split_data_path(std::string_view path, Findings& findings) {
  const std::size_t first = path.find('/');
  const std::size_t second = first == std::string_view::npos ? first : path.find('/', first + 1);
  const std::string shown = escape_for_terminal(path);
  if (second == std::string_view::npos) {
    findings.add(make_pip_error(kBadDataDirectory, fmt::format("Unexpected file in {}: '{}'. .data directory contents should be named like: "
                                                               "'<scheme key>/<path>'.", findings.filename(), shown)));
    return std::nullopt;
  }
  const std::string_view key = path.substr(first + 1, second - first - 1);
  for (const std::string_view known : {"data", "headers", "platlib", "purelib", "scripts"})
    if (key == known) return DataPath{known, path.substr(second + 1)};
  findings.add(make_pip_error(
      kBadDataDirectory,
      fmt::format("Unknown scheme key used in {}: {} (for file '{}'). .data directory contents should be in subdirectories named with a "
                  "valid scheme key (data, headers, platlib, purelib, scripts)", findings.filename(), escape_for_terminal(key), shown)));
  return std::nullopt;
}

void check_data_path(std::string_view path, const DataPath& data, Findings& findings) {
  const std::string low = ascii_lower(data.rest);
  std::string_view script;
  if (data.key == "scripts") script = data.rest;
  if (data.key == "data" && (low.starts_with("bin/") || low.starts_with("scripts/"))) script = data.rest.substr(data.rest.find('/') + 1);
  if (names_metadata(low))
    findings.add(kBadDataDirectory, fmt::format("`{}` would write into a dist-info or egg-info directory", escape_for_terminal(path)));
  const bool replaces = (!script.empty() && script.find('/') == std::string_view::npos && is_reserved_script(script)) ||
                        (data.key == "data" && low == "pyvenv.cfg");
  if (replaces)
    findings.add(kReplacesInterpreter, fmt::format("`{}` would replace a file of the environment itself", escape_for_terminal(path)));
}

}  // namespace pipit::wheel
