#include "vectors/answers.h"

#include <algorithm>
#include <map>
#include <set>

#include "pipit/packaging/filename.h"
#include "pipit/packaging/markers.h"
#include "pipit/packaging/name.h"
#include "pipit/packaging/requirement.h"
#include "pipit/packaging/specifiers.h"
#include "pipit/packaging/tags.h"
#include "pipit/packaging/version.h"
#include "vectors/formats.h"

namespace pipit::vectors {
namespace {

using nlohmann::json;
using namespace packaging;

// This library's integers end at 64 bits: a larger number travels as marked text, and print() takes the marks off.
constexpr std::string_view kNumberMark = "@number:";
json number(const std::string& digits) {
  json value = json::parse(digits, nullptr, false);
  return value.is_number_unsigned() ? value : json(std::string(kNumberMark) + digits);
}
json optional_number(const std::optional<std::string>& digits) { return digits ? number(*digits) : json(nullptr); }

bool parse_version(const json& args, json& value) {
  const auto version = Version::try_parse(args.at("version").get<std::string>());
  if (!version) return false;
  json release = json::array(), pre;
  for (const std::string& segment : version->release()) release.push_back(number(segment));
  if (const auto found = version->pre()) pre = json::array({found->first, number(found->second)});
  value = {{"normalized", version->str()},
           {"epoch", number(version->epoch())},
           {"release", release},
           {"pre", pre},
           {"post", optional_number(version->post())},
           {"dev", optional_number(version->dev())},
           {"local", version->has_local() ? json(version->local()) : json(nullptr)},
           {"public", version->public_str()},
           {"base", version->base_str()},
           {"is_prerelease", version->is_prerelease()},
           {"is_postrelease", version->is_postrelease()},
           {"is_devrelease", version->is_devrelease()}};
  return true;
}

bool compare_versions(const json& args, json& value) {
  const auto left = Version::try_parse(args.at("left").get<std::string>());
  const auto right = Version::try_parse(args.at("right").get<std::string>());
  if (!left || !right) return false;
  value = *left < *right ? -1 : *left > *right ? 1 : 0;
  return true;
}

bool sort_versions(const json& args, json& value) {
  std::vector<std::pair<Version, std::string>> versions;
  for (const std::string& text : args.at("versions").get<std::vector<std::string>>()) {
    auto version = Version::try_parse(text);
    if (!version) return false;
    versions.emplace_back(*std::move(version), text);
  }
  std::stable_sort(versions.begin(), versions.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  value = json::array();
  for (const auto& item : versions) value.push_back(item.second);
  return true;
}

Prereleases policy(const json& args) {
  const json wanted = args.value("prereleases", json(nullptr));
  return wanted.is_null() ? Prereleases::from_specifier : wanted.get<bool>() ? Prereleases::allow : Prereleases::forbid;
}

bool parse_specifier(const json& args, json& value) {
  const auto set = SpecifierSet::parse(args.at("specifier").get<std::string>());
  if (set) value = set->str();
  return set.has_value();
}

bool specifier_contains(const json& args, json& value) {
  const auto set = SpecifierSet::parse(args.at("specifier").get<std::string>());
  if (set) value = set->contains_text(args.at("version").get<std::string>(), policy(args));
  return set.has_value();
}

bool specifier_filter(const json& args, json& value) {
  const auto set = SpecifierSet::parse(args.at("specifier").get<std::string>());
  if (!set) return false;
  const auto candidates = args.at("versions").get<std::vector<std::string>>();
  value = json::array();
  for (const std::size_t index : set->filter_texts(candidates, policy(args))) value.push_back(candidates[index]);
  return true;
}

bool parse_marker(const json& args, json& value) {
  const auto marker = Marker::parse(args.at("marker").get<std::string>());
  if (marker) value = marker->str();
  return marker.has_value();
}

MarkerEnvironment environment_of(const json& from) {
  const auto text = [&](const char* name) { return from.value(name, std::string()); };
  return {text("implementation_name"),
          text("implementation_version"),
          text("os_name"),
          text("platform_machine"),
          text("platform_release"),
          text("platform_system"),
          text("platform_version"),
          text("python_full_version"),
          text("platform_python_implementation"),
          text("python_version"),
          text("sys_platform")};
}

// An environment that brings sets of its own defines them, whatever the context is called.
MarkerExtras extras_of(const json& args) {
  const json& environment = args.at("environment");
  const std::string context = args.value("context", "metadata");
  MarkerExtras extras;
  extras.context = context == "requirement" ? MarkerContext::requirement : MarkerContext::metadata;
  if (context == "lock_file" || environment.contains("extras") || environment.contains("dependency_groups")) {
    extras.context = MarkerContext::lock_file;
    extras.extras = environment.value("extras", std::vector<std::string>());
    extras.dependency_groups = environment.value("dependency_groups", std::vector<std::string>());
  } else if (const std::string extra = environment.value("extra", std::string()); !extra.empty()) {
    extras.extras = {extra};
  }
  for (const auto& [name, given] : environment.items()) {
    if (given.is_string()) extras.others.emplace(name, given.get<std::string>());
  }
  return extras;
}

bool evaluate_marker(const json& args, json& value) {
  const auto marker = Marker::parse(args.at("marker").get<std::string>());
  if (!marker) return false;
  const auto holds = marker->evaluate(environment_of(args.at("environment")), extras_of(args));
  if (holds) value = *holds;
  return holds.has_value();
}

bool parse_requirement(const json& args, json& value) {
  const auto requirement = Requirement::parse(args.at("requirement").get<std::string>());
  if (!requirement) return false;
  json clauses = json::array();
  for (const Specifier& specifier : requirement->specifiers.specifiers()) clauses.push_back(specifier.str());
  std::vector<std::string> extras = requirement->extras;
  std::sort(extras.begin(), extras.end());
  value = {{"name", requirement->name},
           {"normalized_name", requirement->normalized_name()},
           {"extras", extras},
           {"specifier", clauses},
           {"url", requirement->url ? json(*requirement->url) : json(nullptr)},
           {"marker", requirement->marker.has_value()}};
  return true;
}

bool normalize(const json& args, json& value) {
  value = normalize_name(args.at("name").get<std::string>());
  return true;
}

json sorted_tags(const std::vector<Tag>& tags) {
  std::set<std::string> texts;
  for (const Tag& tag : tags) texts.insert(tag.str());
  return texts;
}

bool parse_wheel(const json& args, json& value) {
  const auto wheel = WheelFilename::parse(args.at("filename").get<std::string>());
  if (!wheel) return false;
  json build;
  if (!wheel->build.number.empty()) build = json::array({number(wheel->build.number), wheel->build.text});
  value = {
      {"name", wheel->normalized_name}, {"version", wheel->version.str()}, {"build", build}, {"tags", sorted_tags(wheel->tags)}};
  return true;
}

bool parse_sdist(const json& args, json& value) {
  const auto sdist = SdistFilename::parse(args.at("filename").get<std::string>());
  if (sdist) value = {{"name", sdist->name}, {"version", sdist->version.str()}};
  return sdist.has_value();
}

bool parse_tags(const json& args, json& value) {
  const auto tags = parse_tag(args.at("tag").get<std::string>());
  if (tags) value = sorted_tags(*tags);
  return tags.has_value();
}

std::pair<int, int> number_pair(const json& args, const char* name) {
  const auto numbers = args.value(name, std::vector<int>());
  return {numbers.empty() ? 0 : numbers[0], numbers.size() < 2 ? 0 : numbers[1]};
}

TagTarget target_of(const json& args) {
  static const std::map<std::string, OsKind> kSystems{{"linux", OsKind::linux_},    {"macos", OsKind::macos},
                                                      {"windows", OsKind::windows}, {"android", OsKind::android},
                                                      {"ios", OsKind::ios},         {"emscripten", OsKind::emscripten}};
  TagTarget target;
  target.implementation = args.at("implementation");
  const std::string version = args.at("version"), libc = args.value("libc", "");
  target.python_major = std::stoi(version);
  target.python_minor = std::stoi(version.substr(version.find('.') + 1));
  target.abis = args.value("abis", std::vector<std::string>());
  const auto system = kSystems.find(args.at("os"));
  target.os = system == kSystems.end() ? OsKind::other : system->second;
  target.architecture = args.value("arch", "");
  target.libc = libc == "glibc" ? Libc::glibc : libc == "musl" ? Libc::musl : Libc::none;
  std::tie(target.libc_major, target.libc_minor) = number_pair(args, "libc_version");
  std::tie(target.os_major, target.os_minor) = number_pair(args, "os_version");
  return target;
}

const SupportedTags& supported_by(const json& target) {
  static std::map<std::string, SupportedTags> known;
  const std::string key = target.dump();
  const auto at = known.find(key);
  return at != known.end() ? at->second : known.emplace(key, SupportedTags::for_target(target_of(target))).first->second;
}

bool list_tags(const json& args, json& value) {
  value = json::array();
  for (const Tag& tag : supported_by(args.at("target")).tags()) value.push_back(tag.str());
  return true;
}

bool is_compatible(const json& args, json& value) {
  const auto wheel = WheelFilename::parse(args.at("wheel").get<std::string>());
  if (wheel) value = supported_by(args.at("target")).supports(wheel->tags);
  return wheel.has_value();
}

// The best tag, then the highest build number, then the first in the list.
bool choose_best(const json& args, json& value) {
  std::optional<std::pair<std::size_t, BuildTag>> best;
  for (const std::string& name : args.at("wheels").get<std::vector<std::string>>()) {
    const auto wheel = WheelFilename::parse(name);
    if (!wheel) continue;
    const auto rank = supported_by(args.at("target")).rank(wheel->tags);
    if (!rank) continue;
    const bool better = !best || *rank < best->first || (*rank == best->first && wheel->build > best->second);
    if (better) best = std::pair(*rank, wheel->build), value = name;
  }
  return true;
}

using Answer = bool (*)(const json& args, json& value);

const std::map<std::string, Answer>& operations() {
  static const std::map<std::string, Answer> kOperations{{"version.parse", parse_version},
                                                         {"version.compare", compare_versions},
                                                         {"version.sort", sort_versions},
                                                         {"specifier.parse", parse_specifier},
                                                         {"specifier.contains", specifier_contains},
                                                         {"specifier.filter", specifier_filter},
                                                         {"marker.parse", parse_marker},
                                                         {"marker.evaluate", evaluate_marker},
                                                         {"requirement.parse", parse_requirement},
                                                         {"name.normalize", normalize},
                                                         {"wheel.parse", parse_wheel},
                                                         {"sdist.parse", parse_sdist},
                                                         {"tag.parse", parse_tags},
                                                         {"tags.list", list_tags},
                                                         {"tags.compatible", is_compatible},
                                                         {"tags.best", choose_best},
                                                         {"groups.resolve", answer_groups}};
  return kOperations;
}

}  // namespace

std::string print(const json& reply) {
  std::string text = reply.dump(-1, ' ', true, json::error_handler_t::replace);
  const std::string quoted = '"' + std::string(kNumberMark);
  for (std::size_t at = 0; (at = text.find(quoted, at)) != std::string::npos;) {
    text.erase(at, quoted.size());
    text.erase(text.find('"', at), 1);
  }
  return text;
}

Verdict answer(const std::string& op, const json& args, json& value) {
  const auto found = operations().find(op);
  if (found == operations().end()) return Verdict::unknown_operation;
  return found->second(args, value) ? Verdict::accepted : Verdict::rejected;
}

}  // namespace pipit::vectors
