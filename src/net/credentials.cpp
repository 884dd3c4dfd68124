#include "net/credentials.h"

#include <fmt/format.h>

#include "net/environment.h"
#include "net/flat_json.h"
#include "pipit/base/text.h"
#include "pipit/net/address.h"
#include "pipit/sys/file.h"
#include "pipit/sys/process.h"

namespace pipit::net {

namespace {

constexpr std::chrono::seconds kKeyringTimeout{300};  // it may ask a person to unlock something

// How many bytes of path the two share, in whole segments.
std::size_t shared_path(const Url& a, const Url& b) {
  const std::size_t size = std::min(a.path.size(), b.path.size());
  std::size_t shared = 0;
  for (std::size_t i = 0; i < size && a.path[i] == b.path[i]; ++i)
    if (a.path[i] == '/') shared = i + 1;
  return shared;
}

Credential from_url(const Url& url) { return {url.username, url.password}; }

std::string first_line(std::string_view text) {
  std::string line(text.substr(0, text.find('\n')));
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace

std::string origin_of(const Url& url) { return fmt::format("{}://{}:{}", url.scheme, url.host, url.port_or_default()); }

// pip's rule: of the index URLs at the same origin, the one that shares the longest path (files often lie beside the index).
const Url* CredentialBook::covering_source(const Url& url) const {
  const Url* best = nullptr;
  for (const Url& source : options_.credential_sources)
    if (source.same_origin(url) && (best == nullptr || shared_path(source, url) > shared_path(*best, url))) best = &source;
  return best;
}

const NetrcFile& CredentialBook::netrc() {
  if (netrc_) return *netrc_;
  auto path = environment_value(options_.environment, "NETRC");
  if (!path)
    if (const auto home = environment_value(options_.environment, "HOME"); home && !home->empty()) path = *home + "/.netrc";
  netrc_ = NetrcFile();
  if (path && !path->empty())
    if (auto text = sys::read_file(*path, 1u << 20)) netrc_ = NetrcFile::parse(*text);
  return *netrc_;
}

std::optional<Credential> CredentialBook::known_for(const Url& url) {
  if (url.has_userinfo && !url.username.empty() && url.has_password) return from_url(url);
  if (const auto it = learned_.find(origin_of(url)); it != learned_.end()) return it->second;
  if (url.has_userinfo && !(url.username.empty() && url.password.empty())) return from_url(url);
  if (const Url* source = covering_source(url); source != nullptr && source->has_userinfo) return from_url(*source);
  if (const NetrcEntry* entry = netrc().find(url.host, url.port_or_default())) return Credential{entry->login, entry->password};
  return std::nullopt;
}

std::optional<Credential> CredentialBook::ask(const Url& url, std::stop_token stop) const {
  const std::string user = url.has_userinfo && !url.has_password ? url.username : "";
  if (options_.keyring_provider != "disabled") {
    const Url* source = covering_source(url);
    const std::string host = url.port ? fmt::format("{}:{}", url.host, *url.port) : url.host;
    if (source != nullptr)
      if (auto found = ask_keyring(source->without_credentials(), source->has_userinfo ? source->username : user, stop)) return found;
    if (auto found = ask_keyring(host, user, stop)) return found;
  }
  if (!options_.allow_prompt || !options_.prompt || stop.stop_requested()) return std::nullopt;
  auto answer = options_.prompt(url.host);
  if (!answer) return std::nullopt;
  return Credential{std::move(answer->first), std::move(answer->second)};
}

// `keyring --mode creds --output json get SERVICE [USER]` since keyring 25.2; older ones know `keyring get SERVICE USER` and
// print the password alone. The answer is data: nothing of it is ever shown.
std::optional<Credential> CredentialBook::ask_keyring(const std::string& service, const std::string& user, std::stop_token stop) const {
  const auto program = sys::find_program("keyring", environment_value(options_.environment, "PATH").value_or(""));
  if (!program || user.starts_with('-') || service.starts_with('-')) return std::nullopt;  // never read as an option
  sys::ProcessSpec spec;
  spec.program = *program;
  spec.environment = options_.environment;
  spec.timeout = kKeyringTimeout;
  spec.output_max_bytes = 64u << 10;
  spec.arguments = {"--mode", "creds", "--output", "json", "get", service};
  if (!user.empty()) spec.arguments.push_back(user);
  auto answer = sys::run_process(spec, stop);
  if (!answer) return std::nullopt;
  if (answer->exit_code == 0) {
    const auto fields = parse_flat_json(answer->output);
    if (const auto password = fields.find("password"); password != fields.end()) {
      const auto name = fields.find("username");
      return Credential{name != fields.end() ? name->second : user, password->second};
    }
  }
  if (user.empty()) return std::nullopt;
  spec.arguments = {"get", service, user};
  answer = sys::run_process(spec, stop);
  if (!answer || answer->exit_code != 0 || first_line(answer->output).empty()) return std::nullopt;
  return Credential{user, first_line(answer->output)};
}

}  // namespace pipit::net
