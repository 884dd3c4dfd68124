#include "pipit/packaging/pylock.h"

#include <fmt/format.h>

#include <algorithm>

#include "packaging/python_text.h"
#include "packaging/toml_value.h"
#include "pipit/base/text.h"
#include "pipit/base/url.h"
#include "pipit/packaging/filename.h"
#include "pipit/packaging/name.h"

namespace pipit::packaging {
namespace {

constexpr std::size_t kSizeMax = 64u << 20;
using Kind = TomlValue::Kind;

// One table of the lock file and how it is called in messages ("packages[3].sdist").
struct Table {
  const TomlValue* value;
  std::string context;
  std::string_view file;

  std::string path_of(std::string_view key) const { return context.empty() ? std::string(key) : context + "." + std::string(key); }
  tl::unexpected<Error> refuse(std::string_view why, const std::string& path, int line) const {
    const std::string in = path.empty() ? std::string() : " in " + python_repr(path);
    return fail(make_error(kInvalidPylock, fmt::format("{}{}", why, in)).at(fmt::format("{}:{}", file, line)));
  }
  tl::unexpected<Error> refuse(std::string_view why, std::string_view key) const {
    const TomlValue* member = key.empty() ? nullptr : value->find(key);
    return refuse(why, key.empty() ? context : path_of(key), member ? member->line : value->line);
  }

  Result<const TomlValue*> get(std::string_view key, Kind kind, std::string_view expected) const {
    const TomlValue* member = value->find(key);
    if (member && !member->is(kind)) return refuse(fmt::format("Unexpected type {} (expected {})", member->python_type(), expected), key);
    return member;
  }
  Result<std::string> text(std::string_view key) const {
    PIPIT_TRY(const TomlValue* member, get(key, Kind::string, "str"));
    return member ? member->text : std::string();
  }
  Result<std::string> required_text(std::string_view key) const {
    if (!value->find(key)) return refuse("Missing required value", key);
    return text(key);
  }
  Result<std::vector<std::string>> texts(std::string_view key) const {
    PIPIT_TRY(const TomlValue* member, get(key, Kind::array, "Sequence"));
    std::vector<std::string> out;
    for (std::size_t i = 0; member && i < member->items.size(); ++i) {
      const TomlValue& item = member->items[i];
      if (!item.is(Kind::string))
        return refuse(fmt::format("Unexpected type {} (expected str)", item.python_type()), fmt::format("{}[{}]", path_of(key), i), item.line);
      out.push_back(item.text);
    }
    return out;
  }
  Result<std::optional<Table>> table(std::string_view key) const {
    PIPIT_TRY(const TomlValue* member, get(key, Kind::table, "Mapping"));
    if (!member) return std::optional<Table>{};
    return std::optional<Table>(Table{member, path_of(key), file});
  }
  Result<std::vector<Table>> tables(std::string_view key) const {
    PIPIT_TRY(const TomlValue* member, get(key, Kind::array, "Sequence"));
    std::vector<Table> out;
    for (std::size_t i = 0; member && i < member->items.size(); ++i) {
      Table item{&member->items[i], fmt::format("{}[{}]", path_of(key), i), file};
      if (!item.value->is(Kind::table)) return refuse(fmt::format("Unexpected type {} (expected Mapping)", item.value->python_type()), item.context, item.value->line);
      out.push_back(std::move(item));
    }
    return out;
  }
  Result<std::optional<Marker>> marker(std::string_view key) const {
    PIPIT_TRY(const std::string written, text(key));
    if (!value->find(key)) return std::optional<Marker>{};
    auto parsed = Marker::parse(written);
    if (!parsed) return refuse(parsed.error().message, key);
    return std::optional<Marker>(std::move(*parsed));
  }
  Result<std::optional<SpecifierSet>> specifiers(std::string_view key) const {
    PIPIT_TRY(const std::string written, text(key));
    if (!value->find(key)) return std::optional<SpecifierSet>{};
    auto parsed = SpecifierSet::parse(written);
    if (!parsed) return refuse(parsed.error().message, key);
    return std::optional<SpecifierSet>(std::move(*parsed));
  }
};

Result<Hashes> read_hashes(const Table& owner) {
  if (!owner.value->find("hashes")) return owner.refuse("Missing required value", "hashes");
  PIPIT_TRY(const auto table, owner.table("hashes"));
  Hashes out;
  for (const auto& [algorithm, digest] : table->value->members) {
    if (!digest.is(Kind::string)) return owner.refuse("Hash values must be strings", "hashes");
    out.push_back({ascii_lower(algorithm), ascii_lower(digest.text)});
  }
  if (out.empty()) return owner.refuse("At least one hash must be provided", "hashes");
  std::sort(out.begin(), out.end());
  return out;
}

Result<LockedFile> read_file(const Table& table) {
  LockedFile out;
  PIPIT_TRY(out.name, table.text("name"));
  PIPIT_TRY(out.url, table.text("url"));
  PIPIT_TRY(out.path, table.text("path"));
  PIPIT_TRY(out.subdirectory, table.text("subdirectory"));
  PIPIT_TRY(const TomlValue* size, table.get("size", Kind::integer, "int"));
  if (size && size->integer < 0) return table.refuse("Negative size", "size");
  if (size) out.size_bytes = static_cast<std::uint64_t>(size->integer);
  PIPIT_TRY(const TomlValue* time, table.get("upload-time", Kind::date_time, "datetime"));
  if (time) out.upload_time = time->text;
  PIPIT_TRY(out.hashes, read_hashes(table));
  if (out.url.empty() && out.path.empty()) return table.refuse("path or url must be provided", "");
  return out;
}

Result<LockedVcs> read_vcs(const Table& table) {
  LockedVcs out;
  PIPIT_TRY(out.type, table.required_text("type"));
  PIPIT_TRY(out.url, table.text("url"));
  PIPIT_TRY(out.path, table.text("path"));
  PIPIT_TRY(out.requested_revision, table.text("requested-revision"));
  PIPIT_TRY(out.commit_id, table.required_text("commit-id"));
  PIPIT_TRY(out.subdirectory, table.text("subdirectory"));
  if (out.url.empty() && out.path.empty()) return table.refuse("path or url must be provided", "");
  return out;
}

Result<LockedDirectory> read_directory(const Table& table) {
  LockedDirectory out;
  PIPIT_TRY(out.path, table.required_text("path"));
  PIPIT_TRY(out.subdirectory, table.text("subdirectory"));
  PIPIT_TRY(const TomlValue* editable, table.get("editable", Kind::boolean, "bool"));
  if (editable) out.editable = editable->boolean;
  return out;
}

std::map<std::string, std::string> text_members(const TomlValue& table) {
  std::map<std::string, std::string> out;
  for (const auto& [key, member] : table.members)
    if (member.is(Kind::string)) out.emplace(key, member.text);
  return out;
}

// The file must be of this package and version.
Status check_filename(const Table& table, const LockedFile& file, const LockedPackage& package, bool is_wheel) {
  const std::string filename = file.filename();
  const std::string_view kind = is_wheel ? "wheel" : "sdist";
  std::string name;
  std::optional<Version> version;
  if (is_wheel) {
    if (auto parsed = WheelFilename::parse(filename)) {
      name = parsed->normalized_name;
      version = parsed->version;
    }
  } else if (auto parsed = SdistFilename::parse(filename)) {
    name = parsed->name;
    version = parsed->version;
  }
  if (!version) return table.refuse(fmt::format("Invalid {} filename {}", kind, python_repr(filename)), "");
  if (name != package.name)
    return table.refuse(fmt::format("Name in {} is not consistent with package name {}", python_repr(filename), python_repr(package.name)), "");
  if (package.version && *version != *package.version) {
    return table.refuse(fmt::format("Version in {} is not consistent with package version {}", python_repr(filename), python_repr(package.version_text)), "");
  }
  return ok();
}

Status read_sources(const Table& table, LockedPackage& out) {
  PIPIT_TRY(const auto vcs, table.table("vcs"));
  if (vcs) {
    PIPIT_TRY(out.vcs, read_vcs(*vcs));
  }
  PIPIT_TRY(const auto directory, table.table("directory"));
  if (directory) {
    PIPIT_TRY(out.directory, read_directory(*directory));
  }
  PIPIT_TRY(const auto archive, table.table("archive"));
  if (archive) {
    PIPIT_TRY(out.archive, read_file(*archive));
  }
  PIPIT_TRY(const auto sdist, table.table("sdist"));
  if (sdist) {
    PIPIT_TRY(out.sdist, read_file(*sdist));
    PIPIT_CHECK(check_filename(*sdist, *out.sdist, out, false));
  }
  PIPIT_TRY(const auto wheels, table.tables("wheels"));
  for (const Table& wheel : wheels) {
    PIPIT_TRY(LockedFile file, read_file(wheel));
    PIPIT_CHECK(check_filename(wheel, file, out, true));
    out.wheels.push_back(std::move(file));
  }
  const int direct = int{out.vcs.has_value()} + int{out.directory.has_value()} + int{out.archive.has_value()};
  const bool distributed = out.sdist || !out.wheels.empty();
  if (distributed && direct > 0) return table.refuse("None of vcs, directory, archive must be set if sdist or wheels are set", "");
  if (!distributed && direct != 1)
    return table.refuse("Exactly one of vcs, directory, archive must be set if sdist and wheels are not set", "");
  return ok();
}

Result<LockedPackage> read_package(const Table& table) {
  LockedPackage out;
  PIPIT_TRY(out.name, table.required_text("name"));
  if (!is_valid_name(out.name) || normalize_name(out.name) != out.name)
    return table.refuse(fmt::format("Name {} is not normalized", python_repr(out.name)), "name");
  PIPIT_TRY(out.version_text, table.text("version"));
  if (table.value->find("version")) {
    out.version = Version::try_parse(out.version_text);
    if (!out.version) return table.refuse(fmt::format("Invalid version: {}", python_repr(out.version_text)), "version");
  }
  PIPIT_TRY(out.marker, table.marker("marker"));
  PIPIT_TRY(out.requires_python, table.specifiers("requires-python"));
  PIPIT_TRY(out.index, table.text("index"));
  PIPIT_CHECK(read_sources(table, out));
  PIPIT_TRY(const auto dependencies, table.tables("dependencies"));
  for (const Table& dependency : dependencies) out.dependencies.push_back(text_members(*dependency.value));
  PIPIT_TRY(const auto identities, table.tables("attestation-identities"));
  for (const Table& identity : identities) {
    PIPIT_CHECK(identity.required_text("kind"));
    out.attestation_identities.push_back(text_members(*identity.value));
  }
  return out;
}

Status read_version(const Table& root, Pylock& out) {
  PIPIT_TRY(out.lock_version, root.required_text("lock-version"));
  const auto version = Version::try_parse(out.lock_version);
  if (!version) return root.refuse(fmt::format("Invalid version: {}", python_repr(out.lock_version)), "lock-version");
  const Version known = *Version::try_parse("1.0");
  if (*version < *Version::try_parse("1") || *version >= *Version::try_parse("2")) {
    return fail(make_error(kUnsupportedPylock, fmt::format("pylock version {} is not supported", version->str())).at(std::string(root.file)));
  }
  out.minor_version_is_newer = *version > known;
  return ok();
}

// ---- printing ----

void put(std::string& out, std::string_view key, const std::string& text) {
  if (!text.empty()) out += fmt::format("{} = {}\n", key, toml_quoted(text));
}

void put_list(std::string& out, std::string_view key, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  out += fmt::format("{} = [\n", key);
  for (const std::string& text : texts) out += fmt::format("    {},\n", toml_quoted(text));
  out += "]\n";
}

std::string inline_table(const std::map<std::string, std::string>& members) {
  std::string out;
  for (const auto& [key, text] : members) out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", toml_key(key), toml_quoted(text));
  return "{" + out + "}";
}

void put_tables(std::string& out, std::string_view key, const std::vector<std::map<std::string, std::string>>& tables) {
  if (tables.empty()) return;
  out += fmt::format("{} = [\n", key);
  for (const auto& table : tables) out += fmt::format("    {},\n", inline_table(table));
  out += "]\n";
}

void put_file(std::string& out, std::string_view header, const LockedFile& file) {
  out += fmt::format("\n{}\n", header);
  put(out, "name", file.name);
  if (!file.upload_time.empty()) out += fmt::format("upload-time = {}\n", file.upload_time);
  put(out, "url", file.url);
  put(out, "path", file.path);
  if (file.size_bytes) out += fmt::format("size = {}\n", *file.size_bytes);
  std::map<std::string, std::string> hashes;
  for (const Hash& hash : file.hashes) hashes.emplace(hash.algorithm, hash.hex);
  out += fmt::format("hashes = {}\n", inline_table(hashes));
  put(out, "subdirectory", file.subdirectory);
}

void put_package(std::string& out, const LockedPackage& package) {
  out += "\n[[packages]]\n";
  put(out, "name", package.name);
  put(out, "version", package.version_text);
  if (package.marker) put(out, "marker", package.marker->str());
  if (package.requires_python) out += fmt::format("requires-python = {}\n", toml_quoted(package.requires_python->str()));
  put_tables(out, "dependencies", package.dependencies);
  put(out, "index", package.index);
  put_tables(out, "attestation-identities", package.attestation_identities);
  if (const auto& vcs = package.vcs) {
    out += "\n[packages.vcs]\n";
    put(out, "type", vcs->type);
    put(out, "url", vcs->url);
    put(out, "path", vcs->path);
    put(out, "requested-revision", vcs->requested_revision);
    put(out, "commit-id", vcs->commit_id);
    put(out, "subdirectory", vcs->subdirectory);
  }
  if (const auto& directory = package.directory) {
    out += fmt::format("\n[packages.directory]\npath = {}\n", toml_quoted(directory->path));
    if (directory->editable) out += fmt::format("editable = {}\n", *directory->editable);
    put(out, "subdirectory", directory->subdirectory);
  }
  if (package.archive) put_file(out, "[packages.archive]", *package.archive);
  if (package.sdist) put_file(out, "[packages.sdist]", *package.sdist);
  for (const LockedFile& wheel : package.wheels) put_file(out, "[[packages.wheels]]", wheel);
}

}  // namespace

std::string LockedFile::filename() const {
  if (!name.empty()) return name;
  if (path.empty()) {  // cut first, decode then: an encoded '/' stays part of the name, which no file name admits
    const std::string_view plain = std::string_view(url).substr(0, url.find_first_of("?#"));
    return percent_decode(plain.substr(plain.rfind('/') + 1));
  }
  const char separator = path.find('/') != std::string::npos ? '/' : '\\';
  return path.substr(path.rfind(separator) + 1);
}

Result<Pylock> Pylock::parse(std::string_view text, std::string_view file) {
  PIPIT_TRY(const TomlValue document, parse_toml(text, kInvalidPylock, file, kSizeMax));
  const Table root{&document, "", file};
  Pylock out;
  PIPIT_CHECK(read_version(root, out));
  PIPIT_TRY(const auto environments, root.texts("environments"));
  for (std::size_t i = 0; i < environments.size(); ++i) {
    auto marker = Marker::parse(environments[i]);
    if (!marker) return root.refuse(marker.error().message, fmt::format("environments[{}]", i), document.find("environments")->line);
    out.environments.push_back(std::move(*marker));
  }
  PIPIT_TRY(out.extras, root.texts("extras"));
  for (std::size_t i = 0; i < out.extras.size(); ++i)
    if (normalize_name(out.extras[i]) != out.extras[i])
      return root.refuse(fmt::format("Name {} is not normalized", python_repr(out.extras[i])), fmt::format("extras[{}]", i), document.find("extras")->line);
  PIPIT_TRY(out.dependency_groups, root.texts("dependency-groups"));
  PIPIT_TRY(out.default_groups, root.texts("default-groups"));
  PIPIT_TRY(out.created_by, root.required_text("created-by"));
  PIPIT_TRY(out.requires_python, root.specifiers("requires-python"));
  if (!document.find("packages")) return root.refuse("Missing required value", "packages");
  PIPIT_TRY(const auto packages, root.tables("packages"));
  for (const Table& package : packages) {
    PIPIT_TRY(LockedPackage read, read_package(package));
    out.packages.push_back(std::move(read));
  }
  return out;
}

std::string Pylock::print() const {
  std::string out;
  put(out, "lock-version", lock_version);
  std::vector<std::string> markers;
  for (const Marker& marker : environments) markers.push_back(marker.str());
  put_list(out, "environments", markers);
  if (requires_python) out += fmt::format("requires-python = {}\n", toml_quoted(requires_python->str()));
  put_list(out, "extras", extras);
  put_list(out, "dependency-groups", dependency_groups);
  put_list(out, "default-groups", default_groups);
  out += fmt::format("created-by = {}\n", toml_quoted(created_by));
  if (packages.empty()) out += "packages = []\n";
  for (const LockedPackage& package : packages) put_package(out, package);
  return out;
}

bool Pylock::names_local_paths() const {
  const auto is_local = [](const LockedFile& file) { return !file.path.empty() || file.url.starts_with("file:"); };
  return std::any_of(packages.begin(), packages.end(), [&](const LockedPackage& package) {
    return package.directory || (package.vcs && !package.vcs->path.empty()) || (package.archive && is_local(*package.archive)) ||
           (package.sdist && is_local(*package.sdist)) || std::any_of(package.wheels.begin(), package.wheels.end(), is_local);
  });
}

bool is_pylock_filename(std::string_view filename) {
  if (filename == "pylock.toml") return true;
  if (!filename.starts_with("pylock.") || !filename.ends_with(".toml") || filename.size() <= 12) return false;
  return filename.substr(7, filename.size() - 12).find('.') == std::string_view::npos;
}

}  // namespace pipit::packaging
