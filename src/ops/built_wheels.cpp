#include "ops/built_wheels.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pipit/base/sink.h"
#include "pipit/python/installed.h"
#include "pipit/sys/file.h"
#include "pipit/verify/digest.h"

namespace pipit::ops {

namespace {

constexpr const char* kEntry = "entry.json";
constexpr std::uint64_t kEntryMaxBytes = 1u << 20;

// Variables that compilers and the usual back ends go by.
bool steers_builds(std::string_view name) {
  static constexpr const char* names[] = {"CC", "CXX", "CPP", "LD", "AR", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "ARCHFLAGS", "LDSHARED", "SOURCE_DATE_EPOCH",
                                          "MACOSX_DEPLOYMENT_TARGET", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "CPATH", "LIBRARY_PATH", "PKG_CONFIG_PATH", "RUSTFLAGS"};
  return std::any_of(std::begin(names), std::end(names), [&](const char* other) { return name == other; }) || name.starts_with("SETUPTOOLS_") ||
         name.starts_with("CMAKE_") || name.starts_with("SKBUILD_") || name.starts_with("CARGO_") || name.starts_with("NPY_") || name.starts_with("CYTHON_");
}

nlohmann::json circumstances(Session& session, const python::Interpreter& target, const ResolveOptions& options, const std::vector<std::string>& constraints) {
  nlohmann::json facts;
  facts["interpreter"] = {target.implementation, target.full_version, target.abi_flags, target.base_prefix, target.markers.platform_machine};
  facts["settings"] = options.config_settings;
  facts["constraints"] = constraints;
  facts["network"] = options.build_network;
  facts["sealed"] = options.build_sandbox != BuildSandbox::off;
  facts["uploaded-prior-to"] = options.uploaded_prior_to.value_or("");
  facts["variables"] = nlohmann::json::object();
  for (const auto& [name, value] : session.environment())
    if (steers_builds(name)) facts["variables"][name] = value;
  if (!options.build_isolation) {  // then the target is the build environment
    Diagnostics quiet;
    facts["installed"] = nlohmann::json::array();
    for (const python::InstalledDist& dist : python::installed_in(target.search_path, quiet)) facts["installed"].push_back(dist.normalized_name + "==" + dist.version_text);
  }
  return facts;
}

}  // namespace

BuiltWheels::BuiltWheels(Session& session, const python::Interpreter& target, const ResolveOptions& options, const std::vector<std::string>& constraints) : os_(session.os()) {
  if (const auto& cache = session.cache_directory()) root_ = *cache / "built-v1";
  if (!root_.empty()) circumstances_ = circumstances(session, target, options, constraints).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::filesystem::path BuiltWheels::folder(const std::string& sdist_sha256, const std::string& subdirectory) const {
  const std::string key = verify::sha256_hex(as_bytes_view(sdist_sha256 + "\n" + subdirectory + "\n" + circumstances_));
  return root_ / key.substr(0, 2) / key;
}

std::optional<BuiltWheel> BuiltWheels::find(const std::string& sdist_sha256, const std::string& subdirectory) const {
  if (root_.empty() || sdist_sha256.empty()) return std::nullopt;
  const std::filesystem::path place = folder(sdist_sha256, subdirectory);
  auto text = sys::read_file(place / kEntry, kEntryMaxBytes);
  if (!text) return std::nullopt;
  const nlohmann::json entry = nlohmann::json::parse(*text, nullptr, false);
  if (!entry.is_object() || !entry.contains("wheel") || !entry["wheel"].is_string() || !entry.contains("sha256") || !entry["sha256"].is_string()) return std::nullopt;
  const std::filesystem::path file = entry["wheel"].get<std::string>();
  if (file.has_parent_path() || !sys::is_regular_file(place / file)) return std::nullopt;
  return BuiltWheel{place / file, entry["sha256"].get<std::string>()};
}

std::optional<std::filesystem::path> BuiltWheels::remember(const std::string& sdist_sha256, const std::string& subdirectory, const BuiltWheel& wheel,
                                                           const std::vector<std::string>& environment) {
  if (root_.empty() || sdist_sha256.empty()) return std::nullopt;
  const std::filesystem::path place = folder(sdist_sha256, subdirectory);
  const auto bytes = sys::MappedFile::open(wheel.file);
  const nlohmann::json entry = {{"wheel", wheel.file.filename().string()}, {"sha256", wheel.sha256}, {"sdist", sdist_sha256}, {"environment", environment}};
  if (!bytes || !sys::make_directories(place, 0755) || !sys::replace_file(os_, place / wheel.file.filename(), bytes->text(), 0644) ||
      !sys::replace_file(os_, place / kEntry, entry.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace), 0644))
    return std::nullopt;
  return place;
}

}  // namespace pipit::ops
