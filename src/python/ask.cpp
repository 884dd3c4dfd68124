#include "python/ask.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pipit/base/text.h"
#include "pipit/sys/dir.h"
#include "pipit/sys/process.h"

namespace pipit::python {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::chrono::milliseconds kAnswerTimeout{10'000};
constexpr std::uint64_t kAnswerMaxBytes = 1 << 20;
constexpr std::string_view kMark = "PIPIT-ANSWER ";

// Runs on any Python from 2.6 up, so that an old one can say which it is. sysconfig and site are imported, not executed.
constexpr std::string_view kScript = R"(
import sys
out = {'version': list(sys.version_info[:3]), 'executable': sys.executable}
if sys.version_info >= (3, 6):
    import os, platform, sysconfig, site
    v = sys.implementation.version
    spelled = '%d.%d.%d' % tuple(v[:3])
    if v[3] != 'final':
        spelled += v[3][0] + str(v[4])
    paths = sysconfig.get_paths()
    out.update(
        full_version=platform.python_version(), implementation=sys.implementation.name,
        implementation_name=platform.python_implementation(), implementation_version=spelled,
        prefix=sys.base_prefix, abi_flags=getattr(sys, 'abiflags', ''), debug=bool(sysconfig.get_config_var('Py_DEBUG')),
        threaded=bool(sysconfig.get_config_var('Py_GIL_DISABLED')), ext_suffix=sysconfig.get_config_var('EXT_SUFFIX'),
        platlibdir=getattr(sys, 'platlibdir', 'lib'), paths=paths, site_packages=site.getsitepackages())
import json
print('PIPIT-ANSWER ' + json.dumps(out))
)";

Result<std::string> run(const fs::path& executable, const InspectOptions& options) {
  sys::ProcessSpec spec;
  spec.program = executable;
  spec.arguments = {"-I", "-S", "-c", std::string(kScript)};
  for (const auto& variable : options.environment)
    if (variable.first.rfind("PYTHON", 0) != 0) spec.environment.push_back(variable);
  spec.output_max_bytes = kAnswerMaxBytes;
  spec.timeout = kAnswerTimeout;
  PIPIT_TRY(sys::ProcessResult result, sys::run_process(spec));
  const std::size_t mark = result.output.rfind(kMark);
  if (result.exit_code != 0 || mark == std::string::npos) {
    Error error = make_error(kNotAnInterpreter, fmt::format("{} did not answer as a Python interpreter (exit code {})",
                                                            executable.string(), result.exit_code));
    const auto lines = split(trim(result.errors), '\n');
    if (!lines.empty() && !lines.back().empty()) error.details.emplace_back(escape_for_terminal(lines.back()));
    return fail(std::move(error));
  }
  return std::string(trim(std::string_view(result.output).substr(mark + kMark.size())));
}

Error no_sense(const fs::path& executable) {
  return make_error(kNotAnInterpreter, fmt::format("the answer of {} makes no sense", executable.string()));
}

// "cpython-311-x86_64-linux-gnu" tells nothing new; "pypy310-pp73-..." and "graalpy242-311-native-..." are the ABI.
std::string abi_tag_of(std::string_view ext_suffix) {
  const auto parts = split(ext_suffix, '.');
  if (parts.size() < 3) return "";
  const auto words = split(parts[1], '-');
  const std::size_t count = parts[1].rfind("pypy", 0) == 0 ? 2 : parts[1].rfind("graalpy", 0) == 0 ? 3 : words.size();
  std::string tag;
  for (std::size_t i = 0; i < words.size() && i < count; ++i) (tag += tag.empty() ? "" : "_") += words[i];
  std::replace(tag.begin(), tag.end(), '.', '_');
  return tag;
}

std::string text_of(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}
bool is_true(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_boolean() && at->get<bool>();
}

// Others must not be able to plant answers: the directory is ours and closed to others for writing.
bool is_private(const fs::path& directory) {
  const auto stat = sys::stat_path(directory, sys::Follow::no);
  return stat && *stat && (*stat)->kind == sys::FileStat::Kind::directory && (*stat)->uid == sys::effective_user_id() &&
         ((*stat)->mode & 022) == 0;
}

struct CacheEntry {
  fs::path file;
  std::string key;
};
std::optional<CacheEntry> cache_entry(const fs::path& executable, const InspectOptions& options) {
  if (options.cache_directory.empty()) return std::nullopt;
  const auto stat = sys::stat_path(executable);
  if (!stat || !*stat) return std::nullopt;
  CacheEntry entry;
  entry.key = fmt::format("1 {} {} {} {} {}", (*stat)->device, (*stat)->inode, (*stat)->mtime_ns, (*stat)->size, executable.string());
  std::uint64_t name = 14695981039346656037u;  // FNV-1a: a file name, not a promise; the key inside decides
  for (char c : executable.string()) name = (name ^ static_cast<unsigned char>(c)) * 1099511628211u;
  entry.file = options.cache_directory / "interpreters" / fmt::format("{:016x}.json", name);
  return entry;
}

std::optional<std::string> cached_answer(const CacheEntry& entry) {
  if (!is_private(entry.file.parent_path())) return std::nullopt;
  const auto text = sys::read_file(entry.file, kAnswerMaxBytes * 2);
  if (!text) return std::nullopt;
  const std::size_t end = text->find('\n');
  if (end == std::string::npos || std::string_view(*text).substr(0, end) != entry.key) return std::nullopt;
  return text->substr(end + 1);
}

// A cache that cannot be written costs time, nothing else.
void remember(const CacheEntry& entry, const std::string& answer) {
  if (!sys::make_directories(entry.file.parent_path(), 0700) || !is_private(entry.file.parent_path())) return;
  (void)sys::replace_file(sys::real_os(), entry.file, entry.key + "\n" + answer, 0600);
}

}  // namespace

Result<BaseFacts> parse_answer(std::string_view text, const fs::path& executable) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return fail(no_sense(executable));
  const auto version = json.find("version");
  if (version == json.end() || !version->is_array() || version->size() != 3) return fail(no_sense(executable));
  for (const Json& part : *version)
    if (!part.is_number_integer()) return fail(no_sense(executable));
  BaseFacts facts;
  facts.major = (*version)[0].get<int>();
  facts.minor = (*version)[1].get<int>();
  facts.micro = (*version)[2].get<int>();
  facts.executable = text_of(json, "executable");
  facts.was_run = true;
  const auto paths = json.find("paths"), sites = json.find("site_packages");
  if (paths == json.end() || !paths->is_object() || sites == json.end() || !sites->is_array()) {
    if (facts.major < 3 || (facts.major == 3 && facts.minor < 6)) return fail(too_old(executable, facts.xy()));
    return fail(no_sense(executable));
  }
  facts.prefix = text_of(json, "prefix");
  facts.implementation = text_of(json, "implementation");
  facts.implementation_name = text_of(json, "implementation_name");
  facts.full_version = text_of(json, "full_version");
  facts.implementation_version = text_of(json, "implementation_version");
  facts.abi_flags = text_of(json, "abi_flags");
  if (is_true(json, "threaded") && facts.abi_flags.find('t') == std::string::npos) facts.abi_flags.insert(0, "t");
  if (is_true(json, "debug") && facts.abi_flags.find('d') == std::string::npos) facts.abi_flags += "d";
  if (facts.implementation != "cpython") facts.abi_tag = abi_tag_of(text_of(json, "ext_suffix"));
  facts.platlibdir = text_of(json, "platlibdir");
  facts.vendor = Vendor::told;
  SchemePaths& told = facts.told_paths;
  told = {text_of(*paths, "stdlib"), text_of(*paths, "platstdlib"), text_of(*paths, "purelib"), text_of(*paths, "platlib"),
          text_of(*paths, "scripts"), text_of(*paths, "data"), text_of(*paths, "include")};
  facts.library_name = fs::path(told.stdlib).filename().string();
  for (const Json& site : *sites)
    if (site.is_string()) facts.told_site_packages.push_back(site.get<std::string>());
  if (facts.prefix.empty() || facts.full_version.empty() || told.stdlib.empty() || told.purelib.empty()) return fail(no_sense(executable));
  return facts;
}

Result<BaseFacts> ask_interpreter(const fs::path& executable, const InspectOptions& options, std::string_view why) {
  const auto entry = cache_entry(executable, options);
  if (entry)
    if (const auto known = cached_answer(*entry))
      if (auto facts = parse_answer(*known, executable)) return std::move(*facts);
  if (!options.may_run)
    return fail(make_error(kNotAnInterpreter, fmt::format("{} cannot be described without running it: {}", executable.string(), why)));
  auto answer = run(executable, options);
  if (!answer) return fail(std::move(answer).error().while_(fmt::format("asking {} about itself, because {}", executable.string(), why)));
  PIPIT_TRY(BaseFacts facts, parse_answer(*answer, executable));
  if (entry) remember(*entry, *answer);
  return facts;
}

Result<fs::path> executable_behind(const fs::path& script, const InspectOptions& options) {
  PIPIT_TRY(const std::string answer, run(script, options));
  const Json json = Json::parse(answer, nullptr, /*allow_exceptions=*/false);
  const std::string executable = json.is_object() ? text_of(json, "executable") : "";
  if (executable.empty() || executable == script.string() || executable[0] != '/') return fail(no_sense(script));
  return fs::path(executable);
}

}  // namespace pipit::python
