// What site adds to the search path, as far as it can be known without running anything: the plain lines of *.pth files.
#include <algorithm>
#include <filesystem>
#include <set>

#include "pipit/base/text.h"
#include "pipit/sys/file.h"
#include "python/located.h"

namespace pipit::python {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kPthMaxBytes = 1 << 20;

// str.splitlines() without the exotic separators: lines end with LF, CR or both.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of("\r\n");
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    const bool both = text.substr(end, 2) == "\r\n";
    text.remove_prefix(end + (both ? 2 : 1));
  }
  return lines;
}

std::string_view right_trimmed(std::string_view line) {
  while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
  return line;
}

void add_pth(const fs::path& site, const std::string& name, std::vector<std::string>& out, std::set<std::string>& seen) {
  const auto content = sys::read_file(site / name, kPthMaxBytes);
  if (!content) return;
  std::string_view text = *content;
  if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);
  for (std::string_view line : lines_of(text)) {
    if (line.empty() || line[0] == '#' || trim(line).empty()) continue;
    if (line.rfind("import ", 0) == 0 || line.rfind("import\t", 0) == 0) continue;
    line = right_trimmed(line);
    if (line.find('\0') != std::string_view::npos) continue;
    const std::string directory = (site / fs::path(line)).lexically_normal().string();
    if (sys::exists(directory) && seen.insert(directory).second) out.push_back(directory);
  }
}

}  // namespace

std::vector<std::string> with_pth_directories(const std::vector<std::string>& directories) {
  std::vector<std::string> out;
  std::set<std::string> seen;
  for (const std::string& directory : directories) {
    if (!sys::is_directory(directory) || !seen.insert(fs::path(directory).lexically_normal().string()).second) continue;
    out.push_back(directory);
    const auto entries = sys::list_directory(directory);
    for (const sys::DirEntry& entry : entries ? *entries : std::vector<sys::DirEntry>{})
      if (entry.name.size() > 4 && entry.name.substr(entry.name.size() - 4) == ".pth" && entry.name[0] != '.')
        add_pth(directory, entry.name, out, seen);
  }
  return out;
}

}  // namespace pipit::python
