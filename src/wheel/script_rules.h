// What a wheel may call its scripts and put into its data directories. An environment's own interpreter, activate scripts
// and pyvenv.cfg are not up for replacement, whatever their spelling (rows S1-S4 and S8-S10 of the attack catalogue).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "pipit/packaging/entry_points.h"
#include "wheel/findings.h"

namespace pipit::wheel {

// python, python3, python3.12t, pythonw.exe, activate.fish, Activate.ps1, deactivate.bat ...
bool is_reserved_script(std::string_view name);
// Names and values of console and gui scripts.
void check_scripts(const std::vector<packaging::EntryPoint>& scripts, Findings& findings);

struct DataPath {
  std::string_view key, rest;  // "scripts", "tool/x.sh"
};
// Splits "demo-1.0.data/scripts/tool"; reports and returns nullopt if it is not KEY/PATH with a key of the scheme.
std::optional<DataPath> split_data_path(std::string_view path, Findings& findings);
void check_data_path(std::string_view path, const DataPath& data, Findings& findings);

}  // namespace pipit::wheel
