#include "python/base_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "pipit/base/text.h"
#include "pipit/sys/file.h"
#include "python/numbers.h"
#include "python/sysconfig_data.h"

namespace pipit::python {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kHeaderMaxBytes = 1 << 20;
constexpr int kMinorMin = 6, kLinksMax = 40;

struct NameHint {
  int major = 0, minor = 0;
  std::string flags;  // "t", "m", ...
};

// "python3.13t", "pypy3.10", "libpython3.10.so.1.0" after its prefix -> numbers and flags.
std::optional<NameHint> version_in_name(std::string_view name, std::string_view prefix) {
  if (!take(name, prefix)) return std::nullopt;
  NameHint hint;
  const auto major = take_number(name);
  if (!major || !take(name, ".")) return std::nullopt;
  const auto minor = take_number(name);
  if (!minor) return std::nullopt;
  hint.major = *major;
  hint.minor = *minor;
  while (!name.empty() && std::string_view("tdmu").find(name[0]) != std::string_view::npos) {
    hint.flags += name[0];
    name.remove_prefix(1);
  }
  return hint;
}

// Follows links of the last component only, as CPython's getpath does: a linked parent directory stays as it was named.
fs::path follow_last_component(fs::path path) {
  for (int i = 0; i < kLinksMax; ++i) {
    auto target = sys::read_link(path);
    if (!target) return path;
    path = (fs::path(*target).is_absolute() ? fs::path(*target) : path.parent_path() / *target).lexically_normal();
  }
  return path;
}

struct Library {
  std::string prefix, libdir, name;
};

// The nearest directory upwards that holds lib/NAME/os.py. The root directory does not count (CPython stops before it).
std::optional<Library> search_up(const fs::path& start, const std::vector<std::string>& names) {
  for (fs::path at = start; at.has_relative_path(); at = at.parent_path())
    for (const char* libdir : {"lib", "lib64"})
      for (const std::string& name : names)
        if (sys::is_regular_file(at / libdir / name / "os.py")) return Library{at.string(), libdir, name};
  return std::nullopt;
}

std::optional<Library> find_library(const fs::path& executable, const std::vector<std::string>& names) {
  if (auto found = search_up(follow_last_component(executable).parent_path(), names)) return found;
  if (auto real = sys::real_path(executable)) return search_up(real->parent_path(), names);
  return std::nullopt;
}

// Where the loader would find `name`, as far as files tell: RUNPATH, then the usual directories.
std::optional<sys::MappedFile> map_shared_library(const ElfFile& elf, const std::string& name, const fs::path& executable) {
  const auto real = sys::real_path(executable);
  const fs::path origin = real ? real->parent_path() : executable.parent_path();
  std::vector<fs::path> directories;
  for (std::string_view part : split(elf.run_path(), ':')) {
    if (part.empty()) continue;
    std::string text(part);
    for (std::string_view variable : {"${ORIGIN}", "$ORIGIN"})
      if (const std::size_t at = text.find(variable); at != std::string::npos) text.replace(at, variable.size(), origin.string());
    directories.emplace_back(text);
  }
  if (!elf.loader().empty())
    if (auto loader = sys::real_path(elf.loader())) directories.push_back(loader->parent_path());
  for (const fs::path& prefix : {origin.parent_path(), fs::path("/usr"), fs::path("/")})
    for (const char* libdir : {"lib64", "lib"}) directories.push_back(prefix / libdir);
  for (const fs::path& directory : directories)
    if (auto mapped = sys::MappedFile::open(directory / name)) return std::move(*mapped);
  return std::nullopt;
}

// "3.10.13" alone between NULs, with the given X.Y; nullopt unless exactly one such version is found.
std::optional<std::string> lone_version_string(std::string_view text, int major, int minor) {
  const std::string start = fmt::format("{}{}.{}.", '\0', major, minor);
  std::set<std::string> found;
  for (std::size_t at = text.find(start); at != std::string_view::npos; at = text.find(start, at + 1)) {
    std::string_view word = text.substr(at + 1, 24);
    const std::size_t end = word.find('\0');
    if (end == std::string_view::npos) continue;
    word = word.substr(0, end);
    std::string_view rest = word.substr(start.size() - 1);
    if (!take_number(rest)) continue;
    if (!rest.empty() && rest != "+" && rest.find_first_not_of("abrc0123456789+") != std::string_view::npos) continue;
    found.emplace(word);
  }
  return found.size() == 1 ? std::optional(*found.begin()) : std::nullopt;
}

// Sets every version field from "3.13.0rc2+"; false if it is not of that form.
bool set_version(BaseFacts& facts, std::string_view full_version) {
  std::string_view rest = full_version;
  const auto major = take_number(rest);
  if (!major || !take(rest, ".")) return false;
  const auto minor = take_number(rest);
  if (!minor || !take(rest, ".")) return false;
  const auto micro = take_number(rest);
  if (!micro) return false;
  facts.major = *major;
  facts.minor = *minor;
  facts.micro = *micro;
  facts.full_version = std::string(full_version);
  facts.implementation_version = implementation_spelling(full_version);
  return true;
}

std::optional<std::string> header_define(const BaseFacts& facts, std::string_view flags, std::string_view define) {
  const std::string name = facts.implementation == "pypy" ? "pypy" : "python";
  const auto text = sys::read_file(fmt::format("{}/include/{}{}{}/patchlevel.h", facts.prefix, name, facts.xy(), flags), kHeaderMaxBytes);
  return text ? quoted_define(*text, define) : std::nullopt;
}

struct Reader {
  const fs::path& executable;
  const ElfFile& elf;
  std::optional<sys::MappedFile> shared;  // libpython, if the executable is a small front of it
  std::optional<std::uint64_t> hex;       // Py_Version
  std::optional<NameHint> hint;
  std::string real_name;
  FileFacts out;

  Status identify();
  void find_prefix();
  void read_abi();
  void read_version();
  void read_vendor();
  void read_pypy();
  std::vector<std::pair<std::string, SysconfigData>> sysconfig_files() const;
  void doubt(std::string why) {
    if (out.doubt.empty()) out.doubt = std::move(why);
  }
};

Status Reader::identify() {
  const auto real = sys::real_path(executable);
  real_name = (real ? *real : executable).filename().string();
  for (const std::string& needed : elf.needed()) {
    const auto found = version_in_name(needed, "libpython");
    if (!found) continue;
    hint = found;
    shared = map_shared_library(elf, needed, executable);
  }
  hex = elf.exported_word("Py_Version");
  if (!hex && shared)
    if (const auto library = ElfFile::parse(shared->bytes())) hex = library->exported_word("Py_Version");
  if (hex) {
    hint = NameHint{static_cast<int>(*hex >> 24 & 0xff), static_cast<int>(*hex >> 16 & 0xff), hint ? hint->flags : ""};
  } else if (!hint) {
    hint = version_in_name(real_name, "python");
  }
  if (real_name.rfind("pypy", 0) == 0) {
    out.facts.implementation = "pypy";
    hint = version_in_name(real_name, "pypy");
  }
  const bool python_by_name = real_name.rfind("python", 0) == 0 || real_name.rfind("pypy", 0) == 0;
  if (real_name.rfind("graalpy", 0) == 0) doubt("GraalPy does not tell its version in a file");
  else if (!hint && !python_by_name)
    return fail(make_error(kNotAnInterpreter, fmt::format("{} is not a Python interpreter", executable.string())));
  if (hint && (hint->major < 3 || (hint->major == 3 && hint->minor < kMinorMin)))
    return fail(too_old(executable, fmt::format("{}.{}", hint->major, hint->minor)));
  return ok();
}

void Reader::find_prefix() {
  BaseFacts& facts = out.facts;
  if (!hint) return doubt("its name does not tell the version");
  facts.major = hint->major;
  facts.minor = hint->minor;
  const std::string plain = (facts.implementation == "pypy" ? "pypy" : "python") + facts.xy();
  std::vector<std::string> names = {plain, plain + "t"};
  // A name with "t" wins where both builds share a prefix; so does the one without.
  const auto named = version_in_name(real_name, "python");
  if ((named && named->flags.find('t') != std::string::npos) || hint->flags.find('t') != std::string::npos)
    std::swap(names[0], names[1]);
  const auto library = find_library(executable, names);
  if (!library) return doubt("no standard library was found near it");
  facts.prefix = library->prefix;
  facts.platlibdir = library->libdir;
  facts.library_name = library->name;
}

constexpr std::array<std::string_view, 4> kVariables = {"ABIFLAGS", "Py_DEBUG", "Py_GIL_DISABLED", "PLATLIBDIR"};  // that read_abi() asks for

std::vector<std::pair<std::string, SysconfigData>> Reader::sysconfig_files() const {
  std::vector<std::pair<std::string, SysconfigData>> found;
  const auto entries = sys::list_directory(out.facts.stdlib());
  if (!entries) return found;
  for (const sys::DirEntry& entry : *entries) {
    const std::string& name = entry.name;
    const auto flags = abi_flags_of_sysconfig_name(name);
    const bool json = name.size() > 5 && name.substr(name.size() - 5) == ".json";
    if (!flags || (!json && (name.size() < 3 || name.substr(name.size() - 3) != ".py"))) continue;
    const auto text = sys::read_file(fs::path(out.facts.stdlib()) / name);
    if (!text) continue;
    auto data = json ? parse_sysconfig_json(*text, kVariables) : parse_sysconfig_literal(*text, kVariables);
    if (data) found.emplace_back(*flags, std::move(*data));
  }
  return found;
}

void Reader::read_abi() {
  BaseFacts& facts = out.facts;
  auto files = sysconfig_files();
  // Several builds may share a prefix (python3.11 and python3.11d): the executable's name tells them apart.
  std::set<std::string> flag_sets;
  for (const auto& [flags, data] : files) flag_sets.insert(flags);
  if (flag_sets.empty()) return doubt("its sysconfig data is missing");
  facts.abi_flags = *flag_sets.begin();
  if (flag_sets.size() > 1) {
    const auto named = version_in_name(real_name, "python");
    if (!named || !flag_sets.contains(named->flags)) return doubt("several builds share its prefix");
    facts.abi_flags = named->flags;
  }
  const bool threaded = facts.library_name.back() == 't';
  if (threaded != (facts.abi_flags.find('t') != std::string::npos)) return doubt("file names disagree about free threading");
  for (const auto& [flags, data] : files) {
    if (flags != facts.abi_flags) continue;
    const auto value = [&data = data](std::string_view key) {
      const auto at = data.find(key);
      return at == data.end() ? std::string() : at->second;
    };
    if (data.contains("ABIFLAGS") && value("ABIFLAGS") != facts.abi_flags) doubt("its sysconfig data disagrees with its file name");
    if ((value("Py_DEBUG") == "1") != (facts.abi_flags.find('d') != std::string::npos)) doubt("it is a debug build in part");
    if ((value("Py_GIL_DISABLED") == "1") != threaded) doubt("its sysconfig data disagrees about free threading");
    if (const std::string libdir = value("PLATLIBDIR"); !libdir.empty() && libdir.find('/') == std::string::npos) facts.platlibdir = libdir;
  }
}

void Reader::read_version() {
  BaseFacts& facts = out.facts;
  const auto header = header_define(facts, facts.abi_flags, "PY_VERSION");
  if (hex) {
    if (!set_version_from_hex(facts, *hex)) return doubt("its version number makes no sense");
    // Only the header shows the "+" of a build between releases.
    if (header && *header == facts.full_version + "+") facts.full_version = *header;
    else if (header && *header != facts.full_version) doubt("its headers are of another version");
    return;
  }
  std::optional<std::string> found = header;
  if (!found) found = lone_version_string(shared ? shared->text() : elf.text(), facts.major, facts.minor);
  const int major = facts.major, minor = facts.minor;
  if (!found || !set_version(facts, *found)) return doubt("no file tells its exact version");
  if (facts.major != major || facts.minor != minor) doubt("its headers are of another version");
}

// "lib/pypy3.10/_ctypes.pypy310-pp73-x86_64-linux-gnu.so" tells the ABI.
void Reader::read_pypy() {
  BaseFacts& facts = out.facts;
  const auto entries = sys::list_directory(facts.stdlib());
  for (const sys::DirEntry& entry : entries ? *entries : std::vector<sys::DirEntry>{}) {
    const std::size_t at = entry.name.find(".pypy");
    if (at == std::string::npos) continue;
    const std::string rest = entry.name.substr(at + 1);
    const std::size_t first = rest.find('-'), second = first == std::string::npos ? first : rest.find('-', first + 1);
    if (second == std::string::npos) continue;
    facts.abi_tag = rest.substr(0, second);
    std::replace(facts.abi_tag.begin(), facts.abi_tag.end(), '-', '_');
    break;
  }
  const auto version = header_define(facts, "", "PY_VERSION"), own = header_define(facts, "", "PYPY_VERSION");
  if (facts.abi_tag.empty() || !version || !own || !set_version(facts, *version)) return doubt("its files do not tell its version");
  facts.implementation_name = "PyPy";
  facts.implementation_version = implementation_spelling(*own);
}

bool file_mentions(const fs::path& path, std::string_view word) {
  const auto mapped = sys::MappedFile::open(path);
  return mapped && find_in_long_text(mapped->text(), word) != std::string_view::npos;
}

// Debian's site.py looks for packages in "local/lib" under "dist-packages". Before 3.10 that is all there is to see: the
// same places were named by distutils, whose schemes pip took then, and sysconfig was left as it came.
bool is_old_debian(const BaseFacts& facts) {
  const fs::path site = fs::path(facts.stdlib()) / "site.py";
  return facts.minor < 10 && file_mentions(site, "\"dist-packages\"") && file_mentions(site, "\"local/lib\"");
}

// Vendors patch sysconfig and site; the patched words are looked for, not the vendor's name.
void Reader::read_vendor() {
  BaseFacts& facts = out.facts;
  const fs::path stdlib = facts.stdlib();
  const bool package = sys::is_directory(stdlib / "sysconfig");
  const fs::path sysconfig = package ? stdlib / "sysconfig" / "__init__.py" : stdlib / "sysconfig.py";
  if (file_mentions(sysconfig, "'posix_local'") || is_old_debian(facts)) facts.vendor = Vendor::debian;
  else if (file_mentions(stdlib / "site.py", "dist-packages")) doubt("its vendor changed where packages go");
  else if (file_mentions(sysconfig, "rpm_prefix")) doubt("its vendor changed where packages go");
  else if (sys::is_regular_file(fs::path(facts.prefix) / "lib" / facts.library_name / "_vendor.py")) doubt("its vendor changed where packages go");
}

}  // namespace

Error too_old(const fs::path& executable, std::string_view version) {
  return make_error(kNotAnInterpreter, fmt::format("{} is Python {}; pipit needs a target of Python 3.{} or newer", executable.string(),
                                                   version, kMinorMin));
}

std::optional<std::string> quoted_define(std::string_view header, std::string_view name) {
  for (std::string_view line : split(header, '\n')) {
    const auto words = split_words(line);
    if (words.size() < 3 || words[0] != "#define" || words[1] != name) continue;
    const std::string_view value = words[2];
    if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::nullopt;
    return std::string(value.substr(1, value.size() - 2));
  }
  return std::nullopt;
}

std::string implementation_spelling(std::string_view full_version) {
  std::string out(full_version.substr(0, full_version.find('+')));
  if (const std::size_t at = out.find("rc"); at != std::string::npos) out.erase(at, 1);
  return out;
}

bool set_version_from_hex(BaseFacts& facts, std::uint64_t hex) {
  const auto level = static_cast<unsigned>(hex >> 4 & 0xf), serial = static_cast<unsigned>(hex & 0xf);
  if (hex > 0xffffffff || level < 0xa || (level > 0xc && level != 0xf)) return false;
  std::string version = fmt::format("{}.{}.{}", hex >> 24 & 0xff, hex >> 16 & 0xff, hex >> 8 & 0xff);
  if (level != 0xf) version += fmt::format("{}{}", level == 0xa ? "a" : level == 0xb ? "b" : "rc", serial);
  return set_version(facts, version);
}

Result<FileFacts> read_base_facts(const fs::path& executable, const ElfFile& elf) {
  Reader reader{executable, elf, {}, {}, {}, {}, {}};
  PIPIT_CHECK(reader.identify());
  if (reader.out.doubt.empty()) reader.find_prefix();
  if (!reader.out.doubt.empty()) return std::move(reader.out);
  reader.out.facts.implementation_name = "CPython";
  if (reader.out.facts.implementation == "pypy") {
    reader.read_pypy();
  } else {
    reader.read_abi();
    reader.read_version();
    reader.read_vendor();
  }
  return std::move(reader.out);
}

}  // namespace pipit::python
