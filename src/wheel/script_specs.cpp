#include "wheel/script_specs.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace pipit::wheel {
namespace {

using packaging::EntryPoint;

bool all_digits(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos; }

// "3" or, if `both`, "3.11": what follows the bare name.
bool is_version(std::string_view text, bool minor_required) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return !minor_required && all_digits(text);
  return all_digits(text.substr(0, dot)) && all_digits(text.substr(dot + 1));
}
bool is_versioned_pip(std::string_view name) {
  return name.starts_with("pip") && (name.size() == 3 || is_version(name.substr(3), false));
}
bool is_versioned_easy_install(std::string_view name) {
  constexpr std::string_view kName = "easy_install";
  if (!name.starts_with(kName)) return false;
  name.remove_prefix(kName.size());
  return name.empty() || (name.front() == '-' && is_version(name.substr(1), true));
}

// Names of one group behave like a dictionary: the last value counts, at the place of the first.
std::vector<EntryPoint> group_of(const std::vector<EntryPoint>& scripts, std::string_view group) {
  std::vector<EntryPoint> found;
  for (const EntryPoint& script : scripts) {
    if (script.group != group) continue;
    const auto same = std::find_if(found.begin(), found.end(), [&](const EntryPoint& other) { return other.name == script.name; });
    if (same == found.end()) found.push_back(script);
    else *same = script;
  }
  return found;
}

using IsVersioned = bool (*)(std::string_view);

// Replaces `name` and its versioned forms by the given ones, if `name` is there at all.
void replace_versioned(std::vector<EntryPoint>& console, std::vector<EntryPoint>& out, std::string_view name, IsVersioned is_versioned,
                       const std::vector<std::string>& names) {
  const auto at = std::find_if(console.begin(), console.end(), [&](const EntryPoint& script) { return script.name == name; });
  if (at == console.end()) return;
  EntryPoint script = *at;
  std::erase_if(console, [&](const EntryPoint& other) { return is_versioned(other.name); });
  for (const std::string& versioned : names) {
    script.name = versioned;
    out.push_back(script);
  }
}

}  // namespace

std::vector<EntryPoint> script_specs(const std::vector<EntryPoint>& scripts, int python_major, int python_minor) {
  std::vector<EntryPoint> console = group_of(scripts, "console_scripts"), specs;
  const std::string both = fmt::format("{}.{}", python_major, python_minor);
  replace_versioned(console, specs, "pip", is_versioned_pip, {"pip", fmt::format("pip{}", python_major), "pip" + both});
  replace_versioned(console, specs, "easy_install", is_versioned_easy_install, {"easy_install", "easy_install-" + both});
  specs.insert(specs.end(), console.begin(), console.end());
  for (EntryPoint& gui : group_of(scripts, "gui_scripts")) specs.push_back(std::move(gui));
  return specs;
}

}  // namespace pipit::wheel
