#include "sys/seal_plan.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "pipit/sys/file.h"

namespace pipit::sys {
namespace {

constexpr int kLinksMax = 40;

bool lies_in(const std::string& path, const std::string& directory) {
  return path == directory || (path.size() > directory.size() && path.starts_with(directory) && (directory.back() == '/' || path[directory.size()] == '/'));
}

bool lies_in_any(const std::string& path, const std::vector<std::string>& directories) {
  return std::any_of(directories.begin(), directories.end(), [&](const std::string& directory) { return lies_in(path, directory); });
}

// Outermost first, each once.
void sort_paths(std::vector<std::string>& paths) {
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
}

class Planner {
 public:
  explicit Planner(SealPlan& plan) : plan_(plan) {}

  void hide(const std::filesystem::path& path) {
    auto real = real_path(path);
    if (!real || *real == "/") return;
    if (sys::is_directory(*real)) {
      plan_.hidden_directories.push_back(real->string());
    } else {
      plan_.hidden_files.push_back(real->string());
    }
  }

  void end_hiding() {
    sort_paths(plan_.hidden_directories);
    sort_paths(plan_.hidden_files);
    // What lies below a hidden directory is gone with it.
    std::vector<std::string> outer;
    for (std::string& path : plan_.hidden_directories)
      if (!lies_in_any(path, outer)) outer.push_back(std::move(path));
    plan_.hidden_directories = std::move(outer);
    std::erase_if(plan_.hidden_files, [&](const std::string& path) { return lies_in_any(path, plan_.hidden_directories); });
  }

  // Links on the way are made again, so that the name leads where it led.
  void show(const std::filesystem::path& wanted, int links_left = kLinksMax) {
    const std::filesystem::path path = wanted.lexically_normal();
    if (links_left == 0 || !path.is_absolute()) return;
    std::filesystem::path walked;
    for (auto part = path.begin(); part != path.end(); ++part) {
      walked /= *part;
      auto target = read_link(walked);
      if (!target) continue;
      if (lies_in_any(walked.string(), plan_.hidden_directories)) add({walked.string(), false, *target, -1});
      std::filesystem::path rest = walked.parent_path() / *target;
      for (++part; part != path.end(); ++part) rest /= *part;
      return show(rest, links_left - 1);
    }
    auto found = stat_path(path, Follow::no);
    if (!found || !*found || !lies_in_any(path.string(), plan_.hidden_directories)) return;
    add({path.string(), (*found)->kind == FileStat::Kind::directory, {}, -1});
  }

  void end_showing() {
    std::sort(plan_.visible.begin(), plan_.visible.end(), [](const SealPlace& a, const SealPlace& b) { return a.path < b.path; });
    std::vector<SealPlace> outer;
    for (SealPlace& place : plan_.visible)
      if (std::none_of(outer.begin(), outer.end(), [&](const SealPlace& other) { return other.link.empty() && lies_in(place.path, other.path); }))
        outer.push_back(std::move(place));
    plan_.visible = std::move(outer);
  }

  void open_up(const std::filesystem::path& path) {
    auto real = real_path(path);
    if (!real || !sys::is_directory(*real)) return;
    show(path);
    plan_.writable.push_back({real->string(), true, {}, -1});
    struct stat found {};
    if (::stat(real->c_str(), &found) == 0 && found.st_uid != ::geteuid()) plan_.keep_file_privileges = ::geteuid() == 0;
  }

 private:
  void add(SealPlace place) {
    if (std::none_of(plan_.visible.begin(), plan_.visible.end(), [&](const SealPlace& other) { return other.path == place.path; }))
      plan_.visible.push_back(std::move(place));
  }

  SealPlan& plan_;
};

// The numbers this process may use, each as itself.
std::string identity_map(const char* own_map) {
  std::ifstream file(own_map);
  std::string map;
  for (std::uint64_t inside = 0, outside = 0, count = 0; file >> inside >> outside >> count;)
    map += std::to_string(inside) + " " + std::to_string(inside) + " " + std::to_string(count) + "\n";
  return map;
}

}  // namespace

namespace {

// Fields 48 and 49 of proc(5)'s stat; the second one, a name, may hold blanks and brackets. Without /proc: nothing is there to be shown.
void find_arguments(SealPlan& plan) {
  std::ifstream file("/proc/self/stat");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  std::istringstream fields(text.substr(std::min(text.rfind(')') + 1, text.size())));
  std::string field;
  constexpr int kFirst = 3, kBegin = 48;
  for (int number = kFirst; number < kBegin && fields >> field; ++number) continue;
  std::uintptr_t begin = 0, end = 0;
  if (fields >> begin >> end && begin < end) plan.arguments_begin = begin, plan.arguments_end = end;
}

}  // namespace

SealPlan plan_seal(const SealSpec& spec) {
  SealPlan plan;
  Planner planner(plan);
  for (const auto& path : spec.hidden) planner.hide(path);
  planner.end_hiding();
  for (const auto& path : spec.visible) planner.show(path);
  for (const auto& path : spec.writable) planner.open_up(path);
  planner.end_showing();
  plan.network = spec.network;
  find_arguments(plan);
  if (::geteuid() == 0) {  // root keeps all users, so that a tree of somebody else's can be built
    plan.uid_map = identity_map("/proc/self/uid_map");
    plan.gid_map = identity_map("/proc/self/gid_map");
  } else {
    plan.uid_map = std::to_string(::geteuid()) + " " + std::to_string(::geteuid()) + " 1\n";
    plan.gid_map = std::to_string(::getegid()) + " " + std::to_string(::getegid()) + " 1\n";
    plan.deny_setgroups = true;
  }
  return plan;
}

}  // namespace pipit::sys
