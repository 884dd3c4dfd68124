#include "python/pyenv.h"

#include <vector>

#include "pipit/base/text.h"
#include "pipit/sys/file.h"
#include "python/assemble.h"

namespace pipit::python {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kVersionFileMaxBytes = 16 << 10;

// One version a word; `#` starts a comment; names that would leave ROOT/versions are nobody's.
std::vector<std::string> versions_in(std::string_view text, char separator) {
  std::vector<std::string> versions;
  for (std::string_view line : split(text, separator)) {
    const auto words = split_words(line.substr(0, line.find('#')));
    if (!words.empty() && words[0].find("..") == std::string_view::npos) versions.emplace_back(words[0]);
  }
  return versions;
}

std::vector<std::string> wanted_versions(const fs::path& root, const fs::path& current_directory, const InspectOptions& options) {
  const std::string named = variable(options, "PYENV_VERSION");
  if (!named.empty()) return versions_in(named, ':');
  for (fs::path at = current_directory; !at.empty(); at = at.parent_path()) {
    if (const auto text = sys::read_file(at / ".python-version", kVersionFileMaxBytes)) return versions_in(*text, '\n');
    if (!at.has_relative_path()) break;
  }
  const auto text = sys::read_file(root / "version", kVersionFileMaxBytes);
  return text ? versions_in(*text, '\n') : std::vector<std::string>{};
}

}  // namespace

std::optional<std::string> pyenv_root_of_shim(std::string_view script) {
  constexpr std::string_view kAssign = "export PYENV_ROOT=\"";
  const std::size_t at = script.find(kAssign);
  if (script.substr(0, 2) != "#!" || at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = script.substr(at + kAssign.size());
  const std::size_t end = rest.find_first_of("\"\n");
  if (end == std::string_view::npos || rest[end] != '"' || rest.empty() || rest[0] != '/') return std::nullopt;
  return std::string(rest.substr(0, end));
}

std::optional<fs::path> pyenv_choice(const fs::path& root, std::string_view name, const fs::path& current_directory,
                                     const InspectOptions& options) {
  for (const std::string& version : wanted_versions(root, current_directory, options)) {
    const fs::path candidate = root / "versions" / version / "bin" / name;
    if (sys::is_executable(candidate)) return candidate;
  }
  return std::nullopt;
}

}  // namespace pipit::python
