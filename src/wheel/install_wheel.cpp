#include "pipit/wheel/install_wheel.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "pipit/base/text.h"
#include "pipit/wheel/scripts.h"
#include "wheel/script_specs.h"

namespace pipit::wheel {
namespace {

std::string absolute(std::string_view directory, std::string_view rest) { return std::string(directory).append(1, '/').append(rest); }

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_below(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

// "a/b" from "/x/a/b" and "/x"; "../../../bin/f" where `path` lies elsewhere. Both absolute and normal.
std::string relative_to(std::string_view path, std::string_view directory) {
  if (is_below(path, directory)) return std::string(path.substr(directory.size() + 1));
  std::size_t common = 0;  // length of the shared directories, each with its slash
  for (std::size_t i = 0; i < std::min(path.size(), directory.size()) && path[i] == directory[i]; ++i)
    if (path[i] == '/') common = i + 1;
  std::string out;
  for (std::size_t at = common; at < directory.size();) {
    out += "../";
    const std::size_t slash = directory.find('/', at);
    at = slash == std::string_view::npos ? directory.size() : slash + 1;
  }
  return out + std::string(path.substr(common));
}

// EP, EP.exe, EP-script.py and EP.pya are what setuptools once generated for the entry point EP.
std::string_view entry_point_of(std::string_view name) {
  const std::string low = ascii_lower(name);
  for (const std::string_view suffix : {".exe", "-script.py", ".pya"})
    if (low.ends_with(suffix)) return name.substr(0, name.size() - suffix.size());
  return name;
}

class Planner {
 public:
  Planner(const PreparedWheel& wheel, const WriteOptions& options)
      : manifest_(wheel.manifest), m_(*manifest_), o_(options), texts_(*image_.texts) {
    lib_ = texts_.keep(m_.root_is_purelib ? o_.scheme.purelib : o_.scheme.platlib);
    scripts_ = texts_.keep(o_.scheme.scripts);
    for (const packaging::EntryPoint& script : m_.scripts) entry_points_.insert(script.name);
    for (const PythonScript& script : m_.python_scripts) python_scripts_.emplace(script.path, &script);
  }

  Result<InstallImage> run() {
    image_.name = m_.name;
    image_.version = m_.version;
    image_.dist_info = absolute(lib_, m_.dist_info);
    image_.files.reserve(m_.files.size() + m_.scripts.size() + 4);
    // pip's order; dist-info comes last.
    sort_into_parts();
    PIPIT_CHECK(place(Part::root));
    foreign_begin_ = image_.files.size();
    PIPIT_CHECK(place(Part::data));
    PIPIT_CHECK(place(Part::scripts));
    add_wrappers();
    foreign_end_ = image_.files.size();
    PIPIT_CHECK(place(Part::dist_info));
    add_dist_info();
    PIPIT_CHECK(keep_last_of_each());
    PIPIT_CHECK(make_record());
    image_.manifest = manifest_;
    return std::move(image_);
  }

  Result<std::vector<Compilable>> sources() {
    std::vector<Compilable> found;
    std::unordered_set<std::string> seen;
    for (const ManifestFile& file : m_.files) {
      const Split where = split(file.path);
      if (!file.path.ends_with(".py") || (where.part == Part::scripts && entry_points_.count(entry_point_of(file_name(file.path))) != 0)) continue;
      PIPIT_TRY(const Place place, destination(where));
      std::string path = absolute(place.directory, place.rest);
      const auto script = where.part == Part::scripts ? python_scripts_.find(file.path) : python_scripts_.end();
      const std::uint64_t size = script == python_scripts_.end() ? file.size : with_interpreter(script->second->content, o_.interpreter).size();
      if (seen.insert(path).second) found.push_back({std::string(file.path), std::move(path), size});
    }
    return found;
  }

  Result<InstallImage> byte_code(std::shared_ptr<const Manifest> code) {
    image_.name = m_.name;
    image_.version = m_.version;
    image_.dist_info = absolute(lib_, m_.dist_info);
    for (const ManifestFile& file : code->files) {
      PIPIT_TRY(const Place place, destination(split(file.path)));
      image_.files.push_back({place.directory, place.rest, &file, {}, false});
    }
    image_.manifest = std::move(code);
    return std::move(image_);
  }

 private:
  enum class Part { root, data, scripts, dist_info };
  struct Split {
    Part part;
    std::string_view key, rest;  // of a data path
  };

  Split split(std::string_view path) const {
    const std::size_t slash = path.find('/');
    const std::string_view top = path.substr(0, slash);
    if (slash != std::string_view::npos && top == m_.dist_info) return {Part::dist_info, {}, path};
    if (slash == std::string_view::npos || !top.ends_with(".data")) return {Part::root, {}, path};
    const std::string_view below = path.substr(slash + 1);
    const std::size_t second = std::min(below.find('/'), below.size());
    const std::string_view key = below.substr(0, second);
    return {key == "scripts" ? Part::scripts : Part::data, key, below.substr(std::min(second + 1, below.size()))};
  }

  struct Place {
    std::string_view directory, rest;  // of an ImageFile
  };
  Result<Place> destination(const Split& split) {
    if (split.part == Part::root || split.part == Part::dist_info) return Place{lib_, split.rest};
    if (split.part == Part::scripts && !split.rest.empty()) return Place{scripts_, split.rest};
    const Scheme& s = o_.scheme;
    const std::pair<std::string_view, std::string_view> places[] = {{"data", s.data}, {"purelib", s.purelib}, {"platlib", s.platlib}, {"headers", s.headers}};
    for (const auto& [key, directory] : places) {
      if (split.key != key || split.rest.empty()) continue;
      const auto [known, is_first] = directories_.try_emplace(key);
      if (is_first) known->second = texts_.keep(key == "headers" ? absolute(directory, o_.requirement_name) : std::string(directory));
      return Place{known->second, split.rest};
    }
    return fail(make_error(kInvalidWheel, fmt::format("{}: unknown data directory `{}`", m_.filename, escape_for_terminal(split.key))));
  }

  void sort_into_parts() {
    parts_.reserve(m_.files.size());
    for (const ManifestFile& file : m_.files) parts_.push_back(split(file.path).part);
    image_index_.assign(m_.files.size(), kNowhere);
  }

  Status place(Part part) {
    for (std::size_t number = 0; number < m_.files.size(); ++number) {
      if (parts_[number] != part) continue;
      const ManifestFile& file = m_.files[number];
      const Split where = split(file.path);
      if (part == Part::scripts && entry_points_.count(entry_point_of(file_name(file.path))) != 0) {
        skipped_.insert(file.path);
        continue;
      }
      PIPIT_TRY(const Place place, destination(where));
      const auto script = part == Part::scripts ? python_scripts_.find(file.path) : python_scripts_.end();
      if (script == python_scripts_.end())
        add({place.directory, place.rest, &file, {}, file.executable}, &file);
      else
        add({place.directory, place.rest, nullptr, texts_.keep(with_interpreter(script->second->content, o_.interpreter)), file.executable}, &file);
      image_index_[number] = image_.files.size() - 1;
    }
    return ok();
  }

  void add_generated(std::string_view directory, std::string_view rest, std::string_view content, bool executable) {
    generated_.insert(image_.files.size());
    add({directory, texts_.keep(rest), nullptr, texts_.keep(content), executable}, nullptr);
  }
  void add(const ImageFile& file, const ManifestFile* member) {
    image_.files.push_back(file);
    members_.push_back(member);
  }

  void add_wrappers() {
    for (const packaging::EntryPoint& script : script_specs(m_.scripts, o_.python_major, o_.python_minor))
      add_generated(scripts_, script.name, wrapper(script, o_.interpreter, o_.python_major, o_.python_minor), true);
  }

  void add_dist_info() {
    add_generated(lib_, m_.dist_info + "/INSTALLER", o_.installer + "\n", false);
    if (o_.direct_url) add_generated(lib_, m_.dist_info + "/direct_url.json", o_.direct_url->json(), false);
    if (o_.requested) add_generated(lib_, m_.dist_info + "/REQUESTED", {}, false);
  }

  // Two members may share a destination ("x" and "NAME.data/purelib/x"). With equal bytes it does not matter which one is
  // installed; otherwise the wheel does not say what it wants.
  Status keep_last_of_each() {
    std::unordered_map<std::string, std::size_t> last;
    superseded_.assign(image_.files.size(), false);
    // Members of the archive's root have different names; only what comes from elsewhere can meet them, or its like.
    const bool all = foreign_meet_library();
    for (std::size_t i = all ? 0 : foreign_begin_; i < (all ? image_.files.size() : foreign_end_); ++i) {
      const auto [at, is_first] = last.try_emplace(image_.files[i].path(), i);
      if (is_first) continue;
      if (content_key(at->second) != content_key(i))
        return fail(make_error(kSameDestination, fmt::format("{}: {} and {} would both be installed as `{}`", m_.filename, shown_source(at->second),
                                                             shown_source(i), escape_for_terminal(at->first)))
                        .at(m_.filename));
      superseded_[std::exchange(at->second, i)] = true;
    }
    return ok();
  }

  bool foreign_meet_library() const {
    for (std::size_t i = foreign_begin_; i < foreign_end_; ++i)
      if (is_below(image_.files[i].path(), lib_)) return true;
    return false;
  }

  // Equal for equal bytes; a file without a digest is equal to none.
  std::string content_key(std::size_t index) const {
    const ImageFile& file = image_.files[index];
    if (file.source == nullptr) return verify::record_hash(verify::sha256(as_bytes_view(file.content)));
    return members_[index]->record_hash.starts_with("sha256=") ? std::string(members_[index]->record_hash) : std::to_string(index);
  }
  std::string shown_source(std::size_t index) const {
    return members_[index] == nullptr ? "a file that the installer writes" : "`" + escape_for_terminal(members_[index]->path) + "`";
  }

  // The path of a row: the archive's own where it lies in the library, so most rows need no text of their own.
  std::string_view row_path(const ImageFile& file) {
    return file.directory == lib_ ? file.rest : texts_.keep(relative_to(file.path(), lib_));
  }
  std::string_view size_text(std::uint64_t size) { return texts_.keep(std::to_string(size)); }

  packaging::RecordRowView hashed_row(const ImageFile& file) {
    const std::string_view path = row_path(file);
    return {path, texts_.keep(verify::record_hash(verify::sha256(as_bytes_view(file.content)))), size_text(file.content.size())};
  }

  // Which file of the manifest a row of the wheel's RECORD is about. Rows stand in the order of the files, nearly always.
  std::size_t file_of(const packaging::RecordRowView& row, std::size_t& next) {
    for (std::size_t tried = 0; tried < 4 && next < m_.files.size(); ++tried, ++next)
      if (m_.files[next].path == row.path) return next++;
    if (by_path_.empty())
      for (std::size_t i = 0; i < m_.files.size(); ++i) by_path_.emplace(m_.files[i].path, i);
    const auto found = by_path_.find(row.path);
    if (found == by_path_.end()) return kNowhere;
    next = found->second + 1;
    return found->second;
  }

  // pip's rows: the wheel's own (moved, and computed anew for rewritten scripts), then what was generated, then what was
  // installed without being listed.
  Status make_record() {
    std::vector<packaging::RecordRowView> rows, others;  // rows: as the wheel has them, so in order; others: what is added or lies elsewhere
    rows.reserve(m_.record.size() + generated_.size() + 1);
    const std::string own = m_.dist_info + "/RECORD";
    std::vector<bool> listed(image_.files.size(), false);
    std::size_t next = 0;
    for (const packaging::RecordRowView& row : m_.record) {
      if (row.path == own || skipped_.count(row.path) != 0) continue;
      const std::size_t number = file_of(row, next);
      const std::size_t at = number == kNowhere ? kNowhere : image_index_[number];
      if (at == kNowhere) {  // allowed by the user: a row without a file
        rows.push_back(row);
        continue;
      }
      const ImageFile& file = image_.files[at];
      listed[at] = true;
      if (superseded_[at]) continue;
      const std::string_view path = row_path(file);
      if (file.source == nullptr) others.push_back(hashed_row(file));
      else (path == row.path ? rows : others).push_back({path, row.hash, row.size});
    }
    for (std::size_t i = 0; i < image_.files.size(); ++i) {
      if (listed[i] || superseded_[i]) continue;
      const ImageFile& file = image_.files[i];
      if (generated_.count(i) != 0) others.push_back(hashed_row(file));
      else others.push_back({row_path(file), {}, {}});
    }
    if (o_.byte_code != nullptr)
      for (const ManifestFile& file : o_.byte_code->files) {
        PIPIT_TRY(const Place place, destination(split(file.path)));
        others.push_back({texts_.keep(relative_to(absolute(place.directory, place.rest), lib_)), {}, {}});
      }
    others.push_back({own, {}, {}});
    rows.insert(rows.end(), others.begin(), others.end());
    drop_superseded();
    image_.files.push_back({lib_, texts_.keep(own), nullptr, texts_.take(packaging::print_record(std::move(rows))), false});
    return ok();
  }

  void drop_superseded() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < image_.files.size(); ++i) {
      if (superseded_[i]) continue;
      image_.files[kept] = image_.files[i];
      ++kept;
    }
    image_.files.resize(kept);
  }

  const std::shared_ptr<const Manifest> manifest_;
  const Manifest& m_;
  const WriteOptions& o_;
  InstallImage image_;
  TextPool& texts_;
  std::string_view lib_, scripts_;                             // kept in texts_, as the other directories that files go to
  std::unordered_map<std::string_view, std::string_view> directories_;  // by the key of the archive's .data directory
  std::unordered_set<std::string_view> entry_points_, skipped_;  // skipped: scripts that a wrapper replaces
  std::unordered_map<std::string_view, const PythonScript*> python_scripts_;
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
  std::vector<Part> parts_;                                    // of the manifest's files
  std::vector<std::size_t> image_index_;                       // of the manifest's files, in image_.files
  std::unordered_map<std::string_view, std::size_t> by_path_;  // the manifest's files; made when their order does not help
  std::size_t foreign_begin_ = 0, foreign_end_ = 0;            // in image_.files: what does not come from the archive's root
  std::unordered_set<std::size_t> generated_;
  std::vector<const ManifestFile*> members_;  // of image_.files; null: generated
  std::vector<bool> superseded_;
};

}  // namespace

std::string ImageFile::path() const { return absolute(directory, rest); }

Result<InstallImage> plan_install(const PreparedWheel& wheel, const WriteOptions& options, Diagnostics&) {
  return Planner(wheel, options).run();
}

Result<std::vector<Compilable>> compilable(const PreparedWheel& wheel, const WriteOptions& options) { return Planner(wheel, options).sources(); }

std::string byte_code_path(std::string_view source, std::string_view cache_tag) {
  const std::size_t begin = source.rfind('/') + 1;
  std::string_view stem = source.substr(begin, source.rfind('.') - begin);
  if (stem.empty()) stem = source.substr(begin + 1);  // Python's own way with a file ".py"
  return fmt::format("{}__pycache__/{}.{}.pyc", source.substr(0, begin), stem, cache_tag);
}

std::string source_of_byte_code(std::string_view path) {
  constexpr std::string_view kFolder = "__pycache__/", kSuffix = ".pyc";
  const std::size_t begin = path.rfind('/') + 1;
  if (!path.ends_with(kSuffix) || !path.substr(0, begin).ends_with(kFolder)) return {};
  const std::string_view name = path.substr(begin, path.size() - begin - kSuffix.size());
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string() : fmt::format("{}{}.py", path.substr(0, begin - kFolder.size()), name.substr(0, dot));
}

Result<InstallImage> plan_byte_code(const PreparedWheel& wheel, std::shared_ptr<const Manifest> byte_code, const WriteOptions& options) {
  return Planner(wheel, options).byte_code(std::move(byte_code));
}

}  // namespace pipit::wheel
