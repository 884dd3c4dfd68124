#include "vectors/formats.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "pipit/packaging/pyproject.h"
#include "pipit/packaging/requirements_file.h"

namespace pipit::vectors {
namespace {

using nlohmann::json;
using namespace pipit::packaging;

Result<LoadedFile> load(const std::string& location) {
  std::string path = location;
  if (path.starts_with("file://")) path = path.substr(7);
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) {
    Error error = make_error(kRequirementsFileUnreadable, "cannot open " + path);
    error.os_errno = errno;
    return fail(std::move(error));
  }
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return LoadedFile{bytes.str(), std::nullopt};
}

RequirementsParseContext context() {
  RequirementsParseContext context;
  context.load = load;
  context.variable = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
  context.path_exists = [](const std::string& path) { return std::filesystem::exists(path); };
  context.is_directory = [](const std::string& path) { return std::filesystem::is_directory(path); };
  context.current_directory = std::filesystem::current_path().string();
  return context;
}

json text_or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }

json line_json(const RequirementLine& line) {
  json out{{"text", line.text}, {"editable", line.editable}, {"constraint", line.constraint}, {"name", nullptr}, {"extras", line.extras},
           {"specifier", json::array()}, {"marker", nullptr}, {"url", text_or_null(line.url)}, {"hashes", json::object()},
           {"config_settings", json::object()}, {"file", line.origin.file}, {"line", line.origin.line}};
  if (const auto& requirement = line.requirement) {
    out["name"] = requirement->name;
    if (line.extras.empty()) out["extras"] = requirement->extras;
    for (const Specifier& specifier : requirement->specifiers.specifiers()) out["specifier"].push_back(specifier.str());
    if (requirement->url) out["url"] = *requirement->url;
  }
  if (line.marker) out["marker"] = line.marker->str();
  for (std::size_t i = 0; i < line.hashes.size(); ++i) out["hashes"][line.hashes[i].algorithm].push_back(line.hashes_as_typed[i]);
  for (const auto& [key, values] : line.config_settings) out["config_settings"][key] = values.size() == 1 ? json(values[0]) : json(values);
  return out;
}

json options_json(const FileOptions& options) {
  return {{"index_urls", options.index_urls},       {"find_links", options.find_links},   {"no_index", options.no_index},
          {"trusted_hosts", options.trusted_hosts}, {"prefer_binary", options.prefer_binary}, {"pre", options.pre},
          {"all_releases", options.all_releases},   {"only_final", options.only_final},   {"no_binary", options.no_binary},
          {"only_binary", options.only_binary},     {"require_hashes", options.require_hashes}, {"use_features", options.use_features}};
}

DependencyGroup::Item group_item(const json& value) {
  DependencyGroup::Item item;
  if (value.is_string())
    item.requirement = value.get<std::string>();
  else if (value.is_object() && value.size() == 1 && value.contains("include-group") && value["include-group"].is_string())
    item.include = value["include-group"].get<std::string>();
  else
    item.problem = "neither a requirement nor an include";
  return item;
}

Result<DependencyGroups> read_groups(const json& groups) {
  std::vector<DependencyGroup> out;
  for (const auto& [name, value] : groups.items()) {
    DependencyGroup group;
    group.name = name;
    if (!value.is_array()) group.problem = "is not a list";
    if (value.is_array())
      for (const json& item : value) group.items.push_back(group_item(item));
    out.push_back(std::move(group));
  }
  return DependencyGroups::make(std::move(out));
}

}  // namespace

bool answer_groups(const json& args, json& value) {
  if (!args.at("groups").is_object()) return false;
  const auto groups = read_groups(args.at("groups"));
  if (!groups) return false;
  value = json::array();
  for (const json& name : args.at("select")) {
    const auto requirements = groups->resolve(name.get<std::string>());
    if (!requirements) return false;
    for (const Requirement& requirement : *requirements) value.push_back(requirement.str());
  }
  return true;
}

int run_reqfile(int argc, char** argv) {
  const bool constraint = argc > 1 && std::string_view(argv[0]) == "-c";
  if (argc < (constraint ? 2 : 1)) return 2;
  const char* entry = argv[constraint ? 1 : 0];
  FileOptions defaults;
  defaults.index_urls = {"DEFAULT"};
  const auto file = parse_requirements_file(entry, constraint, defaults, context());
  if (!file) {
    std::cerr << file.error().where << ": " << file.error().message << "\n";
    for (const Error& error : file.error().also) std::cerr << error.where << ": " << error.message << "\n";
    return 1;
  }
  json out{{"requirements", json::array()}, {"options", options_json(file->options)}};
  for (const RequirementLine& line : file->lines) out["requirements"].push_back(line_json(line));
  std::cout << out.dump(-1, ' ', false, json::error_handler_t::replace) << "\n";
  return 0;
}

}  // namespace pipit::vectors
