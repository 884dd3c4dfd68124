#include "pipit/wheel/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <unordered_set>

#include "pipit/archive/reader.h"
#include "pipit/base/text.h"
#include "pipit/packaging/metadata.h"
#include "pipit/packaging/name.h"
#include "pipit/packaging/wheel_metadata.h"
#include "wheel/findings.h"
#include "wheel/record_check.h"
#include "wheel/script_rules.h"

namespace pipit::wheel {
namespace {

// Caps of the files that are read into memory; the largest seen in the wild are 12 MB (RECORD) and 1 MB.
constexpr std::uint64_t kRecordMaxBytes = 64u << 20, kMetadataMaxBytes = 16u << 20, kSmallFileMaxBytes = 4u << 20;
constexpr std::uint64_t kScriptMaxBytes = 16u << 20;
constexpr int kWheelMajor = 1, kWheelMinor = 0;
constexpr std::string_view kDistInfoSuffix = ".dist-info", kDataSuffix = ".data";

std::string_view top_of(std::string_view path) { return path.substr(0, path.find('/')); }

Error invalid_wheel(std::string_view project, std::string_view what) {
  return make_pip_error(kInvalidWheel, fmt::format("{} has an invalid wheel, {}", project, what));
}

// Does "Foo.Bar-1.0" spell this project and version? Old names may hold dashes, so every split is tried.
bool spells(std::string_view stem, const packaging::WheelFilename& wheel) {
  for (std::size_t dash = stem.find('-'); dash != std::string_view::npos; dash = stem.find('-', dash + 1)) {
    if (packaging::normalize_name(stem.substr(0, dash)) != wheel.normalized_name) continue;
    const auto version = packaging::Version::try_parse(stem.substr(dash + 1));
    if (version && *version == wheel.version) return true;
  }
  return false;
}

// pip overwrites or owns these; a wheel that ships them would speak for the installer.
bool is_installers_own(std::string_view path, std::string_view dist_info) {
  if (!path.starts_with(dist_info)) return false;
  path.remove_prefix(dist_info.size());
  return path == "/INSTALLER" || path == "/REQUESTED" || path == "/direct_url.json";
}

// "pkg/__pycache__/mod.cpython-311.pyc" -> "pkg/mod.py"; nullopt for other paths.
std::optional<std::string> source_of_bytecode(std::string_view path) {
  if (!path.ends_with(".pyc")) return std::nullopt;
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view folder = path.substr(0, slash), name = path.substr(slash + 1);
  if (folder != "__pycache__" && !folder.ends_with("/__pycache__")) return std::nullopt;
  const std::string parent(folder.substr(0, folder.size() - std::string_view("__pycache__").size()));
  return parent + std::string(name.substr(0, name.find('.'))) + ".py";
}

}  // namespace

std::vector<std::string> allowed_ids(const std::vector<std::string>& allowances, std::string_view project) {
  std::vector<std::string> ids;
  const std::string name = packaging::normalize_name(project);
  for (const std::string& allowance : allowances) {
    const std::size_t colon = allowance.find(':');
    if (colon != std::string::npos && packaging::normalize_name(allowance.substr(colon + 1)) == name) ids.push_back(allowance.substr(0, colon));
  }
  return ids;
}

// Looks through one wheel, step by step; every step reports what it finds and leaves what the next one needs.
class WheelOpener {
 public:
  WheelOpener(WheelSource& wheel, Findings& findings, Diagnostics& diagnostics)
      : w_(wheel), m_(wheel.manifest_), findings_(findings), diagnostics_(diagnostics) {
    m_.texts = texts_;
  }

  Status run() {
    PIPIT_TRY(m_.dist_info, find_dist_info());
    PIPIT_CHECK(read_wheel_file());
    PIPIT_CHECK(read_metadata());
    PIPIT_CHECK(read_scripts());
    PIPIT_TRY(const std::string record, read(m_.dist_info + "/RECORD", kRecordMaxBytes));
    const auto parsed = packaging::parse_record(record);
    if (!parsed) return fail(named(parsed.error()));
    const std::vector<packaging::RecordRow>& rows = *parsed;
    rows_ = match_record(rows, w_.directory_.members(), m_.dist_info, findings_);
    PIPIT_CHECK(list_files());
    keep_rows(rows);
    return findings_.status();
  }

 private:
  // An error of a part, with the wheel's name in front of each sentence.
  Error named(Error error) const {
    error.message = findings_.filename() + ": " + error.message;
    for (Error& other : error.also) other = named(std::move(other));
    return error;
  }

  Result<std::string> find_dist_info() const {
    std::set<std::string_view> found;
    for (const archive::ZipMember& member : w_.directory_.members())
      if (ascii_lower(top_of(member.name)).ends_with(kDistInfoSuffix)) found.insert(top_of(member.name));
    const std::string& project = w_.filename_.normalized_name;
    if (found.empty()) return fail(invalid_wheel(project, ".dist-info directory not found"));
    if (found.size() > 1) {
      std::string list;
      for (const std::string_view name : found) list += (list.empty() ? "" : ", ") + escape_for_terminal(name);
      return fail(invalid_wheel(project, "multiple .dist-info directories found: " + list));
    }
    const std::string_view name = *found.begin();
    if (!name.ends_with(kDistInfoSuffix)) return fail(invalid_wheel(project, ".dist-info directory not found"));
    if (w_.directory_.find(name) != nullptr) return fail(invalid_wheel(project, fmt::format("'{}' is a file", escape_for_terminal(name))));
    const std::string_view stem = name.substr(0, name.size() - kDistInfoSuffix.size());
    if (!packaging::normalize_name(stem).starts_with(project))
      return fail(invalid_wheel(project, fmt::format(".dist-info directory '{}' does not start with '{}'", escape_for_terminal(name), project)));
    if (!spells(stem, w_.filename_))
      findings_.add(kWheelNameMismatch, fmt::format("its directory `{}` names another project or version", escape_for_terminal(name)));
    return std::string(name);
  }

  Result<std::string> read(const std::string& path, std::uint64_t size_max) const {
    const archive::ZipMember* member = w_.directory_.find(path);
    if (member == nullptr)
      return fail(invalid_wheel(w_.filename_.normalized_name,
                                fmt::format("could not read '{0}' file: KeyError(\"There is no item named '{0}' in the archive\")", escape_for_terminal(path))));
    return archive::read_member(w_.archive_, w_.directory_, *member, size_max);
  }

  Status read_wheel_file() {
    PIPIT_TRY(const std::string text, read(m_.dist_info + "/WHEEL", kSmallFileMaxBytes));
    const std::string& project = w_.filename_.normalized_name;
    auto wheel = packaging::WheelMetadata::parse(text);
    if (!wheel) return fail(invalid_wheel(project, wheel.error().message));
    const std::string version = fmt::format("{}.{}", wheel->version_major, wheel->version_minor);
    if (wheel->version_major > kWheelMajor)
      return fail(make_pip_error(kWheelVersionUnsupported,
                                 fmt::format("{}'s Wheel-Version ({}) is not compatible with this version of pip", project, version)));
    if (wheel->version_major == kWheelMajor && wheel->version_minor > kWheelMinor)
      diagnostics_.add({Severity::warning, {}, fmt::format("Installing from a newer Wheel-Version ({})", version), {}});
    m_.root_is_purelib = wheel->root_is_purelib;
    compare_tags(*wheel);
    return ok();
  }

  void compare_tags(const packaging::WheelMetadata& wheel) {
    const std::set<packaging::Tag> inside(wheel.tags.begin(), wheel.tags.end()), outside(w_.filename_.tags.begin(), w_.filename_.tags.end());
    if (inside != outside)
      findings_.add(kWheelTagMismatch, fmt::format("its WHEEL file gives other compatibility tags than its name ({})",
                                                   inside.empty() ? std::string("none") : escape_for_terminal(inside.begin()->str())));
    const bool only_pure = std::all_of(outside.begin(), outside.end(), [](const auto& tag) { return tag.platform == "any"; });
    if (!m_.root_is_purelib && only_pure)
      diagnostics_.add({Severity::debug, "wheel-purelib", findings_.filename() + " is for any platform, but not marked Root-Is-Purelib", {}});
    m_.tags = w_.filename_.tags;
  }

  Status read_metadata() {
    PIPIT_TRY(w_.metadata_text_, read(m_.dist_info + "/METADATA", kMetadataMaxBytes));
    auto metadata = packaging::Metadata::parse(w_.metadata_text_);
    if (!metadata) return fail(std::move(metadata).error().while_("reading METADATA of " + findings_.filename()));
    if (packaging::normalize_name(metadata->name) != w_.filename_.normalized_name)
      findings_.add(kWheelNameMismatch, fmt::format("its METADATA gives the name `{}`, its file name `{}`", metadata->name, w_.filename_.name));
    if (metadata->version != w_.filename_.version)
      findings_.add(kWheelNameMismatch,
                    fmt::format("its METADATA gives the version `{}`, its file name `{}`", metadata->version_text, w_.filename_.version_text));
    m_.name = metadata->name;
    m_.version = metadata->version_text;
    m_.requires_python = metadata->requires_python.value_or("");
    m_.requires_dist = metadata->field_values("Requires-Dist");
    m_.provides_extra = metadata->provides_extra;
    return ok();
  }

  Status read_scripts() {
    const std::string path = m_.dist_info + "/entry_points.txt";
    if (w_.directory_.find(path) == nullptr) return ok();
    PIPIT_TRY(const std::string text, read(path, kSmallFileMaxBytes));
    auto entries = packaging::parse_entry_points(text);
    if (!entries) return fail(std::move(entries).error().while_("reading entry_points.txt of " + findings_.filename()));
    for (packaging::EntryPoint& entry : *entries)
      if (entry.group == "console_scripts" || entry.group == "gui_scripts") m_.scripts.push_back(std::move(entry));
    check_scripts(m_.scripts, findings_);
    return ok();
  }

  // Decides about each member: is it installed, from where, and may it be.
  Status list_files() {
    std::unordered_set<std::string_view> names;
    for (const archive::ZipMember& member : w_.directory_.members()) names.insert(member.name);
    std::set<std::string> directories;
    bool set_id = false;
    for (const std::size_t i : members_by_name()) {
      const archive::ZipMember& member = w_.directory_.members()[i];
      set_id = set_id || (member.mode & 07000) != 0;
      if (member.directory || member.name == m_.dist_info + "/RECORD" || is_dropped(member, names)) continue;
      PIPIT_CHECK(check_data(member));
      add_parents(member.name, directories);
      w_.members_.push_back(&member);
      w_.expected_.push_back(rows_[i]);
      m_.files.push_back({texts_->keep(member.name), member.size, member.executable(), texts_->keep(rows_[i].hash), 0});
    }
    for (const std::string& directory : directories) m_.directories.push_back(texts_->keep(directory));  // sorted: parents stand before children
    if (set_id) diagnostics_.warn("wheel-set-id", findings_.filename() + " asks for set-id or sticky bits; they are not applied");
    return ok();
  }

  // RECORD is written in this order at every installation, and what lies in one directory is linked in one go.
  std::vector<std::size_t> members_by_name() const {
    const auto& members = w_.directory_.members();
    std::vector<std::size_t> order(members.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return members[a].name < members[b].name; });
    return order;
  }

  bool is_dropped(const archive::ZipMember& member, const std::unordered_set<std::string_view>& names) {
    if (is_installers_own(member.name, m_.dist_info)) {
      diagnostics_.warn("wheel-ships-installer-file",
                        fmt::format("{} ships `{}`, which is the installer's to write; it is left out", findings_.filename(), member.name));
      dropped_.insert(std::string(member.name));
      return true;
    }
    const auto source = source_of_bytecode(member.name);
    if (!source) return false;
    if (names.count(*source) == 0)
      findings_.add(kForeignBytecode, fmt::format("`{}` is bytecode of a module that the wheel does not have", escape_for_terminal(member.name)));
    dropped_.insert(std::string(member.name));
    return true;
  }

  Status check_data(const archive::ZipMember& member) {
    const std::string_view top = top_of(member.name);
    if (!top.ends_with(kDataSuffix)) return ok();
    if (!spells(top.substr(0, top.size() - kDataSuffix.size()), w_.filename_)) {
      findings_.add(kBadDataDirectory, fmt::format("`{}` lies in the data directory of another project", escape_for_terminal(member.name)));
      return ok();
    }
    const auto data = split_data_path(member.name, findings_);
    if (!data) return ok();
    check_data_path(member.name, *data, findings_);
    return data->key == "scripts" ? keep_if_python_script(member) : ok();
  }

  // pip's test: the file begins with these bytes, whatever follows on the line.
  Status keep_if_python_script(const archive::ZipMember& member) {
    if (member.size > kScriptMaxBytes) return ok();  // a program, not a script
    PIPIT_TRY(std::string content, archive::read_member(w_.archive_, w_.directory_, member, kScriptMaxBytes));
    if (content.starts_with("#!python")) m_.python_scripts.push_back({std::string(member.name), std::move(content)});
    return ok();
  }

  static void add_parents(std::string_view path, std::set<std::string>& directories) {
    for (std::size_t slash = path.rfind('/'); slash != std::string_view::npos && slash > 0; slash = path.rfind('/', slash - 1))
      if (!directories.insert(std::string(path.substr(0, slash))).second) return;
  }

  void keep_rows(const std::vector<packaging::RecordRow>& rows) {
    for (const packaging::RecordRow& row : rows)
      if (dropped_.count(row.path) == 0) m_.record.push_back({texts_->keep(row.path), texts_->keep(row.hash), texts_->keep(row.size)});
    std::sort(m_.record.begin(), m_.record.end());
  }

  WheelSource& w_;
  Manifest& m_;
  Findings& findings_;
  Diagnostics& diagnostics_;
  std::shared_ptr<TextPool> texts_ = std::make_shared<TextPool>();
  std::vector<packaging::RecordRow> rows_;  // of each member
  std::set<std::string> dropped_;
};

Result<WheelSource> WheelSource::open(Bytes archive, std::string_view filename, const std::vector<std::string>& allowances,
                                      Diagnostics& diagnostics) {
  WheelSource wheel;
  wheel.archive_ = archive;
  PIPIT_TRY(wheel.filename_, packaging::WheelFilename::parse(filename));
  const std::vector<std::string> allowed = allowed_ids(allowances, wheel.filename_.normalized_name);
  auto directory = archive::ZipDirectory::read(archive, filename, {}, allowed);
  if (!directory) return fail(std::move(directory).error());
  wheel.directory_ = std::move(*directory);
  std::vector<std::string> liftable;
  for (const std::string& id : allowed)
    if (id == kBadRecord.id || id == kWheelTagMismatch.id) liftable.push_back(id);
  Findings findings{std::string(filename), liftable};
  wheel.manifest_.filename = filename;
  Status opened = WheelOpener(wheel, findings, diagnostics).run();
  if (!opened) {
    if (opened.error().where.empty()) opened.error().where = filename;  // pip's sentences name the project only
    return fail(std::move(opened).error());
  }
  wheel.record_may_lie_ = findings.allows(kBadRecord);
  wheel.manifest_.allowances = findings.used();
  for (const std::string& id : wheel.directory_.allowances_used()) wheel.manifest_.allowances.push_back(id);
  return wheel;
}

}  // namespace pipit::wheel
