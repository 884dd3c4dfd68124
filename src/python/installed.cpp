#include "pipit/python/installed.h"

#include <fmt/format.h>

#include <set>

#include "pipit/base/text.h"
#include "pipit/base/url.h"
#include "pipit/packaging/name.h"
#include "pipit/sys/file.h"
#include "python/egg_requires.h"

namespace pipit::python {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSmallMaxBytes = 1 << 20, kMetadataMaxBytes = 64u << 20;

bool ends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

std::string file_of(MetadataKind kind) { return kind == MetadataKind::dist_info ? "METADATA" : "PKG-INFO"; }

// importlib.metadata's order: METADATA, PKG-INFO, or the egg-info file itself.
std::vector<fs::path> metadata_files(const InstalledDist& dist) {
  if (dist.kind == MetadataKind::egg_info_file) return {dist.metadata_path};
  std::vector<fs::path> files = {dist.metadata_path / file_of(dist.kind)};
  files.push_back(dist.metadata_path / (dist.kind == MetadataKind::dist_info ? "PKG-INFO" : "METADATA"));
  return files;
}

struct NameAndVersion {
  std::optional<std::string> name, version;
};

// Only the header lines up to the blank one, and no further than both are found: `list` reads this for every project.
NameAndVersion name_and_version(std::string_view text) {
  NameAndVersion out;
  while (!text.empty() && !(out.name && out.version)) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (trim(line).empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || is_space(line[0])) continue;
    const std::string_view key = line.substr(0, colon);
    if (!out.name && ascii_iequals(key, "name")) out.name = std::string(trim(line.substr(colon + 1)));
    else if (!out.version && ascii_iequals(key, "version")) out.version = std::string(trim(line.substr(colon + 1)));
  }
  return out;
}

// nullopt: there is no such file. An error: it is there and cannot be read.
Result<std::optional<NameAndVersion>> read_name_and_version(const InstalledDist& dist) {
  for (const fs::path& file : metadata_files(dist)) {
    const auto mapped = sys::MappedFile::open(file);
    if (mapped) return std::optional(name_and_version(mapped->text()));
    if (!sys::is_absent(mapped.error())) return fail(mapped.error());
  }
  return std::optional<NameAndVersion>();
}

std::string first_line_of(const fs::path& path) {
  const auto text = sys::read_file(path, kSmallMaxBytes);
  if (!text) return "";
  for (std::string_view line : split(*text, '\n'))
    if (!trim(line).empty()) return std::string(trim(line));
  return "";
}

class Scan {
 public:
  explicit Scan(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void directory(const fs::path& site) {
    const auto entries = sys::list_directory(site);
    if (!entries && !sys::is_absent(entries.error())) unreadable(entries.error());
    if (!entries) return;
    std::vector<std::string> links;
    const bool egg = ends_with(ascii_lower(site.filename().string()), ".egg");
    for (const sys::DirEntry& entry : *entries) {
      const std::string lower = ascii_lower(entry.name);
      if (ends_with(lower, ".dist-info") || ends_with(lower, ".egg-info") || (egg && lower == "egg-info")) consider(site, entry.name, site);
      if (ends_with(entry.name, ".egg-link")) links.push_back(entry.name);
    }
    for (const std::string& link : links) egg_link(site, link);
  }
  std::vector<InstalledDist> take() { return std::move(found_); }

 private:
  // What cannot be read is not absent: who changes the environment must stop (kEnvironmentUnreadable), others say so and go on.
  void unreadable(const Error& error) { diagnostics_.add({Severity::error, std::string(kEnvironmentUnreadable.id), error.message, error.where}); }

  // setuptools' old editable installs: a file that names the project's directory, which holds the egg-info.
  void egg_link(const fs::path& site, const std::string& name) {
    const std::string target = first_line_of(site / name);
    if (target.empty()) return;
    const fs::path project = (site / target).lexically_normal();
    const fs::path location = project.has_filename() ? project : project.parent_path();
    const auto entries = sys::list_directory(location);
    for (const sys::DirEntry& entry : entries ? *entries : std::vector<sys::DirEntry>{}) {
      const std::string lower = ascii_lower(entry.name);
      if (ends_with(lower, ".egg-info") || ends_with(lower, ".dist-info")) consider(location, entry.name, location, site / name);
    }
  }

  void consider(const fs::path& directory, const std::string& entry, const fs::path& location, const fs::path& egg_link = {}) {
    InstalledDist dist;
    dist.metadata_path = directory / entry;
    dist.location = location;
    dist.kind = kind_of(dist.metadata_path, entry, !egg_link.empty());
    dist.egg_link = egg_link;
    // As pip: the name of the directory decides which project it is, METADATA how it is spelled.
    const std::string stem = entry.substr(0, entry.rfind('.'));
    const std::size_t dash = stem.find('-');
    const bool egg_info = ends_with(ascii_lower(entry), ".egg-info");
    const bool named = egg_info || (dash != std::string::npos && dist.kind == MetadataKind::dist_info);
    std::string directory_name = named ? stem.substr(0, dash) : "";
    auto found = read_name_and_version(dist);
    if (!found) return unreadable(found.error());
    const std::optional<NameAndVersion>& read = *found;
    if (directory_name.empty()) {
      if (!read || !read->name) return skip(dist, "invalid metadata entry 'name'");
      directory_name = *read->name;
    }
    dist.normalized_name = packaging::normalize_name(directory_name);
    if (!seen_.insert(dist.normalized_name).second) return;
    if (!packaging::is_valid_name(dist.normalized_name)) return ignore(dist, entry);
    if (!read) return skip(dist, "its METADATA is missing");
    set_version(dist, *read, ends_with(ascii_lower(entry), ".dist-info") && dash != std::string::npos ? stem.substr(dash + 1) : "");
    if (dist.version_text.empty()) return skip(dist, "invalid metadata entry `version`");
    dist.name = read->name.value_or(dist.normalized_name);
    add_details(dist);
    if (!egg_link.empty()) dist.editable_location = location.string();
    found_.push_back(std::move(dist));
  }

  static MetadataKind kind_of(const fs::path& path, const std::string& entry, bool linked) {
    if (ends_with(ascii_lower(entry), ".dist-info")) return MetadataKind::dist_info;
    if (linked) return MetadataKind::egg_link;
    return sys::is_directory(path) ? MetadataKind::egg_info_directory : MetadataKind::egg_info_file;
  }

  static void set_version(InstalledDist& dist, const NameAndVersion& read, const std::string& in_directory) {
    dist.version_text = read.version.value_or(in_directory);
    auto version = packaging::Version::try_parse(in_directory.empty() ? dist.version_text : in_directory);
    if (!version) version = packaging::Version::try_parse(dist.version_text);
    dist.version_is_legacy = !version;
    if (version) dist.version = std::move(*version);
  }

  void add_details(InstalledDist& dist) {
    if (dist.kind == MetadataKind::egg_info_file) return;
    dist.installer = first_line_of(dist.metadata_path / "INSTALLER");
    dist.requested = sys::is_regular_file(dist.metadata_path / "REQUESTED");
    const auto text = sys::read_file(dist.metadata_path / "direct_url.json", kSmallMaxBytes);
    if (!text) return;
    auto direct_url = packaging::DirectUrl::parse(*text);
    if (!direct_url)
      return diagnostics_.warn("bad-direct-url", fmt::format("Error parsing direct_url.json for {}: {}", dist.normalized_name, direct_url.error().message),
                               dist.metadata_path.string());
    dist.direct_url = std::move(*direct_url);
    const auto* directory = std::get_if<packaging::DirInfo>(&dist.direct_url->info);
    const auto url = Url::parse(dist.direct_url->url);
    if (!directory || !directory->editable || !url) return;
    if (auto path = url->to_path()) dist.editable_location = std::move(*path);
  }

  // pip's words.
  void ignore(const InstalledDist& dist, const std::string& entry) {
    const std::string place = dist.location.string();
    diagnostics_.warn("leftover",
                      entry[0] == '~' ? fmt::format("Ignoring incompletely removed distribution {} ({}); '~'-prefixed leftover directories "
                                                    "are the result of a previous incomplete installation, and can be deleted",
                                                    entry, place)
                                      : fmt::format("Ignoring invalid distribution {} ({})", dist.normalized_name, place));
  }

  void skip(const InstalledDist& dist, const std::string& why) {
    diagnostics_.warn("leftover", fmt::format("Skipping {} due to {}", dist.metadata_path.string(), why), dist.metadata_path.string());
  }

  Diagnostics& diagnostics_;
  std::set<std::string> seen_;
  std::vector<InstalledDist> found_;
};

}  // namespace

std::vector<InstalledDist> installed_in(const std::vector<std::string>& directories, Diagnostics& diagnostics) {
  Scan scan(diagnostics);
  for (const std::string& directory : directories) scan.directory(directory);
  return scan.take();
}

Result<packaging::Metadata> InstalledDist::metadata() const {
  Result<std::string> text = fail(make_error(sys::kFileNotFound, ""));
  for (const fs::path& file : metadata_files(*this))
    if (!text) text = sys::read_file(file, kMetadataMaxBytes);
  if (!text) return fail(std::move(text).error().while_(fmt::format("reading the metadata of {}", name)));
  if (kind != MetadataKind::dist_info)
    if (const auto egg = sys::read_file(metadata_path / "requires.txt", kSmallMaxBytes)) *text = with_egg_requires(*text, *egg);
  auto parsed = packaging::Metadata::parse(*text);
  if (!parsed) return fail(std::move(parsed).error().at(metadata_path.string()));
  return parsed;
}

Result<std::vector<packaging::RecordRow>> InstalledDist::record() const {
  PIPIT_TRY(const std::string text, sys::read_file(metadata_path / "RECORD", kMetadataMaxBytes));
  auto rows = packaging::parse_record(text);
  if (!rows) return fail(std::move(rows).error().at((metadata_path / "RECORD").string()));
  return rows;
}

Result<std::vector<packaging::EntryPoint>> InstalledDist::entry_points() const {
  const fs::path file = metadata_path / "entry_points.txt";
  if (kind == MetadataKind::egg_info_file || !sys::exists(file)) return std::vector<packaging::EntryPoint>{};
  PIPIT_TRY(const std::string text, sys::read_file(file, kMetadataMaxBytes));
  auto points = packaging::parse_entry_points(text);
  if (!points) return fail(std::move(points).error().at(file.string()));
  return points;
}

}  // namespace pipit::python
