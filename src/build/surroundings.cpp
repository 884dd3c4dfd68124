#include "build/surroundings.h"

#include <algorithm>

#include "pipit/base/text.h"
#include "pipit/sys/file.h"

namespace pipit::build {

namespace {

constexpr const char* kHome = "home";
constexpr const char* kTemporary = "tmp";

bool steers_python(std::string_view name) {
  return name.starts_with("PIP_") || name.starts_with("PYTHON") || name == "VIRTUAL_ENV" || name == "__PYVENV_LAUNCHER__";
}

// "scheme://user:password@host", or a token in the user's place.
bool holds_credentials(std::string_view value) {
  const std::size_t scheme = value.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view authority = value.substr(scheme + 3, value.substr(scheme + 3).find_first_of("/?#"));
  return authority.find('@') != std::string_view::npos;
}

// A sealed build is told no passwords, and of no agents that hold some.
bool may_be_secret(const std::string& name) {
  static constexpr const char* agents[] = {"SSH_AUTH_SOCK", "SSH_AGENT_PID", "GPG_AGENT_INFO", "DBUS_SESSION_BUS_ADDRESS", "XAUTHORITY", "XDG_RUNTIME_DIR", "KRB5CCNAME",
                                           "DOCKER_HOST", "NETRC"};
  if (std::any_of(std::begin(agents), std::end(agents), [&](const char* agent) { return name == agent; })) return true;
  const std::string upper = ascii_upper(name);
  static constexpr const char* parts[] = {"TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "API_KEY", "APIKEY", "ACCESS_KEY", "PRIVATE_KEY"};
  if (std::any_of(std::begin(parts), std::end(parts), [&](const char* part) { return upper.find(part) != std::string::npos; })) return true;
  static constexpr const char* words[] = {"AUTH", "PASS", "PASSPHRASE", "KEY", "PAT"};
  for (std::string_view word : split(upper, '_'))
    if (std::any_of(std::begin(words), std::end(words), [&](const char* secret) { return word == secret; })) return true;
  return false;
}

// Who may use the network may need the proxy, password and all.
bool is_kept_from(const sys::SealSpec& seal, const std::string& name, const std::string& value) {
  if (seal.network && ascii_lower(name).ends_with("_proxy")) return false;
  return may_be_secret(name) || holds_credentials(value);
}

// Directories of the user's that lie elsewhere than in HOME are as private.
bool names_a_private_place(std::string_view name) {
  return name == "HOME" || name == "TMPDIR" || name == "TMP" || name == "TEMP" || (name.starts_with("XDG_") && name.ends_with("_HOME"));
}

bool lies_in(const std::filesystem::path& path, const std::filesystem::path& directory) { return (path.string() + "/").starts_with(directory.string() + "/"); }

// The checkout that a tree of the user's belongs to: back ends ask it for the version. Not one that holds what is hidden (a
// home directory under version control).
std::optional<std::filesystem::path> checkout_around(const std::filesystem::path& tree, const sys::SealSpec& seal) {
  for (std::filesystem::path at = tree; at.has_relative_path(); at = at.parent_path()) {
    if (std::any_of(seal.hidden.begin(), seal.hidden.end(), [&](const auto& hidden) { return lies_in(hidden, at); })) return std::nullopt;
    if (sys::exists(at / ".git") || sys::exists(at / ".hg")) return at;
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> process_environment(const BuildOptions& options, const BuildEnvironment& where) {
  std::vector<std::pair<std::string, std::string>> result;
  std::string path;
  for (const auto& [name, value] : options.environment) {
    if (name == "PATH") path = value;
    if (name == "PATH" || steers_python(name)) continue;
    if (options.seal && (is_kept_from(*options.seal, name, value) || names_a_private_place(name))) continue;
    result.emplace_back(name, value);
  }
  if (options.seal) {
    result.emplace_back("HOME", (options.scratch / kHome).string());
    for (const char* name : {"TMPDIR", "TMP", "TEMP"}) result.emplace_back(name, (options.scratch / kTemporary).string());
  }
  result.emplace_back("PATH", where.scripts.string() + (path.empty() ? "" : ":" + path));
  result.emplace_back("PYTHONNOUSERSITE", "1");
  result.emplace_back("PYTHONIOENCODING", "utf-8");
  return result;
}

Result<std::optional<sys::SealSpec>> seal_for(const Project& project, const BuildEnvironment& where, const BuildOptions& options) {
  if (!options.seal) return std::optional<sys::SealSpec>();
  sys::SealSpec seal = *options.seal;
  const std::filesystem::path& root = project.root.empty() ? project.directory : project.root;
  for (const char* name : {kHome, kTemporary}) PIPIT_CHECK(sys::make_directories(options.scratch / name, 0700));
  seal.writable.push_back(options.scratch);
  seal.writable.push_back(root);  // named even if it lies in the scratch directory: a mount point cannot be exchanged for a link
  seal.visible.push_back(where.scripts.parent_path());
  if (!lies_in(root, options.scratch))
    if (auto checkout = checkout_around(root, *options.seal)) seal.visible.push_back(*checkout);
  return std::optional(std::move(seal));
}

}  // namespace pipit::build
