#include "pipit/install/uninstall.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include "install/owners.h"
#include "install/protected.h"
#include "pipit/base/text.h"
#include "pipit/packaging/name.h"
#include "pipit/sys/file.h"

namespace pipit::install {
namespace {

using python::InstalledDist;
using python::MetadataKind;
using std::filesystem::path;

bool is_beneath(const path& file, const path& directory) {
  const std::string& text = file.native();
  const std::string& top = directory.native();
  return !top.empty() && text.size() > top.size() && text.starts_with(top) && (top.ends_with('/') || text[top.size()] == '/');
}

class Removal {
 public:
  Removal(const InstalledDist& dist, const std::vector<InstalledDist>& staying, const RemovalOptions& options, Diagnostics& diagnostics)
      : dist_(dist), staying_(staying), options_(options), diagnostics_(diagnostics) {
    out_.name = dist.name;
    out_.normalized_name = dist.normalized_name;
    out_.version_text = dist.version_text;
    out_.location = dist.location;
  }

  Result<RemovalSet> run() {
    if (!is_permitted(dist_.egg_link.empty() ? dist_.metadata_path : dist_.egg_link)) return outside();
    PIPIT_CHECK(collect());
    add_byte_code();
    for (const std::string& file : wanted_) judge(file);
    PIPIT_CHECK(std::move(broken_));
    return std::move(out_);
  }

 private:
  bool is_permitted(const path& file) const {
    const wheel::Scheme& scheme = options_.scheme;
    for (const path& top : {options_.environment, path(scheme.purelib), path(scheme.platlib), path(scheme.scripts), path(scheme.data)})
      if (is_beneath(file, top)) return true;
    return false;
  }

  Result<RemovalSet> outside() {
    diagnostics_.info("Not uninstalling " + dist_.name + " at " + dist_.location.string() + ", outside environment " + options_.environment.string());
    diagnostics_.info("Can't uninstall '" + dist_.name + "'. No files were found to uninstall.");
    out_.outside_environment = true;
    return std::move(out_);
  }

  Status collect() {
    switch (dist_.kind) {
      case MetadataKind::dist_info: return collect_recorded();
      case MetadataKind::egg_info_directory: return collect_egg_info();
      case MetadataKind::egg_link: return collect_egg_link();
      case MetadataKind::egg_info_file: break;
    }
    Error error = make_pip_error(kDistutilsInstalled, "Cannot uninstall " + dist_.name + " " + dist_.version_text);
    error.layout = pipit::Layout::rich;
    return fail(std::move(error).detail(
        "It is a distutils installed project and thus we cannot accurately determine which files belong to it which would lead to only a partial uninstall."));
  }

  Error no_record() const {
    Error error = make_pip_error(kNoRecord, "Cannot uninstall " + dist_.name + " " + dist_.version_text);
    error.layout = pipit::Layout::rich;
    error.details.push_back("The package's contents are unknown: no RECORD file was found for " + dist_.name + ".");
    const bool by_another = !dist_.installer.empty() && dist_.installer != "pip" && dist_.installer != "pipit";
    error.hints.push_back(by_another ? "The package was installed by " + dist_.installer + ". You should check if it can uninstall the package."
                                     : "You might be able to recover from this via: pip install --ignore-installed --no-deps " + dist_.name +
                                           "==" + dist_.version_text);
    return error;
  }

  Status collect_recorded() {
    if (!sys::is_regular_file(dist_.metadata_path / "RECORD")) return fail(no_record());
    PIPIT_TRY(const auto rows, dist_.record());
    for (const packaging::RecordRow& row : rows) want(recorded_path(dist_.location, row.path));
    want_tree(dist_.metadata_path);
    return want_scripts();
  }

  // What Debian's and setuptools' older installs left: a list of files, or at least the names of the top packages.
  Status collect_egg_info() {
    constexpr std::uint64_t kListMax = 64u << 20;
    const auto listed = sys::read_file(dist_.metadata_path / "installed-files.txt", kListMax);
    if (listed) {
      for (const std::string_view line : split(*listed, '\n'))
        if (const std::string_view file = trim(line); !file.empty()) want((dist_.metadata_path / file).lexically_normal().string());
    } else {
      const auto tops = sys::read_file(dist_.metadata_path / "top_level.txt", kListMax);
      if (!tops) return fail(no_record());
      const auto spaces = sys::read_file(dist_.metadata_path / "namespace_packages.txt", kListMax);
      const std::string shared = spaces ? *spaces : std::string();
      const auto namespaces = split_words(shared);
      for (const std::string_view top : split_words(*tops)) {
        if (std::find(namespaces.begin(), namespaces.end(), top) != namespaces.end() || top.find('/') != std::string_view::npos) continue;
        want_tree(dist_.location / top);
        for (const char* suffix : {".py", ".pyc", ".pyo"}) want((dist_.location / (std::string(top) + suffix)).string());
      }
    }
    want_tree(dist_.metadata_path);
    return want_scripts();
  }

  // A development install: the link, and its line in easy-install.pth. The project itself stays.
  Status collect_egg_link() {
    want(dist_.egg_link.string());
    const path list = dist_.egg_link.parent_path() / "easy-install.pth";
    if (const auto text = sys::read_file(list, 64u << 20)) {
      const auto first_line = sys::read_file(dist_.egg_link, 1u << 20);
      const std::string project = dist_.editable_location.value_or(first_line ? std::string(trim(split(*first_line, '\n').front())) : "");
      std::string kept;
      for (std::size_t begin = 0; begin < text->size();) {
        const std::size_t end = std::min(text->find('\n', begin), text->size() - 1) + 1;
        if (trim(std::string_view(*text).substr(begin, end - begin)) != project) kept += text->substr(begin, end - begin);
        begin = end;
      }
      if (kept != *text) out_.rewrites.emplace_back(list.string(), kept);
    }
    return want_scripts();
  }

  // Generated scripts are in RECORD; older installers left them out.
  Status want_scripts() {
    const auto entries = dist_.entry_points();
    if (!entries) return ok();  // a broken entry_points.txt must not keep a package from being removed
    for (const packaging::EntryPoint& entry : *entries) {
      if (entry.group != "console_scripts" && entry.group != "gui_scripts") continue;
      if (!entry.name.empty() && entry.name.find('/') == std::string::npos && entry.name != "." && entry.name != "..")
        want((path(options_.scheme.scripts) / entry.name).string());
    }
    return ok();
  }

  void want(std::string file) { wanted_.insert(std::move(file)); }

  // Every file below a directory that belongs to this distribution alone; links as links.
  void want_tree(const path& directory) {
    std::vector<path> waiting{directory};
    while (!waiting.empty()) {
      const path at = std::move(waiting.back());
      waiting.pop_back();
      const auto info = sys::stat_path(at, sys::Follow::no);
      if (!info || !*info) continue;
      if ((*info)->kind != sys::FileStat::Kind::directory) {
        want(at.string());
        continue;
      }
      const auto entries = sys::list_directory(at);
      if (!entries) continue;
      for (const sys::DirEntry& entry : *entries) waiting.push_back(at / entry.name);
    }
  }

  // foo.py takes foo.pyc, foo.pyo and __pycache__/foo.TAG[.opt-N].pyc with it.
  void add_byte_code() {
    std::map<path, std::set<std::string>> modules;
    for (const std::string& file : wanted_)
      if (file.ends_with(".py")) modules[path(file).parent_path()].insert(path(file).stem().string());
    for (const auto& [directory, stems] : modules) {
      for (const std::string& stem : stems)
        for (const char* suffix : {".pyc", ".pyo"})
          if (const path file = directory / (stem + suffix); sys::exists(file)) want(file.string());
      const auto cached = sys::list_directory(directory / "__pycache__");
      if (!cached) continue;
      for (const sys::DirEntry& entry : *cached)
        if (is_byte_code_of(entry.name, stems)) want((directory / "__pycache__" / entry.name).string());
    }
  }

  static bool is_byte_code_of(std::string_view name, const std::set<std::string>& stems) {
    if (!name.ends_with(".pyc")) return false;
    name.remove_suffix(4);
    if (const std::size_t opt = name.rfind(".opt-"); opt != std::string_view::npos) name = name.substr(0, opt);
    const std::size_t tag = name.rfind('.');
    return tag != std::string_view::npos && stems.contains(std::string(name.substr(0, tag)));
  }

  void skip(const std::string& file, std::string reason) { out_.skipped.push_back({file, std::move(reason)}); }

  void judge(const std::string& file) {
    if (!is_permitted(file)) return skip(file, "it lies outside the environment");
    if (const auto link = link_above(file)) return take_link(*link);
    const auto info = sys::stat_path(file, sys::Follow::no);
    if (!info) return unknown(info.error());
    if (!*info) return;  // gone already: nothing to do
    if ((*info)->kind == sys::FileStat::Kind::directory) return skip(file, "it is a directory");
    if (is_protected(file, options_.environment.native(), options_.scheme, {})) return skip(file, "it belongs to the environment itself");
    if (const InstalledDist* owner = owner_of(file)) return skip(file, owner->name + " " + owner->version_text + " lists it as well");
    add(file);
  }

  // What cannot be looked at is not gone: a removal that leaves it behind would not be one. No file has a name too long for it.
  void unknown(const Error& error) {
    if (broken_ && error.os_errno != ENAMETOOLONG) broken_ = fail(error);
  }

  void add(const std::string& file) {
    if (added_.insert(file).second) out_.files.push_back(file);
  }

  // A package directory that was swapped for a link goes as a link; what it points to is not ours.
  void take_link(const std::string& link) {
    if (is_beneath(link, options_.scheme.purelib) || is_beneath(link, options_.scheme.platlib)) return add(link);
    if (reported_links_.insert(link).second) skip(link, "it is a link, and what it points to is not touched");
  }

  // The first component above `file`, below the scheme directory that holds it, that is a link.
  std::optional<std::string> link_above(const std::string& file) {
    const path top = holder_of(file);
    std::vector<path> parents;
    for (path at = path(file).parent_path(); is_beneath(at, top); at = at.parent_path()) parents.push_back(at);
    for (auto it = parents.rbegin(); it != parents.rend(); ++it) {
      const auto [known, is_new] = is_link_.try_emplace(it->string(), false);
      if (is_new) {
        const auto info = sys::stat_path(*it, sys::Follow::no);
        if (!info) unknown(info.error());
        known->second = info && *info && (*info)->kind == sys::FileStat::Kind::symlink;
      }
      if (known->second) return it->string();
    }
    return std::nullopt;
  }

  path holder_of(const std::string& file) const {
    const wheel::Scheme& scheme = options_.scheme;
    path longest;
    for (const path& top : {options_.environment, path(scheme.purelib), path(scheme.platlib), path(scheme.scripts), path(scheme.data)})
      if (is_beneath(file, top) && top.native().size() > longest.native().size()) longest = top;
    return longest;
  }

  const InstalledDist* owner_of(const std::string& file) {
    if (!owners_read_) read_owners();
    const auto found = owners_.find(file);
    return found == owners_.end() ? nullptr : found->second;
  }
  void read_owners() {
    owners_read_ = true;
    for (const InstalledDist& other : staying_) {
      if (other.normalized_name == dist_.normalized_name) continue;
      const auto rows = other.record();
      if (!rows) continue;
      for (const packaging::RecordRow& row : *rows) {
        std::string file = recorded_path(other.location, row.path);
        if (wanted_.contains(file)) owners_.emplace(std::move(file), &other);
      }
    }
  }

  const InstalledDist& dist_;
  const std::vector<InstalledDist>& staying_;
  const RemovalOptions& options_;
  Diagnostics& diagnostics_;
  Status broken_ = ok();  // the first look at a file that failed
  RemovalSet out_;
  std::set<std::string> wanted_, added_, reported_links_;
  std::map<std::string, bool> is_link_;
  std::map<std::string, const InstalledDist*> owners_;
  bool owners_read_ = false;
};

}  // namespace

Result<RemovalSet> plan_removal(const InstalledDist& dist, const std::vector<InstalledDist>& staying, const RemovalOptions& options,
                                Diagnostics& diagnostics) {
  return Removal(dist, staying, options, diagnostics).run();
}

}  // namespace pipit::install
