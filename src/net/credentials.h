// Who we are to a host. Sources in pip's order: the URL's own user info, what was learned in this run, the index URLs of the
// same origin (longest path prefix), netrc; and, only after a 401, the keyring program and then the person.
// Passwords never leave this file except into the Authorization header. known_for() and learn() belong to the net thread;
// ask() may block for long and runs on a thread of its own, touching nothing that changes.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "net/netrc.h"
#include "pipit/base/url.h"
#include "pipit/net/http.h"

namespace pipit::net {

struct Credential {
  std::string user;
  std::string password;
  friend bool operator==(const Credential&, const Credential&) = default;
};

// "https://host:443"
std::string origin_of(const Url& url);

class CredentialBook {
 public:
  explicit CredentialBook(const HttpOptions& options) : options_(options) {}

  std::optional<Credential> known_for(const Url& url);
  void learn(const Url& url, Credential credential) { learned_[origin_of(url)] = std::move(credential); }
  // Keyring (service name: the index URL that covers `url`, then its host), then the prompt if it is allowed.
  std::optional<Credential> ask(const Url& url, std::stop_token stop) const;

 private:
  const Url* covering_source(const Url& url) const;
  std::optional<Credential> ask_keyring(const std::string& service, const std::string& user, std::stop_token stop) const;
  const NetrcFile& netrc();

  const HttpOptions& options_;
  std::map<std::string, Credential> learned_;
  std::optional<NetrcFile> netrc_;
};

}  // namespace pipit::net
