#include "ops/sealing.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipit/base/text.h"
#include "pipit/packaging/name.h"
#include "pipit/sys/file.h"

namespace pipit::ops {

namespace {

// Homes, what programs talk through, and what only root reads.
constexpr const char* kHidden[] = {"/root", "/home", "/tmp", "/var/tmp", "/run", "/var/run", "/var/spool/cron", "/var/lib/docker", "/etc/shadow", "/etc/shadow-", "/etc/gshadow",
                                   "/etc/gshadow-", "/etc/sudoers", "/etc/sudoers.d", "/etc/ssh", "/etc/ssl/private", "/etc/krb5.keytab"};

bool is_let_out(const std::string& name, const ResolveOptions& options) {
  return std::any_of(options.build_network.begin(), options.build_network.end(), [&](const std::string& wish) {
    for (std::string_view part : split(wish, ','))
      if (trim(part) == ":all:" || (!name.empty() && packaging::normalize_name(trim(part)) == name)) return true;
    return false;
  });
}

bool is_absolute(const std::string& path) { return path.size() > 1 && path[0] == '/'; }

// Tools that the user keeps below the home directory, if PATH names their own directory and not the home itself.
void show_tools(Session& session, sys::SealSpec& seal) {
  const std::string home = session.variable("HOME").value_or("");
  const std::string path = session.variable("PATH").value_or("");
  for (std::string_view entry : split(path, ':'))
    if (is_absolute(std::string(entry)) && !(home + "/").starts_with(std::string(entry) + "/")) seal.visible.emplace_back(entry);
}

sys::SealSpec view(const python::Interpreter& target, Session& session) {
  sys::SealSpec seal;
  for (const char* path : kHidden) seal.hidden.emplace_back(path);
  for (const char* name : {"HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"})
    if (const std::string path = session.variable(name).value_or(""); is_absolute(path)) seal.hidden.emplace_back(path);
  if (const auto& cache = session.cache_directory()) seal.hidden.push_back(*cache);
  seal.visible = {target.base_prefix, target.prefix, target.base_executable, target.executable, target.paths.stdlib, target.paths.platstdlib};
  for (const std::string& path : target.search_path) seal.visible.emplace_back(path);
  std::erase_if(seal.visible, [](const auto& path) { return path.empty() || !path.has_relative_path(); });
  show_tools(session, seal);
  return seal;
}

void show_network(Session& session, sys::SealSpec& seal) {
  seal.network = true;
  seal.visible.emplace_back("/etc/resolv.conf");
  for (const char* name : {"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"})
    if (const std::string path = session.variable(name).value_or(""); is_absolute(path)) seal.visible.emplace_back(path);
}

}  // namespace

void begin_sealing(const ResolveOptions& options, const python::Interpreter& target, Session& session) {
  if (options.build_sandbox != BuildSandbox::off) session.look_for_seal_obstacle(view(target, session));
}

Result<std::optional<sys::SealSpec>> seal_build(const std::string& name, const ResolveOptions& options, const python::Interpreter& target, Session& session) {
  if (options.build_sandbox == BuildSandbox::off) return std::optional<sys::SealSpec>();
  sys::SealSpec seal = view(target, session);
  if (const auto& obstacle = session.seal_obstacle(seal)) {
    if (options.build_sandbox == BuildSandbox::require)
      return fail(make_error(kSandboxRequired, fmt::format("builds cannot be sealed here ({}), and --build-sandbox=require asks for it", *obstacle))
                      .hint("in a container, user namespaces must be allowed; --only-binary=:all: builds nothing"));
    if (session.says_first("unsealed-build"))
      session.reporter().warn("unsealed-build", fmt::format("builds are not sealed, because the system does not allow it here ({}): what they run can use the network and your files. "
                                                            "--build-sandbox=require refuses instead, --build-sandbox=off says nothing", *obstacle));
    return std::optional<sys::SealSpec>();
  }
  if (is_let_out(name, options)) {
    show_network(session, seal);
    session.note_network_build(name);
  }
  return std::optional(std::move(seal));
}

}  // namespace pipit::ops
